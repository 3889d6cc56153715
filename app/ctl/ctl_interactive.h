/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's interactive mode: line editing, history, completion by the server. */
#ifndef APP_CTL_INTERACTIVE_H
#define APP_CTL_INTERACTIVE_H

#include "ctl_run.h"

/* Until the user or the server ends it. `path`: of the socket. Does not return when a signal ends the program. */
enum ctl_status ctl_interactive(struct ctl_link *link, const char *path);

#endif
