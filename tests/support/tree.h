/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builder of state trees for tests: blocks with the state behind them that their type asks for, each between
 * guard bytes (poisoned under AddressSanitizer, so that a read past a block is caught too: INV-3, TREE-10).
 *
 * A tree owns its blocks. Cells are the caller's: they outlive the trees that refer to them.
 */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "chimney.h"

struct tree_node;

/* Zero-initialise before first use. */
struct tree {
	struct tree_node *nodes; /* every block, newest first */
	uint32_t count;
};

/*
 * A new block of `type` with zeroed state behind it, header filled in, linked to nothing. host_reserved,
 * scratch and status hold garbage, as the contract allows. cell: NULL for a placeholder. Never NULL: a test
 * that runs out of memory aborts.
 */
struct offload_block_list *tree_block(struct tree *tree, uint8_t type, uint64_t *cell);
/* Free all blocks. */
void tree_free(struct tree *tree);
/*
 * Check what the target must not touch (TREE-10) and that every block has a status that is not pending:
 * guard bytes, host_reserved, header, links, handle, port. Returns NULL, or what is wrong (static string).
 */
const char *tree_damage(const struct tree *tree);
/* Remember links, handles and header as they are now: what tree_damage compares with. Call before submit. */
void tree_seal(struct tree *tree);

/* Append to the end of a list of siblings. */
void tree_add_next(struct offload_block_list *first, struct offload_block_list *sibling);
/* Append to the dependents of a block. */
void tree_add_dependent(struct offload_block_list *parent, struct offload_block_list *dependent);

/* What a test says of an object; the fill functions put it behind a block, defaults elsewhere. */
struct tree_neighbor {
	uint8_t source_mac[6];
	uint8_t destination_mac[6];
	uint16_t vlan_id;
	uint32_t port;
};

struct tree_path {
	uint8_t family; /* 4 or 6 */
	uint8_t source[16];
	uint8_t destination[16];
	uint32_t mtu; /* 0: 1500 */
};

struct tree_tcp {
	uint16_t local_port, remote_port; /* host byte order here */
	uint8_t service; /* enum offload_service */
	uint8_t flags; /* TCP_OPTION_... */
	uint16_t remote_mss; /* 0: 1460 */
	uint64_t service_bytes;
	uint32_t state; /* 0: ESTABLISHED */
	uint32_t snd_una; /* snd_nxt and snd_max equal it */
	uint32_t rcv_nxt;
	uint32_t snd_wnd; /* 0: 65535 */
	uint32_t rcv_wnd; /* 0: 65535 */
	uint32_t cwnd; /* 0: 10 * remote_mss */
};

void tree_fill_neighbor(struct offload_block_list *block, const struct tree_neighbor *neighbor);
void tree_fill_path(struct offload_block_list *block, const struct tree_path *path);
void tree_fill_tcp(struct offload_block_list *block, const struct tree_tcp *tcp);

/* The type of a path block of this family: `type4` is the IPv4 one. */
static inline uint8_t
tree_path_type(uint8_t family, enum offload_block_type type4)
{
	return (uint8_t)(family == 6 ? type4 + (OFFLOAD_PATH6_BLOCK - OFFLOAD_PATH4_BLOCK) : type4);
}

/* The source address of all usual neighbors, as with routers on one port: peers send to it. */
extern const uint8_t tree_source_mac[6];

/* The usual addresses of neighbor, path and connection number i, all different for different i < 65536. */
void tree_usual_neighbor(struct tree_neighbor *neighbor, uint32_t i);
void tree_usual_path(struct tree_path *path, uint32_t i, uint8_t family);
void tree_usual_tcp(struct tree_tcp *tcp, uint32_t i, enum offload_service service);

#endif
