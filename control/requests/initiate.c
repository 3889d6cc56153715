/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Initiate (INIT-1 to INIT-5, INIT-10): new objects in TREE-4 order. Neighbors and paths are set up by control
 * at once; connections go to their owners in chains.
 *
 * INIT-3 stops the traversal after a failure that is no lack of resources. What control finds itself stops it
 * at that block. What a worker finds stops that worker's part of the request there, and everybody else's part
 * as far as it has not been sent: connections of other workers that were sent before may be offloaded although
 * they come later in the tree. Their statuses say so.
 *
 * A slot is in state INITIATING until its block is finished: nobody can name the object before the completion (INV-12).
 */
#include "cells.h"
#include "initiate_check.h"
#include "layout.h"
#include "request.h"
#include "state.h"
#include "words.h"

static bool
lacks_resources(enum offload_status status)
{
	switch (status) {
	case OFFLOAD_RESOURCES:
	case OFFLOAD_TCP_ENTRIES:
	case OFFLOAD_PATH_ENTRIES:
	case OFFLOAD_NEIGHBOR_ENTRIES:
	case OFFLOAD_HW_ADDRESS_ENTRIES:
	case OFFLOAD_IP_ADDRESS_ENTRIES:
	case OFFLOAD_TCP_XMIT_BUFFER:
	case OFFLOAD_TCP_RCV_BUFFER:
	case OFFLOAD_TCP_RCV_WINDOW:
	case OFFLOAD_VLAN_ENTRIES:
		return true;
	default:
		return false;
	}
}

/* The slot of a new object. False: none is free, or as many are offloaded as may be. */
static bool
object_alloc(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer, uint32_t worker)
{
	struct toe_item *item = block_item(block);
	uint32_t limit =
	        atomic_load_explicit(&requests->target->limit[layer], memory_order_relaxed);
	uint32_t index;

	if (*stat_of_layer(requests->target, layer) >= limit)
		return false;
	index = slots_alloc(requests->slots, layer, worker, request->fanout.host->index);
	if (index == TOE_INDEX_NONE)
		return false;
	item->index = index;
	item->generation = slots_at(requests->slots, layer, worker, index)->generation;
	item->flags |= BLOCK_ACTED;
	item_set_worker(item, worker);
	stat_objects(request->fanout.host, layer, 1);
	return true;
}

static enum offload_status
neighbor_new(struct requests *requests, struct request *request, struct offload_block_list *block)
{
	const struct neighbor_const *constant = offload_block_const(block);
	const struct neighbor_cached *cached = offload_block_cached(block);
	const struct neighbor_delegated *delegated = offload_block_delegated(block);
	static const uint8_t no_mac[6];
	struct neighbor_slot *slot;
	struct toe_neighbor *neighbor;
	enum offload_status status = initiate_neighbor_check(requests->target, block);

	if (status != OFFLOAD_SUCCESS)
		return status;
	if (!object_alloc(requests, request, block, OFFLOAD_LAYER_NEIGHBOR, 0))
		return OFFLOAD_NEIGHBOR_ENTRIES;
	slot = &requests->slots->neighbors[block_item(block)->index];
	slot->host_reachability_delta = cached->host_reachability_delta;
	slot->host_handle = (uint64_t)(uintptr_t)block->offload_handle;
	slot->queried = INT64_MIN / 2;
	neighbor = &requests->shared->neighbors[block_item(block)->index];
	neighbor_reach_begin(neighbor, request->fanout.host, cached->host_reachability_delta,
	        delegated->target_reachability_delta);
	memcpy(neighbor->source_mac,
	        memcmp(constant->source_mac, no_mac, sizeof(no_mac)) == 0
	                ? requests->shared->ports[block->port].mac
	                : constant->source_mac,
	        sizeof(neighbor->source_mac));
	neighbor->vlan_id = constant->vlan_id;
	neighbor->port = (uint16_t)block->port;
	neighbor_word_write(
	        requests->shared, block_item(block)->index, cached->destination_mac, true);
	return OFFLOAD_SUCCESS;
}

