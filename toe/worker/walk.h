/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walks behind an invalidate or a relink: RETRIEVE is indicated, or connections go on (INV-9, INV-10, D2, D3). In
 * the background, and at a pace that leaves the worker to its traffic (INV-13). The hosts have turns: what one of them is
 * owed, and whether it has room for it, is nothing to another (C4).
 */
#ifndef TOE_WALK_H
#define TOE_WALK_H

#include "worker.h"

/* Note a walk (RETRIEVE_PATH, RETRIEVE_NAMED, RESUME_PATH). */
void toe_walk_add(struct toe_worker *worker, const struct toe_message *message);

/* There is nothing left to walk. */
void toe_walks_forget(struct toe_worker *worker);

/* A step. elapsed: ns since the last turn; idle: there is nothing else to do. Returns the connections visited. */
uint32_t toe_worker_walk(struct toe_worker *worker, uint64_t elapsed, bool idle);

#endif
