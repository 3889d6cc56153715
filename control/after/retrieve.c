/* SPDX-License-Identifier: BSD-3-Clause */
/* Stop entries: RETRIEVE and RESUME for what depends on a neighbor or path. */
#include "retrieve.h"

#include "control.h"
#include "words.h"

static struct stop_entry *
entry_at(struct chimney *target, enum offload_layer layer, uint32_t index)
{
	return layer == OFFLOAD_LAYER_PATH ? &target->slots.paths[index].stop
	                                   : &target->slots.neighbors[index].stop;
}

static struct slot *
entry_slot(struct stop_entry *entry)
{
	return entry->layer == OFFLOAD_LAYER_PATH
	               ? &LIST_OWNER(entry, struct path_slot, stop)->slot
	               : &LIST_OWNER(entry, struct neighbor_slot, stop)->slot;
}

/* Take an entry off its queue. The first of those that were posted together holds the time for all. */
static void
entry_remove(struct retrieve *retrieve, struct stop_entry *entry)
{
	const struct retrieve_host *host = &retrieve->host[entry_slot(entry)->host];
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
entry_add(struct request *request, struct stop_entry *entry)
{
	entry->due = 0;
	list_add_tail(&request->stops, &entry->node);
}

void
retrieve_stopped(
        struct chimney *target, struct request *request, enum offload_layer layer, uint32_t index)
{
	struct stop_entry *entry = entry_at(target, layer, index);
	struct slot *slot = entry_slot(entry);

	/* A RESUME that waits is void: the path is stopped again. */
	if (list_linked(&entry->node) && !(slot->flags & SLOT_WANTS_RETRIEVE))
		entry_remove(&target->retrieve, entry);
	if (layer == OFFLOAD_LAYER_PATH)
		target->slots.paths[index].telling = 0;
	slot->flags &= (uint8_t)~SLOT_WANTS_RESUME;
	slot->flags |= SLOT_WANTS_RETRIEVE;
	if (!list_linked(&entry->node))
		entry_add(request, entry);
}

void
retrieve_path_changed(
        struct chimney *target, struct request *request, uint32_t index, bool was_valid)
{
	struct path_slot *path = &target->slots.paths[index];
	struct neighbor_slot *neighbor = &target->slots.neighbors[path->neighbor];
	uint8_t wants;

	path->telling = 0; /* who was told the old word has to be told again */
	if (path_route_valid(target->shared, index)) {
		/* The RETRIEVE of the stop that is over is cancelled (D3). */
		entry_remove(&target->retrieve, &path->stop);
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
		entry_add(request, &path->stop);
}

void
retrieve_path_initiated(struct chimney *target, struct request *request, uint32_t index)
{
	struct path_slot *path = &target->slots.paths[index];

	if (path->initiating > 0 || !(path->slot.flags & SLOT_RETRIEVE_LATER))
		return;
	path->slot.flags &= (uint8_t)~SLOT_RETRIEVE_LATER;
	path->slot.flags |= SLOT_WANTS_RETRIEVE;
	if (!list_linked(&path->stop.node))
		entry_add(request, &path->stop);
}

void
retrieve_forget(struct chimney *target, enum offload_layer layer, uint32_t index)
{
	struct stop_entry *entry = entry_at(target, layer, index);

	entry_remove(&target->retrieve, entry);
	entry_slot(entry)->flags &=
	        (uint8_t) ~(SLOT_WANTS_RETRIEVE | SLOT_WANTS_RESUME | SLOT_RETRIEVE_LATER);
	if (layer == OFFLOAD_LAYER_PATH)
		target->slots.paths[index].telling = 0;
	else
		target->slots.neighbors[index].walking = false;
}

/* Send one path's message to those of path->telling. False: a mailbox is full. */
static bool
path_tell(struct chimney *target, uint32_t index, uint8_t op, uint32_t *count)
{
	struct path_slot *path = &target->slots.paths[index];
	struct toe_route route = toe_route_read(target->shared, index);
	struct toe_message message = {
	        .op = op,
	        .host = path->slot.host,
	        .flags = op == TOE_OP_RETRIEVE_PATH ? target->retrieve.message_flags : 0,
	        .path = index,
	        .argument = route.path_word,
	        .neighbor_word = route.neighbor_word,
	};

	for (uint64_t left = path->telling & ~target->lost; left != 0; left &= left - 1) {
		uint32_t worker = (uint32_t)__builtin_ctzll(left);

		if (!link_send(target, worker, LANE_ORDINARY, &message, false))
			continue;
		path->telling &= ~worker_bit(worker);
		(*count)++;
	}
	path->telling &= ~target->lost;
	return path->telling == 0;
}

/* RETRIEVE for one path. False: not all workers know yet, call again. */
static bool
path_retrieve(struct chimney *target, uint32_t index, uint32_t *count)
{
	struct path_slot *path = &target->slots.paths[index];

	if (path->initiating > 0) {
		path->slot.flags |= SLOT_RETRIEVE_LATER;
		path->telling = 0;
		return true;
	}
	if (path->telling == 0)
		path->telling = path->workers;
	return path_tell(target, index, TOE_OP_RETRIEVE_PATH, count);
}

static bool
path_entry_run(struct chimney *target, struct path_slot *path, uint32_t *count)
{
	uint32_t index = (uint32_t)(path - target->slots.paths);
	bool valid = path_route_valid(target->shared, index);

	if ((path->slot.flags & SLOT_WANTS_RETRIEVE) && !valid)
		return path_retrieve(target, index, count);
	if ((path->slot.flags & SLOT_WANTS_RESUME) && valid) {
		if (path->telling == 0)
			path->telling = path->workers;
		return path_tell(target, index, TOE_OP_RESUME_PATH, count);
	}
	path->telling = 0;
	return true;
}

/* A part of the walk over the paths of an invalid neighbor; it survives paths that come off meanwhile. */
static bool
neighbor_entry_run(struct chimney *target, struct neighbor_slot *neighbor, uint32_t *count)
{
	if (!neighbor->walking) {
		neighbor->walking = true;
		neighbor->cursor = neighbor->paths;
	}
	for (uint32_t n = 0; neighbor->cursor != TOE_INDEX_NONE; n++) {
		uint32_t next = target->slots.paths[neighbor->cursor].next;

		if (n == RETRIEVE_PATHS || !path_retrieve(target, neighbor->cursor, count))
			return false;
		neighbor->cursor = next;
	}
	neighbor->walking = false;
	return true;
}

/* Entries that are due, oldest first, until one has to wait. */
static uint32_t
queue_run(struct chimney *target, struct list_node *queue)
{
	uint32_t count = 0, entries = 0;

	while (!list_empty(queue) && entries++ < RETRIEVE_ENTRIES) {
		struct stop_entry *entry = LIST_OWNER(queue->next, struct stop_entry, node);
		bool done;

		if (entry->due > target->awake.time)
			break;
		if (entry->layer == OFFLOAD_LAYER_PATH)
			done = path_entry_run(
			        target, LIST_OWNER(entry, struct path_slot, stop), &count);
		else
			done = neighbor_entry_run(
			        target, LIST_OWNER(entry, struct neighbor_slot, stop), &count);
		if (!done)
			return count + 1;
		entry_slot(entry)->flags &= (uint8_t) ~(SLOT_WANTS_RETRIEVE | SLOT_WANTS_RESUME);
		entry_remove(&target->retrieve, entry);
	}
	return count;
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
retrieve_posted(struct chimney *target, struct request *request)
{
	struct retrieve_host *host = &target->retrieve.host[request->host->index];
	struct retrieve *retrieve = &target->retrieve;
	bool delayed = request->kind == CHIMNEY_INVALIDATE && retrieve->delay > 0;

	entries_post(delayed ? &host->delayed : &host->at_once, &request->stops,
	        RTE_MAX(target->awake.time, 1u) + (delayed ? retrieve->delay : 0));
	if (request->named || !list_empty(&host->at_once) || !list_empty(&host->delayed))
		retrieve->hosts |= 1u << request->host->index;
	batch_posted(target, request);
}

uint32_t
retrieve_turn(struct chimney *target)
{
	struct retrieve *retrieve = &target->retrieve;
	uint32_t first = retrieve->next_host++, count = 0;

	if (retrieve->hosts == 0)
		return 0;
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		uint32_t index = (first + i) % TOE_MAX_HOSTS;
		struct retrieve_host *host = &retrieve->host[index];

		if (!(retrieve->hosts & 1u << index))
			continue;
		count += queue_run(target, &host->at_once) + queue_run(target, &host->delayed) +
		         batches_turn(target, index);
		if (list_empty(&host->at_once) && list_empty(&host->delayed) &&
		        host->first_batch == host->next_batch)
			retrieve->hosts &= ~(1u << index);
	}
	return count;
}

void
retrieve_init(struct chimney *target)
{
	struct retrieve *retrieve = &target->retrieve;
	bool on_send = target->params.retrieve_policy == CHIMNEY_RETRIEVE_ON_SEND;

	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		struct retrieve_host *host = &retrieve->host[i];

		list_init(&host->delayed);
		list_init(&host->at_once);
		host->first_batch = host->next_batch = 1;
	}
	/* On-send is decided by the worker, connection by connection, so it is told at once (D2). */
	retrieve->delay = on_send ? 0 : target->params.retrieve_delay_ms * UINT64_C(1000000);
	retrieve->quantum = retrieve->delay / (RETRIEVE_BATCHES / 2);
	retrieve->message_flags = on_send ? TOE_MSG_ON_SEND : 0;
}
