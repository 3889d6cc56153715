/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The check pass (TREE-6, TREE-8, D10): every block and every link is looked at, every object is resolved and
 * claimed, and nothing but scratch space and `status` is written. What is wrong is noted on the block:
 *   - a block that cannot be what it says is refused;
 *   - a link that leads to a block visited before (a cycle, or two ways to one block), to a block of another
 *     request, to an unaligned address, to a fourth layer or past the longest tree is not followed, and the
 *     block that holds it is refused, placeholder or not.
 * The rest of the tree goes on.
 */
#include "control.h"

static bool
aligned(const void *address)
{
	return ((uintptr_t)address & (OFFLOAD_BLOCK_ALIGNMENT - 1)) == 0;
}

/* May this link be followed? Then the block that it leads to is the request's from now on. */
static bool
link_take(struct chimney *target, const struct request *request, struct offload_block_list *to)
{
	if (!aligned(to) || request->blocks >= target->params.max_tree_blocks)
		return false;
	return nonce_take(&target->nonces, to, request->nonce);
}

static bool
depth_left(const struct request *request)
{
	if (request->root_layer != OFFLOAD_LAYER_NONE)
		return request_layer(request) < OFFLOAD_LAYER_TCP;
	return request->walk.depth + 1u < TREE_LAYERS;
}

/* The first block with a type that says so tells at which layer the tree is rooted (TREE-3). */
static bool
layer_fits(struct request *request, const struct block_layout *layout)
{
	if (layout->layer == OFFLOAD_LAYER_NONE)
		return false;
	if (request->root_layer == OFFLOAD_LAYER_NONE && layout->layer > request->walk.depth)
		request->root_layer = (uint8_t)(layout->layer - request->walk.depth);
	return request->root_layer != OFFLOAD_LAYER_NONE && layout->layer == request_layer(request);
}

/* A path's state has the size of its family's addresses. */
static bool
family_fits(const struct chimney *target, const struct block_layout *layout, uint32_t index)
{
	if (layout->layer != OFFLOAD_LAYER_PATH || layout->constant == 0)
		return true;
	return target->shared->paths[index].family == layout->family;
}

/* The object that a block's cell names, or new state. False: refused. */
static bool
object_resolve(struct chimney *target, struct request *request, struct offload_block_list *block,
        const struct block_layout *layout)
{
	struct toe_item *item = block_item(block);
	uint64_t handle = *block->offload_context;
	struct slot *slot;

	if (handle == 0) {
		item->flags |= BLOCK_NEW;
		return request->kind == CHIMNEY_INITIATE; /* INV-18 */
	}
	slot = slots_find(&target->slots, handle, layout->layer, request->host->index);
	if (slot == NULL || !(request_kinds[request->kind]->states & (1u << slot->state)) ||
	        !family_fits(target, layout, toe_handle_index(handle)))
		return false;
	item->index = toe_handle_index(handle);
	item->generation = slot->generation;
	item_set_worker(item, toe_handle_worker(handle));
	request->layers |= (uint8_t)(1u << layout->layer);
	if (!request->single)
		slot_claim(slot, request->lane, request->tag);
	return true;
}

static bool
object_check(struct chimney *target, struct request *request, struct offload_block_list *block)
{
	const struct block_layout *layout = block_layout(block->header.type);
	size_t size = sizeof(*block);

	if (!aligned(block->offload_context) || block->header.revision != OFFLOAD_BLOCK_REVISION ||
	        !layer_fits(request, layout))
		return false;
	/* INV-3: no state follows the blocks of an invalidate, whatever their type says. */
	if (request->kind != CHIMNEY_INVALIDATE)
		size += (size_t)layout->constant + layout->cached + layout->delegated;
	return block->header.size >= size && object_resolve(target, request, block, layout);
}

static void
block_enter(struct chimney *target, struct request *request, struct offload_block_list *block)
{
	struct toe_item *item = block_item(block);
	bool placeholder = block->offload_context == NULL;

	item->next = NULL;
	item->constant = item->cached = item->delegated = NULL;
	item->index = item->path = TOE_INDEX_NONE;
	item->generation = 0;
	item->status = OFFLOAD_PENDING;
	item->flags = placeholder ? BLOCK_PLACEHOLDER : 0;
	block->status = OFFLOAD_PENDING;
	request->blocks++;
	if (!placeholder && !object_check(target, request, block))
		item->flags |= BLOCK_REFUSED;
}

void
check_block(struct chimney *target, struct request *request)
{
	struct offload_block_list *block = walk_block(&request->walk);
	struct toe_item *item = block_item(block);

	if (request->walk.event == WALK_ENTER) {
		block_enter(target, request, block);
		stat_add(&target->stats.blocks, 1);
		if (block->dependent_block_list != NULL &&
		        (!depth_left(request) ||
		                !link_take(target, request, block->dependent_block_list)))
			item->flags |= BLOCK_REFUSED | BLOCK_CUT_DEPENDENT;
	} else if (block->next_block != NULL && !link_take(target, request, block->next_block)) {
		item->flags |= BLOCK_REFUSED | BLOCK_CUT_NEXT;
	}
}
