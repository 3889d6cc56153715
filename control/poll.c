/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host stack reads: completions and indications in their order (INV-17), and how it sleeps. */
#include <string.h>

#include "control.h"

#define POLL_BURST 32u

static void
record_fill(struct chimney_record *record, const struct toe_event *event)
{
	static const uint8_t kinds[TOE_EVENT_KIND_COUNT] = {
	        [TOE_EVENT_COMPLETION] = CHIMNEY_COMPLETION,
	        [TOE_EVENT_RETRIEVE] = CHIMNEY_RETRIEVE,
	        [TOE_EVENT_DISCONNECT] = CHIMNEY_DISCONNECT,
	        [TOE_EVENT_ABORT] = CHIMNEY_ABORT,
	};

	memset(record, 0, sizeof(*record));
	record->kind = kinds[event->kind];
	if (event->kind == TOE_EVENT_COMPLETION) {
		record->request = event->detail;
		record->frames_discarded = event->value;
		record->root = (struct offload_block_list *)(uintptr_t)event->object;
	} else {
		record->reason = event->detail;
		record->handle = (void *)(uintptr_t)event->object;
	}
}

/* Up to n records of one producer. */
static unsigned int
ring_read(struct chimney_host *host, struct rte_ring *ring, struct chimney_record *records,
        unsigned int n)
{
	struct toe_event events[POLL_BURST];
	unsigned int all = 0, completions = 0;

	while (all < n) {
		unsigned int burst = RTE_MIN(n - all, POLL_BURST);
		unsigned int got = rte_ring_sc_dequeue_burst_elem(
		        ring, events, sizeof(events[0]), burst, NULL);

		for (unsigned int i = 0; i < got; i++) {
			completions += events[i].kind == TOE_EVENT_COMPLETION;
			record_fill(&records[all + i], &events[i]);
		}
		all += got;
		if (got < burst)
			break;
	}
	if (completions > 0)
		atomic_store_explicit(&host->returned,
		        atomic_load_explicit(&host->returned, memory_order_relaxed) + completions,
		        memory_order_release);
	return all;
}

/*
 * An indication caused by a completion is posted by a worker after control has posted the completion, on
 * another ring. So the workers' rings are counted first, then control's ring is emptied, and only as many
 * indications as were counted are returned: the completions before them were on control's ring by then, or
 * on the list of those that wait for room, in which case the indications wait too. That list is looked at
 * before the ring is emptied, since what leaves the list goes to the ring.
 */
unsigned int
chimney_poll(struct chimney_host *host, struct chimney_record *records, unsigned int n)
{
	uint32_t workers = host->target->shared->worker_count;
	uint32_t counted[TOE_MAX_WORKERS];
	uint32_t first = host->next_worker;
	unsigned int all;
	bool waiting;

	for (uint32_t i = 0; i < workers; i++)
		counted[i] = rte_ring_count(host->workers[i]);
	atomic_thread_fence(memory_order_acquire);
	waiting = atomic_load_explicit(&host->waiting, memory_order_acquire) > 0;
	all = ring_read(host, host->control.ring, records, n);
	if (waiting) {
		/* There is room now for what waits. */
		if (all > 0)
			toe_doorbell_ring(&host->target->bell);
		return all;
	}
	for (uint32_t k = 0; k < workers && all < n; k++) {
		uint32_t i = (first + k) % workers;

		all += ring_read(host, host->workers[i], records + all,
		        RTE_MIN(counted[i], n - all));
		host->next_worker = (i + 1) % workers;
	}
	return all;
}

int
chimney_event_fd(const struct chimney_host *host)
{
	return host->bell.fd;
}

bool
chimney_sleep_prepare(struct chimney_host *host)
{
	bool empty;

	toe_doorbell_announce(&host->bell);
	empty = rte_ring_empty(host->control.ring);
	for (uint32_t i = 0; empty && i < host->target->shared->worker_count; i++)
		empty = rte_ring_empty(host->workers[i]);
	if (!empty)
		toe_doorbell_awake(&host->bell);
	return empty;
}

void
chimney_sleep_done(struct chimney_host *host)
{
	toe_doorbell_awake(&host->bell);
}
