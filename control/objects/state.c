/* SPDX-License-Identifier: BSD-3-Clause */
/* State of neighbors and paths for query and terminate. */
#include "state.h"

#include <string.h>

#include "door.h"
#include "words.h"

#define NS_PER_MS UINT64_C(1000000)

static void
word_mac(uint64_t word, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)(word >> (8 * i));
}

/* delta ticks ago, in ns. */
static int64_t
ns_ago(const struct chimney_host *host, uint32_t delta)
{
	return (int64_t)host->target->now - (int64_t)(delta * (host->tick_ms * NS_PER_MS));
}

/* A worker's clock may be a little ahead. */
static uint32_t
ticks_ago(const struct chimney_host *host, int64_t ns)
{
	uint64_t ticks = ns > 0 ? (uint64_t)ns / (host->tick_ms * NS_PER_MS) : 0;

	return (uint32_t)RTE_MIN(ticks, UINT32_MAX);
}

static void
time_write(_Atomic int64_t *time, int64_t ns)
{
	atomic_store_explicit(time, ns, memory_order_relaxed);
}

int64_t
neighbor_reached(const struct chimney *target, uint32_t index)
{
	const struct toe_neighbor *neighbor = &target->shared->neighbors[index];
	int64_t since = toe_reach_read(&neighbor->since);
	int64_t reached = toe_reach_read(&neighbor->handed);

	for (uint32_t i = 0; i < target->shared->worker_count; i++) {
		const struct toe_reach *reach = target->workers[i]->reach.neighbors;

		reached = toe_reach_later(since, reached, toe_reach_read(&reach[index].progress));
	}
	return reached;
}

void
neighbor_reach_said(struct toe_neighbor *neighbor, const struct chimney_host *host, uint32_t delta)
{
	time_write(&neighbor->host_reached, ns_ago(host, delta));
}

void
neighbor_reach_begin(struct toe_neighbor *neighbor, const struct chimney_host *host,
        uint32_t host_delta, uint32_t target_delta)
{
	time_write(&neighbor->since, (int64_t)host->target->now);
	time_write(&neighbor->handed, ns_ago(host, target_delta));
	neighbor_reach_said(neighbor, host, host_delta);
}

void
neighbor_save(const struct slots *slots, const struct chimney_host *host, uint32_t index,
        struct neighbor_const *constant, struct neighbor_cached *cached,
        struct neighbor_delegated *delegated)
{
	const struct neighbor_slot *slot = &slots->neighbors[index];
	const struct toe_neighbor *neighbor = &slots->shared->neighbors[index];

	if (constant != NULL) {
		memcpy(constant->source_mac, neighbor->source_mac, sizeof(constant->source_mac));
		constant->vlan_id = neighbor->vlan_id;
	}
	if (cached != NULL) {
		memset(cached, 0, sizeof(*cached));
		word_mac(word_read(&neighbor->word), cached->destination_mac);
		cached->host_reachability_delta = slot->host_reachability_delta;
	}
	if (delegated != NULL) {
		memset(delegated, 0, sizeof(*delegated));
		delegated->target_reachability_delta = ticks_ago(
		        host, (int64_t)host->target->now - neighbor_reached(host->target, index));
	}
}

void
path_save(const struct slots *slots, uint32_t index, void *constant, struct path_cached *cached)
{
	const struct toe_path *path = &slots->shared->paths[index];
	size_t size = path->family == 4 ? 4 : 16;

	if (constant != NULL) {
		memcpy(constant, path->source, size);
		memcpy((uint8_t *)constant + size, path->destination, size);
	}
	if (cached != NULL) {
		memset(cached, 0, sizeof(*cached));
		cached->path_mtu = toe_path_word_mtu(word_read(&path->word));
	}
}
