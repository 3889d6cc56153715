/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks once a second at what came from the ports, and says once for each port what is amiss with most of it: nothing works
 * then, and nobody would know why. Their counters are read meanwhile, for those that come round.
 */
#ifndef APP_PORT_WATCH_H
#define APP_PORT_WATCH_H

#include <stdbool.h>

#include <event2/event.h>

#include "program.h"

struct port_watch {
	struct program *program;
	struct event *tick;
	bool told[TOE_MAX_PORTS];
};

/* Main only. 0, or -1 (said). */
int port_watch_open(struct port_watch *watch, struct program *program, struct event_base *base);
void port_watch_close(struct port_watch *watch);

#endif
