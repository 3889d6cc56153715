/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pair of bounded single-producer single-consumer rings of records by value: messages to a worker,
 * replies from it (rte_ring). Nothing here blocks or allocates after init.
 */
#ifndef TOE_MAILBOX_H
#define TOE_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "message.h"
#include "ring.h"

struct toe_mailbox {
	struct rte_ring *messages; /* control -> worker */
	struct rte_ring *replies; /* worker -> control */
};

/* Both rings hold `size` records (a power of two). 0, -EINVAL or -ENOMEM. */
int toe_mailbox_init(struct toe_mailbox *mailbox, uint32_t size);
void toe_mailbox_fini(struct toe_mailbox *mailbox);

/* Control side: false when the ring is full; the caller keeps the message and tries in a later turn. */
static inline bool
toe_mailbox_send(struct toe_mailbox *mailbox, const struct toe_message *message)
{
	return rte_ring_sp_enqueue_elem(
	               mailbox->messages, (void *)(uintptr_t)message, sizeof(*message)) == 0;
}

/* Worker side: no message, at the first glance; what is being sent now is seen at the next one. */
static inline bool
toe_mailbox_is_empty(const struct toe_mailbox *mailbox)
{
	return toe_ring_is_empty(mailbox->messages);
}

/* Worker side: takes a message only when a reply to it will fit. */
static inline bool
toe_mailbox_take(struct toe_mailbox *mailbox, struct toe_message *message)
{
	bool room;

	if (rte_ring_dequeue_bulk_elem_start(
	            mailbox->messages, message, sizeof(*message), 1, NULL) == 0)
		return false;
	room = toe_ring_has_room(mailbox->replies, sizeof(struct toe_reply));
	rte_ring_dequeue_elem_finish(mailbox->messages, room ? 1 : 0);
	return room;
}

/* Worker side: cannot fail for a message got from toe_mailbox_take. */
static inline bool
toe_mailbox_reply(struct toe_mailbox *mailbox, const struct toe_reply *reply)
{
	return rte_ring_sp_enqueue_elem(
	               mailbox->replies, (void *)(uintptr_t)reply, sizeof(*reply)) == 0;
}

/* Worker side: drop the messages that wait, unanswered. */
static inline void
toe_mailbox_discard(struct toe_mailbox *mailbox)
{
	struct toe_message message;

	while (rte_ring_sc_dequeue_elem(mailbox->messages, &message, sizeof(message)) == 0)
		;
}

/* Control side: up to n replies. */
static inline unsigned int
toe_mailbox_replies(struct toe_mailbox *mailbox, struct toe_reply *replies, unsigned int n)
{
	return rte_ring_sc_dequeue_burst_elem(mailbox->replies, replies, sizeof(*replies), n, NULL);
}

/* Control side: drop the replies that wait. The worker has parked. */
static inline void
toe_mailbox_forget(struct toe_mailbox *mailbox)
{
	struct toe_reply reply;

	while (toe_mailbox_replies(mailbox, &reply, 1) == 1)
		;
}

#endif
