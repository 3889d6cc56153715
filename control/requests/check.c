/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The check pass (TREE-6, TREE-8, D10): every block and every link is looked at, every object is resolved and
 * claimed, and nothing but scratch space, `status` and the cells of new objects is written. What is wrong is noted
 * on the block:
 *   - a block that cannot be what it says is refused;
 *   - a link that leads to a block visited before (a cycle, or two ways to one block), to a block of another
 *     request or to an unaligned address is not followed, and the block that holds it is refused, placeholder or not;
 *   - a link that leads below the third layer or past the longest tree is followed; the block that holds it and
 *     all that are behind it are refused.
 * The rest of the tree goes on, in the shape that was found here.
 */
#include "cells.h"
#include "layout.h"
#include "request.h"

static bool
aligned(const void *address)
{
	return ((uintptr_t)address & (OFFLOAD_BLOCK_ALIGNMENT - 1)) == 0;
}

/* May this link be followed? Then the block that it leads to is the request's from now on. */
static bool
link_take(struct requests *requests, const struct request *request, struct offload_block_list *to)
{
	if (!aligned(to))
		return false;
	return nonce_take(&requests->target->nonces, to, request->nonce);
}

/* Is there room in the tree for one more block behind this one? */
static bool
length_left(const struct requests *requests, const struct request *request)
{
	return request->blocks < requests->target->params.max_tree_blocks;
}

/* Is a block so far above the root within the three layers, as far as is known? */
static bool
depth_fits(const struct request *request, uint32_t depth)
{
	if (request->root_layer != OFFLOAD_LAYER_NONE)
		return request->root_layer + depth <= OFFLOAD_LAYER_TCP;
	return depth < TREE_LAYERS;
}

/*
 * The layer at which the tree is rooted, as far as this block's type can tell (TREE-3). NONE: the type does not fit
 * the block's place.
 */
static uint8_t
layer_told(const struct request *request, const struct block_layout *layout, bool leaf)
{
	uint32_t depth = request->walk.depth;

	if (layout->layer <= depth || (layout->layer == OFFLOAD_LAYER_TCP && !leaf) ||
	        (request->root_layer != OFFLOAD_LAYER_NONE &&
	                request->root_layer + depth != layout->layer))
		return OFFLOAD_LAYER_NONE;
	return (uint8_t)(layout->layer - depth);
}

/* A path's state has the size of its family's addresses. */
static bool
family_fits(const struct requests *requests, const struct block_layout *layout, uint32_t index)
{
	if (layout->layer != OFFLOAD_LAYER_PATH || layout->constant == 0)
		return true;
	return requests->shared->paths[index].family == layout->family;
}

/*
 * A number for the claims of a tree that has named one object already: the first, or one of those that invalidates share.
 * False: all are in use.
 */
static bool
claims_take(struct requests *requests, struct request *request)
{
	uint32_t *used = &requests->host[request->fanout.host->index].claims;
	uint32_t number = request->fanout.lane == LANE_ORDINARY ? 0 : 1;

	while (number < SLOT_CLAIMS && (*used & 1u << number))
		number++;
	if (number == SLOT_CLAIMS)
		return false;
	*used |= 1u << number;
	request->claim = (uint8_t)number;
	slot_claim(request->first, number);
	return true;
}

/* The object that a block's cell names, or new state. False: refused. */
static bool
object_resolve(struct requests *requests, struct request *request, struct offload_block_list *block,
        const struct block_layout *layout)
{
	struct toe_item *item = block_item(block);
	uint64_t handle = *block->offload_context;
	struct slot *slot;

	if (handle == 0) {
		if (request->fanout.kind != CHIMNEY_INITIATE) /* INV-18 */
			return false;
		cell_take(block);
		return true;
	}
	slot = slots_find(requests->slots, handle, layout->layer, request->fanout.host->index);
	if (slot == NULL || !(request_kinds[request->fanout.kind]->states & (1u << slot->state)) ||
	        !family_fits(requests, layout, toe_handle_index(handle)))
		return false;
	item->index = toe_handle_index(handle);
	item->generation = slot->generation;
	item_set_worker(item, toe_handle_worker(handle));
	request->layers |= (uint8_t)(1u << layout->layer);
	if (request->first == NULL)
		request->first = slot;
	else if (!slot_claim(slot, request->claim))
		request->twice = true;
	return true;
}

