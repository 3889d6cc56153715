/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that do not answer. */
#include <rte_log.h>

#include "control.h"

#define LOST_SLOTS_PER_TURN 64u

/* The request needs a lost worker: what concerns that worker fails, and its host is told afterwards. */
static void
request_hit(struct chimney *target, struct request *request, uint32_t worker)
{
	if (!(request->loss_counted & worker_bit(worker)))
		target->links[worker].loss_pending[request->host->index]++;
	request->loss_counted |= worker_bit(worker);
	request->hit |= worker_bit(worker);
	request->stopped = true; /* initiate: a loss is no lack of resources (INIT-3) */
	if (request->owed_by[worker] > 0)
		request_answered(target, request, worker, request->owed_by[worker]);
}

static void
worker_lose(struct chimney *target, uint32_t worker)
{
	struct worker_link *link = &target->links[worker];
	struct request_pool *pool = &target->requests;

	RTE_LOG(ERR, USER1,
	        "worker %u has not answered for %u ms: declared lost, its connections are lost "
	        "too\n",
	        worker, target->params.drain_deadline_ms);
	link->lost = true;
	link->owed = 0;
	target->lost |= worker_bit(worker);
	atomic_store_explicit(&link->worker->lost, 1, memory_order_release);
	toe_doorbell_ring(&link->worker->bell);
	stat_add(&target->stats.lost_workers, 1);
	for (uint32_t lane = 0; lane < LANE_COUNT; lane++) {
		if (link->chain[lane].count > 0)
			request_hit(target, pool->walking[lane], worker);
		link->chain[lane] = (struct fanout_chain){0};
		target->chains[lane] &= ~worker_bit(worker);
	}
	for (uint32_t i = 0; i < CONTROL_RECORDS; i++) {
		struct request *request = &pool->records[i];

		if (request->id != 0 &&
		        (request->owed_by[worker] > 0 || (request->drain & worker_bit(worker))))
			request_hit(target, request, worker);
	}
	holds_lost(target, worker);
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		link->loss_hosts |= 1u << i;
		link->loss_cursor[i] = 0;
	}
}

void
lost_deadlines(struct chimney *target)
{
	static const struct toe_message ping = {.op = TOE_OP_PING};

	for (uint32_t i = 0; i < target->shared->worker_count; i++) {
		struct worker_link *link = &target->links[i];
		uint64_t silent = target->now - link->since;

		if (link->lost)
			continue;
		if (link->unproved && !link->pinged &&
		        link_send(target, i, LANE_URGENT, &ping, true)) {
			link->pinged = true;
			link->unproved = false;
			continue;
		}
		if (link->owed == 0 && !link->stuck[LANE_ORDINARY] && !link->stuck[LANE_URGENT])
			continue;
		if (silent > target->deadline)
			worker_lose(target, i);
		else if (silent > target->deadline / 4 && !link->pinged)
			link->pinged = link_send(target, i, LANE_URGENT, &ping, true);
	}
}

void
lost_posted(struct chimney *target, const struct request *request)
{
	for (uint64_t left = request->loss_counted; left != 0; left &= left - 1)
		target->links[__builtin_ctzll(left)].loss_pending[request->host->index]--;
}

/*
 * One connection of a lost worker: RETRIEVE(HARDWARE_FAILURE), then ABORT. False: no room now.
 */
static bool
connection_lost(struct chimney *target, uint32_t worker, uint32_t index, struct chimney_host *host)
{
	struct slot *slot = &target->slots.tcp[worker][index].slot;
	uint64_t handle = toe_worker_host_handle(target->links[worker].worker, index);
	struct toe_event events[] = {
	        {
	                .object = handle,
	                .kind = TOE_EVENT_RETRIEVE,
	                .detail = RETRIEVE_HARDWARE_FAILURE,
	                .worker = TOE_EVENT_FROM_CONTROL,
	        },
	        {
	                .object = handle,
	                .kind = TOE_EVENT_ABORT,
	                .worker = TOE_EVENT_FROM_CONTROL,
	        },
	};

	if (!host_indicate(host, events, RTE_DIM(events)))
		return false;
	slot->flags |= SLOT_LOSS_INDICATED;
	return true;
}

/* Tell one host of the connections of one lost worker, a part. True: it knows of all. */
static bool
host_told(struct chimney *target, uint32_t worker, uint32_t host_index, uint32_t *count)
{
	struct worker_link *link = &target->links[worker];
	struct chimney_host *host = &target->hosts[host_index];
	uint32_t *cursor = &link->loss_cursor[host_index];
	uint32_t end = target->slots.tcp_table[worker].fresh; /* no slot beyond was ever used */

	if (atomic_load_explicit(&host->state, memory_order_acquire) != HOST_USED)
		return true;
	/* INV-17: the failures first. */
	if (link->loss_pending[host_index] > 0)
		return false;
	for (uint32_t n = 0; *cursor < end && n < LOST_SLOTS_PER_TURN; n++, (*cursor)++) {
		const struct slot *slot = &target->slots.tcp[worker][*cursor].slot;

		if (slot->host != host_index || (slot->flags & SLOT_LOSS_INDICATED) ||
		        (slot->state != SLOT_LIVE && slot->state != SLOT_CLOSING))
			continue;
		if (!connection_lost(target, worker, *cursor, host))
			return false;
		(*count)++;
	}
	return *cursor >= end;
}

uint32_t
lost_turn(struct chimney *target)
{
	uint32_t count = 0;

	for (uint64_t left = target->lost; left != 0; left &= left - 1) {
		uint32_t worker = (uint32_t)__builtin_ctzll(left);
		struct worker_link *link = &target->links[worker];

		for (uint32_t hosts = link->loss_hosts; hosts != 0; hosts &= hosts - 1) {
			uint32_t host = (uint32_t)__builtin_ctz(hosts);

			if (host_told(target, worker, host, &count))
				link->loss_hosts &= ~(1u << host);
		}
	}
	return count;
}
