/* SPDX-License-Identifier: BSD-3-Clause */
/* Trees with one damage each, and for every block what its status must be. */
#include <string.h>

#include "handle.h"
#include "malformed.h"

/* The MAC address byte that updates change, so that their effect can be seen. */
#define CHANGED_MAC_BYTE 0x77

static uint8_t
type_of(uint32_t kind, uint8_t layer, uint8_t family, bool fresh)
{
	static const uint8_t base[] = {[OFFLOAD_LAYER_NEIGHBOR] = OFFLOAD_NEIGHBOR_BLOCK,
	        [OFFLOAD_LAYER_PATH] = OFFLOAD_PATH4_BLOCK,
	        [OFFLOAD_LAYER_TCP] = OFFLOAD_TCP_BLOCK};
	uint8_t type = base[layer];

	if (fresh || kind == CHIMNEY_QUERY)
		type += 4;
	else if (kind == CHIMNEY_UPDATE)
		type += 2;
	else if (kind == CHIMNEY_TERMINATE && layer == OFFLOAD_LAYER_TCP)
		type += 3;
	return family == 6 ? type + 8 : type;
}

static uint32_t
object_index(const struct malformed *mal, const struct mal_object *object)
{
	if (object->layer == OFFLOAD_LAYER_NEIGHBOR)
		return (uint32_t)(object - mal->neighbor);
	if (object->layer == OFFLOAD_LAYER_PATH)
		return (uint32_t)(object - mal->path);
	return (uint32_t)(object - mal->conn);
}

static void
fill_block(struct malformed *mal, struct mal_tree *tree, struct mal_block *at)
{
	uint32_t index = object_index(mal, at->object);

	if (tree->kind != CHIMNEY_UPDATE && !at->fresh)
		return;
	if (at->layer == OFFLOAD_LAYER_NEIGHBOR) {
		struct tree_neighbor neighbor;

		tree_usual_neighbor(&neighbor, index);
		if (!at->fresh)
			neighbor.destination_mac[3] = CHANGED_MAC_BYTE;
		tree_fill_neighbor(at->block, &neighbor);
	} else if (at->layer == OFFLOAD_LAYER_PATH) {
		struct tree_path path;

		tree_usual_path(&path, index, at->object->family);
		path.mtu = at->fresh ? 1500 : 1400;
		tree_fill_path(at->block, &path);
	} else {
		struct tree_tcp tcp;

		tree_usual_tcp(&tcp, index, OFFLOAD_SERVICE_SINK);
		tree_fill_tcp(at->block, &tcp);
		if (!at->fresh)
			((struct tcp_cached *)offload_block_cached(at->block))->ttl = 33;
	}
}

static int
add(struct malformed *mal, struct mal_tree *tree, int parent, struct mal_object *object,
        uint8_t layer)
{
	struct mal_block *at = &tree->at[tree->count];
	uint64_t *cell = object != NULL ? &object->cell : NULL;

	memset(at, 0, sizeof(*at));
	at->object = object;
	at->parent = parent;
	at->layer = layer;
	at->fresh = object != NULL && !object->live;
	at->block = tree_block(&tree->tree,
	        type_of(tree->kind, layer, object != NULL ? object->family : 0, at->fresh), cell);
	if (object != NULL)
		fill_block(mal, tree, at);
	for (uint32_t i = 0; i < 8 && rng_chance(&mal->rng, 50); i++)
		at->block->target_scratch[i] = rng_next(&mal->rng); /* D10: garbage */
	if (parent >= 0)
		tree_add_dependent(tree->at[parent].block, at->block);
	else if (tree->root != NULL)
		tree_add_next(tree->root, at->block);
	else
		tree->root = at->block;
	return (int)tree->count++;
}

