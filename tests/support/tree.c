/* SPDX-License-Identifier: BSD-3-Clause */
/* Builder of state trees for tests. */
#include "tree.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define TREE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TREE_ASAN 1
#endif
#endif
#ifdef TREE_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define GUARD_BYTES 32u
#define GUARD 0xA5

/* What surrounds a block: [node | guard | block and state | guard]. */
struct tree_node {
	struct tree_node *next;
	uint32_t size; /* of block and state */
	uint32_t pad;
	struct offload_block_list sealed; /* as it was when the tree was submitted */
	uint8_t guard[GUARD_BYTES];
	uint8_t block[];
};

_Static_assert(offsetof(struct tree_node, block) % 8 == 0, "blocks are aligned");

static struct offload_block_list *
node_block(const struct tree_node *node)
{
	return (struct offload_block_list *)(uintptr_t)node->block;
}

struct offload_block_list *
tree_block(struct tree *tree, uint8_t type, uint64_t *cell)
{
	size_t size = offload_block_size(type);
	struct offload_block_list *block;
	struct tree_node *node;

	if (size < sizeof(*block))
		size = sizeof(*block);
	node = malloc(sizeof(*node) + size + GUARD_BYTES);
	if (node == NULL)
		abort();
	node->next = tree->nodes;
	tree->nodes = node;
	tree->count++;
	node->size = (uint32_t)size;
	memset(node->guard, GUARD, GUARD_BYTES);
	memset(node->block + size, GUARD, GUARD_BYTES);
	memset(node->block, 0, size);
	block = node_block(node);
	block->header.type = type;
	block->header.revision = OFFLOAD_BLOCK_REVISION;
	block->header.size = (uint16_t)size;
	block->offload_context = cell;
	block->status = OFFLOAD_PENDING;
	block->host_reserved[0] = block;
	block->host_reserved[1] = (void *)(uintptr_t)(0xB10CB10C00000000u + tree->count);
	memset(block->target_scratch, 0xE7, sizeof(block->target_scratch));
	node->sealed = *block;
	ASAN_POISON_MEMORY_REGION(node->guard, GUARD_BYTES);
	ASAN_POISON_MEMORY_REGION(node->block + size, GUARD_BYTES);
	return block;
}

void
tree_free(struct tree *tree)
{
	struct tree_node *node = tree->nodes;

	while (node != NULL) {
		struct tree_node *next = node->next;

		ASAN_UNPOISON_MEMORY_REGION(node, sizeof(*node) + node->size + GUARD_BYTES);
		free(node);
		node = next;
	}
	tree->nodes = NULL;
	tree->count = 0;
}

void
tree_seal(struct tree *tree)
{
	for (struct tree_node *node = tree->nodes; node != NULL; node = node->next)
		node->sealed = *node_block(node);
}

static bool
guard_intact(const uint8_t *guard)
{
	static const uint8_t expected[GUARD_BYTES] = {GUARD, GUARD, GUARD, GUARD, GUARD, GUARD,
	        GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD,
	        GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD, GUARD,
	        GUARD, GUARD};
	bool intact;

	ASAN_UNPOISON_MEMORY_REGION(guard, GUARD_BYTES);
	intact = memcmp(guard, expected, GUARD_BYTES) == 0;
	ASAN_POISON_MEMORY_REGION(guard, GUARD_BYTES);
	return intact;
}

static const char *
block_damage(const struct offload_block_list *block, const struct offload_block_list *sealed)
{
	if (block->status >= OFFLOAD_STATUS_COUNT || block->status == OFFLOAD_PENDING)
		return "a block has no final status";
	if (memcmp(block->host_reserved, sealed->host_reserved, sizeof(sealed->host_reserved)) != 0)
		return "space reserved for the host was written";
	if (memcmp(&block->header, &sealed->header, sizeof(sealed->header)) != 0)
		return "a header was written";
	if (block->next_block != sealed->next_block ||
	        block->dependent_block_list != sealed->dependent_block_list)
		return "a link was written";
	if (block->offload_context != sealed->offload_context ||
	        block->offload_handle != sealed->offload_handle || block->port != sealed->port)
		return "a field that belongs to the host was written";
	return NULL;
}

const char *
tree_damage(const struct tree *tree)
{
	for (const struct tree_node *node = tree->nodes; node != NULL; node = node->next) {
		const char *damage;

		if (!guard_intact(node->guard))
			return "bytes before a block were written";
		if (!guard_intact(node->block + node->size))
			return "bytes after a block were written";
		damage = block_damage(node_block(node), &node->sealed);
		if (damage != NULL)
			return damage;
	}
	return NULL;
}

void
tree_add_next(struct offload_block_list *first, struct offload_block_list *sibling)
{
	while (first->next_block != NULL)
		first = first->next_block;
	first->next_block = sibling;
}

void
tree_add_dependent(struct offload_block_list *parent, struct offload_block_list *dependent)
{
	if (parent->dependent_block_list == NULL)
		parent->dependent_block_list = dependent;
	else
		tree_add_next(parent->dependent_block_list, dependent);
}

