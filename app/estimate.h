/* SPDX-License-Identifier: BSD-3-Clause */
/* What the capacities will cost in memory: printed before anything is allocated, and refused when too much. */
#ifndef APP_ESTIMATE_H
#define APP_ESTIMATE_H

#include <stdint.h>

struct app;

struct estimate { /* bytes */
	uint64_t tables; /* neighbors and paths */
	uint64_t workers; /* connections, flow tables, timers, mailboxes: all offloaded, idle */
	uint64_t control; /* handles, requests */
	uint64_t mbufs; /* packet buffers, in EAL's memory */
	uint64_t total; /* at rest */
	uint64_t
	        busy; /* beyond that, at most: all connections with data in flight or out of order */
	uint64_t
	        available; /* of the machine, or of the control group when that is less; 0: unknown */
};

/* Fill app->estimate, print it, and check it. 0 or -1 (said, with what would be right). */
int estimate_check(struct app *app);

#endif
