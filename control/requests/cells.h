/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cells of new objects (INIT-2). A cell is the host's memory, and may be anything: a link that was NULL, a part of
 * another block, the cell of a second block. The check pass takes it with a mark that is no handle and names the block.
 * If the mark is gone when the block is to be offloaded, the cell is not this block's alone: the block fails. Handles
 * are written when nothing of the tree is read any more but what the target itself has put into its scratch space.
 */
#ifndef CONTROL_CELLS_H
#define CONTROL_CELLS_H

#include "tree_walk.h"

/* No handle: no layer has the number 0, and addresses of user space have no bits there. */
static inline uint64_t
cell_mark(const struct offload_block_list *block)
{
	return (uint64_t)(uintptr_t)block;
}

/* Is the cell a part of its own block that the target uses? What is reserved for the host is the host's. */
static inline bool
cell_in_block(const struct offload_block_list *block)
{
	uintptr_t at = (uintptr_t)block->offload_context - (uintptr_t)block;
	uintptr_t reserved = at - offsetof(struct offload_block_list, host_reserved);

	return at < sizeof(*block) && reserved >= sizeof(block->host_reserved);
}

/* Check: the cell holds nothing, new state follows. */
static inline void
cell_take(struct offload_block_list *block)
{
	*block->offload_context = cell_mark(block);
	block_item(block)->flags |= BLOCK_NEW;
}

/* Act: is the cell still this block's? */
static inline bool
cell_held(const struct offload_block_list *block)
{
	return *block->offload_context == cell_mark(block);
}

/* Finish: the handle of the new object, or 0: the cell is as it came. */
static inline void
cell_give(struct offload_block_list *block, uint64_t handle)
{
	if (cell_held(block))
		*block->offload_context = handle;
}

#endif
