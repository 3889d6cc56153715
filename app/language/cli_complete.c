/* SPDX-License-Identifier: BSD-3-Clause */
/* What may come next in an unfinished line: command words, keywords, choices, names of objects. */
#include <stdio.h>
#include <string.h>

#include "cli_help.h"

static void
candidate_add(struct cli_completion *completion, const char *word)
{
	if (strncmp(word, completion->prefix, strlen(completion->prefix)) != 0 ||
	        completion->count == CLI_CANDIDATES)
		return;
	for (unsigned int i = 0; i < completion->count; i++)
		if (strcmp(completion->candidate[i], word) == 0)
			return;
	completion->candidate[completion->count++] = word;
}

/* First or second words of commands; `first` NULL: first words. */
static void
complete_command(struct cli_completion *completion, const char *first)
{
	for (unsigned int i = 0; i < cli_command_count; i++) {
		const char *words = cli_commands[i].words;
		const char *space = strchr(words, ' ');
		char *store = completion->store[completion->count % CLI_CANDIDATES];

		if (first == NULL) {
			snprintf(store, sizeof(completion->store[0]), "%.*s",
			        space != NULL ? (int)(space - words) : (int)strlen(words), words);
			candidate_add(completion, store);
		} else if (space != NULL && strlen(first) == (size_t)(space - words) &&
		           memcmp(words, first, strlen(first)) == 0) {
			candidate_add(completion, space + 1);
		}
	}
}

static void
complete_value(struct cli_completion *completion, const struct cli_arg *arg)
{
	if (arg->type == CLI_CHOICE) {
		for (unsigned int i = 0; arg->choices[i] != NULL; i++)
			candidate_add(completion, arg->choices[i]);
	} else if (arg->type == CLI_OBJECT || arg->type == CLI_SELECT) {
		completion->objects = true;
		completion->one = arg->type == CLI_OBJECT;
		completion->layer = completion->one ? (unsigned int)arg->min : 0;
	}
}

static void
complete_keywords(
        struct cli_completion *completion, const struct cli_command *command, const bool *used)
{
	const struct cli_arg *arg;

	for (unsigned int i = 0; (arg = cli_arg_at(command, i)) != NULL; i++)
		if (!(arg->flags & CLI_POSITIONAL) && !used[arg->id])
			candidate_add(completion, arg->name);
}

/* Walk the finished words [word, end) of a command's arguments, then offer what fits behind them. */
static void
complete_arguments(struct cli_completion *completion, const struct cli_command *command,
        unsigned int word, unsigned int end)
{
	const struct cli_line *line = &completion->line;
	const struct cli_arg *arg, *open = NULL;
	bool used[ARG_COUNT] = {false};

	for (unsigned int i = 0; (arg = cli_arg_at(command, i)) != NULL; i++) {
		if (!(arg->flags & CLI_POSITIONAL))
			continue;
		if (arg->type == CLI_SELECT)
			while (word < end && cli_keyword(command, line->word[word]) == NULL)
				word++;
		else if (word < end)
			word++;
		else
			open = open == NULL ? arg : open;
		if (arg->type == CLI_SELECT && word == end)
			open = open == NULL ? arg : open;
	}
	if (open != NULL) {
		complete_value(completion, open);
		if ((open->flags & CLI_REQUIRED) && open->type != CLI_SELECT)
			return;
	}
	while (word < end) {
		arg = cli_keyword(command, line->word[word++]);
		if (arg == NULL)
			return;
		used[arg->id] = true;
		if (arg->type == CLI_FLAG)
			continue;
		if (word == end) {
			complete_value(completion, arg);
			return;
		}
		word++;
	}
	complete_keywords(completion, command, used);
}

void
cli_complete(const char *text, size_t length, struct cli_completion *completion)
{
	struct cli_line *line = &completion->line;
	const struct cli_command *command;
	struct cli_error error;
	unsigned int words, used;
	bool open_word;

	completion->count = 0;
	completion->objects = false;
	completion->one = false;
	completion->layer = 0;
	completion->prefix[0] = '\0';
	if (cli_split(line, text, length, &error) == CLI_ERROR)
		return;
	open_word = line->words > 0 && text[length - 1] != ' ' && text[length - 1] != '\t';
	words = line->words - (open_word ? 1 : 0);
	if (open_word)
		snprintf(completion->prefix, sizeof(completion->prefix), "%.*s",
		        (int)sizeof(completion->prefix) - 1, line->word[words]);
	command = cli_command_match(line->word, words, &used);
	if (words == 0) {
		complete_command(completion, NULL);
		return;
	}
	if (words == 1)
		complete_command(completion, line->word[0]);
	if (command != NULL)
		complete_arguments(completion, command, used, words);
}
