/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a start-up script: the CLI's language from a file, one command after the other. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <event2/event.h>

#include "cli_dispatch.h"
#include "cli_text.h"
#include "say.h"
#include "script.h"

#define SCRIPT_LANE (TURNS_LANES - 1) /* behind those of the clients */

struct script {
	struct session session;
	struct event_base *base;
	const char *path;
	bool failed;
	char error[sizeof(((struct cli_error *)0)->message) + 64];
};

static void
script_write(struct session *session, const char *text, size_t length)
{
	/* "ok" after each command is for programs that read a socket */
	if (length == 3 && memcmp(text, "ok\n", 3) == 0)
		return;
	if (((struct script *)session)->failed)
		return;
	fwrite(text, 1, length, stdout);
}

static void
script_replied(struct session *session, const char *error)
{
	struct script *script = (struct script *)session;

	fflush(stdout);
	if (error == NULL)
		return;
	script->failed = true;
	snprintf(script->error, sizeof(script->error), "%s", error);
	cli_text_cut(script->error);
}

static size_t
script_queued(const struct session *session)
{
	(void)session;
	return 0;
}

static const struct session_owner script_owner = {script_write, script_replied, script_queued};

/* What is run, for those who look on. */
static void
script_show(const char *text, size_t length)
{
	char *shown = strndup(text, length);

	if (shown == NULL)
		return;
	cli_text_clean(shown);
	printf("%s%s\n", shown[0] == '#' ? "" : "> ", shown);
	fflush(stdout); /* it may wait for long */
	free(shown);
}

/* One line, and the event loop until it has replied. A stop meanwhile ends the script quietly. */
static int
script_line(struct script *script, const char *text, size_t length, unsigned int number)
{
	struct session *session = &script->session;

	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	if (length > 0)
		script_show(text, length);
	cli_run(session, text, length);
	while (session->busy && !session->cli->stopping)
		event_base_loop(script->base, EVLOOP_ONCE);
	if (script->failed)
		return say_error("%s:%u: %s", script->path, number, script->error);
	return 0;
}

/* A folder can be opened, too. */
static FILE *
script_open(const char *path)
{
	FILE *file = fopen(path, "r");
	struct stat status;

	if (file != NULL && fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
		fclose(file);
		file = NULL;
		errno = EISDIR;
	}
	if (file == NULL)
		say_error("script %s: %s; give a file of commands", path, strerror(errno));
	return file;
}

int
script_run(struct cli *cli, struct event_base *base, const char *path)
{
	FILE *file;
	struct script *script;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	unsigned int number = 0;
	int result = 0;

	file = script_open(path);
	if (file == NULL)
		return -1;
	script = calloc(1, sizeof(*script));
	if (script == NULL) {
		fclose(file);
		return say_error("out of memory");
	}
	session_init(&script->session, cli, SCRIPT_LANE, &script_owner);
	script->base = base;
	script->path = path;
	while (result == 0 && !cli->stopping && (length = getline(&line, &room, file)) > 0)
		result = script_line(script, line, (size_t)length, ++number);
	if (result == 0 && ferror(file))
		result = say_error(
		        "script %s: reading line %u: %s", path, number + 1, strerror(errno));
	session_fini(&script->session);
	free(line);
	free(script);
	fclose(file);
	return result;
}
