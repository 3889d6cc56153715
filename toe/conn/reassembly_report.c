/* SPDX-License-Identifier: BSD-3-Clause */
/* The reassembly beside its queue of text: what SACK reports of it, and frames that wait for the host. */
#include "reassembly_parts.h"

#include <rte_branch_prediction.h>

struct toe_reassembly *
toe_reassembly_get(struct toe_engine *engine, struct toe_conn *conn)
{
	struct toe_reassembly *reassembly;

	if (conn->reassembly != TOE_INDEX_NONE)
		return reassembly_of(engine, conn);
	conn->reassembly = toe_pool_take(&engine->reassemblies);
	if (conn->reassembly == TOE_INDEX_NONE)
		return NULL;
	reassembly = reassembly_of(engine, conn);
	memset(reassembly, 0, sizeof(*reassembly));
	reassembly->head = reassembly->tail = TOE_INDEX_NONE;
	return reassembly;
}

void
toe_reassembly_settle(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_reassembly *reassembly = reassembly_of(engine, conn);

	for (uint32_t i = 0; i < reassembly->blocks;)
		if (seq_leq(reassembly->block[i].end, conn->rcv_nxt))
			reassembly_remove_block(reassembly, i);
		else
			i++;
	if (reassembly->head != TOE_INDEX_NONE || (conn->flags & TOE_CONN_DSACK) ||
	        reassembly->urgent_frames > 0)
		return;
	toe_pool_give(&engine->reassemblies, conn->reassembly);
	conn->reassembly = TOE_INDEX_NONE;
}

void
toe_reassembly_unreported(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (!(conn->flags & TOE_CONN_DSACK))
		return;
	conn->flags &= ~TOE_CONN_DSACK;
	toe_reassembly_settle(engine, index);
}

uint32_t
toe_reassembly_end(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_reassembly *reassembly;
	const struct toe_piece *tail;

	if (conn->reassembly == TOE_INDEX_NONE)
		return conn->rcv_nxt;
	reassembly = reassembly_of(engine, conn);
	if (reassembly->tail == TOE_INDEX_NONE)
		return conn->rcv_nxt;
	tail = piece_at(engine, reassembly->tail);
	return tail->seq + tail->length + tail->fin;
}

/* Blocks that fit beside timestamps (RFC 2018 section 3). */
static uint32_t
blocks_max(const struct toe_conn *conn)
{
	if (!(conn->options & TCP_OPTION_SACK))
		return 0;
	return conn->options & TCP_OPTION_TIMESTAMPS ? TOE_SACKS_MAX - 1 : TOE_SACKS_MAX;
}

static uint32_t
blocks_count(const struct toe_reassembly *reassembly, const struct toe_conn *conn)
{
	uint32_t n = reassembly->blocks + (conn->flags & TOE_CONN_DSACK ? 1 : 0);

	return RTE_MIN(n, blocks_max(conn));
}

uint32_t
toe_reassembly_blocks(struct toe_engine *engine, struct toe_conn *conn, uint32_t room,
        struct toe_sack blocks[TOE_SACKS_MAX])
{
	struct toe_reassembly *reassembly = reassembly_of(engine, conn);
	uint32_t n = 0, max = blocks_count(reassembly, conn);

	/* Where there is room for none, what is to be told waits for another segment. */
	if (max > 0 && room == 0)
		return 0;
	max = RTE_MIN(max, room);
	if (max > 0 && (conn->flags & TOE_CONN_DSACK))
		blocks[n++] = reassembly->duplicate;
	for (uint32_t i = 0; n < max; i++)
		blocks[n++] = reassembly->block[i];
	conn->flags &= ~TOE_CONN_DSACK;
	if (reassembly->head == TOE_INDEX_NONE)
		toe_reassembly_settle(engine, (uint32_t)(conn - engine->conns));
	return n;
}

uint32_t
toe_reassembly_count(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return blocks_count(reassembly_of(engine, conn), conn);
}

bool
toe_reassembly_urgent(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf)
{
	struct toe_reassembly *reassembly = toe_reassembly_get(engine, &engine->conns[index]);

	if (reassembly == NULL || reassembly->urgent_frames == TOE_URGENT_FRAMES ||
	        engine->reassembly_buffers >= engine->reassembly_buffers_max || mbuf->nb_segs != 1)
		return false;
	mbuf->next = NULL;
	if (reassembly->urgent_frames++ == 0)
		reassembly->urgent_first = mbuf;
	else
		reassembly->urgent_last->next = mbuf;
	reassembly->urgent_last = mbuf;
	engine->reassembly_buffers++;
	return true;
}

uint32_t
toe_reassembly_take_urgent(struct toe_engine *engine, uint32_t index, struct rte_mbuf **frames)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_reassembly *reassembly;
	uint32_t n = 0;

	if (conn->reassembly == TOE_INDEX_NONE)
		return 0;
	reassembly = reassembly_of(engine, conn);
	for (struct rte_mbuf *at = reassembly->urgent_first, *next; n < reassembly->urgent_frames;
	        at = next) {
		next = at->next;
		at->next = NULL;
		frames[n++] = at;
	}
	engine->reassembly_buffers -= n;
	reassembly->urgent_frames = 0;
	return n;
}
