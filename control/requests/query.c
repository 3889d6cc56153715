/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Query (QRY-1): the present values of what each block names, into the structures that follow it. Control
 * answers for neighbors and paths, the owner for connections.
 */
#include "control.h"
#include "state.h"

static enum control_step
query_act(struct chimney *target, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	struct toe_item *item = block_item(block);
	uint32_t worker = item_worker(item);

	item->status = OFFLOAD_SUCCESS;
	if (layer == OFFLOAD_LAYER_NEIGHBOR) {
		neighbor_save(target, request->host, item->index, offload_block_const(block),
		        offload_block_cached(block), offload_block_delegated(block));
	} else if (layer == OFFLOAD_LAYER_PATH) {
		path_save(target, item->index, offload_block_const(block),
		        offload_block_cached(block));
	} else if (conn_is_lost(target, worker, item->index)) {
		lost_met(target, request, worker);
		item->status = OFFLOAD_FAILURE;
	} else {
		if (fanout_room(target, request, worker) == STEP_PAUSE)
			return STEP_PAUSE;
		item->constant = offload_block_const(block);
		item->cached = offload_block_cached(block);
		item->delegated = offload_block_delegated(block);
		fanout_add(target, request, worker, item);
	}
	return STEP_DONE;
}

static enum offload_status
query_finish(struct chimney *target, struct request *request, struct offload_block_list *block,
        enum offload_layer layer)
{
	return request_answer(request, block_item(block));
}

const struct request_kind query_kind = {
        .states = 1u << SLOT_LIVE | 1u << SLOT_CLOSING,
        .act = query_act,
        .finish = query_finish,
};
