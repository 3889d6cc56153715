/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TREE-8, TREE-6, TREE-7, TREE-9, INV-18, CTX-2: seeded malformed trees and forged handles for all five
 * requests. Statuses as the generator expects, effects that agree with them, no indication, nobody else
 * disturbed.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "malformed.h"
#include "test_eal.h"
#include "test_mutant.h"

static struct malformed mal;

const char *
mal_damage_name(uint32_t damage)
{
	static const char *const names[MAL_DAMAGE_COUNT] = {"none", "unknown type",
	        "type of another layer", "revision", "short size", "empty cell", "forged handle",
	        "forged generation", "forged layer", "stale handle", "foreign handle",
	        "named twice", "unaligned next", "cycle of next", "next to itself",
	        "unaligned dependent", "cycle of dependents", "shared dependents",
	        "dependents of a connection", "overlong list", "more than three layers",
	        "cell in the tree"};

	return names[damage];
}

static bool
is_offloaded(uint32_t status)
{
	return status == OFFLOAD_SUCCESS || status == OFFLOAD_PARTIAL_SUCCESS;
}

static void
judge_block(struct mal_tree *tree, struct mal_block *at)
{
	uint32_t status = at->block->status;
	bool initiate = tree->kind == CHIMNEY_INITIATE;
	bool good = initiate ? is_offloaded(status) : status == OFFLOAD_SUCCESS;
	const char *what = mal_damage_name(tree->damage);

	if (!at->reached)
		return;
	if (status != OFFLOAD_SUCCESS && status != OFFLOAD_FAILURE &&
	        !(initiate && status == OFFLOAD_PARTIAL_SUCCESS))
		mal_wrong(&mal, "%s, %s: a block reads %s", what, chimney_request_name(tree->kind),
		        offload_status_name(status));
	if (at->object == NULL) {
		if (at->expect == MAL_SUCCESS && status != OFFLOAD_SUCCESS)
			mal_wrong(&mal, "%s, %s: a placeholder reads %s", what,
			        chimney_request_name(tree->kind), offload_status_name(status));
		return;
	}
	if ((at->expect == MAL_SUCCESS && !good) || (at->expect == MAL_FAILURE && good))
		mal_wrong(&mal, "%s, %s: block %td of layer %u reads %s", what,
		        chimney_request_name(tree->kind), at - tree->at, at->layer,
		        offload_status_name(status));
	mal.refused += !good;
	mal.applied += good;
}

/* SUCCESS and only SUCCESS changes an object: whatever the damage was. */
static void
judge_effects(struct mal_tree *tree)
{
	for (uint32_t i = 0; i < tree->count; i++) {
		struct mal_block *at = &tree->at[i];
		bool good = false, effect;

		if (at->object == NULL || (tree->kind == CHIMNEY_QUERY && at->cell != 0))
			continue;
		/* named twice: what counts is whether any of its blocks took effect */
		for (uint32_t j = 0; j < tree->count; j++)
			if (tree->at[j].object == at->object &&
			        is_offloaded(tree->at[j].block->status) &&
			        (tree->kind != CHIMNEY_QUERY || i == j))
				good = true;
		/* a forged handle that names nothing has no effect on the object that it stands for */
		effect = mal_effect(&mal, tree, at);
		if (effect != good)
			mal_wrong(&mal,
			        "%s, %s: block %u of layer %u reads %s, but the object is %s",
			        mal_damage_name(tree->damage), chimney_request_name(tree->kind), i,
			        at->layer, offload_status_name(at->block->status),
			        effect ? "changed" : "unchanged");
	}
}

static void
run_one(uint64_t seed)
{
	static struct mal_tree tree;
	enum chimney_request kind = (enum chimney_request)(seed % CHIMNEY_REQUEST_COUNT);
	enum mal_damage damage = (enum mal_damage)(seed / CHIMNEY_REQUEST_COUNT % MAL_DAMAGE_COUNT);
	struct chimney_record record;

	rng_seed(&mal.rng, seed);
	mal_build(&mal, &tree, kind, damage);
	mal.by_damage[tree.damage]++;
	if (!world_request(&mal.world, 0, kind, tree.root, NULL, 500)) {
		mal_wrong(&mal, "%s, %s: no completion", mal_damage_name(damage),
		        chimney_request_name(kind));
		tree_free(&tree.tree);
		return;
	}
	for (uint32_t i = 0; i < 4; i++)
		world_turn(&mal.world);
	while (chimney_poll(mal.world.host[0], &record, 1) == 1)
		mal_wrong(&mal, "%s, %s: a record of kind %u after the completion",
		        mal_damage_name(damage), chimney_request_name(kind), record.kind);
	mal_cells_home(&tree);
	for (uint32_t i = 0; i < tree.count; i++)
		judge_block(&tree, &tree.at[i]);
	judge_effects(&tree);
	if (kind != CHIMNEY_QUERY)
		mal_restore(&mal);
	if (seed % 16 == 0 && !mal_traffic(&mal))
		mal_wrong(&mal, "%s, %s: the traffic of another host stands still",
		        mal_damage_name(damage), chimney_request_name(kind));
	tree_free(&tree.tree);
}

