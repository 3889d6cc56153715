/* SPDX-License-Identifier: BSD-3-Clause */
/* The state that follows the block of a new object (INIT-2). The block has the ALL type of its layer. */
#ifndef APP_BLOCK_FILL_H
#define APP_BLOCK_FILL_H

#include "chimney.h"
#include "objects.h"

/* What new connections have in common: all but their ports. */
struct tcp_template {
	struct tcp_const constant;
	struct tcp_cached cached;
	struct tcp_delegated delegated;
};

void block_fill_neighbor(struct offload_block_list *block, const struct object *neighbor);
void block_fill_path(struct offload_block_list *block, const struct object *path);
void block_fill_tcp(struct offload_block_list *block, const struct object *tcp,
        const struct tcp_template *state);

#endif
