/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What follows a completion: RETRIEVE for the connections that an invalidate has stopped, when it is due
 * (INV-9, D2), and RESUME for those that a relink lets go on (INV-10). What is owed is noted in objects/stops.h.
 *
 * Each host has a share of every turn (C4): what one host has stopped, how much that is and whether it reads its
 * indications is nothing to another.
 *
 * A RETRIEVE for a path waits until no initiate under it is in progress, so that the host knows every
 * connection that is indicated and none is missed (INIT-9).
 */
#ifndef CONTROL_RETRIEVE_H
#define CONTROL_RETRIEVE_H

#include "stops.h"
#include "workers.h"

/* of a host in a turn: entries, and paths of a neighbor */
#define RETRIEVE_ENTRIES 16u
#define RETRIEVE_PATHS 16u

struct retrieve {
	struct slots *slots;
	struct stops *stops;
	struct workers *workers;
	uint8_t message_flags;
	uint32_t next_host; /* whose queues are looked at first */
};

/* on_send: connections are indicated when they have something to send (D2). */
void retrieve_init(
        struct retrieve *retrieve, struct stops *stops, struct workers *workers, bool on_send);
/* Send what is due, a bounded amount. Returns the number of messages. */
uint32_t retrieve_turn(struct retrieve *retrieve);

/* named.c, called by retrieve.c: release the named connections of a host. */
uint32_t batches_turn(struct retrieve *retrieve, uint32_t host);

#endif
