/* SPDX-License-Identifier: BSD-3-Clause */
/* Stops of an invalidate: what it names, whether it still stands, and how a connection leaves (INV-5, INV-10, D2, D3). */
#ifndef TOE_STOP_H
#define TOE_STOP_H

#include "worker.h"

/* A connection is named by an invalidate: it is marked, and notes the stop (message->argument). Sets item->status. */
void toe_stop_named(
        struct toe_worker *worker, const struct toe_message *message, struct toe_item *item);
/*
 * Is the stop whose words a path was last told still going on? A relink ends it, and a change of what is stopped;
 * the neighbor of a path that was named itself may change as it likes.
 */
bool toe_stop_stands(const struct toe_path_local *path, struct toe_route now);
/*
 * Is the stop for which policy on-send marked this connection still the one that holds it? After a
 * relink and another invalidate it is not: that one's own RETRIEVE comes when it is due (D2, D3, INV-17).
 */
bool toe_retrieve_stands(const struct toe_worker *worker, const struct toe_conn *conn);

/* Is the RETRIEVE of a connection that was named itself due (D2)? */
static inline bool
toe_named_due(const struct toe_host_walks *walks, const struct toe_conn *conn)
{
	return (int32_t)(walks->released - conn->stop_id) >= 0;
}

/* Take a connection off the vector of named ones. */
void toe_conn_unname(struct toe_worker *worker, uint32_t index);
/*
 * Forget a connection that leaves: off its vectors and the wheel. It stays on the ready list, if it is
 * there: output drops a free slot when it comes to it.
 */
void toe_conn_unlink(struct toe_worker *worker, uint32_t index);

#endif
