/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host stack reads: completions and indications in their order (INV-17), and how it sleeps. */
#include <string.h>

#include <rte_ring.h>
#include <rte_ring_peek.h>

#include "door.h"

#define POLL_BURST 32u
#define SKIP_BURSTS 128u

static void
record_fill(struct chimney_record *record, const struct toe_event *event)
{
	static const uint8_t kinds[TOE_EVENT_KIND_COUNT] = {
	        [TOE_EVENT_COMPLETION] = CHIMNEY_COMPLETION,
	        [TOE_EVENT_RETRIEVE] = CHIMNEY_RETRIEVE,
	        [TOE_EVENT_DISCONNECT] = CHIMNEY_DISCONNECT,
	        [TOE_EVENT_ABORT] = CHIMNEY_ABORT,
	        [TOE_EVENT_OFFLOAD_PAUSE] = CHIMNEY_OFFLOAD_PAUSE,
	        [TOE_EVENT_OFFLOAD_RESUME] = CHIMNEY_OFFLOAD_RESUME,
	        [TOE_EVENT_UPLOAD_ALL] = CHIMNEY_UPLOAD_ALL,
	        [TOE_EVENT_NEIGHBOR_REACHABILITY] = CHIMNEY_NEIGHBOR_REACHABILITY,
	        [TOE_EVENT_SEND_BACKLOG_CHANGE] = CHIMNEY_SEND_BACKLOG_CHANGE,
	};

	memset(record, 0, sizeof(*record));
	record->kind = kinds[event->kind];
	if (event->kind == TOE_EVENT_COMPLETION) {
		record->request = event->detail & (uint8_t)~TOE_COMPLETION_UNSETTLED;
		record->unsettled = (event->detail & TOE_COMPLETION_UNSETTLED) != 0;
		record->frames_discarded = event->value;
		record->root = (struct offload_block_list *)(uintptr_t)event->object;
	} else if (event->kind == TOE_EVENT_SEND_BACKLOG_CHANGE) {
		record->send_backlog = (uint32_t)event->amount << event->detail;
		record->handle = (void *)(uintptr_t)event->object;
	} else {
		record->reason = event->detail;
		record->handle = (void *)(uintptr_t)event->object;
	}
}

/*
 * Drop what is left of the time before the worker was lost, a part. True: what is in the ring now may be read. A lost
 * worker's may not: once its loss shows in anything that the host has read, nothing older may follow (TERM-2).
 */
static bool
worker_is_readable(struct chimney_host *host, uint32_t worker)
{
	uint32_t lost =
	        atomic_load_explicit(&host->target->workers[worker]->lost, memory_order_acquire);
	struct rte_ring *ring = host->workers[worker];
	struct toe_event events[POLL_BURST];

	if (likely(lost == host->life[worker]))
		return !(lost & 1);
	if (lost & 1)
		return false;
	for (uint32_t n = 0; n < SKIP_BURSTS; n++) {
		uint32_t left = host->skip[worker] - ring->cons.head;

		if ((int32_t)left <= 0) {
			host->life[worker] = lost;
			return true;
		}
		rte_ring_sc_dequeue_burst_elem(
		        ring, events, sizeof(events[0]), RTE_MIN(left, POLL_BURST), NULL);
	}
	return false;
}

/* Indications of one worker that arose before completion number `limit`, at most n. */
static unsigned int
worker_read(struct rte_ring *ring, uint32_t limit, struct chimney_record *records, unsigned int n)
{
	struct toe_event events[POLL_BURST];
	unsigned int all = 0;

	while (all < n) {
		unsigned int burst = RTE_MIN(n - all, POLL_BURST), taken = 0;
		unsigned int got = rte_ring_dequeue_burst_elem_start(
		        ring, events, sizeof(events[0]), burst, NULL);

		if (got == 0)
			break;
		while (taken < got && (int32_t)(events[taken].value - limit) < 0)
			record_fill(&records[all++], &events[taken++]);
		rte_ring_dequeue_elem_finish(ring, taken);
		if (taken < burst)
			break;
	}
	return all;
}

/* The same of all workers in turn. */
static unsigned int
workers_read(
        struct chimney_host *host, uint32_t limit, struct chimney_record *records, unsigned int n)
{
	uint32_t workers = host->target->shared->worker_count;
	uint32_t first = host->next_worker;
	unsigned int all = 0;

	for (uint32_t k = 0; k < workers && all < n; k++) {
		uint32_t i = (first + k) % workers;

		if (worker_is_readable(host, i))
			all += worker_read(host->workers[i], limit, records + all, n - all);
		host->next_worker = (i + 1) % workers;
	}
	return all;
}

/*
 * Merge the rings by the count of completions (event.h). Before completion number k come all indications that
 * arose before it: they were posted before it was, so that they can be seen when it is seen. Behind it come
 * those that may have been caused by it.
 */
unsigned int
chimney_poll(struct chimney_host *host, struct chimney_record *records, unsigned int n)
{
	struct rte_ring *control = host->control.ring;
	uint64_t returned = atomic_load_explicit(&host->returned, memory_order_relaxed);
	unsigned int all = 0;
	struct toe_event event;

	while (all < n) {
		bool some = rte_ring_dequeue_burst_elem_start(
		                    control, &event, sizeof(event), 1, NULL) == 1;

		if (!some || event.kind == TOE_EVENT_COMPLETION)
			all += workers_read(host, (uint32_t)returned + 1, records + all, n - all);
		if (!some)
			break;
		if (all == n) {
			rte_ring_dequeue_elem_finish(control, 0);
			break;
		}
		record_fill(&records[all++], &event);
		rte_ring_dequeue_elem_finish(control, 1);
		if (event.kind == TOE_EVENT_COMPLETION)
			atomic_store_explicit(&host->returned, ++returned, memory_order_release);
	}
	/* There is room now for completions that wait. */
	if (all > 0 && atomic_load_explicit(&host->waiting, memory_order_acquire) > 0)
		toe_doorbell_ring(&host->target->bell);
	return all;
}

bool
chimney_settled(const struct chimney_host *host)
{
	const struct chimney *target = host->target;

	for (uint32_t i = 0; i < target->shared->worker_count; i++)
		if (toe_worker_is_at_large(target->workers[i]))
			return false;
	return true;
}

bool
host_has_records(struct chimney_host *host)
{
	struct toe_event event;

	if (toe_ring_has_record(host->control.ring, &event, sizeof(event)))
		return true;
	for (uint32_t i = 0; i < host->target->shared->worker_count; i++)
		if (!toe_worker_is_lost(host->target->workers[i]) &&
		        toe_ring_has_record(host->workers[i], &event, sizeof(event)))
			return true;
	return false;
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
	empty = !host_has_records(host);
	if (!empty)
		toe_doorbell_awake(&host->bell);
	return empty;
}

void
chimney_sleep_done(struct chimney_host *host)
{
	toe_doorbell_awake(&host->bell);
}
