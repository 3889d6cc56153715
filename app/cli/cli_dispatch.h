/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a line of the CLI's language. */
#ifndef APP_CLI_DISPATCH_H
#define APP_CLI_DISPATCH_H

#include "session.h"

/* It replies now, or the session is busy and replies later. Blank lines get no reply. */
void cli_run(struct session *session, const char *text, size_t length);

#endif
