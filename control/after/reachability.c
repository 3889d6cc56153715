/* SPDX-License-Identifier: BSD-3-Clause */
/* Queries of neighbors' reachability. */
#include "reachability.h"

#include "slots.h"
#include "state.h"

/* Has neither side known it to be reachable for too long, nor the host been asked since? */
static bool
is_stale(const struct chimney *target, const struct neighbor_slot *slot, uint32_t index)
{
	int64_t said = toe_reach_read(&target->shared->neighbors[index].host_reached);
	int64_t now = (int64_t)target->now, stale = target->hosts[slot->slot.host].stale;

	if (stale == 0 || now - slot->queried < stale)
		return false;
	return now - said >= stale && now - neighbor_reached(target, index) >= stale;
}

static uint32_t
worker_asks(struct reachability *reachability, uint32_t worker)
{
	struct workers *workers = reachability->workers;
	uint32_t index, n = 0;

	for (; n < REACHABILITY_ASKED &&
	        rte_ring_sc_dequeue_elem(
	                workers->links[worker].worker->reach.asked, &index, sizeof(index)) == 0;
	        n++) {
		struct neighbor_slot *slot = &workers->slots->neighbors[index];

		if (slot->slot.state == SLOT_LIVE && !list_linked(&slot->query) &&
		        is_stale(workers->target, slot, index))
			list_add_tail(&reachability->due[slot->slot.host], &slot->query);
	}
	return n;
}

static uint32_t
host_ask(struct reachability *reachability, struct chimney_host *host)
{
	struct list_node *due = &reachability->due[host->index];
	uint32_t n = 0;

	for (; !list_empty(due); n++) {
		struct neighbor_slot *slot = LIST_OWNER(due->next, struct neighbor_slot, query);
		struct toe_event event = {
		        .object = slot->host_handle, .kind = TOE_EVENT_NEIGHBOR_REACHABILITY};

		if (!host_indicate(host, &event, 1))
			break;
		list_remove(&slot->query);
		slot->queried = (int64_t)host->target->now;
	}
	return n;
}

void
reachability_init(struct reachability *reachability, struct workers *workers)
{
	reachability->workers = workers;
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		list_init(&reachability->due[i]);
}

uint32_t
reachability_turn(struct reachability *reachability, uint32_t hosts)
{
	struct workers *workers = reachability->workers;
	uint32_t count = 0;

	for (uint32_t i = 0; i < workers->count; i++)
		if (!toe_ring_is_empty(workers->links[i].worker->reach.asked))
			count += worker_asks(reachability, i);
	for (uint32_t left = hosts; left != 0; left &= left - 1)
		count += host_ask(reachability, &workers->target->hosts[__builtin_ctz(left)]);
	return count;
}
