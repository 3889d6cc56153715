/* SPDX-License-Identifier: BSD-3-Clause */
/* What an invalidate marks, whether its stop still stands, and what is forgotten of a connection that leaves. */
#include "stop.h"

#include "indicate.h"
#include "items.h"

bool
toe_stop_stands(const struct toe_path_local *path, struct toe_route now)
{
	return !toe_route_valid(now) && now.path_word == path->route.path_word &&
	       (!toe_word_valid(now.path_word) || now.neighbor_word == path->route.neighbor_word);
}

bool
toe_retrieve_stands(const struct toe_worker *worker, const struct toe_conn *conn)
{
	/* It may have been marked for a stop of its path that is over, before it was named itself. */
	return ((conn->flags & TOE_CONN_INVALID) &&
	               toe_named_due(&worker->walks[conn->host], conn)) ||
	       toe_stop_stands(&worker->paths[conn->path],
	               toe_route_read(worker->engine.shared, conn->path));
}

void
toe_conn_unname(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->engine.conns[index];
	uint32_t moved;

	if ((conn->flags & TOE_CONN_FRESH) || conn->inv_pos == TOE_INDEX_NONE)
		return;
	moved = toe_vector_remove(
	        &worker->walks[conn->host].named, &worker->vectors, conn->inv_pos);
	if (moved != TOE_INDEX_NONE)
		worker->engine.conns[moved].inv_pos = conn->inv_pos;
	conn->inv_pos = TOE_INDEX_NONE;
}

void
toe_conn_unlink(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->engine.conns[index];
	struct toe_vector *dependents = &worker->paths[conn->path].dependents;
	uint32_t moved = toe_vector_remove(dependents, &worker->vectors, conn->dep_pos);

	if (moved != TOE_INDEX_NONE)
		worker->engine.conns[moved].dep_pos = conn->dep_pos;
	toe_conn_unname(worker, index);
	toe_indications_forget(&worker->engine, index);
	toe_wheel_remove(&worker->engine.wheel, index);
}

void
toe_stop_named(struct toe_worker *worker, const struct toe_message *message, struct toe_item *item)
{
	struct toe_conn *conn = toe_item_conn(worker, item);
	struct toe_host_walks *walks;

	/*
	 * A connection whose terminate ran ahead of this message is gone: nothing of it is left to stop.
	 */
	item->status = OFFLOAD_SUCCESS;
	if (conn == NULL || (conn->flags & TOE_CONN_INVALID))
		return;
	/* What an older stop of its path left behind is not this one's, which has not completed yet (D2, D3). */
	if (!toe_retrieve_stands(worker, conn))
		conn->flags &= ~TOE_CONN_RETRIEVE_ON_SEND;
	conn->flags |= TOE_CONN_INVALID;
	if (conn->flags & TOE_CONN_INDICATED)
		return;
	toe_conn_settled(conn);
	conn->stop_id = (uint32_t)message->argument;
	/* Nobody waits: whatever was released long ago, this stop is not. Ids are compared over half their range. */
	walks = &worker->walks[conn->host];
	if (walks->named.count == 0)
		walks->released = conn->stop_id - 1;
	conn->inv_pos = toe_vector_push(&walks->named, &worker->vectors, item->index);
}
