/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's interactive mode: line editing, history, completion by the server. */
#ifndef APP_CTL_INTERACTIVE_H
#define APP_CTL_INTERACTIVE_H

#include "ctl_link.h"

/* Until the user or the server ends it. Exit status. */
int ctl_interactive(struct ctl_link *link);
/* chimneyctl.c: print the reply to the command sent; 0 ok, 1 error, 2 the server is gone. */
int ctl_print_reply(struct ctl_link *link);
/* chimneyctl.c: print one event. */
void ctl_print_event(const struct ctl_link *link, const char *text);

#endif
