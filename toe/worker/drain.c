/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking back frames that must not go out any more. */
#include "drain.h"

#include "conn_mib.h"
#include <rte_prefetch.h>

static bool
tag_valid(const struct toe_engine *engine, const struct toe_tx_tag *tag)
{
	const struct toe_conn *conn;
	struct toe_route route;

	if (tag->conn == TOE_INDEX_NONE)
		return true;
	conn = &engine->conns[tag->conn];
	if (conn->generation != tag->generation || (conn->flags & TOE_CONN_STOPPED))
		return false;
	route = toe_route_read(engine->shared, tag->path);
	return toe_route_valid(route) && toe_route_equal(route, tag->route);
}

/* The frame was never sent: its bytes are unsent again and the ACK it carried is still owed (INV-7). */
static void
take_back(struct toe_engine *engine, const struct toe_tx_tag *tag)
{
	struct toe_conn *conn = &engine->conns[tag->conn];

	if (conn->generation != tag->generation)
		return;
	toe_conn_mib(engine, conn)->discards_out += tag->segments;
	if (tag->cwr)
		conn->flags |= TOE_CONN_ECN_CWR;
	if (tag->length > 0 && seq_lt(tag->seq, conn->snd_nxt))
		conn->snd_nxt = seq_lt(tag->seq, conn->snd_una) ? conn->snd_una : tag->seq;
	conn->flags |= TOE_CONN_ACK_NOW;
	toe_conn_ready(engine, tag->conn);
}

/*
 * After a relink or an update a connection goes on, and may have built frames under the new words behind stale
 * ones. Those must not go out ahead of what was taken back: they are taken back too.
 */
static uint32_t
discard_overtaken(struct toe_engine *engine, struct toe_txq *txq)
{
	uint32_t kept = 0, discarded = 0;

	for (uint32_t i = 0; i < txq->count; i++) {
		const struct toe_tx_tag *tag = &txq->tag[i];

		if (tag->conn != TOE_INDEX_NONE && tag->length > 0 &&
		        seq_lt(engine->conns[tag->conn].snd_nxt, tag->seq)) {
			if (tag->cwr)
				engine->conns[tag->conn].flags |= TOE_CONN_ECN_CWR;
			rte_pktmbuf_free(txq->frame[i]);
			discarded++;
			continue;
		}
		txq->frame[kept] = txq->frame[i];
		txq->tag[kept] = *tag;
		kept++;
	}
	txq->count = kept;
	return discarded;
}

uint32_t
toe_drain_port(struct toe_engine *engine, uint32_t port)
{
	struct toe_txq *txq = &engine->txq[port];
	struct rte_mbuf *stale[TOE_TXQ_SIZE];
	struct toe_tx_tag tag[TOE_TXQ_SIZE];
	uint32_t kept = 0, discarded = 0;
	bool goes_on = false;

	for (uint32_t i = 0; i < txq->count; i++) {
		if (!tag_valid(engine, &txq->tag[i])) {
			rte_prefetch0(txq->frame[i]);
			stale[discarded] = txq->frame[i];
			tag[discarded++] = txq->tag[i];
			continue;
		}
		if (kept != i) {
			txq->frame[kept] = txq->frame[i];
			txq->tag[kept] = txq->tag[i];
		}
		kept++;
	}
	txq->count = kept;
	for (uint32_t i = 0; i < discarded; i++) {
		take_back(engine, &tag[i]);
		goes_on = goes_on || toe_route_valid(toe_route_read(engine->shared, tag[i].path));
	}
	rte_pktmbuf_free_bulk(stale, discarded);
	if (goes_on)
		discarded += discard_overtaken(engine, txq);
	engine->stats.tx_discarded += discarded;
	return discarded;
}

void
toe_drain_conn(struct toe_engine *engine, uint32_t index)
{
	for (uint32_t port = 0; port < engine->shared->port_count; port++) {
		struct toe_txq *txq = &engine->txq[port];
		uint32_t kept = 0;

		if (txq->count > 0)
			toe_txq_flush(txq);
		for (uint32_t i = 0; i < txq->count; i++) {
			if (txq->tag[i].conn == index) {
				take_back(engine, &txq->tag[i]);
				rte_pktmbuf_free(txq->frame[i]);
				continue;
			}
			txq->frame[kept] = txq->frame[i];
			txq->tag[kept] = txq->tag[i];
			kept++;
		}
		txq->count = kept;
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
