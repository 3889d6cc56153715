/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Held tuples: while a connection moves between kernel and target, its frames, both ways, wait in order in a
 * bounded queue. Then they go to the connection's input (toe_receive_held), or on to where they were going.
 */
#ifndef TOE_HELD_H
#define TOE_HELD_H

#include "worker.h"

/* A tuple whose frames wait, both ways, while its connection moves. */
struct toe_hold {
	struct toe_flow_key key;
	struct rte_mbuf *frame[TOE_HOLD_FRAMES]; /* in order of arrival, both ways mixed */
	uint32_t count;
	uint32_t buffers; /* that these frames take */
	bool used;
};

/* 0, -EEXIST (tuple offloaded or held), -ENOSPC: no more holds, or what all of them may keep is used up. */
int toe_hold_add(struct toe_worker *worker, const struct toe_hold_request *request);
/* A hold that is free, negative: there is none, or what all of them may keep is used up. */
int32_t toe_hold_find(const struct toe_worker *worker);
/* The tuple of a connection that leaves is held from now on (TERM-5). hold: of toe_hold_find. */
void toe_hold_convert(struct toe_worker *worker, const struct toe_flow_key *key, uint32_t hold);
/* Queue a frame of a held tuple, or drop and count it when the queue is full, or what all holds may keep. Takes over the mbuf. */
void toe_hold_queue(struct toe_worker *worker, uint32_t hold, struct rte_mbuf *mbuf);
/* Pass all held frames on, each in its direction; 0 or -ENOENT. */
int toe_hold_release(struct toe_worker *worker, const struct toe_hold_request *request);
/* Its frames were taken: it is free. */
void toe_hold_free(struct toe_worker *worker, struct toe_hold *hold);
/* End all holds and free their frames; how many. */
uint32_t toe_hold_fini(struct toe_worker *worker);

#endif
