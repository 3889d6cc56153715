/* SPDX-License-Identifier: BSD-3-Clause */
/* The terminal around the line that is edited. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl_editor.h"

#define COLUMNS_DEFAULT 80u

unsigned int
ctl_screen_columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	return size.ws_col;
}

/* Every terminal that is not dumb knows the two sequences that are used here. */
static bool
is_dumb(void)
{
	const char *name = getenv("TERM");

	return name == NULL || strcmp(name, "dumb") == 0;
}

void
ctl_screen_hide(struct ctl_editor *editor)
{
	const LineInfo *info;
	size_t rows;

	if (!editor->editing)
		return;
	if (is_dumb()) {
		putchar('\n');
		return;
	}
	info = el_line(editor->line);
	rows = (strlen(CTL_PROMPT) + (size_t)(info->cursor - info->buffer)) / ctl_screen_columns();
	putchar('\r');
	while (rows-- > 0)
		fputs("\033[A", stdout);
	fputs("\033[J", stdout);
}

void
ctl_screen_show(struct ctl_editor *editor)
{
	fflush(stdout);
	if (editor->editing)
		el_set(editor->line, EL_REFRESH);
}
