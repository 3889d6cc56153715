/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is owed to the connections that an invalidate has stopped: RETRIEVE, when it is due (INV-9, D2), and RESUME to those
 * that a relink lets go on (INV-10). Here it is noted; after/ sends it.
 *
 * A stopped neighbor or path has one entry, however often it is invalidated: it waits in its request until
 * the completion is posted, then in a queue until it is due. What is sent then is decided then, by the words
 * as they are: a relink in time cancels (D3). An update that changes the word of a path under an invalid
 * neighbor ends the walk that a worker may be making under the old word, so it owes the path one of its own.
 *
 * Connections that were named themselves are released by stop id, all of their host up to one id at once. Invalidates of
 * a short time share an id (a batch), so that a worker is not sent over its named connections for each. Ids are opened in
 * order, and released in order.
 *
 * Each host has queues and ids of its own (C4). Times: ns of control's own running time.
 */
#ifndef CONTROL_STOPS_H
#define CONTROL_STOPS_H

#include "slots.h"
#include "worker_control.h"

#define STOP_BATCHES 64u /* stop ids of a host in use at once */

/* Invalidates of connections that share a stop id. */
struct stop_batch {
	uint64_t workers; /* that own named connections; while it is sent: those still to be told */
	uint64_t opened;
	uint64_t posted; /* the last completion among them */
	uint32_t members; /* not yet completed */
};

struct stop_host {
	struct list_node delayed; /* stop entries, by due time */
	struct list_node at_once;
	struct stop_batch batch[STOP_BATCHES];
	uint32_t first_batch; /* stop id of the oldest batch */
	uint32_t next_batch; /* stop id of the batch that will be opened next */
};

struct stops {
	struct slots *slots;
	uint64_t delay; /* from completion to RETRIEVE */
	uint64_t quantum; /* for which a batch takes members */
	uint32_t hosts; /* bit per host with something in its queues */
	struct stop_host host[TOE_MAX_HOSTS];
};

void stops_init(struct stops *stops, struct slots *slots, uint64_t delay_ns);

/* Act: this neighbor or path was marked invalid. `entries`: of the request, to be posted with its completion. */
void stop_marked(
        struct stops *stops, struct list_node *entries, enum offload_layer layer, uint32_t index);
/* Act: a path has a new word, to take effect on its connections. was_valid: its route before. */
void stop_path_changed(
        struct stops *stops, struct list_node *entries, uint32_t path, bool was_valid);
/* Finish: an initiate under this path is over. */
void stop_path_initiated(struct stops *stops, struct list_node *entries, uint32_t path);
/* The object leaves: nothing is owed any more. */
void stop_forget(struct stops *stops, enum offload_layer layer, uint32_t index);
/* The completion of a request of this host was posted. delayed: of an invalidate. */
void stops_post(
        struct stops *stops, uint32_t host, struct list_node *entries, bool delayed, uint64_t now);

/* Take an entry off its queue. */
void stop_remove(struct stops *stops, struct stop_entry *entry);

static inline struct slot *
stop_slot(struct stop_entry *entry)
{
	return entry->layer == OFFLOAD_LAYER_PATH
	               ? &LIST_OWNER(entry, struct path_slot, stop)->slot
	               : &LIST_OWNER(entry, struct neighbor_slot, stop)->slot;
}

/* batches.c. Act: the stop id for an invalidate of this host that names connections, one member more. */
uint32_t batch_join(struct stops *stops, uint32_t host, uint64_t now);
/* Act: a member names a connection of this worker. */
void batch_add(struct stops *stops, uint32_t host, uint32_t id, uint32_t worker);
/* The completion of a member was posted. */
void batch_posted(struct stops *stops, uint32_t host, uint32_t id, uint64_t now);

static inline struct stop_batch *
batch_at(struct stop_host *host, uint32_t id)
{
	return &host->batch[id % STOP_BATCHES];
}

static inline uint32_t
batches_open(const struct stop_host *host)
{
	return host->next_batch - host->first_batch;
}

#endif
