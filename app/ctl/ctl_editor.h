/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the interactive mode share: libedit's line, its history, the signals that are taken as
 * they come, and the server that may speak while a line is edited.
 */
#ifndef APP_CTL_EDITOR_H
#define APP_CTL_EDITOR_H

#include <signal.h>

#include <histedit.h>

#include "ctl_link.h"

#define CTL_PROMPT "chimney> "

/* Why no line came, or none is waited for. */
enum ctl_ending {
	CTL_GOES_ON,
	CTL_INPUT_ENDED, /* Ctrl-D, or the terminal is gone */
	CTL_DROPPED, /* Ctrl-C: what was typed, or waited for, is dropped */
	CTL_KILLED, /* by a signal that ends the program */
	CTL_SERVER_GONE,
};

struct ctl_editor {
	EditLine *line;
	History *history;
	char *history_path; /* NULL: none is kept */
	struct ctl_link *link;
	enum ctl_ending ending;
	int signal; /* CTL_KILLED: which */
	bool editing; /* a line is on the screen */
	bool owed; /* a reply is still to come, for which nobody waits */
};

/* ctl_signals.c: block the signals, and make link->signals a descriptor of them. 0 or -1 (said). */
int ctl_signals_open(struct ctl_editor *editor);
/* Act on signals that have come. True: editing or waiting ends, editor->ending says why. */
bool ctl_signals_take(void *editor);
/* Let signals act as ever; the one that ends the program does so. */
void ctl_signals_close(struct ctl_editor *editor);

/* ctl_history.c */
void ctl_history_open(struct ctl_editor *editor);
/* Keep a line, in the file too: whatever ends the program later, it is there. */
void ctl_history_add(struct ctl_editor *editor, const char *line);
void ctl_history_close(struct ctl_editor *editor);

/* ctl_complete.c: libedit's function for TAB. */
unsigned char ctl_complete(EditLine *line, int key);

/* ctl_screen.c: take the line that is edited off the screen, and put it back. */
void ctl_screen_hide(struct ctl_editor *editor);
void ctl_screen_show(struct ctl_editor *editor);
/* Columns of the terminal. */
unsigned int ctl_screen_columns(void);

#endif
