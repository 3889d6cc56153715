/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Indications to the hosts. What finds a host's ring full waits in the host's backlog of TOE_EVENT_BACKLOG, in order; so does
 * what concerns a connection whose initiate has not completed (INIT-9). What finds no room there stays with its connection,
 * which is noted in a bitmap, until there is: nothing that a connection has to tell is lost, however long its host does not
 * read (EVT-4).
 */
#ifndef TOE_INDICATE_H
#define TOE_INDICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

/* Bitmaps for all connections; 0 or -ENOMEM. Bytes that they take. */
int toe_indications_init(struct toe_engine *engine);
void toe_indications_fini(struct toe_engine *engine);
uint64_t toe_indications_estimate(uint32_t conn_capacity);

/*
 * Tell the host of a connection. A connection has at most one indication of each kind waiting with it: a later RETRIEVE takes
 * the place of one that was not told yet.
 */
void toe_conn_tell(
        struct toe_engine *engine, uint32_t index, enum toe_event_kind kind, uint8_t detail);

/*
 * SEND_BACKLOG_CHANGE with this many bytes, of which the upper 16 significant bits are told. False: there is no room now, or the
 * connection has something else to tell first.
 */
bool toe_conn_tell_backlog(struct toe_engine *engine, uint32_t index, uint32_t bytes);

/* Room for n more indications of this connection in the backlog: walks pause without. */
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
/* How many wait, of all hosts; a connection that waits with more than one counts once. */
uint32_t toe_indications_count(const struct toe_engine *engine);
/* Post what waits, as far as the rings have room: at most two backlogs for each host. Returns the number posted. */
uint32_t toe_indications_post(struct toe_engine *engine);

#endif
