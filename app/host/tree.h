/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * State trees in one piece of memory: blocks with the state that follows them, one behind the other, so
 * that a tree of a million blocks is one allocation and can be read front to back after its completion.
 *
 * host_reserved[0] of a block is its struct object (NULL: placeholder), host_reserved[1] its struct host_request.
 */
#ifndef APP_TREE_H
#define APP_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "chimney.h"
#include "objects.h"
#include "region.h"

struct host_request;

struct tree {
	struct region region;
	size_t used;
	struct offload_block_list *root;
	uint32_t blocks;
	struct host_request *request;
};

/* Which part of an object's state follows its block. */
enum tree_part { TREE_BLOCK, TREE_CACHED, TREE_DELEGATED, TREE_ALL };

/* 0 or -ENOMEM. The memory is zeroed, and taken from the machine as it is used. */
int tree_init(struct tree *tree, size_t size, struct host_request *request);
/* A large one goes back in turns. */
void tree_free(struct tree *tree, struct turns *turns);

/* Type of a block for an object with this part of its state; a part that the layer lacks becomes BLOCK. */
uint8_t tree_type(unsigned int layer, uint8_t family, enum tree_part part);
/* Bytes that a block for an object of this layer takes at most. */
size_t tree_block_size(unsigned int layer, enum tree_part part);

/*
 * The next block, linked nowhere yet. object NULL: a placeholder. There must be room: the caller has sized
 * the tree, and holds the object's group.
 */
struct offload_block_list *tree_block(struct tree *tree, uint8_t type, struct object *object);

/* First and next block in memory, NULL at the end. */
struct offload_block_list *tree_first(const struct tree *tree);
struct offload_block_list *tree_next(
        const struct tree *tree, const struct offload_block_list *block);

static inline struct object *
tree_object(const struct offload_block_list *block)
{
	return block->host_reserved[0];
}

static inline struct host_request *
tree_request(const struct offload_block_list *block)
{
	return block->host_reserved[1];
}

#endif
