/* SPDX-License-Identifier: BSD-3-Clause */
/* State trees in one piece of memory. */
#include <string.h>

#include "tree.h"

int
tree_init(struct tree *tree, size_t size, struct host_request *request)
{
	memset(tree, 0, sizeof(*tree));
	tree->request = request;
	return region_open(&tree->region, size);
}

void
tree_free(struct tree *tree, struct turns *turns)
{
	region_close(&tree->region, turns);
	memset(tree, 0, sizeof(*tree));
}

uint8_t
tree_type(unsigned int layer, uint8_t family, enum tree_part part)
{
	static const uint8_t neighbor[] = {OFFLOAD_NEIGHBOR_BLOCK, OFFLOAD_NEIGHBOR_CACHED,
	        OFFLOAD_NEIGHBOR_DELEGATED, OFFLOAD_NEIGHBOR_ALL};
	static const uint8_t path4[] = {
	        OFFLOAD_PATH4_BLOCK, OFFLOAD_PATH4_CACHED, OFFLOAD_PATH4_BLOCK, OFFLOAD_PATH4_ALL};
	static const uint8_t path6[] = {
	        OFFLOAD_PATH6_BLOCK, OFFLOAD_PATH6_CACHED, OFFLOAD_PATH6_BLOCK, OFFLOAD_PATH6_ALL};
	static const uint8_t tcp[] = {
	        OFFLOAD_TCP_BLOCK, OFFLOAD_TCP_CACHED, OFFLOAD_TCP_DELEGATED, OFFLOAD_TCP_ALL};

	if (layer == OFFLOAD_LAYER_NEIGHBOR)
		return neighbor[part];
	if (layer == OFFLOAD_LAYER_PATH)
		return family == 6 ? path6[part] : path4[part];
	return tcp[part];
}

size_t
tree_block_size(unsigned int layer, enum tree_part part)
{
	size_t four = offload_block_size(tree_type(layer, 4, part));
	size_t six = offload_block_size(tree_type(layer, 6, part));

	return six > four ? six : four;
}

struct offload_block_list *
tree_block(struct tree *tree, uint8_t type, struct object *object)
{
	struct offload_block_list *block = (void *)((char *)tree->region.memory + tree->used);
	size_t size = object != NULL ? offload_block_size(type) : sizeof(*block);

	block->header.type = type;
	block->header.revision = OFFLOAD_BLOCK_REVISION;
	block->header.size = (uint16_t)size;
	block->status = OFFLOAD_PENDING;
	block->host_reserved[0] = object;
	block->host_reserved[1] = tree->request;
	if (object != NULL) {
		block->offload_context = &object->cell;
		block->offload_handle = (void *)(uintptr_t)object_handle(object);
	}
	tree->used += size;
	tree->blocks++;
	return block;
}

struct offload_block_list *
tree_first(const struct tree *tree)
{
	return tree->used != 0 ? tree->region.memory : NULL;
}

struct offload_block_list *
tree_next(const struct tree *tree, const struct offload_block_list *block)
{
	const char *next = (const char *)block + block->header.size;

	return next < (char *)tree->region.memory + tree->used ? (void *)(uintptr_t)next : NULL;
}
