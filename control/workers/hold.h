/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds and releases of tuples on their way from hosts to the worker that owns the tuple, and back. */
#ifndef CONTROL_HOLD_H
#define CONTROL_HOLD_H

#include <rte_ring.h>

#include "chimney.h"
#include "message.h"

#define HOLD_RECORDS 64u
#define HOLD_RING 256u

struct hold_record {
	struct toe_hold_request request; /* what the worker reads */
	struct chimney_hold *hold; /* NULL: free */
	uint64_t id; /* in the message and its reply: every use of a record has its own */
	uint32_t worker;
	bool release;
	bool sent;
};

struct holds {
	struct rte_ring *ring; /* any thread -> control: struct chimney_hold, lowest bit: release */
	struct hold_record record[HOLD_RECORDS];
	uint32_t in_use;
	uint64_t sequence; /* of the last one taken */
};

/* 0 or -ENOMEM. */
int holds_init(struct holds *holds);
void holds_fini(struct holds *holds);
/* Control: take new ones, send what waits. Returns the number handled. */
uint32_t holds_turn(struct chimney *target);
/* Control: the worker has answered. */
void hold_answered(struct chimney *target, uint64_t id, uint32_t status);
/* Control: the worker is lost; what it owes fails. */
void holds_lost(struct chimney *target, uint32_t worker);

#endif
