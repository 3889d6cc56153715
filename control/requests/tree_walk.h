/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walking a state tree: depth first, dependents before siblings (TREE-4), with a stack of three and no
 * recursion (TREE-5), one step at a time, so that a walk can pause anywhere (TREE-2 bounds the depth).
 *
 * Each block is entered, and left when its dependents are done. A link is followed unless the block's item
 * says that it is cut: the check pass (check.h) cuts the links that lead nowhere good, later passes go where
 * it went.
 */
#ifndef CONTROL_TREE_WALK_H
#define CONTROL_TREE_WALK_H

#include "layout.h"
#include "message.h"

#define TREE_LAYERS 3u

/* toe_item.flags: what control knows of a block. The six upper bits hold the worker of a connection. */
#define BLOCK_REFUSED (1u << 0) /* FAILURE, object untouched (TREE-8) */
#define BLOCK_PLACEHOLDER (1u << 1)
#define BLOCK_NEW (1u << 2) /* initiate: new state follows */
#define BLOCK_CUT_NEXT (1u << 3)
#define BLOCK_CUT_DEPENDENT (1u << 4)
#define BLOCK_SENT (1u << 5) /* a worker was asked: item.status is its answer */
#define BLOCK_ACTED (1u << 6) /* the act pass changed the object */
#define BLOCK_FREED (1u << 7) /* terminate: the slot goes with the completion */
#define BLOCK_WORKER_SHIFT 10u

static inline uint32_t
item_worker(const struct toe_item *item)
{
	return item->flags >> BLOCK_WORKER_SHIFT;
}

static inline void
item_set_worker(struct toe_item *item, uint32_t worker)
{
	item->flags = (uint16_t)((item->flags & ((1u << BLOCK_WORKER_SHIFT) - 1)) |
	                         worker << BLOCK_WORKER_SHIFT);
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
	uint8_t depth; /* of the present block: its frame */
	uint8_t event; /* enum walk_event that the present block is at */
};

static inline void
walk_frame_set(struct walk_frame *frame, struct offload_block_list *block)
{
	frame->block = block;
	frame->offloaded = frame->failed = 0;
}

static inline void
walk_start(struct tree_walk *walk, struct offload_block_list *root)
{
	walk->depth = 0;
	walk->event = WALK_ENTER;
	walk_frame_set(&walk->frame[0], root);
}

static inline struct offload_block_list *
walk_block(const struct tree_walk *walk)
{
	return walk->frame[walk->depth].block;
}

/* The block that the present one depends on; NULL at the root's layer. */
static inline struct offload_block_list *
walk_parent(const struct tree_walk *walk)
{
	return walk->depth == 0 ? NULL : walk->frame[walk->depth - 1].block;
}

/* Go on to the next event. */
static inline void
walk_step(struct tree_walk *walk)
{
	struct offload_block_list *block = walk_block(walk);
	uint16_t flags = block_item(block)->flags;

	if (walk->event == WALK_ENTER) {
		if (block->dependent_block_list == NULL || (flags & BLOCK_CUT_DEPENDENT)) {
			walk->event = WALK_LEAVE;
			return;
		}
		walk->depth++;
		walk_frame_set(&walk->frame[walk->depth], block->dependent_block_list);
		return;
	}
	if (block->next_block != NULL && !(flags & BLOCK_CUT_NEXT)) {
		walk_frame_set(&walk->frame[walk->depth], block->next_block);
		walk->event = WALK_ENTER;
		return;
	}
	if (walk->depth == 0)
		walk->event = WALK_END;
	else
		walk->depth--;
}

#endif
