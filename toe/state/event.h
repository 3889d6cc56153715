/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records that the target posts to a host stack: completions (control lcore) and indications (workers, and
 * control for a lost worker). 16 bytes by value, one single-producer ring per producer and host.
 *
 * A full ring delays an indication, never drops one (EVT-4): the producer keeps what it could not post and
 * tries again in a later turn.
 */
#ifndef TOE_EVENT_H
#define TOE_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "doorbell.h"

enum toe_event_kind {
	/* object: root pointer; detail: enum of the request, TOE_COMPLETION_...; value: frames discarded */
	TOE_EVENT_COMPLETION = 1,
	TOE_EVENT_RETRIEVE, /* object: host_handle; detail: enum retrieve_reason */
	TOE_EVENT_DISCONNECT, /* object: host_handle; FIN received, all data before it consumed (EVT-1) */
	TOE_EVENT_ABORT, /* object: host_handle; acceptable RST received, or state lost */
	/* of the target, by control; object: none (EVT-3) */
	TOE_EVENT_OFFLOAD_PAUSE,
	TOE_EVENT_OFFLOAD_RESUME,
	TOE_EVENT_UPLOAD_ALL,
	/* object: host_handle; amount << detail: bytes (EVT-1) */
	TOE_EVENT_SEND_BACKLOG_CHANGE,
	/* object: a neighbor's; by control (EVT-2) */
	TOE_EVENT_NEIGHBOR_REACHABILITY,
	TOE_EVENT_KIND_COUNT
};

/* In detail: a lost worker may still be at work on the tree. */
#define TOE_COMPLETION_UNSETTLED 0x80u

/*
 * Producers have rings of their own, so records of two of them need an order: an indication must not overtake
 * the completion that caused it (INV-17), nor come after the completion of the terminate that ended its
 * connection (TERM-2). Control counts the completions of each host; an indication carries that count as it
 * was when the indication arose, and chimney_poll delivers it between the completions that it lies between.
 */
struct toe_event {
	uint64_t object;
	uint8_t kind; /* enum toe_event_kind */
	uint8_t detail;
	uint16_t amount; /* SEND_BACKLOG_CHANGE */
	/* COMPLETION: frames discarded; a worker's indication: completions before it */
	uint32_t value;
};

#define TOE_REQUESTS 512u /* that control has in progress at once */

_Static_assert(sizeof(struct toe_event) == 16, "four events a cache line");

/* One producer's way to one host stack. Set up before the host is announced to workers, gone after. */
struct toe_event_port {
	struct rte_ring *ring;
	struct toe_doorbell *bell; /* the host's, for hosts that sleep */
	const _Atomic uint32_t *completed; /* completions counted for the host; control writes */
	/* TOE_REQUESTS of them: ids of the initiates in progress, each at its id's place; control writes */
	const _Atomic uint64_t *initiating;
	int64_t stale; /* ns after which a neighbor's reachability is asked for (EVT-2); 0: never */
	bool send_backlog; /* the host wants SEND_BACKLOG_CHANGE */
};

/*
 * Has the initiate with this id not completed? The host learns of what it offloads by its completion, so that nothing is
 * indicated before (INIT-9). When it has, whoever has seen so counts its completion among `completed`.
 */
static inline bool
toe_event_initiating(const struct toe_event_port *port, uint64_t id)
{
	return atomic_load_explicit(
	               (_Atomic uint64_t *)(uintptr_t)&port->initiating[id % TOE_REQUESTS],
	               memory_order_acquire) == id;
}

static inline uint32_t
toe_event_completed(const struct toe_event_port *port)
{
	return atomic_load_explicit(
	        (_Atomic uint32_t *)(uintptr_t)port->completed, memory_order_acquire);
}

/* Producer: how many of the n events were posted. Rings the host's bell when any was. */
static inline unsigned int
toe_event_post(struct toe_event_port *port, const struct toe_event *events, unsigned int n)
{
	unsigned int posted = rte_ring_sp_enqueue_burst_elem(
	        port->ring, (void *)(uintptr_t)events, sizeof(*events), n, NULL);

	if (posted)
		toe_doorbell_ring(port->bell);
	return posted;
}

#endif
