/* SPDX-License-Identifier: BSD-3-Clause */
/* The history of the interactive mode: ~/.chimneyctl_history. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl_editor.h"

#define HISTORY_FILE ".chimneyctl_history"
#define HISTORY_LINES 1000

static char *
history_path(void)
{
	const char *home = getenv("HOME");
	char *path = NULL;

	if (home == NULL || asprintf(&path, "%s/" HISTORY_FILE, home) < 0)
		return NULL;
	return path;
}

void
ctl_history_open(struct ctl_editor *editor)
{
	HistEvent event;

	editor->history = history_init();
	if (editor->history == NULL)
		return;
	history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
	history(editor->history, &event, H_SETUNIQUE, 1);
	el_set(editor->line, EL_HIST, history, editor->history);
	editor->history_path = history_path();
	if (editor->history_path != NULL)
		history(editor->history, &event, H_LOAD, editor->history_path);
}

/* A new file in place of the old one: a full disk, or a kill in the middle, loses nothing. */
static void
history_save(const struct ctl_editor *editor)
{
	HistEvent event;
	char *draft = NULL;

	if (editor->history_path == NULL ||
	        asprintf(&draft, "%s.%ld", editor->history_path, (long)getpid()) < 0)
		return;
	if (history(editor->history, &event, H_SAVE, draft) < 0 ||
	        rename(draft, editor->history_path) != 0)
		unlink(draft);
	free(draft);
}

void
ctl_history_add(struct ctl_editor *editor, const char *line)
{
	HistEvent event;

	if (editor->history == NULL)
		return;
	history(editor->history, &event, H_ENTER, line);
	history_save(editor);
}

void
ctl_history_close(struct ctl_editor *editor)
{
	if (editor->history != NULL)
		history_end(editor->history);
	free(editor->history_path);
}
