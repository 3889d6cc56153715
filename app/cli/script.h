/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a start-up script: the CLI's language from a file, one command after the other. */
#ifndef APP_SCRIPT_H
#define APP_SCRIPT_H

#include "cli.h"

struct event_base;

/*
 * Run the file at `path` in the event loop, until its end, the first error, or until the program stops. 0, or -1
 * (said, with file and line).
 */
int script_run(struct cli *cli, struct event_base *base, const char *path);

#endif
