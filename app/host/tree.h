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
#include "selection.h"

struct tree {
	char *memory;
	size_t size;
	size_t used;
	struct offload_block_list *root;
	uint32_t blocks;
	struct object_group *made; /* initiate: the group whose objects it offloads */
};

/* Which part of an object's state follows its block. */
enum tree_part { TREE_BLOCK, TREE_CACHED, TREE_DELEGATED, TREE_ALL };

/* 0 or -ENOMEM. The memory is zeroed, and taken from the machine as it is used. */
int tree_init(struct tree *tree, size_t size);
void tree_free(struct tree *tree);

/* Type of a block for an object with this part of its state; a part that the layer lacks becomes BLOCK. */
uint8_t tree_type(unsigned int layer, uint8_t family, enum tree_part part);
/* Bytes that a block for an object of this layer takes at most. */
size_t tree_block_size(unsigned int layer, enum tree_part part);

/*
 * The next block, linked nowhere yet. object NULL: a placeholder. There must be room: the caller has sized
 * the tree. object->block is left alone.
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

/*
 * A tree that references the objects of a selection (query, update, invalidate, terminate). One layer only:
 * a list. Several: neighbors, paths and connections hang from each other, placeholders in between for what
 * is not selected. 0 or -ENOMEM.
 */
int tree_reference(struct tree *tree, const struct object_table *table,
        const struct selection *selection, enum tree_part part);

/* A tree that relinks the paths of a selection to a neighbor (UPD-2). 0 or -ENOMEM. */
int tree_relink(struct tree *tree, struct object *neighbor, const struct selection *paths);

#endif
