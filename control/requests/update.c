/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Update (UPD-1, UPD-2, UPD-5, INV-10): cached values, and the neighbor of a path when the path's block hangs
 * from a block that names one. Each change of a neighbor or path is one new word (D7), followed by the same
 * round of drains as an invalidate, so that after the completion nothing built before is sent (UPD-2).
 *
 * A change to the present value writes no word, but makes the round: another update that brought the value
 * may still be making it.
 *
 * A path with connections of a lost worker is not changed: nobody can say what that worker still holds. When
 * the loss is noticed in the round, the old value is put back (UPD-5).
 */
#include "initiate_check.h"
#include "request.h"
#include "state.h"
#include "words.h"

/* A change and its undoing, of every request in progress (words.h). */
_Static_assert(2 * CONTROL_RECORDS < TOE_EPOCH_MASK / 2, "an epoch does not come round unnoticed");

/* What the finish pass needs to put the old value back: kept in the block's item, unused by workers here. */
static void
change_note(struct toe_item *item, uint64_t old_word, uint64_t new_word, uint32_t old_delta)
{
	item->flags |= BLOCK_ACTED;
	item->host_handle = old_word;
	item->generation = toe_word_epoch(new_word);
	item->path = old_delta;
}

/* Does the object still have the value that this request gave it? */
static bool
change_stands(const struct toe_item *item, uint64_t word)
{
	return toe_word_valid(word) && toe_word_epoch(word) == item->generation;
}

static enum offload_status
neighbor_update(
        struct requests *requests, struct request *request, struct offload_block_list *block)
{
	struct toe_item *item = block_item(block);
	const struct neighbor_cached *cached = offload_block_cached(block);
	struct neighbor_slot *slot = &requests->slots->neighbors[item->index];
	_Atomic uint64_t *word = &requests->shared->neighbors[item->index].word;
	uint64_t old = word_read(word);

	if (!toe_word_valid(old))
		return OFFLOAD_FAILURE;
	if (cached == NULL)
		return OFFLOAD_SUCCESS;
	if (slot->workers & requests->workers->lost)
		return OFFLOAD_FAILURE;
	if (toe_neighbor_word(cached->destination_mac, toe_word_epoch(old), true) != old)
		neighbor_word_write(requests->shared, item->index, cached->destination_mac, true);
	change_note(item, old, word_read(word), slot->host_reachability_delta);
	slot->host_reachability_delta = cached->host_reachability_delta;
	/* What the host said before, to be put back by neighbor_undo; of a neighbor no worker sees the item. */
	item->constant = (void *)(uintptr_t)toe_reach_read(
	        &requests->shared->neighbors[item->index].host_reached);
	neighbor_reach_said(&requests->shared->neighbors[item->index], request->fanout.host,
	        cached->host_reachability_delta);
	request->fanout.drain |= slot->workers;
	return OFFLOAD_SUCCESS;
}

/* Give a path a neighbor and an MTU, in one word. */
static void
path_change(struct requests *requests, struct request *request, uint32_t index, uint32_t neighbor,
        uint32_t mtu)
{
	bool was_valid = path_route_valid(requests->shared, index);

	if (requests->slots->paths[index].neighbor != neighbor) {
		slots_unlink_path(requests->slots, index);
		slots_link_path(requests->slots, index, neighbor);
	}
	path_word_write(requests->shared, index, neighbor, mtu, true);
	stop_path_changed(requests->stops, &request->stops, index, was_valid);
}

/*
 * The neighbor that the path is to have: the one that its block hangs from, or its present one. TOE_INDEX_NONE:
 * it cannot be had, since it failed itself, is invalid (UPD-5), or is on another port, where frames of the
 * path's connections would not be found (CTX-3).
 */
static uint32_t
path_neighbor_wanted(const struct requests *requests, const struct request *request, uint32_t index)
{
	struct offload_block_list *parent = walk_parent(&request->walk);
	const struct toe_neighbor *neighbors = requests->shared->neighbors;
	uint32_t present = requests->slots->paths[index].neighbor;
	const struct toe_item *below;

	if (!names_object(parent))
		return present;
	below = block_item(parent);
	if (below->status != OFFLOAD_SUCCESS ||
	        !toe_word_valid(word_read(&neighbors[below->index].word)) ||
	        neighbors[below->index].port != neighbors[present].port)
		return TOE_INDEX_NONE;
	return below->index;
}