/* A call that is refused takes nothing. */
static void
check_refusals(void)
{
	struct tree tree = {0};
	uint64_t cell = mal.neighbor[0].cell;
	struct offload_block_list *block = tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, &cell);
	struct chimney_record record;
	int err;

	for (uint32_t kind = 0; kind < CHIMNEY_REQUEST_COUNT; kind++) {
		err = world_submit(&mal.world, 0, kind, NULL);
		if (err != -EINVAL)
			mal_wrong(&mal, "a root that is NULL is answered with %d", err);
		err = world_submit(
		        &mal.world, 0, kind, (struct offload_block_list *)((uintptr_t)block + 4));
		if (err != -EINVAL)
			mal_wrong(&mal, "an unaligned root is answered with %d", err);
	}
	err = world_submit(&mal.world, 0, CHIMNEY_QUERY, block);
	if (err != 0)
		mal_wrong(&mal, "a good root is answered with %d", err);
	err = world_submit(&mal.world, 0, CHIMNEY_TERMINATE, block);
	if (err != -EALREADY)
		mal_wrong(&mal, "a root submitted twice is answered with %d", err);
	for (uint32_t i = 0; i < 100; i++)
		world_turn(&mal.world);
	if (chimney_poll(mal.world.host[0], &record, 1) != 1 || record.root != block ||
	        record.request != CHIMNEY_QUERY || block->status != OFFLOAD_SUCCESS ||
	        chimney_poll(mal.world.host[0], &record, 1) != 0)
		mal_wrong(&mal, "a root submitted twice does not complete exactly once");
	tree_free(&tree);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
	        {"count", required_argument, NULL, 'c'}, {"mutant", required_argument, NULL, 'm'},
	        {NULL, 0, NULL, 0}};
	uint64_t seed = 0, count = 10000;
	struct rte_mempool *pool;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'c')
			count = strtoull(optarg, NULL, 0);
		else if (option != 'm' || !test_mutant(optarg))
			return fprintf(stderr, "usage: %s [--seed N] [--count N] [--mutant NAME]\n",
			               argv[0]),
			       EXIT_FAILURE;
	}
	if (test_eal_start(256) != 0 || (pool = test_pool_create("malformed", 4095)) == NULL ||
	        !mal_create(&mal, pool)) {
		printf("%s\n0 passed, 1 failed\n", mal.wrong);
		return EXIT_FAILURE;
	}
	check_refusals();
	for (uint64_t i = seed; i < seed + count && mal.wrong[0] == '\0'; i++) {
		run_one(i);
		if (mal.wrong[0] != '\0')
			printf("seed %lu: %s\n", (unsigned long)i, mal.wrong);
	}
	if (mal.wrong[0] == '\0' && !mal_destroy(&mal))
		printf("at the end: %s\n", mal.wrong);
	for (uint32_t i = 0; i < MAL_DAMAGE_COUNT; i++) {
		printf("%s %lu%s", mal_damage_name(i), (unsigned long)mal.by_damage[i],
		        i + 1 < MAL_DAMAGE_COUNT ? ", " : "\n");
		if (count >= 1000 && mal.by_damage[i] == 0)
			mal_wrong(&mal, "no tree with damage: %s", mal_damage_name(i));
	}
	printf("%lu blocks refused, %lu applied %s\n", (unsigned long)mal.refused,
	        (unsigned long)mal.applied, mal.wrong);
	printf("%u passed, %u failed\n", mal.wrong[0] == '\0', mal.wrong[0] != '\0');
	return mal.wrong[0] == '\0' ? EXIT_SUCCESS : EXIT_FAILURE;
}