static enum offload_status
path_new(struct requests *requests, struct request *request, struct offload_block_list *block,
        uint32_t neighbor)
{
	const struct path_cached *cached = offload_block_cached(block);
	const struct toe_neighbor *below = &requests->shared->neighbors[neighbor];
	uint8_t family = block_layout(block->header.type)->family;
	size_t size = family == 4 ? 4 : 16;
	const uint8_t *addresses = offload_block_const(block);
	struct toe_path *path;
	uint32_t index;
	enum offload_status status =
	        path_mtu_check(cached->path_mtu, family, requests->shared->ports[below->port].mtu);

	if (status != OFFLOAD_SUCCESS)
		return status;
	/* INIT-10: nothing new hangs from what is invalid. */
	if (!toe_word_valid(word_read(&below->word)))
		return OFFLOAD_FAILURE;
	if (!object_alloc(requests, request, block, OFFLOAD_LAYER_PATH, 0))
		return OFFLOAD_PATH_ENTRIES;
	index = block_item(block)->index;
	path = &requests->shared->paths[index];
	memset(path->source, 0, sizeof(path->source));
	memset(path->destination, 0, sizeof(path->destination));
	memcpy(path->source, addresses, size);
	memcpy(path->destination, addresses + size, size);
	path->family = family;
	slots_link_path(requests->slots, index, neighbor);
	path_word_write(requests->shared, index, neighbor, cached->path_mtu, true);
	return OFFLOAD_SUCCESS;
}

/* Which worker owns the connection of this block, over this path (TCP-4). */
static uint32_t
tcp_owner(const struct requests *requests, const struct offload_block_list *block, uint32_t path)
{
	const struct tcp_const *constant = offload_block_const(block);
	const struct toe_path *below = &requests->shared->paths[path];

	return toe_owner(
	        toe_tuple_hash(below->source, below->destination, below->family == 4 ? 4 : 16,
	                constant->local_port, constant->remote_port),
	        requests->shared->worker_count);
}

static enum offload_status
tcp_new(struct requests *requests, struct request *request, struct offload_block_list *block,
        uint32_t path, uint32_t worker)
{
	struct toe_item *item = block_item(block);
	enum offload_status status = initiate_tcp_check(block);

	if (status != OFFLOAD_SUCCESS)
		return status;
	/* INIT-10: neither under an invalid path nor over an invalid neighbor. */
	if (!path_route_valid(requests->shared, path))
		return OFFLOAD_FAILURE;
	if (requests->workers->links[worker].lost)
		return OFFLOAD_RESOURCES;
	if (!object_alloc(requests, request, block, OFFLOAD_LAYER_TCP, worker))
		return OFFLOAD_TCP_ENTRIES;
	slots_link_tcp(requests->slots, worker, item->index, path);
	requests->slots->paths[path].initiating++;
	item->constant = offload_block_const(block);
	item->cached = offload_block_cached(block);
	item->delegated = offload_block_delegated(block);
	item->path = path;
	item->host_handle = (uint64_t)(uintptr_t)block->offload_handle;
	fanout_add(&request->fanout, worker, item);
	return OFFLOAD_SUCCESS;
}

static bool
object_valid(const struct requests *requests, enum offload_layer layer, uint32_t index)
{
	return toe_word_valid(
	        word_read(layer == OFFLOAD_LAYER_PATH ? &requests->shared->paths[index].word
	                                              : &requests->shared->neighbors[index].word));
}

/* A block that names an object already offloaded, for others to hang from (TREE-3). */
static enum offload_status
linker(struct requests *requests, const struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct offload_block_list *parent = walk_parent(&request->walk);

	/* INIT-10: nothing new hangs from what is invalid, so there is nothing to link to. */
	if (block->dependent_block_list == NULL || layer == OFFLOAD_LAYER_TCP ||
	        !object_valid(requests, layer, block_item(block)->index))
		return OFFLOAD_FAILURE;
	/* A path cannot have been hanging from what is only just offloaded, and initiate does not relink. */
	if (parent != NULL && (block_item(parent)->flags & BLOCK_NEW))
		return OFFLOAD_FAILURE;
	return OFFLOAD_SUCCESS;
}

