/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker that was declared lost and wakes up (INV-14). Control has told its hosts that its connections are lost: it
 * gives back whatever it holds, a part in each turn, and is as it was at the start. Then it waits for control to let
 * it go on.
 *
 * Its paths and neighbors may have been terminated meanwhile and their slots used again: nothing here reads them.
 */
#include "park.h"

#include "channels.h"
#include "flow_table.h"
#include "held.h"
#include "host_leave.h"
#include "indicate.h"
#include "items.h"
#include "reassembly.h"
#include "sender.h"
#include "service.h"
#include "walk.h"

#define PARK_CONNS_PER_TURN 1024u

/* Frames on their way through this worker. */
static void
frames_give_back(struct toe_worker *worker)
{
	struct rte_mbuf *frame;
	uint32_t count = 0;

	for (uint32_t i = 0; i < worker->engine.shared->port_count; i++) {
		struct toe_txq *txq = &worker->engine.txq[i];

		count += toe_txq_drop_all(txq);
		txq->wait_head = TOE_INDEX_NONE;
	}
	for (uint32_t i = 0; i < TOE_MAX_WORKERS; i++)
		while (worker->steer.from[i] != NULL &&
		        rte_ring_sc_dequeue(worker->steer.from[i], (void **)&frame) == 0) {
			rte_pktmbuf_free(frame);
			count++;
		}
	worker->engine.stats.parked_dropped += count + toe_hold_fini(worker);
}

/* What control sent before it declared the worker lost: the trees are their hosts' again. */
static void
messages_forget(struct toe_worker *worker)
{
	toe_mailbox_discard(&worker->control.urgent);
	toe_mailbox_discard(&worker->control.ordinary);
	host_leaving_forget(&worker->engine);
	worker->job.op = TOE_OP_NONE;
	worker->job_next = NULL;
	toe_walks_forget(worker);
	toe_indications_drop(&worker->engine);
}

static void
conn_give_back(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->engine.conns[index];

	conn->flags &= ~TOE_CONN_READY;
	if (conn->generation != 0)
		toe_conn_give_back(worker, index);
}

/* With no connection left. */
static void
tables_reset(struct toe_worker *worker)
{
	struct toe_engine *engine = &worker->engine;

	toe_flow_reset(&worker->flows);
	engine->ready_head = TOE_INDEX_NONE;
	engine->stats.connections = 0;
	for (uint32_t port = 0; port < TOE_MAX_PORTS; port++)
		engine->mib[port][0].established = engine->mib[port][1].established = 0;
}

uint32_t
toe_worker_park(struct toe_worker *worker)
{
	uint32_t lost = atomic_load_explicit(&worker->control.lost, memory_order_acquire);
	uint32_t end;

	if (atomic_load_explicit(&worker->control.parked, memory_order_relaxed) == lost)
		return 0;
	if (worker->park_next == 0) {
		frames_give_back(worker);
		messages_forget(worker);
	}
	end = RTE_MIN(worker->park_next + PARK_CONNS_PER_TURN, worker->engine.conn_capacity);
	for (uint32_t i = worker->park_next; i < end; i++)
		conn_give_back(worker, i);
	worker->park_next = end;
	if (end < worker->engine.conn_capacity)
		return 1;
	worker->park_next = 0;
	toe_worker_channels_forget(worker);
	tables_reset(worker);
	worker->engine.life = lost + 1;
	atomic_store_explicit(&worker->control.parked, lost, memory_order_release);
	return 1;
}
