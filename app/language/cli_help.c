/* SPDX-License-Identifier: BSD-3-Clause */
/* Help text, generated from the grammar's table. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli_help.h"

void
cli_help_all(cli_help_line emit, void *context)
{
	char text[160];

	for (unsigned int i = 0; i < cli_command_count; i++) {
		snprintf(text, sizeof(text), "%-18s %s", cli_commands[i].words,
		        cli_commands[i].help);
		emit(context, text);
	}
	emit(context, "help COMMAND shows arguments with units, ranges and defaults.");
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
help_synopsis(const struct cli_command *command, cli_help_line emit, void *context)
{
	const struct cli_arg *arg;
	char text[200];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", command->words);

	for (unsigned int i = 0; (arg = cli_arg_at(command, i)) != NULL; i++) {
		bool required = arg->flags & CLI_REQUIRED;
		char one[64];
		int length = snprintf(one, sizeof(one), " %s%s%s%s", required ? "" : "[", arg->name,
		        arg->flags & CLI_POSITIONAL ? "" : value_form(arg), required ? "" : "]");

		if (used + (size_t)length > 96) {
			emit(context, text);
			used = (size_t)snprintf(text, sizeof(text), "       ");
		}
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", one);
	}
	emit(context, text);
}

static void
help_arg(const struct cli_arg *arg, cli_help_line emit, void *context)
{
	char left[48], range[224] = "", text[480];

	snprintf(left, sizeof(left), "%s%s", arg->name,
	        arg->flags & CLI_POSITIONAL ? "" : value_form(arg));
	if (arg->type == CLI_NUMBER || arg->type == CLI_AMOUNT)
		snprintf(range, sizeof(range), ", %" PRIu64 "..%" PRIu64, arg->min, arg->max);
	for (unsigned int i = 0; arg->type == CLI_CHOICE && arg->choices[i] != NULL; i++) {
		size_t used = strlen(range);

		snprintf(range + used, sizeof(range) - used, "%s%s", used ? "|" : ": ",
		        arg->choices[i]);
	}
	snprintf(text, sizeof(text), "    %-22s %s%s%s%s%s", left, arg->help, range,
	        arg->fallback != NULL ? " [" : "", arg->fallback != NULL ? arg->fallback : "",
	        arg->fallback != NULL ? "]" : "");
	emit(context, text);
}

unsigned int
cli_help_command(const char *words, cli_help_line emit, void *context)
{
	size_t length = strlen(words);
	unsigned int found = 0;

	while (length > 0 && (words[length - 1] == ' ' || words[length - 1] == '\t'))
		length--;
	for (unsigned int i = 0; i < cli_command_count; i++) {
		const struct cli_command *command = &cli_commands[i];
		const struct cli_arg *arg;
		char text[160];

		if (strncmp(command->words, words, length) != 0 ||
		        (command->words[length] != '\0' && command->words[length] != ' '))
			continue;
		found++;
		help_synopsis(command, emit, context);
		snprintf(text, sizeof(text), "    %s", command->help);
		emit(context, text);
		for (unsigned int n = 0; (arg = cli_arg_at(command, n)) != NULL; n++)
			help_arg(arg, emit, context);
	}
	return found;
}
