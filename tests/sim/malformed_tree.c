/* SPDX-License-Identifier: BSD-3-Clause */
/* Sound trees, and what a damage changes in the statuses of the rest. */
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

int
mal_add(struct malformed *mal, struct mal_tree *tree, int parent, struct mal_object *object,
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
		neighbor = mal_add(
		        mal, tree, -1, take ? &mal->neighbor[n] : NULL, OFFLOAD_LAYER_NEIGHBOR);
		for (uint32_t p = 0; p < MAL_PATHS; p++) {
			int path;

			if (mal->path[p].parent != n || rng_chance(&mal->rng, 20))
				continue;
			take = initiate || rng_chance(&mal->rng, named);
			path = mal_add(mal, tree, neighbor, take ? &mal->path[p] : NULL,
			        OFFLOAD_LAYER_PATH);
			for (uint32_t c = 0; c < MAL_CONNS; c++)
				if (mal->conn[c].parent == p && rng_chance(&mal->rng, named))
					mal_add(mal, tree, path, &mal->conn[c], OFFLOAD_LAYER_TCP);
		}
	}
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

/* Note the blocks that links lead to, whatever else is wrong with them. */
static void
reach(struct mal_tree *tree, const struct offload_block_list *from)
{
	for (bool more = true; more && from != NULL; from = from->next_block) {
		more = false;
		for (uint32_t i = 0; i < tree->count; i++) {
			if (tree->at[i].block != from || tree->at[i].reached)
				continue;
			more = tree->at[i].reached = true;
			reach(tree, from->dependent_block_list);
		}
		if (!more || ((uintptr_t)from->next_block & 7))
			return;
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
	mal_damage(mal, tree, damage);
	if (kind == CHIMNEY_TERMINATE && tree->damage < MAL_NEXT_UNALIGNED)
		expect_terminate(mal, tree);
	else if (kind == CHIMNEY_UPDATE)
		expect_update(tree);
	else if (kind == CHIMNEY_INITIATE)
		expect_initiate(tree);
	reach(tree, tree->root);
}
