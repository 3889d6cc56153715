/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Invalidate (INV-1 to INV-9): one store stops whatever depends on a neighbor or path, however much that is
 * (INV-13); a connection that is named itself is stopped by its owner. Then the drain: the answer of every
 * worker that may hold frames is the proof that none will be handed to a port again (INV-7).
 *
 * Repeating is harmless (INV-12): what is invalid already is not marked again, and is drained all the same,
 * since the drain that stopped it may not be over.
 */
#include "request.h"
#include "words.h"

/* The request names a connection of this worker: it gets a stop id. */
static void
connection_named(struct requests *requests, struct request *request, uint32_t worker)
{
	uint32_t host = request->fanout.host->index;

	if (!request->named) {
		request->named = true;
		request->fanout.batch =
		        batch_join(requests->stops, host, requests->workers->awake.time);
	}
	batch_add(requests->stops, host, request->fanout.batch, worker);
}

static enum control_step
invalidate_act(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct toe_item *item = block_item(block);
	uint32_t worker = item_worker(item);

	item->status = OFFLOAD_SUCCESS;
	if (layer == OFFLOAD_LAYER_NEIGHBOR) {
		if (word_invalidate(&requests->shared->neighbors[item->index].word))
			stop_marked(requests->stops, &request->stops, layer, item->index);
		request->fanout.drain |= requests->slots->neighbors[item->index].workers;
	} else if (layer == OFFLOAD_LAYER_PATH) {
		if (word_invalidate(&requests->shared->paths[item->index].word))
			stop_marked(requests->stops, &request->stops, layer, item->index);
		request->fanout.drain |= requests->slots->paths[item->index].workers;
	} else if (conn_is_lost(requests->workers, worker, item->index)) {
		lost_met(requests->workers, &request->fanout, worker);
		item->status = OFFLOAD_FAILURE;
	} else {
		if (fanout_room(requests->workers, &request->fanout, worker) == STEP_PAUSE)
			return STEP_PAUSE;
		requests->slots->tcp[worker][item->index].slot.flags |= SLOT_INVALID;
		connection_named(requests, request, worker);
		fanout_add(&request->fanout, worker, item);
		request->fanout.drain |= worker_bit(worker);
	}
	return STEP_DONE;
}

static enum offload_status
invalidate_finish(struct requests *requests, struct request *request,
        struct offload_block_list *block, enum offload_layer layer)
{
	const struct toe_item *item = block_item(block);
	uint64_t workers = 0;

	if (layer == OFFLOAD_LAYER_NEIGHBOR)
		workers = requests->slots->neighbors[item->index].workers;
	else if (layer == OFFLOAD_LAYER_PATH)
		workers = requests->slots->paths[item->index].workers;
	else
		workers = worker_bit(item_worker(item));
	/* Nobody can say that a lost worker is silent (INV-14). */
	return workers & request->fanout.hit ? OFFLOAD_FAILURE : item->status;
}

const struct request_kind invalidate_kind = {
        .states = 1u << SLOT_LIVE | 1u << SLOT_CLOSING,
        .act = invalidate_act,
        .finish = invalidate_finish,
};
