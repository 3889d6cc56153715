/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuring, starting and stopping the ports that ports_find has found. */
#ifndef LIB_PORT_SETUP_H
#define LIB_PORT_SETUP_H

#include "chimney_target.h"
#include "program.h"

/* Configure them all; held when the parameters say so. 0 or -1 (reported). */
int ports_configure(struct program *program, const struct chimney_target_params *wanted);
/* Start them. 0 or -1 (reported). */
int ports_start(struct program *program);
void ports_stop(struct program *program);

#endif
