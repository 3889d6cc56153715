/* SPDX-License-Identifier: BSD-3-Clause */
/* Running one command: what the server replies goes to standard output, progress and errors to standard error. */
#ifndef APP_CTL_RUN_H
#define APP_CTL_RUN_H

#include "ctl_link.h"

/* How a command ended; but for the last, what the program exits with. */
enum ctl_status {
	CTL_DONE = 0,
	CTL_FAILED = 1, /* the server refused it or could not do it; or standard output is broken */
	CTL_GONE = 2, /* there is no server, or it went away */
	CTL_USAGE = 3, /* a wrong command line, or input that cannot be read */
	CTL_LEFT, /* the user does not wait for its reply (struct ctl_link.stop) */
};

/* Run a command to the end of its reply; `quit` to the end of the connection. */
enum ctl_status ctl_run(struct ctl_link *link, const char *line);
/* Print events until the connection ends, which is an error, or the user has enough. */
enum ctl_status ctl_follow(struct ctl_link *link);
void ctl_print_event(const char *text);
/* Say that the server is gone. CTL_GONE. */
enum ctl_status ctl_gone(void);

#endif
