/* SPDX-License-Identifier: BSD-3-Clause */
/* Stop entries of neighbors and paths. */
#include "stops.h"

#include <rte_common.h>

#include "words.h"

static struct stop_entry *
entry_at(struct stops *stops, enum offload_layer layer, uint32_t index)
{
	return layer == OFFLOAD_LAYER_PATH ? &stops->slots->paths[index].stop
	                                   : &stops->slots->neighbors[index].stop;
}

/* The first of those that were posted together holds the time for all. */
void
stop_remove(struct stops *stops, struct stop_entry *entry)
{
	const struct stop_host *host = &stops->host[stop_slot(entry)->host];
	struct list_node *next = entry->node.next;

	if (entry->due != 0 && next != NULL && next != &host->delayed && next != &host->at_once) {
		struct stop_entry *heir = LIST_OWNER(next, struct stop_entry, node);

		if (heir->due == 0)
			heir->due = entry->due;
	}
	list_remove(&entry->node);
	entry->due = 0;
}

static void
entry_add(struct list_node *entries, struct stop_entry *entry)
{
	entry->due = 0;
	list_add_tail(entries, &entry->node);
}

void
stop_marked(
        struct stops *stops, struct list_node *entries, enum offload_layer layer, uint32_t index)
{
	struct stop_entry *entry = entry_at(stops, layer, index);
	struct slot *slot = stop_slot(entry);

	/* A RESUME that waits is void: the path is stopped again. */
	if (list_linked(&entry->node) && !(slot->flags & SLOT_WANTS_RETRIEVE))
		stop_remove(stops, entry);
	if (layer == OFFLOAD_LAYER_PATH)
		stops->slots->paths[index].telling = 0;
	slot->flags &= (uint8_t)~SLOT_WANTS_RESUME;
	slot->flags |= SLOT_WANTS_RETRIEVE;
	if (!list_linked(&entry->node))
		entry_add(entries, entry);
}

void
stop_path_changed(struct stops *stops, struct list_node *entries, uint32_t index, bool was_valid)
{
	struct path_slot *path = &stops->slots->paths[index];
	struct neighbor_slot *neighbor = &stops->slots->neighbors[path->neighbor];
	uint8_t wants;

	path->telling = 0; /* who was told the old word has to be told again */
	if (path_route_valid(stops->slots->shared, index)) {
		/* The RETRIEVE of the stop that is over is cancelled (D3). */
		stop_remove(stops, &path->stop);
		path->slot.flags &= (uint8_t) ~(SLOT_WANTS_RETRIEVE | SLOT_RETRIEVE_LATER);
		if (was_valid && !(path->slot.flags & SLOT_WANTS_RESUME))
			return;
		wants = SLOT_WANTS_RESUME;
	} else {
		/* A walk that the neighbor still owes will come by and read the word as it is then. */
		if (list_linked(&neighbor->stop.node) && !neighbor->walking)
			return;
		wants = SLOT_WANTS_RETRIEVE;
	}
	path->slot.flags |= wants;
	if (!list_linked(&path->stop.node))
		entry_add(entries, &path->stop);
}

void
stop_path_initiated(struct stops *stops, struct list_node *entries, uint32_t index)
{
	struct path_slot *path = &stops->slots->paths[index];

	if (path->initiating > 0 || !(path->slot.flags & SLOT_RETRIEVE_LATER))
		return;
	path->slot.flags &= (uint8_t)~SLOT_RETRIEVE_LATER;
	path->slot.flags |= SLOT_WANTS_RETRIEVE;
	if (!list_linked(&path->stop.node))
		entry_add(entries, &path->stop);
}

void
stop_forget(struct stops *stops, enum offload_layer layer, uint32_t index)
{
	struct stop_entry *entry = entry_at(stops, layer, index);

	stop_remove(stops, entry);
	stop_slot(entry)->flags &=
	        (uint8_t) ~(SLOT_WANTS_RETRIEVE | SLOT_WANTS_RESUME | SLOT_RETRIEVE_LATER);
	if (layer == OFFLOAD_LAYER_PATH)
		stops->slots->paths[index].telling = 0;
	else
		stops->slots->neighbors[index].walking = false;
}

/* Entries of a completed request, posted together, are due together: the first of them says when. */
static void
entries_post(struct list_node *queue, struct list_node *entries, uint64_t due)
{
	if (list_empty(entries))
		return;
	LIST_OWNER(entries->next, struct stop_entry, node)->due = due;
	list_splice_tail(queue, entries);
}

void
stops_post(struct stops *stops, uint32_t host_index, struct list_node *entries, bool delayed,
        uint64_t now)
{
	struct stop_host *host = &stops->host[host_index];

	delayed = delayed && stops->delay > 0;
	entries_post(delayed ? &host->delayed : &host->at_once, entries,
	        RTE_MAX(now, 1u) + (delayed ? stops->delay : 0));
	if (!list_empty(&host->at_once) || !list_empty(&host->delayed))
		stops->hosts |= 1u << host_index;
}

void
stops_init(struct stops *stops, struct slots *slots, uint64_t delay_ns)
{
	stops->slots = slots;
	stops->delay = delay_ns;
	stops->quantum = delay_ns / (STOP_BATCHES / 2);
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		struct stop_host *host = &stops->host[i];

		list_init(&host->delayed);
		list_init(&host->at_once);
		host->first_batch = host->next_batch = 1;
	}
}
