/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Malformed trees and forged handles (TREE-8): a population of objects, a generator of trees with one damage
 * each, which says for every block what its status must be, and a judge.
 */
#ifndef TESTS_MALFORMED_H
#define TESTS_MALFORMED_H

#include "peer.h"
#include "rng.h"
#include "world.h"

/* Host 0 owns what is damaged, host 1 the traffic that must not notice. */
#define MAL_NEIGHBORS 3u
#define MAL_PATHS 6u
#define MAL_CONNS 24u
#define MAL_BLOCKS 128u
#define MAL_SPARE_NEIGHBOR                                                                         \
	2u /* not offloaded: material for initiates, as are the paths and connections on it */
#define MAL_OTHERS 3u /* connections of host 1 */
#define MAL_LONGEST 96u /* blocks: max_tree_blocks of this world */

struct mal_object {
	uint8_t layer;
	uint8_t family; /* paths */
	uint32_t parent; /* index in its table */
	bool live;
	uint64_t cell;
	uint64_t stale; /* handle of a former life */
};

enum mal_expect {
	MAL_SUCCESS = 0,
	MAL_FAILURE,
	MAL_EITHER, /* the contract leaves it open: but status and effect must agree */
	MAL_OPEN, /* reached by way of damage, if at all: unwritten only when no link leads there */
};

enum mal_damage {
	MAL_NONE = 0, /* no damage: the generator itself is under test too */
	/* the block itself: header */
	MAL_TYPE_UNKNOWN,
	MAL_TYPE_OTHER_LAYER,
	MAL_REVISION,
	MAL_SIZE_SHORT,
	/* the block itself: handle */
	MAL_CELL_EMPTY,
	MAL_HANDLE_FORGED,
	MAL_HANDLE_GENERATION,
	MAL_HANDLE_LAYER,
	MAL_HANDLE_STALE,
	MAL_HANDLE_FOREIGN,
	/* two blocks */
	MAL_TWICE,
	/* links */
	MAL_NEXT_UNALIGNED,
	MAL_NEXT_CYCLE,
	MAL_NEXT_SELF,
	MAL_DEPENDENT_UNALIGNED,
	MAL_DEPENDENT_CYCLE,
	MAL_DEPENDENT_SHARED,
	MAL_TCP_DEPENDENT,
	MAL_OVERLONG,
	MAL_DEEP,
	/* the cell is a word of a block, or of the state behind it */
	MAL_CELL_IN_TREE,
	MAL_DAMAGE_COUNT
};

struct mal_block {
	struct offload_block_list *block;
	struct mal_object *object; /* NULL: placeholder */
	int parent;
	uint8_t layer;
	uint8_t expect; /* enum mal_expect */
	bool fresh; /* initiate: new state */
	bool reached; /* links lead to it */
	bool cell_in_tree;
	uint64_t cell; /* forged handles live here */
};

struct mal_tree {
	struct tree tree;
	struct offload_block_list *root;
	struct mal_block at[MAL_BLOCKS];
	uint32_t count;
	uint8_t kind; /* enum chimney_request */
	uint8_t damage; /* enum mal_damage */
};

struct malformed {
	struct world world;
	struct rng rng;
	struct mal_object neighbor[MAL_NEIGHBORS], path[MAL_PATHS], conn[MAL_CONNS];
	/* host 1 */
	struct tree others;
	uint64_t other_cell[2 + MAL_OTHERS];
	struct peer peer[MAL_OTHERS];
	uint64_t by_damage[MAL_DAMAGE_COUNT], refused, applied;
	char wrong[256];
};

void mal_wrong(struct malformed *mal, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
const char *mal_damage_name(uint32_t damage);

/* malformed_world.c */
bool mal_create(struct malformed *mal, struct rte_mempool *pool);
/* False: something leaked, or the population could not be terminated. */
bool mal_destroy(struct malformed *mal);
/* Offload again what the last tree took away, and take away what it brought: the population as it was. */
void mal_restore(struct malformed *mal);
/* Peers read and acknowledge; false when host 1's sources have stopped sending. */
bool mal_traffic(struct malformed *mal);
/* Is the effect of the request on this object there? (invalid, gone, changed, filled, offloaded) */
bool mal_effect(struct malformed *mal, const struct mal_tree *tree, const struct mal_block *at);

/* malformed_tree.c */
/* A further block of the tree, the last dependent of `parent` (-1: of none). object NULL: placeholder. Its index. */
int mal_add(struct malformed *mal, struct mal_tree *tree, int parent, struct mal_object *object,
        uint8_t layer);
void mal_build(struct malformed *mal, struct mal_tree *tree, enum chimney_request kind,
        enum mal_damage damage);

/* malformed_damage.c */
/* Damage the tree; `tree->damage` is what was done: MAL_NONE where this one is not possible. */
void mal_damage(struct malformed *mal, struct mal_tree *tree, enum mal_damage damage);
/* What a cell that lies in the tree was given is put where the object's handle belongs. */
void mal_cells_home(struct mal_tree *tree);

#endif
