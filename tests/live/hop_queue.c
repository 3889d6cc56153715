/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames waiting in the hop, in a binary heap by due time and order of arrival. */
#include "hop.h"

#include <stdlib.h>

static void
no_memory(void)
{
	fprintf(stderr, "hop: no memory for frames\n");
	exit(1);
}

struct hop_frame *
hop_queue_take(struct hop_queue *queue)
{
	struct hop_frame *frame = queue->free;

	if (frame != NULL) {
		queue->free = frame->next_free;
		return frame;
	}
	frame = malloc(sizeof(*frame));
	if (frame == NULL)
		no_memory();
	return frame;
}

void
hop_queue_give(struct hop_queue *queue, struct hop_frame *frame)
{
	frame->next_free = queue->free;
	queue->free = frame;
}

static bool
is_before(const struct hop_frame *left, const struct hop_frame *right)
{
	if (left->due_ns != right->due_ns)
		return left->due_ns < right->due_ns;
	return left->number < right->number;
}

void
hop_queue_push(struct hop_queue *queue, struct hop_frame *frame)
{
	uint32_t at;

	if (queue->count == queue->room) {
		queue->room = queue->room ? 2 * queue->room : 1024;
		queue->heap = reallocarray(queue->heap, queue->room, sizeof(*queue->heap));
		if (queue->heap == NULL)
			no_memory();
	}
	frame->number = queue->numbers++;
	for (at = queue->count++; at > 0; at = (at - 1) / 2) {
		if (!is_before(frame, queue->heap[(at - 1) / 2]))
			break;
		queue->heap[at] = queue->heap[(at - 1) / 2];
	}
	queue->heap[at] = frame;
}

struct hop_frame *
hop_queue_pop(struct hop_queue *queue, uint64_t now_ns)
{
	struct hop_frame *first, *last;
	uint32_t at = 0, child;

	if (queue->count == 0 || queue->heap[0]->due_ns > now_ns)
		return NULL;
	first = queue->heap[0];
	last = queue->heap[--queue->count];
	while ((child = 2 * at + 1) < queue->count) {
		if (child + 1 < queue->count &&
		        is_before(queue->heap[child + 1], queue->heap[child]))
			child++;
		if (!is_before(queue->heap[child], last))
			break;
		queue->heap[at] = queue->heap[child];
		at = child;
	}
	queue->heap[at] = last;
	return first;
}

int64_t
hop_queue_wait(const struct hop_queue *queue, uint64_t now_ns)
{
	if (queue->count == 0)
		return -1;
	return queue->heap[0]->due_ns > now_ns ? (int64_t)(queue->heap[0]->due_ns - now_ns) : 0;
}
