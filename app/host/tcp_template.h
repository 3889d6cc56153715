/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of a connection to offload, from the arguments of `tcp add` and `bulk add`. */
#ifndef APP_TCP_TEMPLATE_H
#define APP_TCP_TEMPLATE_H

#include "chimney.h"
#include "cli_parse.h"
#include "objects.h"

struct tcp_template {
	struct tcp_const constant; /* without ports */
	struct tcp_cached cached;
	struct tcp_delegated delegated;
};

/* All arguments of the line, with the defaults that the grammar's help promises. */
void tcp_template_make(const struct cli_line *line, struct tcp_template *tcp);
/* Change what a line gives of the cached variables; false when it gives none. */
bool tcp_cached_apply(const struct cli_line *line, struct tcp_cached *cached);

/* State that follows a new block (INIT-2), from its object. The block has the ALL type of its layer. */
void block_fill_neighbor(struct offload_block_list *block, const struct object *neighbor);
void block_fill_path(struct offload_block_list *block, const struct object *path);
void block_fill_tcp(struct offload_block_list *block, const struct object *tcp,
        const struct tcp_template *state);

#endif
