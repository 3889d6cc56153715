/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: which ethdevs the program uses and in which role. The index of a port is its place among the --port options;
 * the CLI and struct toe_shared use it. port_setup.h configures and starts them.
 */
#ifndef APP_PORTS_H
#define APP_PORTS_H

#include "options.h"
#include "program.h"

/* Resolve --port options and check every port's queues; nothing is configured. 0 or -1 (said). */
int ports_find(struct program *program, const struct options *options);

#endif