static enum offload_status
path_update(struct requests *requests, struct request *request, struct offload_block_list *block)
{
	struct toe_item *item = block_item(block);
	const struct path_cached *cached = offload_block_cached(block);
	const struct toe_path *path = &requests->shared->paths[item->index];
	struct path_slot *slot = &requests->slots->paths[item->index];
	uint64_t old = word_read(&path->word);
	uint32_t neighbor = path_neighbor_wanted(requests, request, item->index);
	uint32_t mtu = cached != NULL ? cached->path_mtu : toe_path_word_mtu(old);

	if (!toe_word_valid(old) || neighbor == TOE_INDEX_NONE ||
	        (slot->workers & requests->workers->lost))
		return OFFLOAD_FAILURE;
	if (cached != NULL &&
	        path_mtu_check(mtu, path->family,
	                requests->shared->ports[requests->shared->neighbors[neighbor].port].mtu) !=
	                OFFLOAD_SUCCESS)
		return OFFLOAD_FAILURE;
	if (neighbor != slot->neighbor || mtu != toe_path_word_mtu(old)) {
		path_change(requests, request, item->index, neighbor, mtu);
		change_note(item, old, word_read(&path->word), 0);
	}
	request->fanout.drain |= slot->workers;
	return OFFLOAD_SUCCESS;
}

/* A connection: its owner copies the values. Its path is the one it was offloaded with (UPD-2). */
static enum control_step
tcp_update(struct requests *requests, struct request *request, struct offload_block_list *block)
{
	struct toe_item *item = block_item(block);
	struct offload_block_list *parent = walk_parent(&request->walk);
	uint32_t worker = item_worker(item);
	const struct tcp_slot *slot = &requests->slots->tcp[worker][item->index];
	/* The path that the block hangs from, if it names one. */
	uint32_t below = parent == NULL ? TOE_INDEX_NONE : block_item(parent)->index;

	if (conn_is_lost(requests->workers, worker, item->index)) {
		lost_met(requests->workers, &request->fanout, worker);
		item->status = OFFLOAD_FAILURE;
		return STEP_DONE;
	}
	if ((slot->slot.flags & SLOT_INVALID) || (below != TOE_INDEX_NONE && below != slot->path)) {
		item->status = OFFLOAD_FAILURE;
		return STEP_DONE;
	}
	item->status = OFFLOAD_SUCCESS;
	item->cached = offload_block_cached(block);
	if (item->cached == NULL)
		return STEP_DONE;
	if (fanout_room(requests->workers, &request->fanout, worker) == STEP_PAUSE)
		return STEP_PAUSE;
	fanout_add(&request->fanout, worker, item);
	return STEP_DONE;
}

static enum control_step
update_act(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct toe_item *item = block_item(block);

	if (layer == OFFLOAD_LAYER_TCP)
		return tcp_update(requests, request, block);
	if (layer == OFFLOAD_LAYER_PATH)
		item->status = (uint16_t)path_update(requests, request, block);
	else
		item->status = (uint16_t)neighbor_update(requests, request, block);
	return STEP_DONE;
}

static void
neighbor_undo(struct requests *requests, const struct toe_item *item)
{
	uint8_t mac[6];

	if (!change_stands(item, word_read(&requests->shared->neighbors[item->index].word)))
		return;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)(item->host_handle >> (8 * i));
	neighbor_word_write(requests->shared, item->index, mac, true);
	requests->slots->neighbors[item->index].host_reachability_delta = item->path;
	atomic_store_explicit(&requests->shared->neighbors[item->index].host_reached,
	        (int64_t)(uintptr_t)item->constant, memory_order_relaxed);
}

static void
path_undo(struct requests *requests, struct request *request, const struct toe_item *item)
{
	uint32_t neighbor = toe_path_word_neighbor(item->host_handle);
	uint8_t state = requests->slots->neighbors[neighbor].slot.state;

	/* There is no way back to a neighbor that has left meanwhile. */
	if (change_stands(item, word_read(&requests->shared->paths[item->index].word)) &&
	        (state == SLOT_LIVE || state == SLOT_CLOSING))
		path_change(requests, request, item->index, neighbor,
		        toe_path_word_mtu(item->host_handle));
}

static enum offload_status
update_finish(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct toe_item *item = block_item(block);
	uint64_t workers;

	if (layer == OFFLOAD_LAYER_TCP)
		return fanout_answer(&request->fanout, item);
	workers = layer == OFFLOAD_LAYER_PATH ? requests->slots->paths[item->index].workers
	                                      : requests->slots->neighbors[item->index].workers;
	if (item->status != OFFLOAD_SUCCESS || !(workers & request->fanout.hit))
		return item->status;
	if (item->flags & BLOCK_ACTED) {
		if (layer == OFFLOAD_LAYER_PATH)
			path_undo(requests, request, item);
		else
			neighbor_undo(requests, item);
	}
	return OFFLOAD_FAILURE;
}

const struct request_kind update_kind = {
        .states = 1u << SLOT_LIVE,
        .act = update_act,
        .finish = update_finish,
};
