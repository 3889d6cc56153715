/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree of one request: blocks side by side in memory, all of the size of the largest kind. */
#ifndef BENCH_TREE_H
#define BENCH_TREE_H

#include "bench.h"

#define BENCH_TREE_CONNS 32768u /* connections in one request, at most */

struct bench_tree {
	uint32_t count; /* of blocks; the first is the root */
	uint8_t *memory; /* bench->arena: one tree at a time */
};

struct bench_tree bench_tree_open(struct bench *bench);
/* A block without state, its header filled in, linked to nothing. */
struct offload_block_list *bench_tree_block(struct bench_tree *tree, uint8_t type, uint64_t *cell);
void bench_tree_hang(struct offload_block_list *parent, struct offload_block_list *block);
/* Submit, wait, and insist on success of every block. Returns the ns from the call until the completion was read. */
double bench_tree_request(
        struct bench *bench, enum chimney_request kind, const struct bench_tree *tree);

#endif
