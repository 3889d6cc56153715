/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Indications to the hosts. What finds a host's ring full waits in a backlog of TOE_EVENT_BACKLOG; whoever has something
 * to indicate that finds no room there either keeps its reason and tries again (EVT-4). What concerns a connection whose
 * initiate has not completed waits there for that, too (INIT-9).
 */
#ifndef TOE_INDICATE_H
#define TOE_INDICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

/*
 * Queue an indication for a connection. False when the backlog is full: the caller must keep its reason and try
 * again (walks pause, input drops the segment).
 */
bool toe_conn_indicate(
        struct toe_engine *engine, struct toe_conn *conn, enum toe_event_kind kind, uint8_t detail);

/* Room for n more indications of this connection, so that input can check before it changes state. */
static inline bool
toe_conn_can_indicate(const struct toe_engine *engine, const struct toe_conn *conn, uint32_t n)
{
	return engine->backlog[conn->host].count + n <= TOE_EVENT_BACKLOG;
}

/* A connection that an initiate (0: of a test) offloads, and one whose initiate is known to have completed. */
static inline void
toe_conn_fresh(struct toe_conn *conn, uint64_t initiate)
{
	conn->inv_pos = TOE_INDEX_NONE;
	if (initiate == 0)
		return;
	conn->initiate = initiate;
	conn->flags |= TOE_CONN_FRESH;
}

static inline void
toe_conn_settled(struct toe_conn *conn)
{
	if (conn->flags & TOE_CONN_FRESH)
		conn->inv_pos = TOE_INDEX_NONE;
	conn->flags &= ~TOE_CONN_FRESH;
}

/* TERM-2: what still waits for a connection that is being terminated is not indicated any more. */
void toe_indications_forget(struct toe_engine *engine, uint32_t index);
/* Nothing that waits is indicated any more. */
void toe_indications_drop(struct toe_engine *engine);
/* How many wait, of all hosts. */
uint32_t toe_indications_count(const struct toe_engine *engine);
/* Post what waits, as far as the rings have room; returns the number posted. */
uint32_t toe_indications_post(struct toe_engine *engine);

#endif
