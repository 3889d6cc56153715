/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Links and MTUs of the ports: seen when they change, told as events, and in what workers read of a port. A host port whose
 * wire has lost its link loses its own, so that the host knows, and gets it back. Belongs to main.
 *
 * Devices of the kernel are looked at when the kernel says that something has changed, others ten times a second.
 */
#ifndef APP_PORT_LINK_H
#define APP_PORT_LINK_H

#include <event2/event.h>

#include "events.h"
#include "program.h"

struct port_links {
	struct program *program;
	struct event_log *log;
	struct mnl_socket *kernel; /* netdev_watch; NULL: no port is the kernel's */
	struct event *changed;
	struct event *tick;
};

/* 0 or -1 (said). Links that are down already are told. */
int port_links_open(struct port_links *links, struct program *program, struct event_log *log,
        struct event_base *base);
/* Host ports get back what was taken from them. */
void port_links_close(struct port_links *links);

#endif
