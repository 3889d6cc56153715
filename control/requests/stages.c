/* SPDX-License-Identifier: BSD-3-Clause */
/* The stages of a request. */
#include <rte_cycles.h>

#include "cells.h"
#include "request.h"

/*
 * ACT for one event. The check pass claims every object for the whole tree before anything is changed: an
 * object that was named twice is refused wherever it is named (TREE-8).
 */
static enum control_step
act_block(struct requests *requests, struct request *request)
{
	struct offload_block_list *block = walk_block(&request->walk);
	struct toe_item *item = block_item(block);
	uint32_t layer = request_layer(request);
	struct slot *slot;

	if (request->walk.event != WALK_ENTER)
		return STEP_DONE;
	if (layer > OFFLOAD_LAYER_TCP) {
		/* A placeholder passed before any block had told the layer of the tree. */
		item->flags |= BLOCK_REFUSED;
		block_item(walk_parent(&request->walk))->flags |= BLOCK_REFUSED;
	}
	if (request->claim != SLOT_CLAIM_NONE && item->index != TOE_INDEX_NONE) {
		slot = slots_at(requests->slots, layer, item_worker(item), item->index);
		if (slot_claimed_twice(slot, request->claim))
			item->flags |= BLOCK_REFUSED;
		else
			slot_unclaim(slot, request->claim);
	}
	if (item->flags & BLOCK_REFUSED) {
		/* INIT-3: what is malformed is no lack of resources. */
		if (request->fanout.kind == CHIMNEY_INITIATE)
			request->fanout.stopped = true;
		return STEP_DONE;
	}
	if (item->flags & BLOCK_PLACEHOLDER)
		return STEP_DONE;
	return request_kinds[request->fanout.kind]->act(requests, request, block, layer);
}

/* UNCLAIM for one event: the claims of objects that are named twice, which every one of their blocks has seen. */
static void
unclaim_block(struct requests *requests, struct request *request)
{
	const struct toe_item *item = block_item(walk_block(&request->walk));
	uint32_t layer = request_layer(request);

	if (layer <= OFFLOAD_LAYER_TCP && (item->flags & BLOCK_REFUSED) &&
	        item->index != TOE_INDEX_NONE)
		slot_unclaim(slots_at(requests->slots, layer, item_worker(item), item->index),
		        request->claim);
}

/* UNLINK for one event: the objects of one layer. */
static void
unlink_block(struct requests *requests, struct request *request)
{
	struct offload_block_list *block = walk_block(&request->walk);

	if (request->walk.event != WALK_LEAVE || request_layer(request) != request->pass_layer ||
	        (block_item(block)->flags & (BLOCK_REFUSED | BLOCK_PLACEHOLDER)))
		return;
	request_kinds[request->fanout.kind]->unlink(requests, request, block, request->pass_layer);
}

/* FINISH for one event: a block whose dependents are done gets its status and is let go. */
static void
finish_block(struct requests *requests, struct request *request)
{
	struct tree_walk *walk = &request->walk;
	struct offload_block_list *block = walk_block(walk);
	struct toe_item *item = block_item(block);
	enum offload_status status = OFFLOAD_SUCCESS;
	struct walk_frame *parent;

	if (walk->event != WALK_LEAVE)
		return;
	if (item->flags & BLOCK_REFUSED) {
		status = OFFLOAD_FAILURE;
		stat_add(&requests->target->stats.refused, 1);
	} else if (!(item->flags & BLOCK_PLACEHOLDER)) {
		status = request_kinds[request->fanout.kind]->finish(
		        requests, request, block, request_layer(request));
	}
	if (item->flags & BLOCK_NEW)
		cell_give(block, 0); /* it still has the mark: the object was not offloaded */
	block->status = status;
	if (walk->depth > 0 && walk->depth <= TREE_LAYERS) {
		parent = &walk->frame[walk->depth - 1];
		if (status == OFFLOAD_SUCCESS || status == OFFLOAD_PARTIAL_SUCCESS)
			parent->offloaded++;
		else
			parent->failed++;
	}
	if (block != request->root)
		nonce_clear(block);
}

