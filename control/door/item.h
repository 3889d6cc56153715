/* SPDX-License-Identifier: BSD-3-Clause */
/* What the target notes in the scratch space of a block while it owns the tree: one item, which a worker may be sent. */
#ifndef CONTROL_ITEM_H
#define CONTROL_ITEM_H

#include "chimney.h"
#include "message.h"

/* The scratch space of a block and back: the target's while it owns the tree. */
static inline struct toe_item *
block_item(struct offload_block_list *block)
{
	return (struct toe_item *)(void *)block->target_scratch;
}

static inline struct offload_block_list *
item_block(struct toe_item *item)
{
	return (struct offload_block_list *)(void *)((char *)item -
	                                             offsetof(struct offload_block_list,
	                                                     target_scratch));
}

/* toe_item.flags: what control knows of a block. The six upper bits hold the worker of a connection. */
#define BLOCK_REFUSED (1u << 0) /* FAILURE, object untouched (TREE-8) */
#define BLOCK_PLACEHOLDER (1u << 1)
#define BLOCK_NEW (1u << 2) /* initiate: new state follows */
/* The shape: this link is not followed, since it is NULL or leads nowhere good. */
#define BLOCK_NO_NEXT (1u << 3)
#define BLOCK_NO_DEPENDENT (1u << 4)
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

#endif
