/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine: what a worker knows of its connections, their clock, their pools and what leaves them. The worker
 * around it (toe/worker) receives, takes messages and runs it; nothing in here knows of that.
 *
 * One worker owns it and alone reads and writes it, but for what says otherwise; M is the main lcore.
 */
#ifndef TOE_ENGINE_H
#define TOE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "conn.h"
#include "mib.h"
#include "pool.h"
#include "refresh.h"
#include "shared.h"
#include "stats.h"
#include "survey.h"
#include "timer_wheel.h"
#include "txq.h"
#include "worker_control.h"

#define TOE_SENDS_LINE_COUNT 4u

struct rte_bitmap;

struct toe_engine {
	/* configuration: M before start, then read only */
	struct toe_shared *shared;
	uint32_t index; /* of the worker, < shared->worker_count */
	uint32_t conn_capacity; /* connections that it can own */
	struct rte_mempool *mbuf_pool;
	struct toe_event_port *events; /* by host, of toe_worker_control */
	struct toe_reaches *reach; /* of toe_worker_control */
	struct toe_backlog *backlog; /* by host, likewise */
	/* by host: connections with TOE_CONN_TELL_DUE, and how many they are */
	struct rte_bitmap *untold[TOE_MAX_HOSTS];
	uint32_t untold_count[TOE_MAX_HOSTS];
	uint32_t max_retransmit; /* TMR-4: retransmissions of one segment when max_rt is 0 */

	uint64_t now; /* ns, of this turn */
	uint32_t now_us; /* of this turn, since the start, modulo 2^32 */
	uint32_t now_ms; /* of this turn; starts at 1, so that 0 means "no deadline" */
	uint64_t start; /* ns, of init */
	struct toe_refresh refresh;
	struct toe_survey survey;
	struct toe_conn *conns;
	uint32_t ready_head, ready_tail; /* connections that output has to run */
	/* channels of host threads; NULL: nobody reads completions any more */
	struct toe_channel_ports *channels;
	uint32_t channels_busy; /* bit per channel that has to be looked at */
	uint32_t life; /* toe_worker_control.lost, as it is while the worker is not lost */
	/* connections whose sends wait, by what for (enum toe_sends_line); TOE_INDEX_NONE: none */
	uint32_t sends_first[TOE_SENDS_LINE_COUNT], sends_last[TOE_SENDS_LINE_COUNT];
	uint32_t buffers_ms; /* when those that wait for buffers were looked at last */
	struct toe_txq *txq; /* one per port, index as in shared->ports */
	struct toe_pool attached; /* struct toe_attached: what services need */
	struct toe_pool sends; /* struct toe_host_block: one for every connection */
	struct toe_pool senders; /* struct toe_sender: one for every connection */
	struct toe_pool sent; /* struct toe_sent */
	uint32_t senders_busy; /* connections with at least one record of what they sent */
	uint32_t reassembly_buffers; /* mbufs that wait out of order or for the host */
	uint32_t reassembly_buffers_max;
	uint32_t echo_buffers; /* mbufs in the queues of echoes */
	uint32_t echo_buffers_max;
	/* mbufs with text for hosts: in queues, indicated, or kept by the hosts; by channel, plus one; [0]: no channel */
	uint32_t host_queued[TOE_MAX_CHANNELS + 1];
	uint32_t host_given
	        [TOE_MAX_CHANNELS +
	                1]; /* handed over, modulo 2^32; toe_channel_ports.returned of these are back */
	uint32_t host_queued_all, host_given_all;
	uint32_t host_buffers_max;
	struct toe_conn_list
	        pushing; /* connections whose push timer runs, the next to expire first */
	struct toe_conn_list starved; /* whose windows are closed for lack of buffers */
	struct toe_conn_list closing; /* whose terminates have waited for an answer */
	uint32_t receives_ms; /* when these were looked at last */
	struct toe_pool reassemblies; /* struct toe_reassembly */
	struct toe_pool pieces; /* struct toe_piece */
	struct toe_stats stats; /* anyone reads */
	struct toe_mib mib[TOE_MAX_PORTS][2]; /* by port, then IPv4 and IPv6; anyone reads */
	struct toe_timer_wheel wheel;
} __rte_cache_aligned;

/*
 * The clock has come to another ms: look at as many connections as it asks for (refresh.h). Bounded: all of them in
 * TOE_REFRESH_PASS_MS, at once only when that has gone by since the last turn.
 */
void toe_engine_refresh(struct toe_engine *engine);

/* The time of a turn: ns, never going back. */
static inline void
toe_engine_clock(struct toe_engine *engine, uint64_t now)
{
	uint64_t us = (now - engine->start) / 1000;

	engine->now = now;
	engine->now_us = (uint32_t)us;
	if (us - engine->refresh.us < 1000)
		return;
	engine->now_ms = (uint32_t)(us / 1000) + 1;
	toe_engine_refresh(engine);
}

/* Put a connection on the ready list: output will run it once (unless stopped). */
static inline void
toe_conn_ready(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (conn->flags & TOE_CONN_READY)
		return;
	conn->flags |= TOE_CONN_READY;
	conn->ready_next = TOE_INDEX_NONE;
	if (engine->ready_head == TOE_INDEX_NONE)
		engine->ready_head = index;
	else
		engine->conns[engine->ready_tail].ready_next = index;
	engine->ready_tail = index;
}

/* True when this connection may transmit now (INV-6): its own flags and both words of its route. */
static inline bool
toe_conn_may_send(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return !(conn->flags & TOE_CONN_STOPPED) &&
	       toe_route_valid(toe_route_read(engine->shared, conn->path));
}

#endif
