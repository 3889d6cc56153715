/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers that are lost (INV-14, INV-17, TERM-8): what waits for one fails; then, behind these completions, the hosts are
 * told of each of its connections: RETRIEVE(HARDWARE_FAILURE) and ABORT. Its slots are marked, a part in each turn: these
 * connections stay lost until their host terminates them, also when the worker comes back (rejoin.h).
 *
 * A worker that wakes up later finds itself declared lost before each item and each step of its turn, and parks
 * (toe/worker/park.h). What cannot be closed without its help: it may have passed that look just before it fell asleep, and
 * then write the status and the state of that one item into a tree that has gone back to its host, or hand a frame to a
 * port. So such a FAILURE promises no silence, and says that the memory of the tree has to stay (chimney_settled).
 */
#ifndef CONTROL_LOST_H
#define CONTROL_LOST_H

#include "request.h"
#include "slots.h"

/* This worker is lost from now on. */
void worker_lose(struct chimney *target, uint32_t worker);
/* May any lost worker still be at work on what it had? Any thread. */
bool lost_at_large(const struct chimney *target);
/* And one that this request needed? */
bool lost_holds(const struct chimney *target, const struct request *request);
/*
 * The request met a connection whose state is lost. If it was taken before the loss, its completion comes before that
 * connection's indications (INV-17).
 */
void lost_met(struct chimney *target, struct request *request, uint32_t worker);
/* The completion of a request that was hit by losses was posted. */
void lost_posted(struct chimney *target, const struct request *request);
/* Mark, indicate, and let those go on that have parked, a bounded amount. Returns the work done. */
uint32_t lost_turn(struct chimney *target);

static inline uint64_t
worker_bit(uint32_t worker)
{
	return UINT64_C(1) << worker;
}

#endif
