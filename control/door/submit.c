/* SPDX-License-Identifier: BSD-3-Clause */
/* Roots and holds on their way to the control lcore. */
#include "submit.h"

#include <errno.h>

#include "mailbox.h"

#define SUBMIT_REVERSE_BUDGET 64u /* nodes turned round per call */

/* Stands for a list that control has taken and not worked off. */
static struct submit_node submit_taken;
#define SUBMIT_TAKEN (&submit_taken)

/* The ring of this thread, plus one; 0: it has not submitted yet. */
static _Thread_local uint32_t thread_ring;
static _Atomic uint32_t next_thread_ring;

int
submit_init(struct submit_queue *queue, uint32_t ring_size)
{
	bool ok = true;

	atomic_init(&queue->head, NULL);
	queue->taken = NULL;
	queue->ordered = NULL;
	queue->next_ring = 0;
	queue->phase = SUBMIT_RING;
	for (uint32_t i = 0; i < SUBMIT_RINGS; i++) {
		queue->ring[i].ring =
		        toe_ring_alloc(ring_size, sizeof(uintptr_t), RING_F_SP_ENQ | RING_F_SC_DEQ);
		atomic_init(&queue->ring[i].taken, 0);
		ok = ok && queue->ring[i].ring != NULL;
	}
	return ok ? 0 : -ENOMEM;
}

void
submit_fini(struct submit_queue *queue)
{
	for (uint32_t i = 0; i < SUBMIT_RINGS; i++) {
		toe_ring_free(queue->ring[i].ring);
		queue->ring[i].ring = NULL;
	}
}

/* False: this thread's ring is full, or another thread is at it. */
static bool
ring_put(struct submit_queue *queue, uintptr_t entry)
{
	struct submit_ring *ring;
	bool put;

	if (thread_ring == 0)
		thread_ring =
		        1 + atomic_fetch_add_explicit(&next_thread_ring, 1, memory_order_relaxed) %
		                    SUBMIT_RINGS;
	ring = &queue->ring[thread_ring - 1];
	if (atomic_exchange_explicit(&ring->taken, 1, memory_order_acquire))
		return false;
	put = rte_ring_sp_enqueue(ring->ring, (void *)entry) == 0;
	atomic_store_explicit(&ring->taken, 0, memory_order_release);
	return put;
}

void
submit_put(struct submit_queue *queue, struct submit_node *node, uintptr_t entry)
{
	struct submit_node *head = atomic_load_explicit(&queue->head, memory_order_acquire);

	if (head == NULL && ring_put(queue, entry))
		return;
	node->entry = entry;
	head = atomic_load_explicit(&queue->head, memory_order_acquire);
	do {
		node->next = head == SUBMIT_TAKEN ? NULL : head;
	} while (!atomic_compare_exchange_weak_explicit(
	        &queue->head, &head, node, memory_order_acq_rel, memory_order_acquire));
}

/* Take the whole list if there is one; when it is empty and worked off, let producers use the rings again. */
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

/* From the rings, in turn; 0 when all of them are empty. */
static uintptr_t
ring_take(struct submit_queue *queue)
{
	void *object;

	for (uint32_t i = 0; i < SUBMIT_RINGS; i++) {
		struct rte_ring *ring = queue->ring[queue->next_ring++ % SUBMIT_RINGS].ring;

		if (!toe_ring_is_empty(ring) && rte_ring_sc_dequeue(ring, &object) == 0)
			return (uintptr_t)object;
	}
	return 0;
}

uintptr_t
submit_take(struct submit_queue *queue, bool *busy)
{
	uintptr_t entry = 0;

	*busy = false;
	if (queue->phase == SUBMIT_RING) {
		entry = ring_take(queue);
		if (entry != 0)
			return entry;
		list_take_all(queue);
		if (queue->phase == SUBMIT_RING)
			return 0;
	}
	if (queue->phase == SUBMIT_REVERSE) {
		*busy = !list_reverse(queue);
		if (*busy)
			return 0;
		queue->phase = SUBMIT_RACED;
	}
	/*
	 * A thread may have put on its ring, which control had seen empty before, and then on the list: what is on the rings
	 * now is older than the list.
	 */
	if (queue->phase == SUBMIT_RACED) {
		entry = ring_take(queue);
		if (entry != 0)
			return entry;
		queue->phase = SUBMIT_LIST;
	}
	entry = (uintptr_t)queue->ordered->entry;
	queue->ordered = queue->ordered->next;
	if (queue->ordered == NULL)
		queue->phase = SUBMIT_RING;
	return entry;
}

bool
submit_empty(struct submit_queue *queue)
{
	struct submit_node *head = atomic_load_explicit(&queue->head, memory_order_acquire);
	void *object;

	if (queue->phase != SUBMIT_RING || (head != NULL && head != SUBMIT_TAKEN))
		return false;
	for (uint32_t i = 0; i < SUBMIT_RINGS; i++)
		if (toe_ring_has_record(queue->ring[i].ring, &object, sizeof(object)))
			return false;
	return true;
}
