/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots, generations and links of offloaded objects. */
#include "slots.h"

#include <errno.h>
#include <string.h>

static void
table_init(struct slot_table *table, uint32_t capacity)
{
	table->free_first = table->free_last = TOE_INDEX_NONE;
	table->fresh = 0;
	table->capacity = capacity;
	table->used = 0;
}

int
slots_init(struct slots *slots, struct toe_shared *shared, uint32_t conns, uint64_t salt)
{
	memset(slots, 0, sizeof(*slots));
	slots->shared = shared;
	slots->salt = salt;
	slots->worker_count = shared->worker_count;
	table_init(&slots->neighbor_table, shared->neighbor_capacity);
	table_init(&slots->path_table, shared->path_capacity);
	slots->neighbors = toe_table_alloc(shared->neighbor_capacity, sizeof(*slots->neighbors));
	slots->paths = toe_table_alloc(shared->path_capacity, sizeof(*slots->paths));
	if (slots->neighbors == NULL || slots->paths == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < slots->worker_count; i++) {
		table_init(&slots->tcp_table[i], conns);
		slots->tcp[i] = toe_table_alloc(conns, sizeof(*slots->tcp[i]));
		if (slots->tcp[i] == NULL)
			return -ENOMEM;
	}
	return 0;
}

void
slots_fini(struct slots *slots)
{
	for (uint32_t i = 0; i < slots->worker_count; i++)
		toe_table_free(slots->tcp[i], slots->tcp_table[i].capacity, sizeof(*slots->tcp[i]));
	toe_table_free(slots->paths, slots->path_table.capacity, sizeof(*slots->paths));
	toe_table_free(slots->neighbors, slots->neighbor_table.capacity, sizeof(*slots->neighbors));
	memset(slots, 0, sizeof(*slots));
}

uint64_t
slots_estimate(const struct toe_shared *shared, uint32_t conns)
{
	return (uint64_t)shared->neighbor_capacity * sizeof(struct neighbor_slot) +
	       (uint64_t)shared->path_capacity * sizeof(struct path_slot) +
	       (uint64_t)shared->worker_count * conns * sizeof(struct tcp_slot);
}

struct slot *
slots_at(struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t index)
{
	if (layer == OFFLOAD_LAYER_TCP)
		return &slots->tcp[worker][index].slot;
	return layer == OFFLOAD_LAYER_PATH ? &slots->paths[index].slot
	                                   : &slots->neighbors[index].slot;
}

static struct slot_table *
slots_table(struct slots *slots, enum offload_layer layer, uint32_t worker)
{
	if (layer == OFFLOAD_LAYER_TCP)
		return &slots->tcp_table[worker];
	return layer == OFFLOAD_LAYER_PATH ? &slots->path_table : &slots->neighbor_table;
}

/* The member of a free slot that links it to the next free one. */
static uint32_t *
slots_free_link(struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t index)
{
	if (layer == OFFLOAD_LAYER_TCP)
		return &slots->tcp[worker][index].path;
	return layer == OFFLOAD_LAYER_PATH ? &slots->paths[index].next
	                                   : &slots->neighbors[index].paths;
}

