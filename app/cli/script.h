/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a start-up script: the CLI's language from a file, one command after the other. */
#ifndef APP_SCRIPT_H
#define APP_SCRIPT_H

struct app;

/*
 * Run the file that the options name, in the event loop, until its end or the first error. 0, or -1 (said,
 * with file and line). 0 at once when there is none.
 */
int script_run(struct app *app);

#endif
