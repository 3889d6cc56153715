/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuring, starting and stopping the ports that ports_find has found. */
#ifndef APP_PORT_SETUP_H
#define APP_PORT_SETUP_H

#include "options.h"
#include "program.h"

/* Configure and start them all; held when the options say so. 0 or -1 (said). */
int ports_start(struct program *program, const struct options *options);
void ports_stop(struct program *program);

#endif
