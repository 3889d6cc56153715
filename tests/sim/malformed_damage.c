/* SPDX-License-Identifier: BSD-3-Clause */
/* Damage done to a sound tree, and for every block what its status must be then. */
#include "handle.h"
#include "malformed.h"

/* A block that names an object; -1 when there is none. leaf: without links of its own. */
static int
pick(struct malformed *mal, const struct mal_tree *tree, bool leaf)
{
	uint32_t first = tree->count ? rng_below(&mal->rng, tree->count) : 0;

	for (uint32_t i = 0; i < tree->count; i++) {
		uint32_t n = (first + i) % tree->count;
		const struct offload_block_list *block = tree->at[n].block;

		if (tree->at[n].object == NULL)
			continue;
		if (!leaf || (block->next_block == NULL && block->dependent_block_list == NULL))
			return (int)n;
	}
	return -1;
}

/* Everything that may be reached by way of a block's links, the block apart, is open. */
static void
open_below(struct mal_tree *tree, const struct offload_block_list *from, uint32_t depth)
{
	for (; from != NULL && depth < 4; from = from->next_block) {
		for (uint32_t i = 0; i < tree->count; i++)
			if (tree->at[i].block == from)
				tree->at[i].expect = MAL_OPEN;
		open_below(tree, from->dependent_block_list, depth + 1);
	}
}

static void
damage_header(struct malformed *mal, struct mal_tree *tree, struct mal_block *at, uint32_t damage)
{
	struct offload_header *header = &at->block->header;

	at->expect = MAL_FAILURE;
	if (damage == MAL_TYPE_UNKNOWN)
		header->type = (uint8_t)(0x40 + rng_below(&mal->rng, 0xC0));
	else if (damage == MAL_TYPE_OTHER_LAYER)
		header->type =
		        at->layer == OFFLOAD_LAYER_TCP ? OFFLOAD_PATH4_BLOCK : OFFLOAD_TCP_BLOCK;
	else if (damage == MAL_REVISION)
		header->revision = rng_chance(&mal->rng, 50) ? 0 : 2;
	else
		header->size = (uint16_t)rng_below(&mal->rng, header->size);
	/* what follows a header that is not understood need not be where it seems to be */
	open_below(tree, at->block->dependent_block_list, 0);
	open_below(tree, at->block->next_block, 0);
	/* the first type in a tree tells at which layer it is rooted: a wrong one shifts all others */
	for (uint32_t i = 0; damage == MAL_TYPE_OTHER_LAYER && i < tree->count; i++) {
		if (tree->at[i].object == NULL)
			continue;
		for (uint32_t k = 0; &tree->at[i] == at && k < tree->count; k++)
			tree->at[k].expect = &tree->at[k] == at ? MAL_EITHER : MAL_OPEN;
		break;
	}
}

static void
damage_handle(struct malformed *mal, struct mal_block *at, uint32_t damage)
{
	uint64_t handle = at->object->cell;

	at->expect = MAL_FAILURE;
	if (damage == MAL_CELL_EMPTY)
		handle = 0;
	else if (damage == MAL_HANDLE_FORGED)
		handle =
		        rng_next(&mal->rng) & (rng_chance(&mal->rng, 50) ? UINT64_MAX : UINT32_MAX);
	else if (damage == MAL_HANDLE_GENERATION)
		handle ^= (uint64_t)rng_range(&mal->rng, 1, TOE_GENERATION_MASK) << TOE_INDEX_BITS;
	else if (damage == MAL_HANDLE_LAYER)
		handle = handle + (UINT64_C(1) << 62);
	else if (damage == MAL_HANDLE_STALE)
		handle = at->object->stale;
	else
		handle = mal->other_cell[at->layer == OFFLOAD_LAYER_TCP ? 2 : at->layer - 1];
	at->cell = handle;
	at->block->offload_context = &at->cell;
}

static void
damage_twice(struct malformed *mal, struct mal_tree *tree, struct mal_block *at)
{
	int second = mal_add(mal, tree, at->parent, at->object, at->layer);

	tree->at[second].expect = MAL_FAILURE;
	at->expect = MAL_FAILURE;
}

/* A block anywhere in the tree. */
static struct offload_block_list *
any_block(struct malformed *mal, const struct mal_tree *tree)
{
	return tree->at[rng_below(&mal->rng, tree->count)].block;
}

