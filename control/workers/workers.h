/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers as control sees them: its end of their mailboxes, and who owes answers. */
#ifndef CONTROL_WORKERS_H
#define CONTROL_WORKERS_H

#include "awake.h"
#include "door.h"
#include "hold.h"
#include "lane.h"
#include "slots.h"
#include "worker_control.h"

#define WORKER_REPLIES 32u /* taken from one mailbox per turn */

/* What is still to be done about a loss (lost.h, rejoin.h). */
struct worker_loss {
	uint64_t sequence; /* of the last request that was taken before it */
	uint32_t end; /* slots from here on were never used */
	uint32_t marked; /* next slot to be marked as lost */
	uint32_t hosts; /* bit per host that is still to be told */
	uint32_t told[TOE_MAX_HOSTS]; /* next slot to be told of */
	uint32_t pending[TOE_MAX_HOSTS]; /* requests it was lost to, not completed yet */
};

/* A worker as control sees it. Times: ns of control's own running time (workers.awake). */
struct worker_link {
	struct toe_worker_control *worker;
	uint32_t owed; /* answers */
	uint8_t chains[TOE_MAX_HOSTS][LANE_COUNT]; /* of these: to chains (fanout.h) */
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

struct workers {
	struct chimney *target;
	struct slots *slots;
	uint32_t count;
	struct toe_awake awake; /* control's own time */
	uint64_t deadline; /* ns */
	uint64_t lost; /* bit per worker that is lost, and not back */
	uint64_t losses; /* bit per worker about whose loss something is still to be done */
	struct worker_link links[TOE_MAX_WORKERS];
	struct holds holds;
};

void workers_init(
        struct workers *workers, struct chimney *target, struct slots *slots, uint64_t now);

/* Does it owe anything? */
static inline bool
link_waits(const struct worker_link *link)
{
	return link->owed > 0 || link->stuck[LANE_ORDINARY] || link->stuck[LANE_URGENT];
}

/*
 * Send one message; `answers` says that a reply will come. False: the mailbox is full, which never blocks: whoever wanted to
 * send tries again in a later turn. Not to a lost worker.
 */
bool link_send(struct workers *workers, uint32_t worker, enum control_lane lane,
        const struct toe_message *message, bool answers);

/* It has answered this: note it. For link_replies. */
void link_answered(
        struct workers *workers, uint32_t worker, const struct toe_reply *replies, uint32_t n);

/*
 * Take replies of a worker that is not lost, urgent ones first, 2 * WORKER_REPLIES at most. Returns how many. Every turn
 * looks, and there are seldom any.
 */
static inline uint32_t
link_replies(struct workers *workers, uint32_t worker, struct toe_reply *replies)
{
	struct toe_worker_control *control = workers->links[worker].worker;
	uint32_t n = toe_mailbox_replies(&control->urgent, replies, WORKER_REPLIES);

	n += toe_mailbox_replies(&control->ordinary, replies + n, WORKER_REPLIES);
	if (n > 0)
		link_answered(workers, worker, replies, n);
	return n;
}

/* Is the state of this connection lost: with its worker now, or with what its worker was (INV-14)? */
static inline bool
conn_is_lost(const struct workers *workers, uint32_t worker, uint32_t index)
{
	return workers->links[worker].lost ||
	       (workers->slots->tcp[worker][index].slot.flags & SLOT_LOST);
}

#endif
