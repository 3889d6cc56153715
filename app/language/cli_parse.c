/* SPDX-License-Identifier: BSD-3-Clause */
/* From a line of text to a command with typed values, by the table of cli_grammar.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli_parse.h"
#include "cli_values.h"

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
