/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target: bytes -> a tree whose blocks live in an arena and whose links, headers, cells and state
 * are the input's choice, and a request that gets it (TREE-6 to TREE-8, D10). It must complete exactly once,
 * with legal statuses on the blocks that can be reached, indicate nothing, and leave the target usable.
 *
 * Input: byte 0 the request; then 4 bytes per block {type, next, dependent, cell}; the rest is state, used up
 * from the end. Links: 0 none, else block number, its top bit makes them unaligned. Cells: see pick_cell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "malformed.h"
#include "test_eal.h"

#define FUZZ_BLOCKS 24u
#define FUZZ_TURNS 2000u
#define FUZZ_STATE 256u /* more than the largest state */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_block {
	struct offload_block_list block;
	uint8_t state[FUZZ_STATE];
};

static struct malformed mal;
static struct fuzz_block arena[FUZZ_BLOCKS];
static uint64_t cell[FUZZ_BLOCKS];
static bool fresh
        [FUZZ_BLOCKS]; /* the cell was empty: what it holds afterwards was offloaded by the input */
static bool reached[FUZZ_BLOCKS];

static void
violation(const char *what)
{
	fprintf(stderr, "violation: %s %s\n", what, mal.wrong);
	abort();
}

/* LeakSanitizer's, when it is there. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* The world lives as long as the process; its tables are mapped memory, where no leak checker looks. */
static void
start(void)
{
	struct rte_mempool *pool;

	if (__lsan_disable != NULL)
		__lsan_disable();
	if (test_eal_start(256) != 0 || (pool = test_pool_create("fuzz", 4095)) == NULL ||
	        !mal_create(&mal, pool))
		violation("the world cannot be created");
	if (__lsan_enable != NULL)
		__lsan_enable();
}

/* 0: placeholder; 1: empty cell; 2: a forged handle; else handles of the population, live or former. */
static uint64_t *
pick_cell(uint8_t choice, uint32_t i)
{
	cell[i] = 0;
	fresh[i] = choice == 1;
	if (choice == 0)
		return NULL;
	if (choice == 2)
		cell[i] = UINT64_C(0x4000000100000000) * (i + 1) + i;
	else if (choice >= 3 && choice < 64)
		cell[i] = mal.conn[choice % MAL_CONNS].cell;
	else if (choice >= 64 && choice < 96)
		cell[i] = mal.path[choice % MAL_PATHS].cell;
	else if (choice >= 96 && choice < 128)
		cell[i] = mal.neighbor[choice % MAL_NEIGHBORS].cell;
	else if (choice >= 128 && choice < 192)
		cell[i] = mal.conn[choice % MAL_CONNS].stale;
	else if (choice >= 192)
		cell[i] = mal.other_cell[choice % (2 + MAL_OTHERS)];
	return &cell[i];
}

static struct offload_block_list *
pick_link(uint8_t choice, uint32_t blocks)
{
	uint32_t n = choice & 0x7F;

	if (n == 0)
		return NULL;
	return (struct offload_block_list *)((uintptr_t)&arena[n % blocks].block +
	                                     (choice >> 7) * 3u);
}

/* Fill the arena; returns the number of blocks. */
static uint32_t
build(const uint8_t *data, size_t size)
{
	uint32_t blocks = (uint32_t)(size / 4);

	if (blocks > FUZZ_BLOCKS)
		blocks = FUZZ_BLOCKS;
	memset(arena, 0, sizeof(arena));
	for (uint32_t i = 0; i < blocks; i++) {
		struct offload_block_list *block = &arena[i].block;
		const uint8_t *at = data + 4 * i;
		size_t state = offload_block_size(at[0]);

		block->header.type = at[0];
		block->header.revision = OFFLOAD_BLOCK_REVISION;
		block->header.size = (uint16_t)(state ? state : sizeof(*block));
		block->next_block = pick_link(at[1], blocks);
		block->dependent_block_list = pick_link(at[2], blocks);
		block->offload_context = pick_cell(at[3], i);
		block->status = OFFLOAD_PENDING;
		memset(block->target_scratch, at[1], sizeof(block->target_scratch));
		/* state: what is left of the input, from its end, so that blocks and state vary apart */
		for (uint32_t b = 0; b < FUZZ_STATE; b++)
			arena[i].state[b] = data[size - 1 - (b + 7 * i) % size];
		if (offload_block_delegated(block) != NULL && offload_block_cached(block) != NULL &&
		        state > sizeof(*block) + 64)
			((struct tcp_delegated *)offload_block_delegated(block))->state =
			        TCP_ESTABLISHED + at[1] % 7;
	}
	return blocks;
}

