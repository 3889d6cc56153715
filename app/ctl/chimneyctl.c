/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chimneyctl: the client of dpdk-chimney's CLI. Words on its command line are one command; commands come
 * from standard input when that is no terminal; else it is interactive.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_text.h"
#include "ctl_interactive.h"
#include "ctl_link.h"
#include "ctl_options.h"
#include "ctl_run.h"

static enum ctl_status
run_words(struct ctl_link *link, int words, char **word)
{
	char *line = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&line, &size);
	enum ctl_status status;

	if (stream == NULL) {
		fprintf(stderr, "chimneyctl: %s\n", strerror(errno));
		return CTL_FAILED;
	}
	for (int i = 0; i < words; i++)
		fprintf(stream, "%s%s", i != 0 ? " " : "", word[i]);
	fclose(stream);
	if (line == NULL || strchr(line, '\n') != NULL || !ctl_is_command(line)) {
		fprintf(stderr, "chimneyctl: give one command, of one line\n");
		free(line);
		return CTL_USAGE;
	}
	status = ctl_run(link, line);
	/* what follows belongs to this command: it ends when the user interrupts it */
	if (status == CTL_DONE && ctl_begins(line, "events follow"))
		status = ctl_follow(link);
	free(line);
	return status;
}

static enum ctl_status
run_input(struct ctl_link *link, bool keep_going)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	unsigned int number = 0;
	enum ctl_status status = CTL_DONE, worst = CTL_DONE;

	while ((status == CTL_DONE || keep_going) && status != CTL_GONE &&
	        (length = getline(&line, &room, stdin)) > 0) {
		number++;
		if (strlen(line) != (size_t)length) {
			fprintf(stderr, "chimneyctl: line %u: a NUL byte in it\n", number);
			status = worst = CTL_USAGE;
			continue;
		}
		while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
			line[--length] = '\0';
		if (!ctl_is_command(line))
			continue;
		status = ctl_run(link, line);
		cli_text_clean(line);
		if (status == CTL_FAILED)
			fprintf(stderr, "chimneyctl: line %u failed: %s\n", number, line);
		if (status > worst)
			worst = status;
	}
	if (ferror(stdin)) {
		fprintf(stderr, "chimneyctl: reading commands: %s\n", strerror(errno));
		worst = CTL_USAGE;
	}
	free(line);
	return worst;
}

static enum ctl_status
run(struct ctl_link *link, const struct ctl_options *options)
{
	if (options->words != 0)
		return run_words(link, options->words, options->word);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return ctl_interactive(link, options->socket);
	return run_input(link, options->keep_going);
}

int
main(int argc, char **argv)
{
	struct ctl_options options;
	struct ctl_link link;
	enum ctl_status status;

	switch (ctl_options_parse(&options, argc, argv)) {
	case CTL_OPTIONS_EXIT:
		return CTL_DONE;
	case CTL_OPTIONS_ERROR:
		return CTL_USAGE;
	case CTL_OPTIONS_RUN:
		break;
	}
	ctl_init(&link);
	link.json = options.json;
	if (ctl_connect(&link, options.socket) != 0)
		return CTL_GONE;
	status = run(&link, &options);
	ctl_close(&link);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "chimneyctl: writing the output: %s\n", strerror(errno));
		status = status == CTL_DONE ? CTL_FAILED : status;
	}
	return (int)status;
}
