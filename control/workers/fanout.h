/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control's end of the mailboxes: chains of items per worker, drains, replies, and who owes answers. A full
 * mailbox never blocks: the walk that wanted to send pauses and tries again in a later turn.
 */
#ifndef CONTROL_FANOUT_H
#define CONTROL_FANOUT_H

#include "request.h"
#include "target.h"
#include "worker_control.h"

#define FANOUT_CHAIN 64u /* items of one message */
#define FANOUT_CHAINS 2u /* of one host in one lane that one worker has not answered */
#define FANOUT_REPLIES 32u /* taken from one mailbox per turn */

/* What is still to be done about a loss (lost.h, rejoin.h). */
struct worker_loss {
	uint64_t sequence; /* of the last request that was taken before it */
	uint32_t end; /* slots from here on were never used */
	uint32_t marked; /* next slot to be marked as lost */
	uint32_t hosts; /* bit per host that is still to be told */
	uint32_t told[TOE_MAX_HOSTS]; /* next slot to be told of */
	uint32_t pending[TOE_MAX_HOSTS]; /* requests it was lost to, not completed yet */
};

/* A worker as control sees it. Times: ns of control's own running time (chimney.awake). */
struct worker_link {
	struct toe_worker_control *worker;
	uint32_t owed; /* answers */
	uint8_t chains[TOE_MAX_HOSTS][LANE_COUNT]; /* of these: to chains */
	bool lost; /* declared so, and not back (INV-14) */
	bool pinged; /* a PING is among what it owes */
	bool unproved; /* it was sent a walk, which owes no answer: a PING shall prove it alive (INV-9) */
	bool stuck[LANE_COUNT]; /* the last message found the mailbox full */
	/*
	 * The later of its last answer and of the moment since which it has owed one without a break, or its mailbox has been
	 * full. A worker that keeps answering is never lost, however long its work is.
	 */
	uint64_t since;
	/* what is done about its silence (watch.h) */
	bool asked; /* it was silent and was asked; so far it says nothing */
	bool sampled; /* cpu_time is known */
	bool starved; /* told so */
	uint64_t judged; /* when it was asked, or found to be starved last */
	struct chimney_cpu_time cpu_time; /* at that moment */
	struct chimney_worker_view view; /* anyone reads */
	struct worker_loss loss;
};

/* Does it owe anything? */
static inline bool
link_waits(const struct worker_link *link)
{
	return link->owed > 0 || link->stuck[LANE_ORDINARY] || link->stuck[LANE_URGENT];
}

/* Send one message; `answers` says that a reply will come. False: the mailbox is full. Not to a lost worker. */
bool link_send(struct chimney *target, uint32_t worker, enum control_lane lane,
        const struct toe_message *message, bool answers);

/*
 * Make room for one more item for this worker. PAUSE: its chain is full, and cannot be sent now, since the mailbox is full,
 * or the worker has FANOUT_CHAINS of this host and lane: others' messages do not wait behind more than these.
 */
enum control_step fanout_room(struct chimney *target, struct request *request, uint32_t worker);
/* Append an item; fanout_room said DONE before. */
void fanout_add(
        struct chimney *target, struct request *request, uint32_t worker, struct toe_item *item);
/* Send what the chains of the request still hold. */
enum control_step fanout_flush(struct chimney *target, struct request *request);
/* Send the drains of request->drain. */
enum control_step fanout_drain(struct chimney *target, struct request *request);

/* Take the replies of all workers. Returns how many. */
uint32_t fanout_replies(struct chimney *target);

#endif
