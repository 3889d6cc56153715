/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree of one request, and its way through the target. */
#include "bench_tree.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE_NS (UINT64_C(60000) * BENCH_NS_PER_MS)

static struct offload_block_list *
block_at(const struct bench_tree *tree, uint32_t i)
{
	return (void *)(tree->memory + (size_t)i * offload_block_size(OFFLOAD_TCP_ALL));
}

struct bench_tree
bench_tree_open(struct bench *bench)
{
	struct bench_tree tree = {0};

	if (bench->arena == NULL)
		bench->arena = aligned_alloc(
		        64, RTE_ALIGN_CEIL((BENCH_TREE_CONNS + BENCH_GROUP_PATHS + 1) *
		                                   offload_block_size(OFFLOAD_TCP_ALL),
		                    64));
	if (bench->arena == NULL)
		bench_fail("no memory for a request of %u blocks", BENCH_TREE_CONNS);
	tree.memory = bench->arena;
	return tree;
}

struct offload_block_list *
bench_tree_block(struct bench_tree *tree, uint8_t type, uint64_t *cell)
{
	struct offload_block_list *block = block_at(tree, tree->count++);
	size_t size = offload_block_size(type);

	memset(block, 0, size);
	block->header.type = type;
	block->header.revision = OFFLOAD_BLOCK_REVISION;
	block->header.size = (uint16_t)size;
	block->offload_context = cell;
	block->status = OFFLOAD_PENDING;
	return block;
}

void
bench_tree_hang(struct offload_block_list *parent, struct offload_block_list *block)
{
	block->next_block = parent->dependent_block_list;
	parent->dependent_block_list = block;
}

double
bench_tree_request(struct bench *bench, enum chimney_request kind, const struct bench_tree *tree)
{
	struct offload_block_list *root = block_at(tree, 0);
	uint64_t end = bench_now(&bench->clock) + PATIENCE_NS;
	uint64_t start = rte_rdtsc(), read;
	struct chimney_record record;

	if (world_submit(&bench->world, 0, kind, root) != 0)
		bench_fail("%s was not accepted", chimney_request_name(kind));
	while (bench_turn(bench, &record, 1) == 0)
		if (bench->turn_ns > end)
			bench_fail("%s does not complete", chimney_request_name(kind));
	read = rte_rdtsc();
	if (record.kind != CHIMNEY_COMPLETION || record.root != root)
		bench_fail("a record of kind %u instead of the completion of %s", record.kind,
		        chimney_request_name(kind));
	for (uint32_t i = 0; i < tree->count; i++)
		if (block_at(tree, i)->status != OFFLOAD_SUCCESS)
			bench_fail("%s: block %u of %u: %s", chimney_request_name(kind), i,
			        tree->count, offload_status_name(block_at(tree, i)->status));
	return bench_us(start, read) * 1e3;
}
