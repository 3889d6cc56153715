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
void toe_item_invalidate(
        struct toe_worker *worker, const struct toe_message *message, struct toe_item *item);

/* items.c: free the slot of a connection that leaves, and what hangs from it. Its tuple and the counters are the caller's. */
void toe_conn_give_back(struct toe_worker *worker, uint32_t index);
/* stop.c: one drain over all transmit buffers; frames discarded. */
uint32_t toe_worker_drain(struct toe_worker *worker);
/* stop.c: note a background walk (RETRIEVE_PATH, RETRIEVE_NAMED, RESUME_PATH). */
void toe_walk_add(struct toe_worker *worker, const struct toe_message *message);
/*
 * stop.c: is the stop for which policy on-send marked this connection still the one that holds it? After a
 * relink and another invalidate it is not: that one's own RETRIEVE comes when it is due (D2, D3, INV-17).
 */
bool toe_retrieve_stands(const struct toe_worker *worker, const struct toe_conn *conn);
/* stop.c: take a connection off the vector of named ones. */
void toe_conn_unname(struct toe_worker *worker, uint32_t index);
/*
 * stop.c: forget a connection that leaves: off its vectors and the wheel. It stays on the ready list, if it is
 * there: output drops a free slot when it comes to it.
 */
void toe_conn_unlink(struct toe_worker *worker, uint32_t index);

#endif
