/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of what connections had while they were busy goes back to the system: the pools are looked through all the time, a few
 * blocks in each tick, and a block that was found free twice in a row is withdrawn, emptied by control, and restored.
 */
#ifndef TOE_GIVE_BACK_H
#define TOE_GIVE_BACK_H

#include "worker.h"

#define TOE_GIVE_BACK_PASS_MS                                                                      \
	500u /* a look at each block takes so long, while nothing is given back */

/* A tick of the worker's clock has passed. Bounded: 1/500 of the blocks, and one range of them given back. */
void toe_give_back_tick(struct toe_worker *worker);

/* In every turn: most are shorter than a tick. */
static inline void
toe_worker_give_back(struct toe_worker *worker)
{
	if (worker->give_back.ms != worker->engine.now_ms)
		toe_give_back_tick(worker);
}

#endif
