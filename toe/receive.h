/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a received burst to its destinations: a connection's input, a held tuple's queue, another worker, or
 * the other side of the bump (RX-1, RX-2, RX-5, CTX-3).
 */
#ifndef TOE_RECEIVE_H
#define TOE_RECEIVE_H

#include "worker.h"

/*
 * Pass a frame unchanged to the other side of the bump, in order with what this worker sends there; dropped
 * and counted when there is no such side or no room. Takes over the mbuf. port: index it came from.
 */
void toe_exception_forward(struct toe_worker *worker, struct rte_mbuf *mbuf, uint32_t port);

/* A tuple whose frames wait, both ways, while its connection moves. */
struct toe_hold {
	struct toe_flow_key key;
	struct rte_mbuf *frame[TOE_HOLD_FRAMES]; /* in order of arrival, both ways mixed */
	uint8_t from_host[TOE_HOLD_FRAMES];
	uint32_t count;
	bool used;
};

/* 0, -EEXIST (tuple offloaded or held), -ENOSPC. */
int toe_hold_add(struct toe_worker *worker, const struct toe_hold_request *request);
/* Pass all held frames on, each in its direction; 0 or -ENOENT. */
int toe_hold_release(struct toe_worker *worker, const struct toe_hold_request *request);
/*
 * The tuple of hold `hold` has just been offloaded as connection `index` (its flow entry points there now):
 * feed held wire frames to input, drop those from the host, free the hold.
 */
void toe_hold_deliver(struct toe_worker *worker, uint32_t hold, uint32_t index);
/* Free the frames of all holds (shutdown). */
void toe_hold_fini(struct toe_worker *worker);

#endif
