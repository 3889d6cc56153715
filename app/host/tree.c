/* SPDX-License-Identifier: BSD-3-Clause */
/* State trees in one piece of memory. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "tree.h"

int
tree_init(struct tree *tree, size_t size)
{
	memset(tree, 0, sizeof(*tree));
	/* fresh pages are zero, and pages that stay untouched cost nothing */
	tree->memory = mmap(NULL, size != 0 ? size : 1, PROT_READ | PROT_WRITE,
	        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (tree->memory == MAP_FAILED) {
		tree->memory = NULL;
		return -ENOMEM;
	}
	tree->size = size;
	if (size >= 64u << 20)
		madvise(tree->memory, size, MADV_HUGEPAGE);
	return 0;
}

void
tree_free(struct tree *tree)
{
	if (tree->memory != NULL)
		munmap(tree->memory, tree->size != 0 ? tree->size : 1);
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
	struct offload_block_list *block = (void *)(tree->memory + tree->used);
	size_t size = object != NULL ? offload_block_size(type) : sizeof(*block);

	block->header.type = type;
	block->header.revision = OFFLOAD_BLOCK_REVISION;
	block->header.size = (uint16_t)size;
	block->status = OFFLOAD_PENDING;
	block->host_reserved[0] = object;
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
	return tree->used != 0 ? (void *)tree->memory : NULL;
}

struct offload_block_list *
tree_next(const struct tree *tree, const struct offload_block_list *block)
{
	const char *next = (const char *)block + block->header.size;

	return next < tree->memory + tree->used ? (void *)(uintptr_t)next : NULL;
}

/* Put a block before the others that depend on `below`, or before the other roots. */
static void
link_first(struct tree *tree, struct offload_block_list *below, struct offload_block_list *block)
{
	struct offload_block_list **head =
	        below != NULL ? &below->dependent_block_list : &tree->root;

	block->next_block = *head;
	*head = block;
}

/* The block of an object in this tree, or a placeholder that stands for it. */
static struct offload_block_list *
block_of(struct tree *tree, struct object *object)
{
	if (object->block == NULL)
		object->block = tree_block(tree, OFFLOAD_TYPE_NONE, NULL);
	return object->block;
}

/* Placeholders of one layer get their place below; those that have it are linked already. */
static bool
link_placeholder(void *context, struct object *object)
{
	struct tree *tree = context;

	if (object->block != NULL && tree_object(object->block) == NULL)
		link_first(tree,
		        object->layer == OFFLOAD_LAYER_PATH ? block_of(tree, object->parent) : NULL,
		        object->block);
	return true;
}

static bool
forget_block(void *context, struct object *object)
{
	(void)context;
	object->block = NULL;
	return true;
}

/* Link the selected objects of one layer. From the last to the first, each put first: order is kept. */
static void
link_layer(struct tree *tree, const struct selection *selection, unsigned int layer, bool forest)
{
	for (size_t i = selection->count; i-- > 0;) {
		struct object *object = selection->objects[i];

		if (object->layer != layer)
			continue;
		link_first(tree,
		        forest && object->parent != NULL ? block_of(tree, object->parent) : NULL,
		        object->block);
	}
}

int
tree_reference(struct tree *tree, const struct object_table *table,
        const struct selection *selection, enum tree_part part)
{
	int layers = 0;
	size_t size = 0;

	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < OBJECT_LAYERS; layer++)
		layers += selection->layer[layer];
	for (size_t i = 0; i < selection->count; i++)
		size += tree_block_size(selection->objects[i]->layer, part);
	if (layers > 1)
		size += (table->live[OFFLOAD_LAYER_PATH] + table->live[OFFLOAD_LAYER_NEIGHBOR]) *
		        sizeof(struct offload_block_list);
	if (tree_init(tree, size) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < selection->count; i++) {
		struct object *object = selection->objects[i];

		object->block =
		        tree_block(tree, tree_type(object->layer, object->family, part), object);
	}
	if (layers > 1) {
		link_layer(tree, selection, OFFLOAD_LAYER_TCP, true);
		objects_each(table, OFFLOAD_LAYER_PATH, link_placeholder, tree);
		link_layer(tree, selection, OFFLOAD_LAYER_PATH, true);
		objects_each(table, OFFLOAD_LAYER_NEIGHBOR, link_placeholder, tree);
		link_layer(tree, selection, OFFLOAD_LAYER_NEIGHBOR, true);
		objects_each(table, OFFLOAD_LAYER_PATH, forget_block, NULL);
		objects_each(table, OFFLOAD_LAYER_NEIGHBOR, forget_block, NULL);
	} else {
		link_layer(tree, selection, selection->objects[0]->layer, false);
	}
	for (size_t i = 0; i < selection->count; i++)
		selection->objects[i]->block = NULL;
	return 0;
}

int
tree_relink(struct tree *tree, struct object *neighbor, const struct selection *paths)
{
	size_t size = (paths->count + 1) * sizeof(struct offload_block_list);

	if (tree_init(tree, size) != 0)
		return -ENOMEM;
	tree->root = tree_block(tree, OFFLOAD_NEIGHBOR_BLOCK, neighbor);
	for (size_t i = paths->count; i-- > 0;) {
		struct object *path = paths->objects[i];

		link_first(tree, tree->root,
		        tree_block(tree, tree_type(OFFLOAD_LAYER_PATH, path->family, TREE_BLOCK),
		                path));
	}
	return 0;
}
