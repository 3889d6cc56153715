/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Invalidate (INV-1 to INV-9): one store stops whatever depends on a neighbor or path, however much that is
 * (INV-13); a connection that is named itself is stopped by its owner. Then the drain: the answer of every
 * worker that may hold frames is the proof that none will be handed to a port again (INV-7).
 *
 * Repeating is harmless (INV-12): what is invalid already is not marked again, and is drained all the same,
 * since the drain that stopped it may not be over.
 */
#include "control.h"
#include "words.h"

static enum control_step
invalidate_act(struct chimney *target, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct toe_item *item = block_item(block);
	uint32_t worker = item_worker(item);

	item->status = OFFLOAD_SUCCESS;
	if (layer == OFFLOAD_LAYER_NEIGHBOR) {
		if (word_invalidate(&target->shared->neighbors[item->index].word))
			retrieve_stopped(target, request, layer, item->index);
		request->drain |= target->slots.neighbors[item->index].workers;
	} else if (layer == OFFLOAD_LAYER_PATH) {
		if (word_invalidate(&target->shared->paths[item->index].word))
			retrieve_stopped(target, request, layer, item->index);
		request->drain |= target->slots.paths[item->index].workers;
	} else if (conn_is_lost(target, worker, item->index)) {
		lost_met(target, request, worker);
		item->status = OFFLOAD_FAILURE;
	} else {
		if (fanout_room(target, request, worker) == STEP_PAUSE)
			return STEP_PAUSE;
		target->slots.tcp[worker][item->index].slot.flags |= SLOT_INVALID;
		retrieve_named(target, request, worker);
		fanout_add(target, request, worker, item);
		request->drain |= worker_bit(worker);
	}
	return STEP_DONE;
}

static enum offload_status
invalidate_finish(struct chimney *target, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	const struct toe_item *item = block_item(block);
	uint64_t workers = 0;

	if (layer == OFFLOAD_LAYER_NEIGHBOR)
		workers = target->slots.neighbors[item->index].workers;
	else if (layer == OFFLOAD_LAYER_PATH)
		workers = target->slots.paths[item->index].workers;
	else
		workers = worker_bit(item_worker(item));
	/* Nobody can say that a lost worker is silent (INV-14). */
	return workers & request->hit ? OFFLOAD_FAILURE : item->status;
}

const struct request_kind invalidate_kind = {
        .states = 1u << SLOT_LIVE | 1u << SLOT_CLOSING,
        .act = invalidate_act,
        .finish = invalidate_finish,
};
