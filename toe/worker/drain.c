/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking back frames that must not go out any more. */
#include "drain.h"

#include <rte_prefetch.h>

#include "tcp.h"

/* What a drain takes out of one transmit buffer, oldest first. */
struct taken {
	struct rte_mbuf *frame[TOE_TXQ_SIZE];
	struct toe_tx_tag tag[TOE_TXQ_SIZE];
	uint32_t count;
};

static bool
is_of(const struct toe_engine *engine, const struct toe_tx_tag *tag)
{
	return tag->conn != TOE_INDEX_NONE &&
	       engine->conns[tag->conn].generation == tag->generation;
}

/* Does the frame depend on something that has changed? */
static bool
is_stale(const struct toe_engine *engine, const struct toe_tx_tag *tag)
{
	uint32_t stopped = TOE_CONN_DRAINED |
	                   (tag->carries & TOE_TX_RESET ? TOE_CONN_HELD_BACK : TOE_CONN_STOPPED);
	const struct toe_conn *conn;
	struct toe_route route;

	if (tag->conn == TOE_INDEX_NONE)
		return false;
	conn = &engine->conns[tag->conn];
	/*
	 * After a relink or an update a connection goes on, and may have built frames under the new words behind stale ones.
	 * Those must not go out ahead of what is taken back, and they are not the last that it built: they are taken back too.
	 */
	if (conn->generation != tag->generation || (conn->flags & stopped))
		return true;
	route = toe_route_read(engine->shared, conn->path);
	return !toe_route_valid(route) || !toe_route_equal(route, tag->route);
}

static void
take(struct toe_engine *engine, struct toe_txq *txq, uint32_t at, struct taken *taken)
{
	const struct toe_tx_tag *tag = &txq->tag[at];

	rte_prefetch0(txq->frame[at]);
	if (is_of(engine, tag))
		engine->conns[tag->conn].flags |= TOE_CONN_DRAINED;
	taken->frame[taken->count] = txq->frame[at];
	taken->tag[taken->count++] = *tag;
}

/* The newest first: each finds its connection as it was when the frame had just been built. */
static void
give_back(struct toe_engine *engine, struct taken *taken)
{
	for (uint32_t i = taken->count; i-- > 0;) {
		const struct toe_tx_tag *tag = &taken->tag[i];

		if (!is_of(engine, tag))
			continue;
		engine->conns[tag->conn].flags &= ~TOE_CONN_DRAINED;
		toe_tcp_take_back(engine, tag, taken->frame[i]);
	}
	rte_pktmbuf_free_bulk(taken->frame, taken->count);
}

uint32_t
toe_drain_port(struct toe_engine *engine, uint32_t port)
{
	struct toe_txq *txq = &engine->txq[port];
	struct taken taken;
	uint32_t kept = 0;

	taken.count = 0;
	for (uint32_t i = 0; i < txq->count; i++) {
		if (is_stale(engine, &txq->tag[i])) {
			take(engine, txq, i, &taken);
			continue;
		}
		if (kept != i) {
			txq->frame[kept] = txq->frame[i];
			txq->tag[kept] = txq->tag[i];
		}
		kept++;
	}
	txq->count = kept;
	give_back(engine, &taken);
	engine->stats.tx_discarded += taken.count;
	return taken.count;
}

/* Of a connection that leaves nothing does so but its reset, where that may. */
static bool
is_left(const struct toe_engine *engine, uint32_t index, const struct toe_tx_tag *tag)
{
	return tag->conn == index && (!(tag->carries & TOE_TX_RESET) || is_stale(engine, tag));
}

void
toe_drain_conn(struct toe_engine *engine, uint32_t index)
{
	for (uint32_t port = 0; port < engine->shared->port_count; port++) {
		struct toe_txq *txq = &engine->txq[port];
		struct taken taken;
		uint32_t kept = 0;

		if (txq->count > 0)
			toe_txq_flush(txq);
		taken.count = 0;
		for (uint32_t i = 0; i < txq->count; i++) {
			if (is_left(engine, index, &txq->tag[i])) {
				take(engine, txq, i, &taken);
				continue;
			}
			txq->frame[kept] = txq->frame[i];
			txq->tag[kept] = txq->tag[i];
			kept++;
		}
		txq->count = kept;
		give_back(engine, &taken);
	}
}

uint32_t
toe_worker_drain(struct toe_worker *worker)
{
	struct toe_engine *engine = &worker->engine;
	uint32_t discarded = 0;

	for (uint32_t port = 0; port < engine->shared->port_count; port++)
		discarded += toe_drain_port(engine, port);
	engine->stats.drains++;
	return discarded;
}
