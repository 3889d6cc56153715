/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walking a state tree: depth first, dependents before siblings (TREE-4), with a stack of three and no
 * recursion (TREE-5), one step at a time, so that a walk can pause anywhere.
 *
 * Each block is entered, and left when its dependents are done. Which links are followed is decided once, by the
 * check pass, and noted in the block's item: later passes walk that shape, whatever has become of the links
 * since. A cell that the target writes to may be a link that was NULL.
 *
 * A tree has three layers (TREE-2). What hangs below them is malformed, but is walked too, since it gets a status
 * (TREE-7): the way back up leads through the items there.
 */
#ifndef CONTROL_TREE_WALK_H
#define CONTROL_TREE_WALK_H

#include "item.h"

#define TREE_LAYERS 3u

/* Does this block name an object, or bring one? NULL: no block. */
static inline bool
names_object(struct offload_block_list *block)
{
	return block != NULL && !(block_item(block)->flags & BLOCK_PLACEHOLDER);
}

enum walk_event { WALK_ENTER, WALK_LEAVE, WALK_END };

/* A block on the way from the root to the present one. */
struct walk_frame {
	struct offload_block_list *block;
	uint32_t offloaded; /* of its immediate dependents, counted by the final pass (INIT-4) */
	uint32_t failed;
};

struct tree_walk {
	struct walk_frame frame[TREE_LAYERS];
	struct offload_block_list *deep; /* the present block, below the third layer */
	uint32_t depth; /* of the present block: its frame */
	uint8_t event; /* enum walk_event that the present block is at */
};

static inline struct offload_block_list *
walk_block(const struct tree_walk *walk)
{
	return walk->depth < TREE_LAYERS ? walk->frame[walk->depth].block : walk->deep;
}

/* The block that the present one depends on; NULL at the root's layer. */
static inline struct offload_block_list *
walk_parent(const struct tree_walk *walk)
{
	if (walk->depth == 0)
		return NULL;
	return walk->depth <= TREE_LAYERS ? walk->frame[walk->depth - 1].block
	                                  : item_block(block_item(walk->deep)->next);
}

/* Enter a block at the present depth. */
static inline void
walk_enter(
        struct tree_walk *walk, struct offload_block_list *block, struct offload_block_list *parent)
{
	walk->event = WALK_ENTER;
	if (walk->depth < TREE_LAYERS) {
		walk->frame[walk->depth] = (struct walk_frame){.block = block};
		return;
	}
	walk->deep = block;
	block_item(block)->next = block_item(parent);
}

static inline void
walk_start(struct tree_walk *walk, struct offload_block_list *root)
{
	walk->depth = 0;
	walk_enter(walk, root, NULL);
}

/* Go on to the next event. */
static inline void
walk_step(struct tree_walk *walk)
{
	struct offload_block_list *block = walk_block(walk);
	struct offload_block_list *parent = walk_parent(walk);
	uint16_t flags = block_item(block)->flags;

	if (walk->event == WALK_ENTER) {
		walk->event = WALK_LEAVE;
		if (flags & BLOCK_NO_DEPENDENT)
			return;
		walk->depth++;
		walk_enter(walk, block->dependent_block_list, block);
	} else if (!(flags & BLOCK_NO_NEXT)) {
		walk_enter(walk, block->next_block, parent);
	} else if (walk->depth == 0) {
		walk->event = WALK_END;
	} else {
		walk->depth--;
		walk->deep = parent;
	}
}

#endif
