/* SPDX-License-Identifier: BSD-3-Clause */
/* Stop entries: RETRIEVE and RESUME for what depends on a neighbor or path. */
#include "retrieve.h"

#include "words.h"

/* Send one path's message to those of path->telling. False: a mailbox is full. */
static bool
path_tell(struct retrieve *retrieve, uint32_t index, uint8_t op, uint32_t *count)
{
	struct path_slot *path = &retrieve->slots->paths[index];
	struct toe_route route = toe_route_read(retrieve->slots->shared, index);
	struct toe_message message = {
	        .op = op,
	        .host = path->slot.host,
	        .flags = op == TOE_OP_RETRIEVE_PATH ? retrieve->message_flags : 0,
	        .path = index,
	        .argument = route.path_word,
	        .neighbor_word = route.neighbor_word,
	};

	for (uint64_t left = path->telling & ~retrieve->workers->lost; left != 0;
	        left &= left - 1) {
		uint32_t worker = (uint32_t)__builtin_ctzll(left);

		if (!link_send(retrieve->workers, worker, LANE_ORDINARY, &message, false))
			continue;
		path->telling &= ~worker_bit(worker);
		(*count)++;
	}
	path->telling &= ~retrieve->workers->lost;
	return path->telling == 0;
}

/* RETRIEVE for one path. False: not all workers know yet, call again. */
static bool
path_retrieve(struct retrieve *retrieve, uint32_t index, uint32_t *count)
{
	struct path_slot *path = &retrieve->slots->paths[index];

	if (path->initiating > 0) {
		path->slot.flags |= SLOT_RETRIEVE_LATER;
		path->telling = 0;
		return true;
	}
	if (path->telling == 0)
		path->telling = path->workers;
	return path_tell(retrieve, index, TOE_OP_RETRIEVE_PATH, count);
}

static bool
path_entry_run(struct retrieve *retrieve, struct path_slot *path, uint32_t *count)
{
	uint32_t index = (uint32_t)(path - retrieve->slots->paths);
	bool valid = path_route_valid(retrieve->slots->shared, index);

	if ((path->slot.flags & SLOT_WANTS_RETRIEVE) && !valid)
		return path_retrieve(retrieve, index, count);
	if ((path->slot.flags & SLOT_WANTS_RESUME) && valid) {
		if (path->telling == 0)
			path->telling = path->workers;
		return path_tell(retrieve, index, TOE_OP_RESUME_PATH, count);
	}
	path->telling = 0;
	return true;
}

/* A part of the walk over the paths of an invalid neighbor; it survives paths that come off meanwhile. */
static bool
neighbor_entry_run(struct retrieve *retrieve, struct neighbor_slot *neighbor, uint32_t *count)
{
	if (!neighbor->walking) {
		neighbor->walking = true;
		neighbor->cursor = neighbor->paths;
	}
	for (uint32_t n = 0; neighbor->cursor != TOE_INDEX_NONE; n++) {
		uint32_t next = retrieve->slots->paths[neighbor->cursor].next;

		if (n == RETRIEVE_PATHS || !path_retrieve(retrieve, neighbor->cursor, count))
			return false;
		neighbor->cursor = next;
	}
	neighbor->walking = false;
	return true;
}

/* Entries that are due, oldest first, until one has to wait. */
static uint32_t
queue_run(struct retrieve *retrieve, struct list_node *queue)
{
	uint32_t count = 0, entries = 0;

	while (!list_empty(queue) && entries++ < RETRIEVE_ENTRIES) {
		struct stop_entry *entry = LIST_OWNER(queue->next, struct stop_entry, node);
		bool done;

		if (entry->due > retrieve->workers->awake.time)
			break;
		if (entry->layer == OFFLOAD_LAYER_PATH)
			done = path_entry_run(
			        retrieve, LIST_OWNER(entry, struct path_slot, stop), &count);
		else
			done = neighbor_entry_run(
			        retrieve, LIST_OWNER(entry, struct neighbor_slot, stop), &count);
		if (!done)
			return count + 1;
		stop_slot(entry)->flags &= (uint8_t) ~(SLOT_WANTS_RETRIEVE | SLOT_WANTS_RESUME);
		stop_remove(retrieve->stops, entry);
	}
	return count;
}

uint32_t
retrieve_turn(struct retrieve *retrieve)
{
	struct stops *stops = retrieve->stops;
	uint32_t first = retrieve->next_host++, count = 0;

	if (stops->hosts == 0)
		return 0;
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		uint32_t index = (first + i) % TOE_MAX_HOSTS;
		struct stop_host *host = &stops->host[index];

		if (!(stops->hosts & 1u << index))
			continue;
		count += queue_run(retrieve, &host->at_once) + queue_run(retrieve, &host->delayed) +
		         batches_turn(retrieve, index);
		if (list_empty(&host->at_once) && list_empty(&host->delayed) &&
		        batches_open(host) == 0)
			stops->hosts &= ~(1u << index);
	}
	return count;
}

void
retrieve_init(struct retrieve *retrieve, struct stops *stops, struct workers *workers, bool on_send)
{
	retrieve->slots = stops->slots;
	retrieve->stops = stops;
	retrieve->workers = workers;
	retrieve->message_flags = on_send ? TOE_MSG_ON_SEND : 0;
}
