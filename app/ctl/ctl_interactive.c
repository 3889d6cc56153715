/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client's interactive mode. libedit reads its keys through read_key(), the one place that waits: for
 * keys, for the server, which may send events or go away, and for signals.
 */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "ctl_editor.h"
#include "ctl_interactive.h"

/* Lines of the server that are shown before the keys have their turn again. */
#define EVENTS_AT_ONCE 256u

static char *
prompt(EditLine *line)
{
	static char text[] = CTL_PROMPT;

	(void)line;
	return text;
}

/* What comes while the user types: events, above the line that is edited. False: the server is gone. */
static bool
show_events(struct ctl_editor *editor)
{
	enum ctl_line kind = CTL_NONE;
	const char *text;

	ctl_screen_hide(editor);
	for (unsigned int i = 0; i < EVENTS_AT_ONCE; i++) {
		kind = ctl_read(editor->link, false, &text);
		if (kind == CTL_NONE || kind == CTL_END)
			break;
		if (kind == CTL_EVENT)
			ctl_print_event(text);
	}
	if (kind == CTL_END)
		editor->ending = CTL_SERVER_GONE;
	else
		ctl_screen_show(editor);
	return kind != CTL_END;
}

/* One byte of the terminal; more of them may make a character. */
static int
read_byte(struct ctl_editor *editor, char *byte)
{
	ssize_t n;

	do {
		n = read(STDIN_FILENO, byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		editor->ending = CTL_INPUT_ENDED;
	return n == 1;
}

/* libedit's EL_GETCFN: 1 and a character, or -1 when editing ends. */
static int
read_key(EditLine *line, wchar_t *key)
{
	struct pollfd look[3] = {{STDIN_FILENO, POLLIN, 0}};
	mbstate_t state = {0};
	struct ctl_editor *editor;
	char byte;

	if (el_get(line, EL_CLIENTDATA, &editor) != 0)
		return -1;
	look[1] = (struct pollfd){editor->link->fd, POLLIN, 0};
	look[2] = (struct pollfd){editor->link->signals, POLLIN, 0};
	for (;;) {
		if (poll(look, 3, -1) < 0 && errno != EINTR)
			return -1;
		if (look[2].revents != 0 && ctl_signals_take(editor))
			return -1;
		if (look[1].revents != 0 && !show_events(editor))
			return -1;
		if (look[0].revents == 0)
			continue;
		if (!read_byte(editor, &byte))
			return -1;
		switch (mbrtowc(key, &byte, 1, &state)) {
		case (size_t)-2:
			break; /* a part of a character */
		case (size_t)-1:
			memset(&state, 0, sizeof(state));
			break; /* none of this locale */
		default:
			return 1;
		}
	}
}

static int
editor_open(struct ctl_editor *editor, struct ctl_link *link)
{
	editor->link = link;
	setlocale(LC_CTYPE, "");
	editor->line = el_init("chimneyctl", stdin, stdout, stderr);
	if (editor->line == NULL) {
		fprintf(stderr, "chimneyctl: the terminal does not allow editing\n");
		return -1;
	}
	el_set(editor->line, EL_CLIENTDATA, editor);
	el_set(editor->line, EL_SIGNAL, 0);
	el_set(editor->line, EL_GETCFN, read_key);
	el_set(editor->line, EL_PROMPT, prompt);
	el_set(editor->line, EL_EDITOR, "emacs");
	el_set(editor->line, EL_ADDFN, "chimney-complete", "Ask the server", ctl_complete);
	el_source(editor->line, NULL);
	el_set(editor->line, EL_BIND, "^I", "chimney-complete", NULL);
	if (ctl_signals_open(editor) != 0) {
		el_end(editor->line);
		return -1;
	}
	ctl_history_open(editor);
	return 0;
}

static void
editor_close(struct ctl_editor *editor)
{
	ctl_history_close(editor);
	el_end(editor->line);
	ctl_signals_close(editor);
}

/* The next line, to be freed; NULL: editor->ending says why there is none. */
static char *
editor_read(struct ctl_editor *editor)
{
	const char *text;
	int length = 0;

	editor->ending = CTL_GOES_ON;
	editor->editing = true;
	text = el_gets(editor->line, &length);
	editor->editing = false;
	if (text != NULL && editor->ending == CTL_GOES_ON)
		return strndup(text, strcspn(text, "\r\n"));
	if (editor->ending == CTL_GOES_ON)
		editor->ending = CTL_INPUT_ENDED;
	putchar('\n');
	return NULL;
}

/* The reply that is still to come would be taken for the next command's: a new connection has none. */
static enum ctl_status
let_go(struct ctl_editor *editor, const char *path)
{
	if (editor->ending == CTL_KILLED)
		return CTL_DONE;
	editor->ending = CTL_GOES_ON;
	editor->owed = false;
	fflush(stdout);
	fprintf(stderr, "\nchimneyctl: not waiting any longer; what was asked for goes on. This is "
	                "a new connection.\n");
	ctl_close(editor->link);
	return ctl_connect(editor->link, path) == 0 ? CTL_LEFT : CTL_GONE;
}

/* Run a line. CTL_LEFT: the session goes on, else it ends with this status. */
static enum ctl_status
run_line(struct ctl_editor *editor, const char *line, const char *path)
{
	enum ctl_status status;

	if (!ctl_is_command(line))
		return CTL_LEFT;
	ctl_history_add(editor, line);
	if (ctl_begins(line, "exit"))
		return CTL_DONE;
	status = ctl_run(editor->link, line);
	if (status == CTL_LEFT)
		return let_go(editor, path);
	if (status == CTL_GONE || (status == CTL_DONE && ctl_begins(line, "quit")))
		return status;
	return CTL_LEFT;
}

enum ctl_status
ctl_interactive(struct ctl_link *link, const char *path)
{
	struct ctl_editor editor = {0};
	enum ctl_status status = CTL_LEFT;

	if (editor_open(&editor, link) != 0)
		return CTL_FAILED;
	printf("'help' lists commands, TAB completes, 'exit' or Ctrl-D leaves.\n");
	while (status == CTL_LEFT) {
		char *line = editor_read(&editor);

		if (line != NULL)
			status = run_line(&editor, line, path);
		else if (editor.ending == CTL_SERVER_GONE)
			status = ctl_gone();
		else if (editor.ending != CTL_DROPPED)
			status = CTL_DONE;
		else if (editor.owed)
			status = let_go(&editor, path);
		free(line);
	}
	editor_close(&editor);
	return status;
}
