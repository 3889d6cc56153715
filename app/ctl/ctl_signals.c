/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals of the interactive mode. They are read as they come, in the loop that reads the keys: so the
 * terminal is put in order first, whatever a signal means.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ctl_editor.h"

static void
signals_of_ours(sigset_t *set)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};

	sigemptyset(set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(set, numbers[i]);
}

int
ctl_signals_open(struct ctl_editor *editor)
{
	sigset_t set;

	signals_of_ours(&set);
	editor->link->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (editor->link->signals < 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
		fprintf(stderr, "chimneyctl: signals: %s\n", strerror(errno));
		return -1;
	}
	editor->link->stop = ctl_signals_take;
	editor->link->context = editor;
	return 0;
}

/* Ctrl-Z: the shell gets its terminal as it was; what is edited comes back with us. */
static void
suspend(struct ctl_editor *editor)
{
	ctl_screen_hide(editor);
	fflush(stdout);
	if (editor->editing)
		el_set(editor->line, EL_PREP_TERM, 0);
	raise(SIGSTOP);
	if (editor->editing)
		el_set(editor->line, EL_PREP_TERM, 1);
	ctl_screen_show(editor);
}

static void
resized(struct ctl_editor *editor)
{
	ctl_screen_hide(editor);
	el_resize(editor->line);
	ctl_screen_show(editor);
}

bool
ctl_signals_take(void *context)
{
	struct ctl_editor *editor = context;
	struct signalfd_siginfo info;

	while (editor->ending == CTL_GOES_ON &&
	        read(editor->link->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH) {
			resized(editor);
		} else if (info.ssi_signo == SIGTSTP) {
			suspend(editor);
		} else if (info.ssi_signo == SIGINT) {
			editor->ending = CTL_DROPPED;
		} else {
			editor->ending = CTL_KILLED;
			editor->signal = (int)info.ssi_signo;
		}
	}
	return editor->ending != CTL_GOES_ON;
}

void
ctl_signals_close(struct ctl_editor *editor)
{
	sigset_t set;

	close(editor->link->signals);
	editor->link->signals = -1;
	if (editor->ending == CTL_KILLED)
		raise(editor->signal);
	signals_of_ours(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
