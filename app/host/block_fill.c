/* SPDX-License-Identifier: BSD-3-Clause */
/* The state that follows the block of a new object. */
#include <arpa/inet.h>
#include <string.h>

#include "block_fill.h"

void
block_fill_neighbor(struct offload_block_list *block, const struct object *neighbor)
{
	block->port = neighbor->neighbor.port;
	memcpy(offload_block_const(block), &neighbor->neighbor.constant,
	        sizeof(neighbor->neighbor.constant));
	memcpy(offload_block_cached(block), &neighbor->neighbor.cached,
	        sizeof(neighbor->neighbor.cached));
}

void
block_fill_path(struct offload_block_list *block, const struct object *path)
{
	if (path->family == 6) {
		struct path6_const *constant = offload_block_const(block);

		memcpy(constant->source, path->path.source, sizeof(constant->source));
		memcpy(constant->destination, path->path.destination,
		        sizeof(constant->destination));
	} else {
		struct path4_const *constant = offload_block_const(block);

		memcpy(constant->source, path->path.source, sizeof(constant->source));
		memcpy(constant->destination, path->path.destination,
		        sizeof(constant->destination));
	}
	memcpy(offload_block_cached(block), &path->path.cached, sizeof(path->path.cached));
}

void
block_fill_tcp(struct offload_block_list *block, const struct object *tcp,
        const struct tcp_template *state)
{
	struct tcp_const *constant = offload_block_const(block);

	*constant = state->constant;
	constant->local_port = htons(tcp->tcp.local_port);
	constant->remote_port = htons(tcp->tcp.remote_port);
	memcpy(offload_block_cached(block), &state->cached, sizeof(state->cached));
	memcpy(offload_block_delegated(block), &state->delegated, sizeof(state->delegated));
}