/* A whole tree: every object that is live (or, for initiates, new under the spare neighbor) or a placeholder. */
static void
build_sound(struct malformed *mal, struct mal_tree *tree)
{
	bool initiate = tree->kind == CHIMNEY_INITIATE;
	uint32_t named = rng_range(&mal->rng, 30, 90);

	for (uint32_t n = 0; n < MAL_NEIGHBORS; n++) {
		bool take = initiate ? n == MAL_SPARE_NEIGHBOR : rng_chance(&mal->rng, named);
		int neighbor;

		if (!initiate && (!mal->neighbor[n].live || rng_chance(&mal->rng, 20)))
			continue;
		if (initiate && !take)
			continue;
		neighbor =
		        add(mal, tree, -1, take ? &mal->neighbor[n] : NULL, OFFLOAD_LAYER_NEIGHBOR);
		for (uint32_t p = 0; p < MAL_PATHS; p++) {
			int path;

			if (mal->path[p].parent != n || rng_chance(&mal->rng, 20))
				continue;
			take = initiate || rng_chance(&mal->rng, named);
			path = add(mal, tree, neighbor, take ? &mal->path[p] : NULL,
			        OFFLOAD_LAYER_PATH);
			for (uint32_t c = 0; c < MAL_CONNS; c++)
				if (mal->conn[c].parent == p && rng_chance(&mal->rng, named))
					add(mal, tree, path, &mal->conn[c], OFFLOAD_LAYER_TCP);
		}
	}
}

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
		handle ^= (uint64_t)rng_range(&mal->rng, 1, TOE_GENERATION_MASK) << 32;
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
	int second = add(mal, tree, at->parent, at->object, at->layer);

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
		add(mal, tree, -1, NULL, OFFLOAD_LAYER_NEIGHBOR);
	for (uint32_t i = 0; i < tree->count; i++)
		tree->at[i].expect = MAL_OPEN;
}

static void
damage_tree(struct malformed *mal, struct mal_tree *tree, enum mal_damage damage)
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
	else if (damage == MAL_TCP_DEPENDENT && at->layer != OFFLOAD_LAYER_TCP)
		tree->damage = MAL_NONE;
	else
		damage_link(mal, tree, at, damage);
}

/* TERM-6: a parent stays while a dependent does; what is damaged or not named in the tree stays. */
static bool
leaves(const struct mal_tree *tree, const struct mal_object *object)
{
	for (uint32_t i = 0; i < tree->count; i++)
		if (tree->at[i].object == object)
			return tree->at[i].expect == MAL_SUCCESS;
	return !object->live;
}

static void
expect_terminate(struct malformed *mal, struct mal_tree *tree)
{
	for (uint8_t layer = OFFLOAD_LAYER_PATH; layer >= OFFLOAD_LAYER_NEIGHBOR; layer--) {
		struct mal_object *dependents = layer == OFFLOAD_LAYER_PATH ? mal->conn : mal->path;
		uint32_t count = layer == OFFLOAD_LAYER_PATH ? MAL_CONNS : MAL_PATHS;

		for (uint32_t i = 0; i < tree->count; i++) {
			struct mal_block *at = &tree->at[i];

			if (at->object == NULL || at->layer != layer || at->expect != MAL_SUCCESS)
				continue;
			for (uint32_t d = 0; d < count; d++)
				if (dependents[d].parent == object_index(mal, at->object) &&
				        !leaves(tree, &dependents[d]))
					at->expect = MAL_FAILURE;
		}
	}
}

/* UPD-2, UPD-5: a path under a neighbor's block that is refused is not relinked. */
static void
expect_update(struct mal_tree *tree)
{
	for (uint32_t i = 0; i < tree->count; i++) {
		struct mal_block *at = &tree->at[i];

		if (at->layer == OFFLOAD_LAYER_PATH && at->object != NULL && at->parent >= 0 &&
		        tree->at[at->parent].object != NULL &&
		        tree->at[at->parent].expect == MAL_FAILURE && at->expect == MAL_SUCCESS)
			at->expect = MAL_FAILURE;
	}
}

/* INIT-3: nothing is tried after a failure that is no lack of resources. Order is that of the blocks. */
static void
expect_initiate(struct mal_tree *tree)
{
	bool failed = false;

	for (uint32_t i = 0; i < tree->count; i++) {
		struct mal_block *at = &tree->at[i];

		if (at->object == NULL || at->expect >= MAL_EITHER)
			continue;
		failed = failed || at->expect == MAL_FAILURE;
		if (failed)
			at->expect = MAL_FAILURE;
	}
}

void
mal_build(struct malformed *mal, struct mal_tree *tree, enum chimney_request kind,
        enum mal_damage damage)
{
	memset(tree, 0, sizeof(*tree));
	tree->kind = (uint8_t)kind;
	do {
		tree_free(&tree->tree);
		tree->count = 0;
		tree->root = NULL;
		build_sound(mal, tree);
	} while (tree->count == 0);
	damage_tree(mal, tree, damage);
	if (kind == CHIMNEY_TERMINATE && tree->damage < MAL_NEXT_UNALIGNED)
		expect_terminate(mal, tree);
	else if (kind == CHIMNEY_UPDATE)
		expect_update(tree);
	else if (kind == CHIMNEY_INITIATE)
		expect_initiate(tree);
}
