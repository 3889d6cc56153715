/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the state of a block is (TREE-6). */
#include "layout.h"

#include <rte_common.h>

#define NEIGHBOR(...)                                                                              \
	{                                                                                          \
		.layer = OFFLOAD_LAYER_NEIGHBOR, __VA_ARGS__                                       \
	}
#define PATH4(...)                                                                                 \
	{                                                                                          \
		.layer = OFFLOAD_LAYER_PATH, .family = 4, __VA_ARGS__                              \
	}
#define PATH6(...)                                                                                 \
	{                                                                                          \
		.layer = OFFLOAD_LAYER_PATH, .family = 6, __VA_ARGS__                              \
	}
#define TCP(...)                                                                                   \
	{                                                                                          \
		.layer = OFFLOAD_LAYER_TCP, __VA_ARGS__                                            \
	}

static const struct block_layout layouts[] = {
        [OFFLOAD_NEIGHBOR_BLOCK] = NEIGHBOR(),
        [OFFLOAD_NEIGHBOR_CONST] = NEIGHBOR(.constant = sizeof(struct neighbor_const)),
        [OFFLOAD_NEIGHBOR_CACHED] = NEIGHBOR(.cached = sizeof(struct neighbor_cached)),
        [OFFLOAD_NEIGHBOR_DELEGATED] = NEIGHBOR(.delegated = sizeof(struct neighbor_delegated)),
        [OFFLOAD_NEIGHBOR_ALL] = NEIGHBOR(.constant = sizeof(struct neighbor_const),
                .cached = sizeof(struct neighbor_cached),
                .delegated = sizeof(struct neighbor_delegated), .all = true),
        [OFFLOAD_PATH4_BLOCK] = PATH4(),
        [OFFLOAD_PATH4_CONST] = PATH4(.constant = sizeof(struct path4_const)),
        [OFFLOAD_PATH4_CACHED] = PATH4(.cached = sizeof(struct path_cached)),
        [OFFLOAD_PATH4_ALL] = PATH4(.constant = sizeof(struct path4_const),
                .cached = sizeof(struct path_cached), .all = true),
        [OFFLOAD_PATH6_BLOCK] = PATH6(),
        [OFFLOAD_PATH6_CONST] = PATH6(.constant = sizeof(struct path6_const)),
        [OFFLOAD_PATH6_CACHED] = PATH6(.cached = sizeof(struct path_cached)),
        [OFFLOAD_PATH6_ALL] = PATH6(.constant = sizeof(struct path6_const),
                .cached = sizeof(struct path_cached), .all = true),
        [OFFLOAD_TCP_BLOCK] = TCP(),
        [OFFLOAD_TCP_CONST] = TCP(.constant = sizeof(struct tcp_const)),
        [OFFLOAD_TCP_CACHED] = TCP(.cached = sizeof(struct tcp_cached)),
        [OFFLOAD_TCP_DELEGATED] = TCP(.delegated = sizeof(struct tcp_delegated)),
        [OFFLOAD_TCP_ALL] =
                TCP(.constant = sizeof(struct tcp_const), .cached = sizeof(struct tcp_cached),
                        .delegated = sizeof(struct tcp_delegated), .all = true),
};

const struct block_layout *
block_layout(uint8_t type)
{
	return &layouts[type < RTE_DIM(layouts) ? type : OFFLOAD_TYPE_NONE];
}

size_t
offload_block_size(uint8_t type)
{
	const struct block_layout *layout = block_layout(type);

	if (layout->layer == OFFLOAD_LAYER_NONE)
		return 0;
	return sizeof(struct offload_block_list) + layout->constant + layout->cached +
	       layout->delegated;
}

/* The part `bytes` long that lies `before` bytes into the state. */
static void *
block_part(const struct offload_block_list *block, size_t before, uint16_t bytes)
{
	if (bytes == 0)
		return NULL;
	return (char *)(uintptr_t)(block + 1) + before;
}

void *
offload_block_const(const struct offload_block_list *block)
{
	return block_part(block, 0, block_layout(block->header.type)->constant);
}

void *
offload_block_cached(const struct offload_block_list *block)
{
	const struct block_layout *layout = block_layout(block->header.type);

	return block_part(block, layout->constant, layout->cached);
}

void *
offload_block_delegated(const struct offload_block_list *block)
{
	const struct block_layout *layout = block_layout(block->header.type);

	return block_part(block, (size_t)layout->constant + layout->cached, layout->delegated);
}