/* Where the generations of a slot start: differently for each slot and each start (CTX-2). */
static uint32_t
first_generation(const struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t i)
{
	uint64_t x = slots->salt ^ toe_handle_make(layer, worker, 0, i);

	x = (x ^ x >> 31) * UINT64_C(0x9E3779B97F4A7C15);
	x = (x ^ x >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
	return toe_generation_next((uint32_t)(x >> 32));
}

static void
slot_reset(struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t index)
{
	if (layer == OFFLOAD_LAYER_TCP) {
		slots->tcp[worker][index].path = TOE_INDEX_NONE;
	} else if (layer == OFFLOAD_LAYER_PATH) {
		struct path_slot *path = &slots->paths[index];

		path->neighbor = path->next = path->previous = TOE_INDEX_NONE;
		path->dependents = path->initiating = 0;
		path->workers = path->telling = 0;
		path->stop.layer = (uint8_t)layer;
	} else {
		struct neighbor_slot *neighbor = &slots->neighbors[index];

		neighbor->paths = neighbor->cursor = TOE_INDEX_NONE;
		neighbor->dependents = 0;
		neighbor->walking = false;
		neighbor->workers = 0;
		neighbor->stop.layer = (uint8_t)layer;
	}
}

/* A slot never used, or else the one that was given back first; TOE_INDEX_NONE: there is none. */
static uint32_t
slot_take(struct slots *slots, struct slot_table *table, enum offload_layer layer, uint32_t worker)
{
	uint32_t index = table->free_first;

	if (table->fresh < table->capacity)
		return table->fresh++;
	if (index == TOE_INDEX_NONE)
		return TOE_INDEX_NONE;
	table->free_first = *slots_free_link(slots, layer, worker, index);
	if (table->free_first == TOE_INDEX_NONE)
		table->free_last = TOE_INDEX_NONE;
	return index;
}

uint32_t
slots_alloc(struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t host)
{
	struct slot_table *table = slots_table(slots, layer, worker);
	uint32_t index = slot_take(slots, table, layer, worker);
	struct slot *slot;

	if (index == TOE_INDEX_NONE)
		return TOE_INDEX_NONE;
	table->used++;
	slot = slots_at(slots, layer, worker, index);
	if (slot->generation == 0)
		slot->generation = first_generation(slots, layer, worker, index);
	slot->flags = 0;
	slot->host = (uint8_t)host;
	slot->claims = 0;
	slot_reset(slots, layer, worker, index);
	slot->state = SLOT_INITIATING;
	return index;
}

void
slots_free(struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t index)
{
	struct slot_table *table = slots_table(slots, layer, worker);
	struct slot *slot = slots_at(slots, layer, worker, index);

	table->used--;
	slot->generation = toe_generation_next(slot->generation);
	if (slot->generation == first_generation(slots, layer, worker, index)) {
		slot->state = SLOT_RETIRED;
		return;
	}
	slot->state = SLOT_FREE;
	*slots_free_link(slots, layer, worker, index) = TOE_INDEX_NONE;
	if (table->free_last == TOE_INDEX_NONE)
		table->free_first = index;
	else
		*slots_free_link(slots, layer, worker, table->free_last) = index;
	table->free_last = index;
}

const struct slot *
slots_look(const struct slots *slots, uint64_t handle)
{
	enum offload_layer layer = toe_handle_layer(handle);
	uint32_t worker = toe_handle_worker(handle);
	uint32_t index = toe_handle_index(handle);
	const struct slot *slot;

	if (layer == OFFLOAD_LAYER_TCP) {
		if (worker >= slots->worker_count || index >= slots->tcp_table[worker].capacity)
			return NULL;
		slot = &slots->tcp[worker][index].slot;
	} else if (worker != 0) {
		return NULL;
	} else if (layer == OFFLOAD_LAYER_PATH) {
		if (index >= slots->path_table.capacity)
			return NULL;
		slot = &slots->paths[index].slot;
	} else {
		if (layer != OFFLOAD_LAYER_NEIGHBOR || index >= slots->neighbor_table.capacity)
			return NULL;
		slot = &slots->neighbors[index].slot;
	}
	if (slot->state == SLOT_FREE || slot->state == SLOT_RETIRED ||
	        slot->generation != toe_handle_generation(handle))
		return NULL;
	return slot;
}

struct slot *
slots_find(struct slots *slots, uint64_t handle, enum offload_layer layer, uint32_t host)
{
	struct slot *slot = (struct slot *)(uintptr_t)slots_look(slots, handle);

	if (slot == NULL || toe_handle_layer(handle) != layer || slot->host != host)
		return NULL;
	return slot;
}

uint32_t
slots_look_dependents(const struct slots *slots, uint64_t handle)
{
	uint32_t index = toe_handle_index(handle);

	switch (toe_handle_layer(handle)) {
	case OFFLOAD_LAYER_PATH:
		return slots->paths[index].dependents;
	case OFFLOAD_LAYER_NEIGHBOR:
		return slots->neighbors[index].dependents;
	default:
		return 0;
	}
}

uint64_t
slots_handle(const struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t index)
{
	uint32_t generation;

	if (layer == OFFLOAD_LAYER_TCP)
		generation = slots->tcp[worker][index].slot.generation;
	else if (layer == OFFLOAD_LAYER_PATH)
		generation = slots->paths[index].slot.generation;
	else
		generation = slots->neighbors[index].slot.generation;
	return toe_handle_make(layer, worker, generation, index);
}

void
slots_link_path(struct slots *slots, uint32_t path_index, uint32_t neighbor_index)
{
	struct path_slot *path = &slots->paths[path_index];
	struct neighbor_slot *neighbor = &slots->neighbors[neighbor_index];

	path->neighbor = neighbor_index;
	path->previous = TOE_INDEX_NONE;
	path->next = neighbor->paths;
	if (path->next != TOE_INDEX_NONE)
		slots->paths[path->next].previous = path_index;
	neighbor->paths = path_index;
	neighbor->dependents++;
	neighbor->workers |= path->workers;
}

void
slots_unlink_path(struct slots *slots, uint32_t path_index)
{
	struct path_slot *path = &slots->paths[path_index];
	struct neighbor_slot *neighbor = &slots->neighbors[path->neighbor];

	/* A RETRIEVE walk over the neighbor's paths that stands here goes on behind (INV-9). */
	if (neighbor->cursor == path_index)
		neighbor->cursor = path->next;
	if (path->next != TOE_INDEX_NONE)
		slots->paths[path->next].previous = path->previous;
	if (path->previous != TOE_INDEX_NONE)
		slots->paths[path->previous].next = path->next;
	else
		neighbor->paths = path->next;
	neighbor->dependents--;
	path->next = path->previous = TOE_INDEX_NONE;
}

void
slots_link_tcp(struct slots *slots, uint32_t worker, uint32_t index, uint32_t path_index)
{
	struct path_slot *path = &slots->paths[path_index];

	slots->tcp[worker][index].path = path_index;
	path->dependents++;
	path->workers |= worker_bit(worker);
	slots->neighbors[path->neighbor].workers |= worker_bit(worker);
}

void
slots_unlink_tcp(struct slots *slots, uint32_t worker, uint32_t index)
{
	slots->paths[slots->tcp[worker][index].path].dependents--;
}
