/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands and keywords by name, in the table of cli_grammar.h. */
#include <string.h>

#include "cli_match.h"

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
