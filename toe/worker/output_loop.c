/* SPDX-License-Identifier: BSD-3-Clause */
/* The run over the connections that were marked ready, and the lines of those that wait for room in a transmit buffer. */
#include "output_loop.h"

#include <rte_branch_prediction.h>

#include "fetch.h"
#include "indicate.h"
#include "stop.h"
#include "tcp.h"
#include "urgent.h"

/*
 * A stopped connection has something to send: under policy on-send it is asked for (D2). True: no room, try again; until then
 * a relink cancels it (D3).
 */
static __rte_noinline bool
retrieve_on_send(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->engine.conns[index];

	if ((conn->flags & (TOE_CONN_RETRIEVE_ON_SEND | TOE_CONN_INDICATED)) !=
	                TOE_CONN_RETRIEVE_ON_SEND ||
	        !toe_retrieve_stands(worker, conn))
		return false;
	if (!toe_conn_can_indicate(&worker->engine, conn, 1))
		return true;
	conn->flags |= TOE_CONN_INDICATED;
	toe_conn_tell(&worker->engine, index, TOE_EVENT_RETRIEVE, RETRIEVE_INVALID_STATE);
	return false;
}

/*
 * The next connection's turn is soon, and its context is there, for the one after it was fetched when its predecessor ran: its
 * sender comes, and the context of the one after it.
 */
static inline void
fetch_ahead(const struct toe_engine *engine, uint32_t next)
{
	if (next == TOE_INDEX_NONE)
		return;
	toe_fetch_new_sender(engine, next);
	if (engine->conns[next].ready_next != TOE_INDEX_NONE)
		toe_fetch_conn(engine, engine->conns[next].ready_next);
}

/*
 * A connection that has more to do. When it has sent something, others have their turn first. When
 * there was no room for anything, it waits for room in line: going back to the end of the ready
 * list, it would meet room by chance only, and might never do.
 */
static void
output_again(struct toe_engine *engine, uint32_t index, bool sent)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_route route = toe_route_read(engine->shared, conn->path);
	uint32_t neighbor = toe_path_word_neighbor(route.path_word);
	struct toe_txq *txq = &engine->txq[engine->shared->neighbors[neighbor].port];

	if (sent || toe_txq_room(txq) >= TOE_TXQ_RESERVE) {
		toe_conn_ready(engine, index);
		return;
	}
	conn->flags |= TOE_CONN_READY;
	conn->ready_next = TOE_INDEX_NONE;
	if (txq->wait_head == TOE_INDEX_NONE)
		txq->wait_head = index;
	else
		engine->conns[txq->wait_tail].ready_next = index;
	txq->wait_tail = index;
}

/* The connections that wait at a transmit buffer come first: their turn was before all others'. */
static void
waiting_first(struct toe_engine *engine, struct toe_txq *txq)
{
	if (txq->wait_head == TOE_INDEX_NONE)
		return;
	engine->conns[txq->wait_tail].ready_next = engine->ready_head;
	if (engine->ready_head == TOE_INDEX_NONE)
		engine->ready_tail = txq->wait_tail;
	engine->ready_head = txq->wait_head;
	txq->wait_head = TOE_INDEX_NONE;
}

void
toe_worker_requeue(struct toe_worker *worker)
{
	struct toe_engine *engine = &worker->engine;

	for (uint32_t i = 0; i < engine->shared->port_count; i++)
		waiting_first(engine, &engine->txq[i]);
}

/* Run one connection; true when there is more to do. */
static inline bool
run(struct toe_worker *worker, uint32_t index)
{
	enum toe_output result = toe_tcp_output(&worker->engine, index, TCP_RUN_MAX);

	if (unlikely(result == TOE_OUTPUT_STOPPED))
		return retrieve_on_send(worker, index);
	return result == TOE_OUTPUT_MORE;
}

uint32_t
toe_worker_output(struct toe_worker *worker, uint32_t budget)
{
	struct toe_engine *engine = &worker->engine;
	uint64_t built = engine->stats.tx_segments;
	uint32_t last, runs = 0;

	for (uint32_t i = 0; i < engine->shared->port_count; i++)
		if (toe_txq_room(&engine->txq[i]) >= TOE_TXQ_RESERVE)
			waiting_first(engine, &engine->txq[i]);
	last = engine->ready_tail;

	/*
	 * The budget counts runs and frames alike: both take time between two looks at the mailbox.
	 */
	while (engine->ready_head != TOE_INDEX_NONE && runs < budget &&
	        engine->stats.tx_segments - built < budget) {
		uint32_t index = engine->ready_head;
		struct toe_conn *conn = &engine->conns[index];
		uint64_t before = engine->stats.tx_segments;

		engine->ready_head = conn->ready_next;
		fetch_ahead(engine, engine->ready_head);
		conn->flags &= ~TOE_CONN_READY;
		runs++;
		/* A slot freed since it was marked ready (toe_conn_unlink) is only dropped here. */
		if (conn->generation != 0 && run(worker, index))
			output_again(engine, index, engine->stats.tx_segments != before);
		if (index == last)
			break;
		/* Between two runs no frame is being built. */
		if (runs % TOE_LOOK_RUNS == 0)
			toe_worker_urgent(worker);
	}
	/* Nobody else is ready: an empty list says that there is nothing to send. */
	if (engine->ready_head == TOE_INDEX_NONE)
		toe_worker_requeue(worker);
	return runs;
}

/* Frames are left. A port that takes nothing for long holds up neither its connections nor the exception path for ever. */
static __rte_noinline void
wait_for_port(struct toe_engine *engine, struct toe_txq *txq)
{
	if (txq->stuck == 0)
		return;
	if (txq->stuck_since == 0)
		txq->stuck_since = engine->now;
	else if (engine->now - txq->stuck_since >= TOE_TXQ_STUCK_NS)
		engine->stats.tx_stale += toe_txq_drop_all(txq);
}

uint32_t
toe_worker_flush(struct toe_worker *worker)
{
	struct toe_engine *engine = &worker->engine;
	uint32_t left = 0;

	for (uint32_t i = 0; i < engine->shared->port_count; i++) {
		struct toe_txq *txq = &engine->txq[i];

		if (txq->count > 0)
			toe_txq_flush(txq);
		if (unlikely(txq->count > 0))
			wait_for_port(engine, txq);
		else if (unlikely(txq->stuck > 0))
			toe_txq_drop_all(txq); /* a drain took the last one: nothing is stuck */
		left += txq->count;
	}
	return left;
}
