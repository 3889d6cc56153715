/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What follows a completion: RETRIEVE for the connections that an invalidate has stopped, when it is due
 * (INV-9, D2), and RESUME for those that a relink lets go on (INV-10).
 *
 * A stopped neighbor or path has one entry, however often it is invalidated: it waits in its request until
 * the completion is posted, then in a queue until it is due. What is sent then is decided then, by the words
 * as they are: a relink in time cancels (D3). An update that changes the word of a path under an invalid
 * neighbor ends the walk that a worker may be making under the old word, so it owes the path one of its own.
 *
 * Connections that were named themselves are released by stop id, all of their host up to one id at once. Invalidates of
 * a short time share an id (a batch), so that a worker is not sent over its named connections for each.
 *
 * Each host has queues and ids of its own, and a share of every turn (C4): what one host has stopped, how much that is and
 * whether it reads its indications is nothing to another.
 *
 * A RETRIEVE for a path waits until no initiate under it is in progress, so that the host knows every
 * connection that is indicated and none is missed (INIT-9).
 */
#ifndef CONTROL_RETRIEVE_H
#define CONTROL_RETRIEVE_H

#include "request.h"
#include "slots.h"

#define RETRIEVE_BATCHES 64u /* stop ids of a host in use at once */
/* of a host in a turn: entries, and paths of a neighbor */
#define RETRIEVE_ENTRIES 16u
#define RETRIEVE_PATHS 16u

/* Invalidates of connections that share a stop id. */
struct retrieve_batch {
	uint64_t workers; /* that own named connections; while it is sent: those still to be told */
	uint64_t opened; /* ns of that time */
	uint64_t posted; /* of the last completion among them */
	uint32_t members; /* not yet completed */
};

struct retrieve_host {
	struct list_node delayed; /* stop entries, by due time */
	struct list_node at_once;
	struct retrieve_batch batch[RETRIEVE_BATCHES];
	uint32_t first_batch; /* stop id of the oldest batch */
	uint32_t next_batch; /* stop id of the batch that will be opened next */
};

struct retrieve {
	uint64_t delay; /* ns of control's own time (chimney.awake) from completion to RETRIEVE */
	uint64_t quantum; /* ns for which a batch takes members */
	uint8_t message_flags;
	uint32_t hosts; /* bit per host with something in its queues */
	uint32_t next_host; /* whose queues are looked at first */
	struct retrieve_host host[TOE_MAX_HOSTS];
};

void retrieve_init(struct chimney *target);

/* Act: this neighbor or path was marked invalid by the request. */
void retrieve_stopped(
        struct chimney *target, struct request *request, enum offload_layer layer, uint32_t index);
/* Act: the request names a connection of this worker: it gets a stop id (batch.c). */
void retrieve_named(struct chimney *target, struct request *request, uint32_t worker);
/* Act: a path has a new word, to take effect on its connections. was_valid: its route before. */
void retrieve_path_changed(
        struct chimney *target, struct request *request, uint32_t path, bool was_valid);
/* Finish: an initiate under this path is over. */
void retrieve_path_initiated(struct chimney *target, struct request *request, uint32_t path);
/* The object leaves: nothing is owed any more. */
void retrieve_forget(struct chimney *target, enum offload_layer layer, uint32_t index);

/* The completion of the request was posted. */
void retrieve_posted(struct chimney *target, struct request *request);
/* Send what is due, a bounded amount. Returns the number of messages. */
uint32_t retrieve_turn(struct chimney *target);

/* batch.c, called by retrieve.c: the same for the named. */
void batch_posted(struct chimney *target, const struct request *request);
uint32_t batches_turn(struct chimney *target, uint32_t host);

#endif
