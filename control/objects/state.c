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

void
neighbor_save(const struct slots *slots, const struct chimney_host *host, uint32_t index,
        struct neighbor_const *constant, struct neighbor_cached *cached,
        struct neighbor_delegated *delegated)
{
	const struct neighbor_slot *slot = &slots->neighbors[index];
	const struct toe_neighbor *neighbor = &slots->shared->neighbors[index];
	uint64_t ticks = (host->target->now - slot->since) / (host->tick_ms * NS_PER_MS);

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
		ticks += slot->target_reachability_delta;
		delegated->target_reachability_delta = (uint32_t)RTE_MIN(ticks, UINT32_MAX);
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
