/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker does with the items of a request: one function per kind, called for each item of a chain in
 * order.
 */
#ifndef TOE_ITEMS_H
#define TOE_ITEMS_H

#include "worker.h"

/* Each sets item->status. */
void toe_item_initiate(
        struct toe_worker *worker, const struct toe_message *message, struct toe_item *item);
void toe_item_query(
        struct toe_worker *worker, const struct toe_message *message, struct toe_item *item);
void toe_item_update(
        struct toe_worker *worker, const struct toe_message *message, struct toe_item *item);
void toe_item_terminate(
        struct toe_worker *worker, const struct toe_message *message, struct toe_item *item);
/* The same of an item that came with this chain (worker->job_number). */
void toe_item_leave(struct toe_worker *worker, const struct toe_message *message,
        struct toe_item *item, uint64_t job);
/* Free the slot of a connection that leaves, and what hangs from it. Its tuple and the counters are the caller's. */
void toe_conn_give_back(struct toe_worker *worker, uint32_t index);
/* The connection that an item names, if that is the one that is there (CTX-2); NULL: not. */
static inline struct toe_conn *
toe_item_conn(struct toe_worker *worker, const struct toe_item *item)
{
	struct toe_conn *conn;

	if (item->index >= worker->engine.conn_capacity)
		return NULL;
	conn = &worker->engine.conns[item->index];
	if (conn->generation != item->generation)
		return NULL;
	return conn->generation == 0 ? NULL : conn;
}

#endif
