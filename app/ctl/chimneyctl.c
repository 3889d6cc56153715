/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chimneyctl: the client of dpdk-chimney's CLI. Words on its command line are one command; commands come
 * from standard input when that is no terminal; else it is interactive.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_socket.h"
#include "ctl_interactive.h"
#include "ctl_link.h"

enum { EXIT_COMMAND_FAILED = 1, EXIT_NO_SERVER = 2 };

static const struct option long_options[] = {
        {"socket", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {"keep-going", no_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {0},
};

static void
print_help(void)
{
	puts("usage: chimneyctl [--socket PATH] [--json] [COMMAND...]\n"
	     "\n"
	     "One command from the command line, or commands from standard input, or, on a\n"
	     "terminal, an interactive session with editing and completion.\n"
	     "\n"
	     "  --socket PATH  the CLI socket of dpdk-chimney [" CLI_SOCKET_DEFAULT "]\n"
	     "  --json         one JSON object for each reply and event\n"
	     "  --keep-going   standard input: go on after an error\n"
	     "  --help         print this; 'chimneyctl help' lists the commands\n"
	     "  --version      print the version\n"
	     "\n"
	     "Replies and events go to standard output, progress and errors to standard error\n"
	     "(with --json errors are replies). Exit status: 0 ok, 1 a command failed,\n"
	     "2 no server.");
}

void
ctl_print_event(const struct ctl_link *link, const char *text)
{
	printf("%s%s\n", link->json ? "" : "* ", text);
	fflush(stdout);
}

int
ctl_print_reply(struct ctl_link *link)
{
	const char *text;
	bool data = false;

	for (;;) {
		switch (ctl_read(link, true, &text)) {
		case CTL_END:
			return EXIT_NO_SERVER;
		case CTL_DATA:
			puts(text);
			data = true;
			break;
		case CTL_PROGRESS:
			fprintf(stderr, "%s\n", text);
			break;
		case CTL_EVENT:
			ctl_print_event(link, text);
			break;
		case CTL_OK:
			if (text[0] == '{' || !data)
				puts(text);
			fflush(stdout);
			return 0;
		case CTL_ERROR:
			if (text[0] == '{')
				puts(text);
			fflush(stdout);
			if (text[0] != '{')
				fprintf(stderr, "error: %s\n", text);
			return EXIT_COMMAND_FAILED;
		}
	}
}

/* After `events follow` and `quit` the rest of what the server says belongs to the command. */
static int
print_rest(struct ctl_link *link)
{
	const char *text;
	enum ctl_line kind;

	while ((kind = ctl_read(link, true, &text)) != CTL_END)
		if (kind == CTL_EVENT)
			ctl_print_event(link, text);
	return 0;
}

static int
run_line(struct ctl_link *link, const char *line)
{
	int status;

	if (ctl_send(link, line) != 0)
		status = EXIT_NO_SERVER;
	else
		status = ctl_print_reply(link);
	if (status == EXIT_NO_SERVER)
		fprintf(stderr, "chimneyctl: the server has closed the connection\n");
	return status;
}

static int
run_words(struct ctl_link *link, int words, char **word)
{
	char *line = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&line, &size);
	int status;

	if (stream == NULL)
		return EXIT_NO_SERVER;
	for (int i = 0; i < words; i++)
		fprintf(stream, "%s%s", i != 0 ? " " : "", word[i]);
	fclose(stream);
	if (line == NULL || strchr(line, '\n') != NULL || !ctl_is_command(line)) {
		fprintf(stderr, "chimneyctl: give one command, of one line\n");
		free(line);
		return EXIT_COMMAND_FAILED;
	}
	status = run_line(link, line);
	if (status == 0 && (strcmp(line, "events follow") == 0 || strcmp(line, "quit") == 0))
		status = print_rest(link);
	free(line);
	return status;
}

static int
run_input(struct ctl_link *link, bool keep_going)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	unsigned int number = 0;
	int status = 0, worst = 0;

	while ((status == 0 || keep_going) && status != EXIT_NO_SERVER &&
	        (length = getline(&line, &room, stdin)) > 0) {
		number++;
		while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
			line[--length] = '\0';
		if (!ctl_is_command(line))
			continue;
		status = run_line(link, line);
		if (status == EXIT_COMMAND_FAILED)
			fprintf(stderr, "chimneyctl: line %u failed: %s\n", number, line);
		if (status > worst)
			worst = status;
	}
	free(line);
	return worst;
}

int
main(int argc, char **argv)
{
	const char *path = CLI_SOCKET_DEFAULT;
	bool json = false, keep_going = false;
	struct ctl_link link;
	int chosen, status;

	/* "+": the command's words are not ours, even when they begin with '-' */
	while ((chosen = getopt_long(argc, argv, "+s:jkhv", long_options, NULL)) != -1) {
		switch (chosen) {
		case 's':
			path = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'k':
			keep_going = true;
			break;
		case 'h':
			print_help();
			return 0;
		case 'v':
			puts("chimneyctl " CHIMNEY_VERSION);
			return 0;
		default:
			fprintf(stderr, "see chimneyctl --help\n");
			return EXIT_NO_SERVER;
		}
	}
	if (ctl_connect(&link, path) != 0)
		return EXIT_NO_SERVER;
	if (json) {
		const char *text;

		link.json = true;
		if (ctl_send(&link, "json on") != 0 || ctl_read(&link, true, &text) != CTL_OK)
			return EXIT_NO_SERVER;
	}
	if (optind < argc)
		status = run_words(&link, argc - optind, argv + optind);
	else if (isatty(STDIN_FILENO))
		status = ctl_interactive(&link);
	else
		status = run_input(&link, keep_going);
	ctl_close(&link);
	return status;
}
