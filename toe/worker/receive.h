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
 * A good segment, either way, on the tuple of connection `index`. From the wire: its input, unless the VLAN
 * tag is wrong (RX-6). From the host: dropped, the target speaks for this tuple. A connection that is CLOSED
 * (RX-7) or was aborted takes nothing any more: both ways its segments pass between wire and host, as they
 * will after its termination (TERM-5). Returns true when the caller has to free the mbuf.
 */
bool toe_receive_segment(struct toe_worker *worker, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf);

/*
 * The tuple of hold `hold` has just been offloaded as connection `index` (its flow entry points there now):
 * feed held wire frames to input, drop those from the host, free the hold.
 */
void toe_receive_held(struct toe_worker *worker, uint32_t hold, uint32_t index);

/* Ports and steering rings, a burst of each; frames received. */
uint32_t toe_worker_receive(struct toe_worker *worker);

#endif
