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

#include "fanout.h"

/*
 * This worker is lost from now on. sequence: of the last request that was taken. What the requests in progress need of it fails:
 * lost_hit, by whoever knows them.
 */
void worker_lose(struct workers *workers, uint32_t worker, uint64_t sequence);
/* Does a request need this worker, for answers or to send it something? */
bool lost_needed(const struct fanout *fanout, uint32_t worker);
/*
 * It does, and the worker is lost: what concerns that worker fails, and its host is told afterwards. Returns the number of
 * answers that will never come.
 */
uint32_t lost_hit(struct workers *workers, struct fanout *fanout, uint32_t worker);
/* May a lost worker that the request needed still be at work on what it had? */
bool lost_holds(const struct workers *workers, const struct fanout *fanout);
/*
 * The request met a connection whose state is lost. If it was taken before the loss, its completion comes before that
 * connection's indications (INV-17).
 */
void lost_met(struct workers *workers, struct fanout *fanout, uint32_t worker);
/* The completion of a request that was hit by losses was posted. */
void lost_posted(struct workers *workers, const struct fanout *fanout);
/*
 * Mark, indicate, and let those go on that have parked, a bounded amount. oldest: the sequence of the oldest request in
 * progress, terminates apart, which look at the slots. Returns the work done.
 */
uint32_t lost_turn(struct workers *workers, uint64_t oldest);

#endif
