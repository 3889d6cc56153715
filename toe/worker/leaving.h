/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Terminates that wait for what their connections still have to do (host_leave.h). The chain that such an item came with is
 * answered when all of its items have been run, and says how many wait; each of these is answered by TOE_OP_LEFT. One that is done
 * before its chain is answered does not count.
 */
#ifndef TOE_LEAVING_H
#define TOE_LEAVING_H

#include <rte_branch_prediction.h>

#include "host_leave.h"
#include "worker.h"

uint32_t toe_worker_leaving_turn(struct toe_worker *worker);

/* In every turn: TOE_LEAVING_TURN of them. 0: nothing could be done. */
static inline uint32_t
toe_worker_leaving(struct toe_worker *worker)
{
	return likely((worker->engine.sends_first[TOE_SENDS_LEAVING] &
	                      worker->engine.closing.first) == TOE_INDEX_NONE)
	               ? 0
	               : toe_worker_leaving_turn(worker);
}

#endif
