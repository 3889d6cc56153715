/* SPDX-License-Identifier: BSD-3-Clause */
/* From a line of text to a command with typed values, by the table of cli_grammar.h. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli_parse.h"

enum cli_result
cli_error_set(struct cli_error *error, const struct cli_line *line, unsigned int word,
        const char *format, ...)
{
	char what[224];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	error->got[0] = '\0';
	if (word == UINT32_MAX) {
		error->word = 0;
		snprintf(error->message, sizeof(error->message), "%s", what);
	} else if (word >= line->words) {
		error->word = word + 1;
		snprintf(error->message, sizeof(error->message), "end of line: %s", what);
	} else {
		error->word = word + 1;
		snprintf(error->got, sizeof(error->got), "%.60s", line->word[word]);
		snprintf(error->message, sizeof(error->message), "word %u '%s': %s", error->word,
		        error->got, what);
	}
	return CLI_ERROR;
}

enum cli_result
cli_split(struct cli_line *line, const char *text, size_t length, struct cli_error *error)
{
	bool inside = false;
	size_t end = 0;

	line->words = 0;
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	if (length >= CLI_LINE_MAX)
		return cli_error_set(error, line, UINT32_MAX,
		        "line of %zu bytes; at most %u are possible", length, CLI_LINE_MAX - 1);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c != '\t' && (c < 0x20 || c == 0x7F))
			return cli_error_set(error, line, UINT32_MAX,
			        "column %zu: control character 0x%02x", i + 1, c);
		if (c == '#' && !inside)
			break;
		line->raw[i] = text[i];
		line->split[i] = c == ' ' || c == '\t' ? '\0' : text[i];
		if (line->split[i] == '\0') {
			inside = false;
		} else if (!inside) {
			if (line->words == CLI_WORDS_MAX)
				return cli_error_set(error, line, UINT32_MAX,
				        "more than %u words; use a range such as b.c0-99",
				        CLI_WORDS_MAX);
			line->word[line->words++] = &line->split[i];
			inside = true;
		}
		end = i + 1;
	}
	line->raw[end] = '\0';
	line->split[end] = '\0';
	return line->words == 0 ? CLI_BLANK : CLI_OK;
}

/* Are the words of a command the first words of the line? Their number, 0 when not. */
static unsigned int
command_words_match(const struct cli_command *command, const char *const *word, unsigned int words)
{
	const char *space = strchr(command->words, ' ');
	size_t first = space != NULL ? (size_t)(space - command->words) : strlen(command->words);

	if (words == 0 || strlen(word[0]) != first || memcmp(command->words, word[0], first) != 0)
		return 0;
	if (space == NULL)
		return 1;
	return words >= 2 && strcmp(space + 1, word[1]) == 0 ? 2 : 0;
}

const struct cli_command *
cli_command_match(const char *const *word, unsigned int words, unsigned int *used)
{
	const struct cli_command *found = NULL;

	*used = 0;
	for (unsigned int i = 0; i < cli_command_count; i++) {
		unsigned int n = command_words_match(&cli_commands[i], word, words);

		if (n > *used) {
			*used = n;
			found = &cli_commands[i];
		}
	}
	return found;
}

const struct cli_arg *
cli_arg_at(const struct cli_command *command, unsigned int n)
{
	for (unsigned int set = 0; set < CLI_ARG_SETS && command->args[set] != NULL; set++)
		for (const struct cli_arg *arg = command->args[set]; arg->name != NULL; arg++)
			if (n-- == 0)
				return arg;
	return NULL;
}

const struct cli_arg *
cli_keyword(const struct cli_command *command, const char *name)
{
	const struct cli_arg *arg;

	for (unsigned int i = 0; (arg = cli_arg_at(command, i)) != NULL; i++)
		if (!(arg->flags & CLI_POSITIONAL) && strcmp(arg->name, name) == 0)
			return arg;
	return NULL;
}

/* "add, remove" of the commands that begin with `first`; all first words when it is NULL. */
static void
list_command_words(const char *first, char *to, size_t size)
{
	const char *last = "";
	size_t last_length = 0;

	*to = '\0';
	for (unsigned int i = 0; i < cli_command_count; i++) {
		const char *words = cli_commands[i].words;
		const char *space = strchr(words, ' ');
		size_t length = space != NULL ? (size_t)(space - words) : strlen(words);
		size_t used = strlen(to);

		if (first == NULL) {
			if (length == last_length && memcmp(words, last, length) == 0)
				continue;
			last = words;
			last_length = length;
		} else {
			if (space == NULL || strlen(first) != length ||
			        memcmp(words, first, length) != 0)
				continue;
			words = space + 1;
			length = strlen(words);
		}
		snprintf(to + used, size - used, "%s%.*s", used ? ", " : "", (int)length, words);
	}
}

