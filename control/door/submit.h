/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of roots, and of holds, from any thread to the control lcore, in order (INV-1): rings, and behind them a list
 * linked through the scratch space of what is submitted, so that nothing is ever refused and nothing is allocated.
 *
 * A thread that is stopped at any instruction of a submission holds up no other (C7). So the rings have one producer each:
 * every submitting thread has one of its own, as far as there are rings; those that share one take it for the time of a
 * put. Who finds it taken, or full, puts on the list, which takes one compare-and-swap. One ring of many producers
 * (rte_ring MP) would not do, since a producer waits there for those before it; nor would its mode RTS, in which the
 * producers go on, but what they have put is seen by the consumer only when the last of those under way is done.
 *
 * Order, of each thread: while the list is in use new roots go to it too. It is in use from the first push until control
 * has worked off all that it took from it: control leaves SUBMIT_TAKEN in its place. What is on a ring by then is older.
 */
#ifndef CONTROL_SUBMIT_H
#define CONTROL_SUBMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ring.h>

#include "message.h"

#define SUBMIT_RINGS 4u

/* What the scratch of a thing holds while it waits on the list. */
struct submit_node {
	struct submit_node *next;
	uint64_t entry;
};

_Static_assert(sizeof(struct submit_node) <= offsetof(struct toe_item, nonce),
        "a waiting root keeps its claim, the nonce word");

/* Where control is with the list that it took. */
enum submit_phase {
	SUBMIT_RING = 0, /* nothing taken: the rings, then a look at the list */
	SUBMIT_REVERSE, /* newest first as taken: being turned round */
	SUBMIT_RACED, /* what got onto the rings before the list was taken is older than the list */
	SUBMIT_LIST, /* the list, oldest first */
};

struct submit_ring {
	struct rte_ring *ring; /* of entries; single producer, single consumer */
	_Atomic uint32_t taken; /* a thread is putting */
} __rte_cache_aligned;

struct submit_queue {
	struct submit_ring ring[SUBMIT_RINGS];
	_Atomic(struct submit_node *) head; /* newest; NULL: not in use */
	/* control's own */
	struct submit_node *taken; /* newest first, not yet turned round */
	struct submit_node *ordered; /* oldest first */
	uint32_t next_ring; /* whose turn it is */
	enum submit_phase phase;
};

/* ring_size: power of two, of each ring. 0 or -ENOMEM. */
int submit_init(struct submit_queue *queue, uint32_t ring_size);
void submit_fini(struct submit_queue *queue);

/* Any thread. The node is the queue's until its entry is taken; nobody else puts it. entry: not 0. */
void submit_put(struct submit_queue *queue, struct submit_node *node, uintptr_t entry);

/*
 * Control: the next entry, of each thread the oldest; 0 when there is none now. A call does a bounded amount of work: while a
 * long list is being turned round it returns 0 with *busy set.
 */
uintptr_t submit_take(struct submit_queue *queue, bool *busy);

/* Control: nothing waits here. */
bool submit_empty(struct submit_queue *queue);

#endif
