/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From an object to its block in a tree that is being built, and to where the next block that depends on it is linked.
 * For neighbors and paths: each tree has its own, since several may be built at once.
 */
#ifndef APP_OBJECT_MAP_H
#define APP_OBJECT_MAP_H

#include "chimney.h"
#include "objects.h"
#include "region.h"

struct object_map_entry {
	const struct object *object; /* NULL: free */
	/* its own block; NULL: it has none yet */
	struct offload_block_list *block;
	/* the link of its last dependent, or its block's link to the first */
	struct offload_block_list **tail;
};

struct object_map {
	struct region region; /* of struct object_map_entry */
	size_t mask;
};

/* For at most `most` objects. 0 or -ENOMEM. */
int object_map_open(struct object_map *map, uint64_t most);
void object_map_close(struct object_map *map, struct turns *turns);
/* The entry of an object, a new one when it has none. */
struct object_map_entry *object_map_entry(struct object_map *map, const struct object *object);

#endif
