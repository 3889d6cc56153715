/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fetching what many connections have ahead of its use, in stages: where a sender lies says the context, where a record
 * lies says the sender. Each stage goes over all connections before the next one does, so that it finds there what the one
 * before asked for, and the cache lines of all come at the same time.
 */
#ifndef TOE_FETCH_H
#define TOE_FETCH_H

#include <rte_prefetch.h>

#include "engine.h"
#include "sender.h"

/* Stage 1: a context, all of its lines. */
static inline void
toe_fetch_conn(const struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];

	rte_prefetch0(conn);
	rte_prefetch0(&conn->sender);
	rte_prefetch0(&conn->due);
	rte_prefetch0(&conn->rcv_space);
}

/* Stage 2: the sender of one that has data in flight; others do without. Is there one? */
static inline bool
toe_fetch_sender(const struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];
	const struct toe_sender *sender = toe_pool_at(&engine->senders, conn->sender);

	if (conn->snd_nxt == conn->snd_una || conn->sender == TOE_INDEX_NONE)
		return false;
	rte_prefetch0(sender);
	rte_prefetch0(&sender->recovery_end);
	return true;
}

/* Stage 2 for output: of one that has data to send, whether some is in flight or not. */
static inline void
toe_fetch_new_sender(const struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];

	if (conn->sender != TOE_INDEX_NONE &&
	        (conn->snd_nxt != conn->snd_una || conn->snd_limit != conn->snd_offset))
		rte_prefetch0(toe_pool_at(&engine->senders, conn->sender));
}

/* Stage 3, behind a stage 2 that was true: its oldest record, which an ACK frees. */
static inline void
toe_fetch_sent(const struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];
	const struct toe_sender *sender = toe_pool_at(&engine->senders, conn->sender);

	rte_prefetch0(toe_pool_at(&engine->sent, sender->head));
}

/* What input reads of n connections, whose list is used up. One alone has nothing to wait behind. */
static inline void
toe_fetch_all(const struct toe_engine *engine, uint32_t *conns, uint32_t n)
{
	uint32_t senders = 0;

	for (uint32_t i = 0; i < n; i++)
		toe_fetch_conn(engine, conns[i]);
	if (n < 2)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (toe_fetch_sender(engine, conns[i]))
			conns[senders++] = conns[i];
	for (uint32_t i = 0; i < senders; i++)
		toe_fetch_sent(engine, conns[i]);
}

#endif
