/* SPDX-License-Identifier: BSD-3-Clause */
/* chimneyctl's command line. */
#include <stdio.h>
#include <string.h>

#include "cli_socket.h"
#include "ctl_options.h"

static void
print_help(void)
{
	puts("usage: chimneyctl [--socket PATH] [--json] [--keep-going] [COMMAND...]\n"
	     "\n"
	     "One command from the command line, or commands from standard input, or, on a\n"
	     "terminal, an interactive session with editing and completion.\n"
	     "\n"
	     "  --socket PATH  the CLI socket of dpdk-chimney\n"
	     "                 [" CLI_SOCKET_DEFAULT "]\n"
	     "  --json         one JSON object for each reply and event\n"
	     "  --keep-going   standard input: go on after an error\n"
	     "  --help         print this; 'chimneyctl help' lists the commands\n"
	     "  --version      print the version\n"
	     "\n"
	     "Replies and events go to standard output, progress and errors to standard error\n"
	     "(with --json errors are replies).\n"
	     "Exit status: 0 ok, 1 a command failed, 2 no server, or it went away, 3 a wrong\n"
	     "option, or input that cannot be read.");
}

/* The value of --socket, in the same word or the next one. NULL: not this option; "": it has none. */
static const char *
socket_value(int argc, char **argv, int *at)
{
	static const char name[] = "--socket";
	size_t length = sizeof(name) - 1;

	if (strncmp(argv[*at], name, length) != 0)
		return NULL;
	if (argv[*at][length] == '=')
		return argv[*at] + length + 1;
	if (argv[*at][length] != '\0')
		return NULL;
	return *at + 1 < argc ? argv[++*at] : "";
}

static enum ctl_options_result
option_error(const char *option, const char *what)
{
	fprintf(stderr, "chimneyctl: %s: %s; see chimneyctl --help\n", option, what);
	return CTL_OPTIONS_ERROR;
}

enum ctl_options_result
ctl_options_parse(struct ctl_options *options, int argc, char **argv)
{
	int at;

	*options = (struct ctl_options){.socket = CLI_SOCKET_DEFAULT};
	for (at = 1; at < argc && argv[at][0] == '-'; at++) {
		const char *value = socket_value(argc, argv, &at);

		if (strcmp(argv[at], "--") == 0 && value == NULL) {
			at++;
			break;
		}
		if (value != NULL && value[0] == '\0')
			return option_error("--socket", "needs a path");
		if (value != NULL) {
			options->socket = value;
		} else if (strcmp(argv[at], "--json") == 0) {
			options->json = true;
		} else if (strcmp(argv[at], "--keep-going") == 0) {
			options->keep_going = true;
		} else if (strcmp(argv[at], "--help") == 0) {
			print_help();
			return CTL_OPTIONS_EXIT;
		} else if (strcmp(argv[at], "--version") == 0) {
			puts("chimneyctl " CHIMNEY_VERSION);
			return CTL_OPTIONS_EXIT;
		} else {
			return option_error(argv[at], "no such option");
		}
	}
	options->words = argc - at;
	options->word = argv + at;
	return CTL_OPTIONS_RUN;
}