/* The blocks that the target may write: those that links lead to. */
static void
mark_reached(const struct offload_block_list *block, uint32_t depth)
{
	while (block != NULL && (uintptr_t)block % OFFLOAD_BLOCK_ALIGNMENT == 0) {
		size_t i = ((size_t)((const uint8_t *)block - (const uint8_t *)arena)) /
		           sizeof(arena[0]);

		if (reached[i])
			return;
		reached[i] = true;
		if (depth < FUZZ_BLOCKS)
			mark_reached(block->dependent_block_list, depth + 1);
		block = block->next_block;
	}
}

/* Terminate what the input may have offloaded: leaves under placeholders, then their parents. */
static void
clean_up(uint32_t blocks)
{
	struct tree tree = {0};
	struct offload_block_list *root = tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, NULL);
	struct offload_block_list *path = tree_block(&tree, OFFLOAD_PATH4_BLOCK, NULL);
	static const uint8_t base[] = {
	        0, OFFLOAD_NEIGHBOR_BLOCK, OFFLOAD_PATH4_BLOCK, OFFLOAD_TCP_DELEGATED};

	tree_add_dependent(root, path);
	for (uint32_t i = 0; i < blocks; i++) {
		uint8_t type = arena[i].block.header.type;
		uint32_t layer = type >= OFFLOAD_TCP_BLOCK     ? OFFLOAD_LAYER_TCP
		                 : type >= OFFLOAD_PATH4_BLOCK ? OFFLOAD_LAYER_PATH
		                                               : OFFLOAD_LAYER_NEIGHBOR;
		struct offload_block_list *block;

		if (!fresh[i] || cell[i] == 0)
			continue;
		block = tree_block(&tree,
		        (uint8_t)(base[layer] +
		                  (layer == OFFLOAD_LAYER_PATH && type >= OFFLOAD_PATH6_BLOCK ? 8
		                                                                              : 0)),
		        &cell[i]);
		if (layer == OFFLOAD_LAYER_TCP)
			tree_add_dependent(path, block);
		else if (layer == OFFLOAD_LAYER_PATH)
			tree_add_dependent(root, block);
		else
			tree_add_next(root, block);
	}
	if (!world_request(&mal.world, 0, CHIMNEY_TERMINATE, root, NULL, FUZZ_TURNS))
		violation("clean-up does not complete");
	tree_free(&tree);
}

static void
check_statuses(uint32_t kind, uint32_t blocks)
{
	for (uint32_t i = 0; i < blocks; i++) {
		uint32_t status = arena[i].block.status;

		if (status == OFFLOAD_PENDING && !reached[i])
			continue;
		if (!reached[i])
			violation("a block that nothing leads to was written");
		if (status >= OFFLOAD_STATUS_COUNT)
			violation("unknown status");
		if (kind != CHIMNEY_INITIATE && status != OFFLOAD_SUCCESS &&
		        status != OFFLOAD_FAILURE && status != OFFLOAD_PENDING)
			violation("TREE-9: neither SUCCESS nor FAILURE");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t kind, blocks, live;
	struct chimney_record record;

	if (mal.world.target == NULL)
		start();
	if (size < 5)
		return 0;
	kind = data[0] % CHIMNEY_REQUEST_COUNT;
	blocks = build(data + 1, size - 1);
	live = (uint32_t)chimney_stats(mal.world.target)->connections;
	memset(reached, 0, sizeof(reached));
	mark_reached(&arena[0].block, 0);
	if (!world_request(&mal.world, 0, kind, &arena[0].block, NULL, FUZZ_TURNS))
		violation("no completion");
	for (uint32_t i = 0; i < 4; i++)
		world_turn(&mal.world);
	while (chimney_poll(mal.world.host[0], &record, 1) == 1)
		if (record.kind == CHIMNEY_COMPLETION)
			violation("second completion");
	check_statuses(kind, blocks);
	if (kind == CHIMNEY_INITIATE)
		clean_up(blocks);
	else if (kind != CHIMNEY_QUERY)
		mal_restore(&mal);
	world_drop_frames(&mal.world);
	if (mal.wrong[0] != '\0')
		violation("population");
	if (chimney_stats(mal.world.target)->connections != live)
		violation("connections leaked");
	return 0;
}