static enum cli_result
unknown_command(const struct cli_line *line, struct cli_error *error)
{
	char list[200];

	list_command_words(line->word[0], list, sizeof(list));
	if (list[0] != '\0')
		return cli_error_set(
		        error, line, 1, "after '%s' expected one of: %s", line->word[0], list);
	list_command_words(NULL, list, sizeof(list));
	return cli_error_set(error, line, 0, "no such command; there are: %s", list);
}

static enum cli_result
unknown_word(const struct cli_line *line, unsigned int word, struct cli_error *error)
{
	const struct cli_arg *arg;
	char list[180] = "";

	for (unsigned int i = 0; (arg = cli_arg_at(line->command, i)) != NULL; i++) {
		size_t used = strlen(list);

		if (!(arg->flags & CLI_POSITIONAL) && !line->value[arg->id].present)
			snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
			        arg->name);
	}
	if (list[0] == '\0')
		return cli_error_set(
		        error, line, word, "'%s' takes nothing more here", line->command->words);
	return cli_error_set(error, line, word, "not known to '%s' here; expected: %s",
	        line->command->words, list);
}

/* Positional arguments, which come first. *word moves behind them. */
static enum cli_result
parse_positionals(struct cli_line *line, unsigned int *word, struct cli_error *error)
{
	const struct cli_arg *arg;

	for (unsigned int i = 0; (arg = cli_arg_at(line->command, i)) != NULL; i++) {
		unsigned int start = *word;

		if (!(arg->flags & CLI_POSITIONAL))
			continue;
		if (arg->type == CLI_SELECT) {
			line->select_first = start;
			while (*word < line->words &&
			        cli_keyword(line->command, line->word[*word]) == NULL)
				(*word)++;
			line->select_count = *word - start;
		} else if (*word < line->words &&
		           ((arg->flags & CLI_REQUIRED) ||
		                   cli_keyword(line->command, line->word[*word]) == NULL)) {
			if (cli_value_parse(line, *word, arg, &line->value[arg->id], error) !=
			        CLI_OK)
				return CLI_ERROR;
			*word = arg->type == CLI_REST ? line->words : *word + 1;
		}
		if (*word > start) {
			line->value[arg->id].present = true;
			line->value[arg->id].word = (uint16_t)start;
		} else if (arg->flags & CLI_REQUIRED) {
			return cli_error_set(
			        error, line, *word, "%s is missing: %s", arg->name, arg->help);
		}
	}
	return CLI_OK;
}

/* One keyword and its value, when it has one. *word moves behind them. */
static enum cli_result
parse_keyword(struct cli_line *line, unsigned int *word, struct cli_error *error)
{
	const struct cli_arg *arg = cli_keyword(line->command, line->word[*word]);
	struct cli_value *value;

	if (arg == NULL)
		return unknown_word(line, *word, error);
	value = &line->value[arg->id];
	if (value->present)
		return cli_error_set(error, line, *word, "given twice");
	value->present = true;
	value->word = (uint16_t)*word;
	(*word)++;
	if (arg->type == CLI_FLAG) {
		const char *next = *word < line->words ? line->word[*word] : "";
		bool off = strcmp(next, "off") == 0;

		value->number = 1;
		if ((arg->flags & CLI_SWITCHES_ON) && (off || strcmp(next, "on") == 0)) {
			value->number = off ? 0 : 1;
			(*word)++;
		}
		return CLI_OK;
	}
	if (*word >= line->words)
		return cli_error_set(
		        error, line, *word, "'%s' needs a value: %s", arg->name, arg->help);
	if (cli_value_parse(line, *word, arg, value, error) != CLI_OK)
		return CLI_ERROR;
	value->word = (uint16_t)*word;
	(*word)++;
	return CLI_OK;
}

enum cli_result
cli_parse(struct cli_line *line, const char *text, size_t length, struct cli_error *error)
{
	enum cli_result result = cli_split(line, text, length, error);
	const struct cli_arg *arg;
	unsigned int word;

	if (result != CLI_OK)
		return result;
	memset(line->value, 0, sizeof(line->value));
	line->select_first = line->select_count = 0;
	line->command = cli_command_match(line->word, line->words, &word);
	if (line->command == NULL)
		return unknown_command(line, error);
	if (parse_positionals(line, &word, error) != CLI_OK)
		return CLI_ERROR;
	while (word < line->words)
		if (parse_keyword(line, &word, error) != CLI_OK)
			return CLI_ERROR;
	for (unsigned int i = 0; (arg = cli_arg_at(line->command, i)) != NULL; i++)
		if ((arg->flags & CLI_REQUIRED) && !line->value[arg->id].present)
			return cli_error_set(error, line, line->words, "'%s' is missing: %s",
			        arg->name, arg->help);
	return CLI_OK;
}