/* One pass over the tree. DONE at its end. */
static enum control_step
pass(struct requests *requests, struct request *request, uint32_t *budget)
{
	struct tree_walk *walk = &request->walk;

	while (walk->event != WALK_END) {
		if (*budget == 0)
			return STEP_PAUSE;
		switch (request->stage) {
		case STAGE_CHECK:
			if (check_block(requests, request) == STEP_PAUSE)
				return STEP_PAUSE;
			break;
		case STAGE_ACT:
			if (act_block(requests, request) == STEP_PAUSE)
				return STEP_PAUSE;
			break;
		case STAGE_UNCLAIM:
			unclaim_block(requests, request);
			break;
		case STAGE_UNLINK:
			unlink_block(requests, request);
			break;
		default:
			finish_block(requests, request);
			break;
		}
		walk_step(walk);
		(*budget)--;
	}
	return STEP_DONE;
}

static void
stage_enter(struct request *request, enum request_stage stage)
{
	request->stage = (uint8_t)stage;
	walk_start(&request->walk, request->root);
}

/* The next layer, leaves first, in which a terminate names objects; false when there is none left. */
static bool
unlink_next_layer(struct request *request)
{
	while (request->pass_layer > OFFLOAD_LAYER_NEIGHBOR)
		if (request->layers & (1u << --request->pass_layer))
			return true;
	return false;
}

/* CHECK to DRAIN, the stages in which a request walks (schedule.h). */
static enum control_step
request_walk(struct requests *requests, struct request *request, uint32_t *budget)
{
	if (request->stage == STAGE_CHECK) {
		if (pass(requests, request, budget) == STEP_PAUSE)
			return STEP_PAUSE;
		if (request->root_layer == OFFLOAD_LAYER_NONE)
			request->root_layer = OFFLOAD_LAYER_NEIGHBOR;
		stage_enter(request, STAGE_ACT);
	}
	if (request->stage == STAGE_ACT) {
		if (pass(requests, request, budget) == STEP_PAUSE)
			return STEP_PAUSE;
		if (request->fanout.kind == CHIMNEY_INVALIDATE) {
			requests->target->times.dequeued_tsc = request->dequeued_tsc;
			requests->target->times.marked_tsc = rte_rdtsc();
		}
		stage_enter(request, STAGE_UNCLAIM);
	}
	if (request->stage == STAGE_UNCLAIM) {
		if (request->twice && pass(requests, request, budget) == STEP_PAUSE)
			return STEP_PAUSE;
		request_unclaim(requests, request);
		request->stage = STAGE_FLUSH;
	}
	if (request->stage == STAGE_FLUSH) {
		if (fanout_flush(requests->workers, &request->fanout) == STEP_PAUSE)
			return STEP_PAUSE;
		request->stage = STAGE_DRAIN;
	}
	if (fanout_drain(requests->workers, &request->fanout) == STEP_PAUSE)
		return STEP_PAUSE;
	request->stage = STAGE_ANSWERS;
	return STEP_DONE;
}

/* What follows the answers of a terminate. DONE: its objects are out of the structure, nobody uses them. */
static enum control_step
request_unlink(struct requests *requests, struct request *request, uint32_t *budget)
{
	struct request_host *host = &requests->host[request->fanout.host->index];

	while (request->stage == STAGE_UNLINK) {
		if (pass(requests, request, budget) == STEP_PAUSE)
			return STEP_PAUSE;
		stage_enter(request, STAGE_UNLINK);
		if (unlink_next_layer(request))
			continue;
		request->barrier = requests->sequence;
		request->stage = STAGE_BARRIER;
		if (list_empty(&host->active))
			break;
		list_add_tail(&host->barred, &request->queue);
		return STEP_PAUSE;
	}
	return STEP_DONE;
}

bool
request_run(struct requests *requests, struct request *request, uint32_t *budget)
{
	if (request->stage <= STAGE_DRAIN) {
		if (request_walk(requests, request, budget) == STEP_PAUSE)
			return false;
		request_lane_of(requests, request)->walking--;
	}
	if (request->stage == STAGE_ANSWERS) {
		if (request->fanout.owed > 0)
			return true;
		request->pass_layer = OFFLOAD_LAYER_TCP + 1;
		if (request_kinds[request->fanout.kind]->unlink != NULL &&
		        unlink_next_layer(request))
			stage_enter(request, STAGE_UNLINK);
		else
			stage_enter(request, STAGE_FINISH);
		request->fanout.host->settling += request->fanout.kind == CHIMNEY_INITIATE;
	}
	if (request->stage == STAGE_UNLINK || request->stage == STAGE_BARRIER) {
		if (request->stage == STAGE_UNLINK &&
		        request_unlink(requests, request, budget) == STEP_PAUSE)
			return request->stage == STAGE_BARRIER;
		stage_enter(request, STAGE_FINISH);
	}
	if (pass(requests, request, budget) == STEP_PAUSE)
		return false;
	request_complete(requests, request);
	return true;
}
