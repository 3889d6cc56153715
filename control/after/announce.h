/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the operator wants told (target.h): the target's status, to every host (EVT-3), and connections that are asked back
 * (TERM-7). A host whose ring is full is told later, change by change, and keeps no other waiting (EVT-4).
 */
#ifndef CONTROL_ANNOUNCE_H
#define CONTROL_ANNOUNCE_H

#include "workers.h"

#define ANNOUNCE_ASKED 32u /* connections that are asked back in a turn */

struct announce {
	struct workers *workers;
	/* a connection that is to be asked back when its worker's mailbox has room; 0: none */
	uint64_t asked;
};

void announce_init(struct announce *announce, struct workers *workers);
/* hosts: bit per host in use. Returns the number of records and messages. */
uint32_t announce_turn(struct announce *announce, uint32_t hosts);

#endif