static bool
object_check(struct requests *requests, struct request *request, struct offload_block_list *block,
        const struct block_layout *layout)
{
	size_t size = sizeof(*block);

	if (!aligned(block->offload_context) || cell_in_block(block) ||
	        block->header.revision != OFFLOAD_BLOCK_REVISION)
		return false;
	/* INV-3: no state follows the blocks of an invalidate, whatever their type says. */
	if (request->fanout.kind != CHIMNEY_INVALIDATE)
		size += (size_t)layout->constant + layout->cached + layout->delegated;
	return block->header.size >= size && object_resolve(requests, request, block, layout);
}

/* The links of a block, before anything is written that a link could be. False: one of them is wrong. */
static bool
links_enter(struct requests *requests, struct request *request, struct offload_block_list *block,
        uint16_t *flags)
{
	struct offload_block_list *dependent = block->dependent_block_list;

	if (block->next_block == NULL)
		*flags |= BLOCK_NO_NEXT;
	if (dependent == NULL) {
		*flags |= BLOCK_NO_DEPENDENT;
		return true;
	}
	if (link_take(requests, request, dependent))
		return depth_fits(request, request->walk.depth + 1) &&
		       length_left(requests, request);
	*flags |= BLOCK_NO_DEPENDENT;
	return false;
}

/* No word is 0: a cell that lies here would be taken for an empty one. */
static void
item_init(struct toe_item *item, const struct tree_walk *walk, uint16_t flags)
{
	if (walk->depth < TREE_LAYERS)
		item->next = item;
	item->constant = item->cached = item->delegated = item;
	item->index = item->path = TOE_INDEX_NONE;
	item->generation = 0;
	item->status = OFFLOAD_PENDING;
	item->flags = flags;
	item->host_handle = UINT64_MAX;
}

static void
block_enter(struct requests *requests, struct request *request, struct offload_block_list *block)
{
	const struct block_layout *layout = block_layout(block->header.type);
	bool sound = length_left(requests, request) && depth_fits(request, request->walk.depth);
	bool placeholder = block->offload_context == NULL;
	struct toe_item *item = block_item(block);
	uint16_t flags = placeholder ? BLOCK_PLACEHOLDER : 0;
	uint8_t root_layer;

	request->blocks++;
	sound &= links_enter(requests, request, block, &flags);
	root_layer = layer_told(request, layout, block->dependent_block_list == NULL);
	item_init(item, &request->walk, flags);
	block->status = OFFLOAD_PENDING;
	if (sound && !placeholder) {
		sound = root_layer != OFFLOAD_LAYER_NONE &&
		        object_check(requests, request, block, layout);
		if (sound)
			request->root_layer = root_layer;
	}
	if (!sound)
		item->flags |= BLOCK_REFUSED;
}

enum control_step
check_block(struct requests *requests, struct request *request)
{
	struct offload_block_list *block = walk_block(&request->walk);
	struct toe_item *item = block_item(block);

	if (request->walk.event == WALK_ENTER) {
		if (request->first != NULL && request->claim == SLOT_CLAIM_NONE &&
		        !claims_take(requests, request))
			return STEP_PAUSE;
		block_enter(requests, request, block);
		stat_add(&requests->target->stats.blocks, 1);
	} else if (!(item->flags & BLOCK_NO_NEXT)) {
		if (!link_take(requests, request, block->next_block))
			item->flags |= BLOCK_REFUSED | BLOCK_NO_NEXT;
		else if (!length_left(requests, request))
			item->flags |= BLOCK_REFUSED;
	}
	return STEP_DONE;
}
