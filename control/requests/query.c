/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Query (QRY-1): the present values of what each block names, into the structures that follow it. Control
 * answers for neighbors and paths, the owner for connections.
 */
#include "request.h"
#include "state.h"

static enum control_step
query_act(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct toe_item *item = block_item(block);
	uint32_t worker = item_worker(item);

	item->status = OFFLOAD_SUCCESS;
	if (layer == OFFLOAD_LAYER_NEIGHBOR) {
		neighbor_save(requests->slots, request->fanout.host, item->index,
		        offload_block_const(block), offload_block_cached(block),
		        offload_block_delegated(block));
	} else if (layer == OFFLOAD_LAYER_PATH) {
		path_save(requests->slots, item->index, offload_block_const(block),
		        offload_block_cached(block));
	} else if (conn_is_lost(requests->workers, worker, item->index)) {
		lost_met(requests->workers, &request->fanout, worker);
		item->status = OFFLOAD_FAILURE;
	} else {
		if (fanout_room(requests->workers, &request->fanout, worker) == STEP_PAUSE)
			return STEP_PAUSE;
		item->constant = offload_block_const(block);
		item->cached = offload_block_cached(block);
		item->delegated = offload_block_delegated(block);
		fanout_add(&request->fanout, worker, item);
	}
	return STEP_DONE;
}

static enum offload_status
query_finish(struct requests *requests, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	return fanout_answer(&request->fanout, block_item(block));
}

const struct request_kind query_kind = {
        .states = 1u << SLOT_LIVE | 1u << SLOT_CLOSING,
        .act = query_act,
        .finish = query_finish,
};
