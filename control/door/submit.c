/* SPDX-License-Identifier: BSD-3-Clause */
/* Roots on their way to the control lcore. */
#include "submit.h"

#include <errno.h>

#include "mailbox.h"

#define SUBMIT_KIND_MASK ((uintptr_t)OFFLOAD_BLOCK_ALIGNMENT - 1)
#define SUBMIT_REVERSE_BUDGET 64u /* nodes turned round per call */

/* Stands for a list that control has taken and not worked off. */
static struct submit_node submit_taken;
#define SUBMIT_TAKEN (&submit_taken)

int
submit_init(struct submit_queue *queue, uint32_t ring_size)
{
	queue->ring = toe_ring_alloc(ring_size, sizeof(uintptr_t), RING_F_SC_DEQ);
	atomic_init(&queue->head, NULL);
	queue->taken = NULL;
	queue->ordered = NULL;
	queue->phase = SUBMIT_RING;
	return queue->ring == NULL ? -ENOMEM : 0;
}

void
submit_fini(struct submit_queue *queue)
{
	toe_ring_free(queue->ring);
	queue->ring = NULL;
}

void
submit_put(struct submit_queue *queue, struct offload_block_list *root, uint32_t kind)
{
	struct submit_node *node = (struct submit_node *)(void *)root->target_scratch;
	struct submit_node *head = atomic_load_explicit(&queue->head, memory_order_acquire);
	uintptr_t entry = (uintptr_t)root | kind;

	if (head == NULL && rte_ring_mp_enqueue(queue->ring, (void *)entry) == 0)
		return;
	node->entry = entry;
	head = atomic_load_explicit(&queue->head, memory_order_acquire);
	do {
		node->next = head == SUBMIT_TAKEN ? NULL : head;
	} while (!atomic_compare_exchange_weak_explicit(
	        &queue->head, &head, node, memory_order_acq_rel, memory_order_acquire));
}

/* Take the whole list if there is one; when it is empty and worked off, let producers use the ring again. */
static void
list_take_all(struct submit_queue *queue)
{
	struct submit_node *head = atomic_load_explicit(&queue->head, memory_order_acquire);

	if (head == NULL)
		return;
	if (head == SUBMIT_TAKEN && atomic_compare_exchange_strong_explicit(&queue->head, &head,
	                                    NULL, memory_order_acq_rel, memory_order_acquire))
		return;
	queue->taken = atomic_exchange_explicit(&queue->head, SUBMIT_TAKEN, memory_order_acq_rel);
	queue->phase = SUBMIT_REVERSE;
}

/* Turn round a part of what was taken; true when all of it is. */
static bool
list_reverse(struct submit_queue *queue)
{
	for (uint32_t n = 0; queue->taken != NULL && n < SUBMIT_REVERSE_BUDGET; n++) {
		struct submit_node *node = queue->taken;

		queue->taken = node->next;
		node->next = queue->ordered;
		queue->ordered = node;
	}
	return queue->taken == NULL;
}

static bool
ring_take(struct submit_queue *queue, uintptr_t *entry)
{
	void *object;

	if (rte_ring_sc_dequeue(queue->ring, &object) != 0)
		return false;
	*entry = (uintptr_t)object;
	return true;
}

bool
submit_take(
        struct submit_queue *queue, struct offload_block_list **root, uint32_t *kind, bool *busy)
{
	uintptr_t entry = 0;

	*busy = false;
	if (queue->phase == SUBMIT_RING && !ring_take(queue, &entry)) {
		list_take_all(queue);
		if (queue->phase == SUBMIT_RING)
			return false;
	}
	if (queue->phase == SUBMIT_REVERSE) {
		*busy = !list_reverse(queue);
		if (*busy)
			return false;
		queue->phase = SUBMIT_RACED;
	}
	/*
	 * A producer that found the ring full may have pushed after another one got onto the ring, which
	 * control had seen empty before: what is on the ring now is older than the list.
	 */
	if (queue->phase == SUBMIT_RACED && !ring_take(queue, &entry))
		queue->phase = SUBMIT_LIST;
	if (queue->phase == SUBMIT_LIST) {
		entry = (uintptr_t)queue->ordered->entry;
		queue->ordered = queue->ordered->next;
		if (queue->ordered == NULL)
			queue->phase = SUBMIT_RING;
	}
	*root = (struct offload_block_list *)(entry & ~SUBMIT_KIND_MASK);
	*kind = (uint32_t)(entry & SUBMIT_KIND_MASK);
	return true;
}

bool
submit_empty(struct submit_queue *queue)
{
	struct submit_node *head = atomic_load_explicit(&queue->head, memory_order_acquire);
	void *object;

	return queue->phase == SUBMIT_RING && (head == NULL || head == SUBMIT_TAKEN) &&
	       !toe_ring_has_record(queue->ring, &object, sizeof(object));
}