void
tree_fill_neighbor(struct offload_block_list *block, const struct tree_neighbor *neighbor)
{
	struct neighbor_const *constant = offload_block_const(block);
	struct neighbor_cached *cached = offload_block_cached(block);

	block->port = neighbor->port;
	if (constant != NULL) {
		memcpy(constant->source_mac, neighbor->source_mac, 6);
		constant->vlan_id = neighbor->vlan_id;
	}
	if (cached != NULL)
		memcpy(cached->destination_mac, neighbor->destination_mac, 6);
}

void
tree_fill_path(struct offload_block_list *block, const struct tree_path *path)
{
	void *constant = offload_block_const(block);
	struct path_cached *cached = offload_block_cached(block);

	if (constant != NULL && path->family == 6) {
		struct path6_const *path6 = constant;

		memcpy(path6->source, path->source, 16);
		memcpy(path6->destination, path->destination, 16);
	} else if (constant != NULL) {
		struct path4_const *path4 = constant;

		memcpy(path4->source, path->source, 4);
		memcpy(path4->destination, path->destination, 4);
	}
	if (cached != NULL)
		cached->path_mtu = path->mtu ? path->mtu : 1500;
}

static void
fill_tcp_delegated(struct tcp_delegated *delegated, const struct tree_tcp *tcp)
{
	uint32_t mss = tcp->remote_mss ? tcp->remote_mss : 1460;

	delegated->state = tcp->state ? tcp->state : TCP_ESTABLISHED;
	delegated->rcv_nxt = tcp->rcv_nxt;
	delegated->rcv_wnd = tcp->rcv_wnd ? tcp->rcv_wnd : 65535;
	delegated->snd_una = tcp->snd_una;
	delegated->snd_nxt = tcp->snd_una;
	delegated->snd_max = tcp->snd_una;
	delegated->snd_wnd = tcp->snd_wnd ? tcp->snd_wnd : 65535;
	delegated->max_snd_wnd = delegated->snd_wnd;
	delegated->snd_wl1 = tcp->rcv_nxt;
	delegated->cwnd = tcp->cwnd ? tcp->cwnd : 10 * mss;
	delegated->ssthresh = 0x7FFFFFFF;
	delegated->ka_time_left = OFFLOAD_TIMER_OFF;
	delegated->retransmit_time_left = OFFLOAD_TIMER_OFF;
}

void
tree_fill_tcp(struct offload_block_list *block, const struct tree_tcp *tcp)
{
	struct tcp_const *constant = offload_block_const(block);
	struct tcp_cached *cached = offload_block_cached(block);
	struct tcp_delegated *delegated = offload_block_delegated(block);

	if (constant != NULL) {
		constant->local_port = htons(tcp->local_port);
		constant->remote_port = htons(tcp->remote_port);
		constant->flags = tcp->flags;
		constant->service = tcp->service;
		constant->remote_mss = tcp->remote_mss ? tcp->remote_mss : 1460;
		constant->service_bytes = tcp->service_bytes;
	}
	if (cached != NULL) {
		cached->initial_rcv_wnd = tcp->rcv_wnd ? tcp->rcv_wnd : 65535;
		cached->ttl = 64;
	}
	if (delegated != NULL)
		fill_tcp_delegated(delegated, tcp);
}

const uint8_t tree_source_mac[6] = {0x02, 0xAA, 0, 0, 0, 1};

void
tree_usual_neighbor(struct tree_neighbor *neighbor, uint32_t i)
{
	const uint8_t destination[6] = {0x02, 0xBB, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};

	memset(neighbor, 0, sizeof(*neighbor));
	memcpy(neighbor->source_mac, tree_source_mac, 6);
	memcpy(neighbor->destination_mac, destination, 6);
}

void
tree_usual_path(struct tree_path *path, uint32_t i, uint8_t family)
{
	/* RFC 2544's benchmarking network, RFC 3849's documentation prefix */
	const uint8_t source4[4] = {198, 18, (uint8_t)(i >> 8), (uint8_t)i};
	const uint8_t destination4[4] = {198, 19, (uint8_t)(i >> 8), (uint8_t)i};
	const uint8_t source6[16] = {
	        0x20, 0x01, 0x0d, 0xb8, 0, 1, [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i};
	const uint8_t destination6[16] = {
	        0x20, 0x01, 0x0d, 0xb8, 0, 2, [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i};

	memset(path, 0, sizeof(*path));
	path->family = family;
	memcpy(path->source, family == 6 ? source6 : source4, family == 6 ? 16 : 4);
	memcpy(path->destination, family == 6 ? destination6 : destination4, family == 6 ? 16 : 4);
}

void
tree_usual_tcp(struct tree_tcp *tcp, uint32_t i, enum offload_service service)
{
	memset(tcp, 0, sizeof(*tcp));
	tcp->local_port = (uint16_t)(10000 + i % 50000);
	tcp->remote_port = (uint16_t)(5000 + i / 50000);
	tcp->service = (uint8_t)service;
	tcp->snd_una = 1000 + i;
	tcp->rcv_nxt = 900000 + i;
	tcp->service_bytes = service == OFFLOAD_SERVICE_SOURCE ? OFFLOAD_SERVICE_UNLIMITED : 0;
}
