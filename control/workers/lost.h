/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers that do not answer (INV-14, INV-17, TERM-8). A worker that owes an answer for longer than the
 * deadline and gives none meanwhile is declared lost, for ever: what waits for it fails, then, behind these
 * completions, the hosts are told of each of its connections: RETRIEVE(HARDWARE_FAILURE) and ABORT.
 *
 * A busy worker is not a lost one: before the deadline passes it is asked over the urgent mailbox, which it
 * looks at between bursts whatever else it has to do.
 *
 * A worker that wakes up later finds itself declared lost before each item and each turn, discards what it
 * holds and parks. What remains, and cannot be closed without its help: it may have passed that check just
 * before it fell asleep, and then write the status and the state of that one item into a tree that has gone
 * back to its host. That is one reason why a FAILURE promises nothing.
 */
#ifndef CONTROL_LOST_H
#define CONTROL_LOST_H

#include "request.h"

/* Ask those that are silent, and declare lost who has been silent for too long. */
void lost_deadlines(struct chimney *target);
/* The completion of a request that was hit by losses was posted. */
void lost_posted(struct chimney *target, const struct request *request);
/* Indicate, a bounded amount. Returns the number of indications. */
uint32_t lost_turn(struct chimney *target);

static inline uint64_t
worker_bit(uint32_t worker)
{
	return UINT64_C(1) << worker;
}

#endif
