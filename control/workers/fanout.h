/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control's end of the mailboxes: chains of items per worker, drains, replies, and who owes answers. A full
 * mailbox never blocks: the walk that wanted to send pauses and tries again in a later turn.
 */
#ifndef CONTROL_FANOUT_H
#define CONTROL_FANOUT_H

#include "request.h"
#include "worker_control.h"

#define FANOUT_CHAIN 256u /* items of one message */
#define FANOUT_REPLIES 32u /* taken from one mailbox per turn */

/* Items for one worker, not yet sent: of the request that walks in the lane. */
struct fanout_chain {
	struct toe_item *head, *tail;
	uint32_t count;
};

/* A worker as control sees it. */
struct worker_link {
	struct toe_worker_control *worker;
	struct fanout_chain chain[LANE_COUNT];
	uint32_t owed; /* answers */
	bool lost; /* declared so; for ever (INV-14) */
	bool pinged; /* a PING is among what it owes */
	bool unproved; /* it was sent a walk, which owes no answer: a PING shall prove it alive (INV-9) */
	bool stuck[LANE_COUNT]; /* the last message found the mailbox full */
	/*
	 * ns: the later of its last answer and of the moment since which it has owed one without a break, or
	 * its mailbox has been full. A worker that keeps answering is never lost, however long its work is.
	 */
	uint64_t since;
	/* its loss, indicated host by host (lost.h) */
	uint32_t loss_hosts; /* bit per host that is still to be told */
	uint32_t loss_cursor[TOE_MAX_HOSTS]; /* next slot */
	uint32_t loss_pending[TOE_MAX_HOSTS]; /* requests it was lost to, not completed yet */
};

/* Send one message; `answers` says that a reply will come. False: the mailbox is full. Not to a lost worker. */
bool link_send(struct chimney *target, uint32_t worker, enum control_lane lane,
        const struct toe_message *message, bool answers);

/* Make room for one more item for this worker; PAUSE when its chain is full and so is its mailbox. */
enum control_step fanout_room(struct chimney *target, struct request *request, uint32_t worker);
/* Append an item; fanout_room said DONE before. */
void fanout_add(
        struct chimney *target, struct request *request, uint32_t worker, struct toe_item *item);
/* Send what the chains of the lane still hold. */
enum control_step fanout_flush(struct chimney *target, struct request *request);
/* Send the drains of request->drain. */
enum control_step fanout_drain(struct chimney *target, struct request *request);

/* Take the replies of all workers. Returns how many. */
uint32_t fanout_replies(struct chimney *target);

#endif
