/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's interactive mode: line editing, history, completion by the server. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <editline/readline.h>
#include <jansson.h>

#include "ctl_interactive.h"

#define PROMPT "chimney> "
#define HISTORY_FILE ".chimneyctl_history"

/* readline's callbacks take no context */
static struct ctl_link *the_link;
static int the_status;
static bool ended;
static json_t *candidates;
static size_t next_candidate;

static void
candidate_store(const char *word)
{
	json_array_append_new(candidates, json_string(word));
}

/* Ask the server what may come next; events that come in between are shown. */
static void
candidates_fetch(void)
{
	char *line = strndup(rl_line_buffer, (size_t)rl_point);
	const char *text;
	enum ctl_line kind;
	char *question = NULL;

	json_decref(candidates);
	candidates = json_array();
	if (line == NULL || asprintf(&question, "complete %s", line) < 0) {
		free(line);
		return;
	}
	free(line);
	if (ctl_send(the_link, question) != 0)
		ended = true;
	free(question);
	while (!ended) {
		kind = ctl_read(the_link, true, &text);
		if (kind == CTL_DATA)
			candidate_store(text);
		else if (kind == CTL_EVENT)
			ctl_print_event(the_link, text);
		else if (kind != CTL_PROGRESS)
			break;
		if (kind == CTL_END)
			ended = true;
	}
	if (!ended && the_link->json && kind == CTL_OK) {
		json_t *reply = json_loads(text, 0, NULL);

		json_array_extend(candidates, json_object_get(reply, "candidates"));
		json_decref(reply);
	}
}

static char *
candidate_next(const char *word, int state)
{
	const char *candidate;

	if (state == 0)
		next_candidate = 0;
	while ((candidate = json_string_value(json_array_get(candidates, next_candidate))) !=
	        NULL) {
		next_candidate++;
		if (strncmp(candidate, word, strlen(word)) == 0)
			return strdup(candidate);
	}
	return NULL;
}

static char **
complete_word(const char *word, int start, int end)
{
	(void)start;
	(void)end;
	candidates_fetch();
	rl_attempted_completion_over = 1;
	return rl_completion_matches(word, candidate_next);
}

static void
on_line(char *line)
{
	if (line == NULL || strcmp(line, "exit") == 0) {
		ended = true;
	} else if (ctl_is_command(line)) {
		add_history(line);
		if (strcmp(line, "json on") == 0 || strcmp(line, "json off") == 0)
			the_link->json = strcmp(line, "json on") == 0;
		if (ctl_send(the_link, line) != 0 || ctl_print_reply(the_link) == 2) {
			fprintf(stderr, "chimneyctl: the server has closed the connection\n");
			the_status = 2;
			ended = true;
		}
	}
	free(line);
	if (ended)
		rl_callback_handler_remove();
}

/* What comes while the user types: events, above the line that is edited. */
static void
show_events(void)
{
	const char *text;
	enum ctl_line kind;
	char byte;

	/* end of the connection or more bytes? ctl_read tells both as "nothing" */
	if (recv(the_link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
		fprintf(stderr, "\nchimneyctl: the server has closed the connection\n");
		the_status = 2;
		ended = true;
		rl_callback_handler_remove();
		return;
	}
	fputs("\r\033[K", stdout);
	while ((kind = ctl_read(the_link, false, &text)) != CTL_END)
		if (kind == CTL_EVENT)
			ctl_print_event(the_link, text);
	rl_forced_update_display();
}

static char *
history_path(void)
{
	const char *home = getenv("HOME");
	char *path = NULL;

	if (home == NULL || asprintf(&path, "%s/" HISTORY_FILE, home) < 0)
		return NULL;
	return path;
}

int
ctl_interactive(struct ctl_link *link)
{
	struct pollfd wait[2] = {{STDIN_FILENO, POLLIN, 0}, {link->fd, POLLIN, 0}};
	char *path = history_path();

	the_link = link;
	rl_initialize();
	rl_completer_word_break_characters = (char *)(uintptr_t) " \t";
	rl_attempted_completion_function = complete_word;
	if (path != NULL)
		read_history(path);
	printf("'help' lists commands, TAB completes, 'exit' or Ctrl-D leaves.\n");
	rl_callback_handler_install(PROMPT, on_line);
	while (!ended) {
		if (poll(wait, 2, -1) < 0)
			continue;
		if (wait[0].revents != 0)
			rl_callback_read_char();
		if (!ended && wait[1].revents != 0)
			show_events();
	}
	if (path != NULL)
		write_history(path);
	free(path);
	json_decref(candidates);
	return the_status;
}
