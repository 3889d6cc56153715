/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of roots from any thread to the control lcore, in order (INV-1): a ring, and behind it, when it is
 * full, a list linked through the scratch space of the roots themselves, so that nothing is ever refused and
 * nothing is allocated.
 *
 * Order: while the list is in use new roots go to it too. It is in use from the first push until control has
 * worked off all that it took from it: control leaves SUBMIT_TAKEN in its place.
 */
#ifndef CONTROL_SUBMIT_H
#define CONTROL_SUBMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ring.h>

#include "layout.h"
#include "message.h"

/* What a root's scratch holds while it waits on the list: not the nonce word, which is its claim. */
struct submit_node {
	struct submit_node *next;
	uint64_t entry;
};

_Static_assert(sizeof(struct submit_node) <= offsetof(struct toe_item, nonce),
        "a waiting root keeps its claim");

/* Where control is with the list that it took. */
enum submit_phase {
	SUBMIT_RING = 0, /* nothing taken: the ring, then a look at the list */
	SUBMIT_REVERSE, /* newest first as taken: being turned round */
	SUBMIT_RACED, /* what got onto the ring before the list was taken is older than the list */
	SUBMIT_LIST, /* the list, oldest first */
};

struct submit_queue {
	struct rte_ring *ring; /* of root | kind */
	_Atomic(struct submit_node *) head; /* newest; NULL: not in use */
	/* control's own */
	struct submit_node *taken; /* newest first, not yet turned round */
	struct submit_node *ordered; /* oldest first */
	enum submit_phase phase;
};

/* ring_size: power of two. 0 or -ENOMEM. */
int submit_init(struct submit_queue *queue, uint32_t ring_size);
void submit_fini(struct submit_queue *queue);

/* Any thread. The root is claimed already. kind: below 8, kept in the low bits of the pointer. */
void submit_put(struct submit_queue *queue, struct offload_block_list *root, uint32_t kind);

/*
 * Control: the oldest root, false when there is none now. A call does a bounded amount of work: while a long
 * list is being turned round it returns false with *busy set.
 */
bool submit_take(
        struct submit_queue *queue, struct offload_block_list **root, uint32_t *kind, bool *busy);

/* Control: nothing waits here. */
bool submit_empty(struct submit_queue *queue);

#endif
