/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands and keywords by name, in the table of cli_grammar.h. */
#ifndef APP_CLI_MATCH_H
#define APP_CLI_MATCH_H

#include "cli_grammar.h"

/* The command that the first words name, NULL when there is none; its number of words in *used. */
const struct cli_command *cli_command_match(
        const char *const *word, unsigned int words, unsigned int *used);

/* The keyword argument of a command by name, NULL when it has none of that name. */
const struct cli_arg *cli_keyword(const struct cli_command *command, const char *name);
/* Argument number n of a command, over all its sets; NULL past the end. */
const struct cli_arg *cli_arg_at(const struct cli_command *command, unsigned int n);

#endif