static void
damage_link(struct malformed *mal, struct mal_tree *tree, struct mal_block *at, uint32_t damage)
{
	bool next =
	        damage == MAL_NEXT_UNALIGNED || damage == MAL_NEXT_CYCLE || damage == MAL_NEXT_SELF;
	struct offload_block_list **link =
	        next ? &at->block->next_block : &at->block->dependent_block_list;

	/* a wrong link tells nothing certain of the blocks at its two ends or beyond */
	for (uint32_t i = 0; i < tree->count; i++)
		tree->at[i].expect = MAL_EITHER;
	open_below(tree, *link, 0);
	if (damage == MAL_NEXT_UNALIGNED || damage == MAL_DEPENDENT_UNALIGNED) {
		*link = (struct offload_block_list *)((uintptr_t)any_block(mal, tree) +
		                                      rng_range(&mal->rng, 1, 7));
	} else {
		struct offload_block_list *to =
		        damage == MAL_NEXT_SELF ? at->block : any_block(mal, tree);

		open_below(tree, to, 0); /* before the link makes a cycle of it */
		*link = to;
	}
	at->expect = at->layer == OFFLOAD_LAYER_TCP && !next ? MAL_FAILURE : MAL_EITHER;
}

static void
damage_overlong(struct malformed *mal, struct mal_tree *tree)
{
	while (tree->count < MAL_BLOCKS)
		mal_add(mal, tree, -1, NULL, OFFLOAD_LAYER_NEIGHBOR);
	for (uint32_t i = 0; i < tree->count; i++)
		tree->at[i].expect = MAL_OPEN;
}

/* Blocks below a connection, some of them connections, some with siblings. */
static void
damage_deep(struct malformed *mal, struct mal_tree *tree, struct mal_block *at)
{
	uint32_t depth = rng_range(&mal->rng, 1, 9);
	int parent = (int)(at - tree->at);

	for (uint32_t i = 0; i < depth && tree->count < MAL_BLOCKS; i++) {
		parent = mal_add(mal, tree, parent, rng_chance(&mal->rng, 50) ? at->object : NULL,
		        OFFLOAD_LAYER_TCP);
		if (rng_chance(&mal->rng, 30) && tree->count < MAL_BLOCKS)
			mal_add(mal, tree, tree->at[parent].parent, NULL, OFFLOAD_LAYER_TCP);
	}
	for (uint32_t i = 0; i < tree->count; i++)
		tree->at[i].expect = MAL_EITHER;
	at->expect = MAL_FAILURE;
}

/* The cell is a word of some block, most often one that is 0. */
static void
damage_cell(struct malformed *mal, struct mal_tree *tree, struct mal_block *at)
{
	struct offload_block_list *victim = any_block(mal, tree);
	size_t size = tree->kind == CHIMNEY_INVALIDATE ? sizeof(*victim) : victim->header.size;
	uint64_t *word = (uint64_t *)(void *)victim + rng_below(&mal->rng, (uint32_t)(size / 8));

	if (rng_chance(&mal->rng, 70) && word >= victim->target_scratch &&
	        word < (uint64_t *)(void *)(victim + 1))
		*word = 0;
	at->block->offload_context = word;
	at->cell_in_tree = true;
	for (uint32_t i = 0; i < tree->count; i++)
		tree->at[i].expect = MAL_EITHER;
	if (!at->fresh)
		at->expect = MAL_FAILURE;
}

void
mal_cells_home(struct mal_tree *tree)
{
	for (uint32_t i = 0; i < tree->count; i++) {
		struct mal_block *at = &tree->at[i];

		if (at->cell_in_tree && at->fresh && at->block->status != OFFLOAD_FAILURE)
			at->object->cell = *at->block->offload_context;
	}
}

void
mal_damage(struct malformed *mal, struct mal_tree *tree, enum mal_damage damage)
{
	int n = pick(mal, tree, damage <= MAL_SIZE_SHORT && rng_chance(&mal->rng, 60));
	struct mal_block *at = &tree->at[n < 0 ? 0 : n];

	if (damage == MAL_NONE || n < 0) {
		tree->damage = MAL_NONE;
		return;
	}
	tree->damage = (uint8_t)damage;
	if (damage <= MAL_SIZE_SHORT)
		damage_header(mal, tree, at, damage);
	else if (damage <= MAL_HANDLE_FOREIGN && (!at->fresh || damage == MAL_HANDLE_FORGED))
		damage_handle(mal, at, damage);
	else if (damage <= MAL_HANDLE_FOREIGN)
		tree->damage = MAL_NONE;
	else if (damage == MAL_TWICE && at->fresh)
		tree->damage = MAL_NONE;
	else if (damage == MAL_TWICE)
		damage_twice(mal, tree, at);
	else if (damage == MAL_OVERLONG)
		damage_overlong(mal, tree);
	else if (damage == MAL_DEEP && at->layer == OFFLOAD_LAYER_TCP)
		damage_deep(mal, tree, at);
	else if (damage == MAL_DEEP)
		tree->damage = MAL_NONE;
	else if (damage == MAL_CELL_IN_TREE)
		damage_cell(mal, tree, at);
	else if (damage == MAL_TCP_DEPENDENT && at->layer != OFFLOAD_LAYER_TCP)
		tree->damage = MAL_NONE;
	else
		damage_link(mal, tree, at, damage);
}
