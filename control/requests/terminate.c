/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Terminate (TERM-1, TERM-6, TERM-8): connections are taken back by their owners; then, leaves first, what
 * nothing depends on any more leaves the structure; what something outside of the tree depends on stays.
 *
 * An object named here is CLOSING from the act pass on: other requests but queries and invalidates are
 * refused. When it has left the structure it is GONE, and nobody can name it. Requests that named it before
 * complete first (TERM-2); then its slot is free, under a new generation (CTX-2).
 *
 * The state of a connection whose worker was lost cannot be handed back. The first terminate that meets the
 * loss fails and leaves it; after RETRIEVE(HARDWARE_FAILURE) and ABORT were indicated the next one fails too,
 * and frees it (TERM-8), whether the worker is back or not.
 */
#include "request.h"
#include "state.h"
#include "words.h"

static enum control_step
terminate_act(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct toe_item *item = block_item(block);
	uint32_t worker = item_worker(item);
	struct slot *slot = slots_at(requests->slots, layer, worker, item->index);

	item->status = OFFLOAD_SUCCESS;
	if (layer == OFFLOAD_LAYER_TCP && conn_is_lost(requests->workers, worker, item->index)) {
		lost_met(requests->workers, &request->fanout, worker);
		item->status = OFFLOAD_FAILURE;
		/* Known as lost: this is the terminate that frees it. */
		if (slot->flags & SLOT_LOSS_INDICATED)
			item->flags |= BLOCK_ACTED;
	} else if (layer == OFFLOAD_LAYER_TCP) {
		if (fanout_room(requests->workers, &request->fanout, worker) == STEP_PAUSE)
			return STEP_PAUSE;
		item->delegated = offload_block_delegated(block);
		fanout_add(&request->fanout, worker, item);
	}
	slot->state = SLOT_CLOSING;
	return STEP_DONE;
}

static void
tcp_unlink(struct requests *requests, struct request *request, struct toe_item *item)
{
	uint32_t worker = item_worker(item);
	struct slot *slot = &requests->slots->tcp[worker][item->index].slot;

	item->status = (uint16_t)fanout_answer(&request->fanout, item);
	if (item->status != OFFLOAD_SUCCESS && !(item->flags & BLOCK_ACTED)) {
		slot->state = SLOT_LIVE;
		return;
	}
	slots_unlink_tcp(requests->slots, worker, item->index);
	slot->state = SLOT_GONE;
	item->flags |= BLOCK_FREED;
}

/* A path or neighbor leaves the structure, unless something outside of the tree depends on it. */
static bool
path_unlink(struct requests *requests, uint32_t index)
{
	if (requests->slots->paths[index].dependents > 0)
		return false;
	slots_unlink_path(requests->slots, index);
	word_invalidate(&requests->shared->paths[index].word);
	return true;
}

static bool
neighbor_unlink(struct requests *requests, const struct request *request,
        const struct offload_block_list *block, uint32_t index)
{
	if (requests->slots->neighbors[index].dependents > 0)
		return false;
	neighbor_save(requests->slots, request->fanout.host, index, NULL, NULL,
	        offload_block_delegated(block));
	word_invalidate(&requests->shared->neighbors[index].word);
	list_remove(&requests->slots->neighbors[index].query); /* TERM-2 */
	return true;
}

static void
terminate_unlink(struct requests *requests, struct request *request,
        struct offload_block_list *block, enum offload_layer layer)
{
	struct toe_item *item = block_item(block);
	struct slot *slot = slots_at(requests->slots, layer, item_worker(item), item->index);

	if (layer == OFFLOAD_LAYER_TCP) {
		tcp_unlink(requests, request, item);
		return;
	}
	if (layer == OFFLOAD_LAYER_PATH ? !path_unlink(requests, item->index)
	                                : !neighbor_unlink(requests, request, block, item->index)) {
		item->status = OFFLOAD_FAILURE;
		slot->state = SLOT_LIVE;
		return;
	}
	stop_forget(requests->stops, layer, item->index);
	slot->state = SLOT_GONE;
	item->flags |= BLOCK_FREED;
}

static enum offload_status
terminate_finish(struct requests *requests, struct request *request,
        struct offload_block_list *block, enum offload_layer layer)
{
	struct toe_item *item = block_item(block);
	uint32_t worker = item_worker(item);

	if (!(item->flags & BLOCK_FREED))
		return item->status;
	stat_objects(request->fanout.host, layer, -1);
	/* A lost worker may still have the connection, but gets no other one there before it has parked. */
	slots_free(requests->slots, layer, worker, item->index);
	/* TERM-4: no send data is handed back, there is none that the target did not make itself. */
	if (layer == OFFLOAD_LAYER_TCP)
		block->send_chain = NULL;
	return item->status;
}

const struct request_kind terminate_kind = {
        .states = 1u << SLOT_LIVE,
        .act = terminate_act,
        .unlink = terminate_unlink,
        .finish = terminate_finish,
};
