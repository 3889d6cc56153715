/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: which ethdevs the program uses and in which role. The index of a port is its place among the --port options;
 * the CLI and struct toe_shared use it. port_setup.h configures and starts them.
 */
#ifndef LIB_PORTS_H
#define LIB_PORTS_H

#include "chimney_target.h"
#include "program.h"

/* Resolve --port options and check every port's queues; nothing is configured. 0 or -1 (reported). */
int ports_find(struct program *program, const struct chimney_target_params *wanted);

#endif
