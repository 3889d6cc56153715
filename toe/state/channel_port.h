/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A channel's two rings between its host thread and one worker (CHN-1): descriptors one way, records the other. Nothing is refused
 * and nothing is dropped: what finds its ring full waits in order, linked through its descriptor, on the side that it comes from.
 *
 * Each member says who reads and writes it: H the host thread, W the worker.
 */
#ifndef TOE_CHANNEL_PORT_H
#define TOE_CHANNEL_PORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "doorbell.h"
#include "io.h"
#include "ring.h"

#define TOE_MAX_CHANNELS 32u /* of all hosts; a bit each */
#define TOE_CHANNEL_BURST 32u /* descriptors that a worker takes of a channel at a time */

/*
 * What a flow submits for itself, one at a time, in a descriptor of its own (struct chimney_flow): no record comes back. W writes its
 * status when it is done with it, which H waits for.
 */
enum toe_flow_op {
	TOE_FLOW_ATTACH = 0x80, /* the connection's text is indicated on this channel */
	TOE_FLOW_DETACH, /* not any more; INVALID_STATE: an indication is not answered */
	/*
	 * An indication is answered. mbuf: of its buffers those that the host does not keep; done: bytes of these that are taken;
	 * length: all that is taken; offset: buffers kept.
	 */
	TOE_FLOW_ANSWER,
};

static inline bool
toe_io_is_of_flow(const struct chimney_io *io)
{
	return (io->op & TOE_FLOW_ATTACH) != 0;
}

/* W: done with a descriptor of a flow. */
static inline void
toe_flow_done(struct chimney_io *io, enum offload_status status)
{
	__atomic_store_n(&io->status, (uint8_t)status, __ATOMIC_RELEASE);
}

/* Connections in a list, by index; TOE_INDEX_NONE: none */
struct toe_conn_list {
	uint32_t first, last;
};

struct toe_io_list {
	struct chimney_io *first, *last;
};

/*
 * A descriptor is submitted in the life of its worker that the host thread knew of: what was meant for an earlier one is not
 * looked at (CHN-4). The lowest bits of the pointer say which, modulo 64.
 */
#define TOE_IO_LIFE_MASK ((uintptr_t)sizeof(struct chimney_io) - 1)

static inline uintptr_t
toe_io_entry(const struct chimney_io *io, uint32_t life)
{
	return (uintptr_t)io | (life >> 1 & TOE_IO_LIFE_MASK);
}

struct toe_channel_port {
	struct rte_ring *submit; /* H -> W: toe_io_entry */
	struct rte_ring *records; /* W -> H: struct chimney_io_record */
	struct toe_doorbell *bell; /* the channel's */
	uint8_t channel; /* index of the channel */
	uint8_t host; /* index of its host stack */
	uint8_t worker;
	_Atomic uint32_t leaving; /* H: 1: let go of it; W: 2: it has */
	_Atomic uint32_t
	        crowded; /* H: something waits for room in `submit`: ring the bell when there is some */

	struct toe_io_list waiting __rte_cache_aligned; /* W: completions that found no room */
	struct toe_io_list
	        left; /* W: of connections that have ended; their buffers are not back yet */
	bool posted; /* W: since the bell was rung last */
	struct toe_conn_list due; /* W: connections with text to be indicated */
};

/* All channels, as one worker sees them. */
struct toe_channel_ports {
	_Atomic uint32_t look; /* bit per channel with something in `submit`: H sets, W takes */
	_Atomic(struct toe_channel_port *) port[TOE_MAX_CHANNELS]; /* H before anything is in it */
	/*
	 * Buffers of received text that came back, modulo 2^32: H counts up. By channel, plus one; [0]: of what was handed up with
	 * a terminate (TERM-9).
	 */
	_Atomic uint32_t returned[TOE_MAX_CHANNELS + 1];
	_Atomic uint32_t returned_all;
};

static inline void
toe_io_append(struct toe_io_list *list, struct chimney_io *io)
{
	io->next = NULL;
	if (list->first == NULL)
		list->first = io;
	else
		list->last->next = io;
	list->last = io;
}

static inline struct chimney_io *
toe_io_pop(struct toe_io_list *list)
{
	struct chimney_io *io = list->first;

	if (io != NULL)
		list->first = io->next;
	return io;
}

/*
 * H: something was put into `submit`. The fence belongs to the one in toe_channel_look: without both, each side could miss the
 * other.
 */
static inline void
toe_channel_call(struct toe_channel_ports *ports, uint32_t channel)
{
	uint32_t bit = 1u << channel;

	atomic_thread_fence(memory_order_seq_cst);
	if (!(atomic_load_explicit(&ports->look, memory_order_relaxed) & bit))
		atomic_fetch_or_explicit(&ports->look, bit, memory_order_relaxed);
}

/* W: the channels to look at, bit per channel. */
static inline uint32_t
toe_channel_look(struct toe_channel_ports *ports)
{
	uint32_t look;

	if (likely(atomic_load_explicit(&ports->look, memory_order_relaxed) == 0))
		return 0;
	look = atomic_exchange_explicit(&ports->look, 0, memory_order_acq_rel);
	atomic_thread_fence(memory_order_seq_cst);
	return look;
}

/* W: up to n entries. */
static inline uint32_t
toe_channel_take(struct toe_channel_port *port, uintptr_t *entries, uint32_t n)
{
	return rte_ring_sc_dequeue_burst_elem(port->submit, entries, sizeof(entries[0]), n, NULL);
}

/* W: a descriptor is the host's again; behind those that wait. life: of the worker. */
void toe_channel_complete(struct toe_channel_port *port, struct chimney_io *io,
        enum offload_status status, uint32_t done, uint32_t life);
/* W: text of a connection is indicated, unless there is no room, or something waits for some. life: of the worker. */
bool toe_channel_indicate(struct toe_channel_port *port, uint64_t host_handle,
        struct rte_mbuf *text, uint32_t bytes, uint32_t life);
/* W: post what waits, as far as there is room; how many. */
uint32_t toe_channel_post(struct toe_channel_port *port, uint32_t life);
/* W: wake the host thread, if anything was posted since the last time and it sleeps. */
void toe_channel_ring(struct toe_channel_port *port);

/* 0 or -ENOMEM. size: of both rings, a power of two. */
int toe_channel_port_init(struct toe_channel_port *port, uint32_t size);
void toe_channel_port_fini(struct toe_channel_port *port);

#endif
