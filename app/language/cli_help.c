/* SPDX-License-Identifier: BSD-3-Clause */
/* Help text, generated from the grammar's table. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli_help.h"

/* "left    what it is", the latter in a column of its own. */
static void
help_entry(
        const char *left, unsigned int column, const char *text, cli_wrap_emit emit, void *context)
{
	struct cli_wrap line = {.emit = emit, .context = context};

	cli_wrap_put(&line, left, strlen(left), column, 0, 0);
	cli_wrap_words(&line, text, strlen(left) < column ? 0 : 1, column);
	cli_wrap_end(&line, 0);
}

void
cli_help_all(cli_wrap_emit emit, void *context)
{
	for (unsigned int i = 0; i < cli_command_count; i++)
		help_entry(cli_commands[i].words, 19, cli_commands[i].help, emit, context);
	help_entry("help COMMAND", 19, "a command's arguments with units, ranges and defaults",
	        emit, context);
}

static const char *
value_form(const struct cli_arg *arg)
{
	switch (arg->type) {
	case CLI_FLAG:
		return arg->flags & CLI_SWITCHES_ON ? " [on|off]" : "";
	case CLI_MAC:
		return " MAC";
	case CLI_ADDRESS:
		return " ADDR";
	case CLI_OBJECT:
		return " NAME";
	case CLI_SECONDS:
		return " SECONDS";
	case CLI_AMOUNT:
		return " N|unlimited";
	case CLI_CHOICE:
		return " WORD";
	default:
		return " N";
	}
}

/* "tcp add NAME path NAME sport N ... [bytes N] ..." */
static void
help_synopsis(const struct cli_command *command, cli_wrap_emit emit, void *context)
{
	struct cli_wrap line = {.emit = emit, .context = context};
	const struct cli_arg *arg;

	cli_wrap_put(&line, command->words, strlen(command->words), 0, 0, 0);
	for (unsigned int i = 0; (arg = cli_arg_at(command, i)) != NULL; i++) {
		bool required = arg->flags & CLI_REQUIRED;
		char one[64];

		snprintf(one, sizeof(one), "%s%s%s%s", required ? "" : "[", arg->name,
		        arg->flags & CLI_POSITIONAL ? "" : value_form(arg), required ? "" : "]");
		cli_wrap_put(&line, one, strlen(one), 0, 1, 8);
	}
	cli_wrap_end(&line, 0);
}

static void
help_arg(const struct cli_arg *arg, cli_wrap_emit emit, void *context)
{
	char left[64], range[224] = "", text[480];

	snprintf(left, sizeof(left), "    %s%s", arg->name,
	        arg->flags & CLI_POSITIONAL ? "" : value_form(arg));
	if (arg->type == CLI_NUMBER || arg->type == CLI_AMOUNT)
		snprintf(range, sizeof(range), ", %" PRIu64 "..%" PRIu64, arg->min, arg->max);
	for (unsigned int i = 0; arg->type == CLI_CHOICE && arg->choices[i] != NULL; i++) {
		size_t used = strlen(range);

		snprintf(range + used, sizeof(range) - used, "%s%s", used ? ", " : ": ",
		        arg->choices[i]);
	}
	snprintf(text, sizeof(text), "%s%s%s%s%s", arg->help, range,
	        arg->fallback != NULL ? " [" : "", arg->fallback != NULL ? arg->fallback : "",
	        arg->fallback != NULL ? "]" : "");
	help_entry(left, 27, text, emit, context);
}

unsigned int
cli_help_command(const char *words, cli_wrap_emit emit, void *context)
{
	size_t length = strlen(words);
	unsigned int found = 0;

	while (length > 0 && (words[length - 1] == ' ' || words[length - 1] == '\t'))
		length--;
	for (unsigned int i = 0; i < cli_command_count; i++) {
		const struct cli_command *command = &cli_commands[i];
		const struct cli_arg *arg;

		if (strncmp(command->words, words, length) != 0 ||
		        (command->words[length] != '\0' && command->words[length] != ' '))
			continue;
		found++;
		help_synopsis(command, emit, context);
		help_entry("", 4, command->help, emit, context);
		for (unsigned int n = 0; (arg = cli_arg_at(command, n)) != NULL; n++)
			help_arg(arg, emit, context);
	}
	return found;
}
