/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a received burst to its destinations: a connection's input, a held tuple's queue, another worker, or
 * the other side of the bump (RX-1, RX-2, RX-5 to RX-7, CTX-3).
 *
 * From reception on mbuf->port is the index of the port in toe_shared.ports, not the DPDK port id: it travels
 * with frames that are steered to another worker or held. Ports must not strip VLAN tags, coalesce segments
 * (LRO) or leave checksums unfinished: frames of the exception path go out as they came in.
 *
 * Everything here is called by the worker's own lcore only.
 */
#ifndef TOE_RECEIVE_H
#define TOE_RECEIVE_H

#include "segment.h"
#include "worker.h"

/*
 * Pass a frame unchanged to the other side of the bump, in order with what this worker sends there; dropped
 * and counted when there is no such side or no room. Takes over the mbuf. port: index it came from.
 */
void toe_exception_forward(struct toe_worker *worker, struct rte_mbuf *mbuf, uint32_t port);

/*
 * A good segment, either way, on the tuple of connection `index`. From the wire: its input, unless the VLAN
 * tag is wrong (RX-6). From the host: dropped, the target speaks for this tuple. A connection that is CLOSED
 * (RX-7) or was aborted takes nothing any more: both ways its segments pass between wire and host, as they
 * will after its termination (TERM-5). Returns true when the caller has to free the mbuf.
 */
bool toe_receive_segment(struct toe_worker *worker, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf);

/* A tuple whose frames wait, both ways, while its connection moves. */
struct toe_hold {
	struct toe_flow_key key;
	struct rte_mbuf *frame[TOE_HOLD_FRAMES]; /* in order of arrival, both ways mixed */
	uint32_t count;
	bool used;
};

/* 0, -EEXIST (tuple offloaded or held), -ENOSPC. */
int toe_hold_add(struct toe_worker *worker, const struct toe_hold_request *request);
/* Queue a frame of a held tuple, or drop and count it when the queue is full. Takes over the mbuf. */
void toe_hold_queue(struct toe_worker *worker, uint32_t hold, struct rte_mbuf *mbuf);
/* Pass all held frames on, each in its direction; 0 or -ENOENT. */
int toe_hold_release(struct toe_worker *worker, const struct toe_hold_request *request);
/*
 * The tuple of hold `hold` has just been offloaded as connection `index` (its flow entry points there now):
 * feed held wire frames to input, drop those from the host, free the hold.
 */
void toe_hold_deliver(struct toe_worker *worker, uint32_t hold, uint32_t index);
/* End all holds and free their frames; how many. */
uint32_t toe_hold_fini(struct toe_worker *worker);

#endif