/* A block of new state. *worker: the owner of a connection that PAUSE is for. */
static enum control_step
object_new(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct offload_block_list *parent = walk_parent(&request->walk);
	struct toe_item *item = block_item(block);
	uint32_t below = parent == NULL ? TOE_INDEX_NONE : block_item(parent)->index;
	uint32_t worker;

	/* A cell that is something else, too; a part of the state missing; nothing below. */
	if (!cell_held(block) || !block_layout(block->header.type)->all ||
	        (layer != OFFLOAD_LAYER_NEIGHBOR && !names_object(parent))) {
		item->status = OFFLOAD_FAILURE;
		return STEP_DONE;
	}
	if (layer == OFFLOAD_LAYER_NEIGHBOR) {
		item->status = (uint16_t)neighbor_new(requests, request, block);
	} else if (layer == OFFLOAD_LAYER_PATH) {
		item->status = (uint16_t)path_new(requests, request, block, below);
	} else {
		worker = tcp_owner(requests, block, below);
		if (fanout_room(requests->workers, &request->fanout, worker) == STEP_PAUSE)
			return STEP_PAUSE;
		item->status = (uint16_t)tcp_new(requests, request, block, below, worker);
	}
	return STEP_DONE;
}

static enum control_step
initiate_act(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct offload_block_list *parent = walk_parent(&request->walk);
	struct toe_item *item = block_item(block);
	uint32_t failed = OFFLOAD_FAILURE;

	/* INIT-3: not attempted, or below what failed; that is no failure of its own. */
	if (request->fanout.stopped ||
	        (names_object(parent) && block_item(parent)->status != OFFLOAD_SUCCESS)) {
		item->status = (uint16_t)failed;
		return STEP_DONE;
	}
	if (!(item->flags & BLOCK_NEW))
		item->status = (uint16_t)linker(requests, request, block, layer);
	else if (object_new(requests, request, block, layer) == STEP_PAUSE)
		return STEP_PAUSE;
	if (item->status != OFFLOAD_SUCCESS &&
	        (block == request->root || !lacks_resources(item->status)))
		request->fanout.stopped = true;
	return STEP_DONE;
}

/* A new object's own outcome: it comes alive, or its slot goes back and its cell holds nothing again. */
static enum offload_status
object_settle(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct toe_item *item = block_item(block);
	uint32_t worker = item_worker(item);
	struct slot *slot = slots_at(requests->slots, layer, worker, item->index);
	/* Lost while the request needed it, or after it had answered: either way the loss concerns this slot. */
	bool hit = layer == OFFLOAD_LAYER_TCP && ((request->fanout.hit & worker_bit(worker)) ||
	                                                 requests->workers->links[worker].lost);
	enum offload_status status = hit ? OFFLOAD_FAILURE : item->status;

	if (status == OFFLOAD_SUCCESS)
		slot->state = SLOT_LIVE;
	if (layer == OFFLOAD_LAYER_TCP) {
		uint32_t path = requests->slots->tcp[worker][item->index].path;

		requests->slots->paths[path].initiating--;
		if (status != OFFLOAD_SUCCESS)
			slots_unlink_tcp(requests->slots, worker, item->index);
		stop_path_initiated(requests->stops, &request->stops, path);
	}
	if (status == OFFLOAD_SUCCESS) {
		cell_give(block, slots_handle(requests->slots, layer, worker, item->index));
		return status;
	}
	stat_objects(request->fanout.host, layer, -1);
	/* As in terminate.c: a lost worker may have it all the same. */
	slots_free(requests->slots, layer, worker, item->index);
	return status;
}

static enum offload_status
initiate_finish(struct requests *requests, struct request *request,
        struct offload_block_list *block, enum offload_layer layer)
{
	const struct walk_frame *frame = &request->walk.frame[request->walk.depth];
	struct toe_item *item = block_item(block);
	enum offload_status status = item->status;

	if (item->flags & BLOCK_ACTED)
		status = object_settle(requests, request, block, layer);
	if (status != OFFLOAD_SUCCESS || frame->failed == 0)
		return status;
	/* INIT-4: a linker itself succeeds by its dependents alone. */
	if (!(item->flags & BLOCK_NEW) && frame->offloaded == 0)
		return OFFLOAD_FAILURE;
	return OFFLOAD_PARTIAL_SUCCESS;
}

const struct request_kind initiate_kind = {
        .states = 1u << SLOT_LIVE,
        .act = initiate_act,
        .finish = initiate_finish,
};
