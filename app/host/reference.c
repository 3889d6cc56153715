/* SPDX-License-Identifier: BSD-3-Clause */
/* Trees that reference the objects of a selection. */
#include <errno.h>
#include <stdlib.h>

#include "host_requests.h"
#include "object_map.h"
#include "reference.h"

struct reference {
	struct reference_spec spec;
	struct selection_cursor cursor;
	/* several layers: blocks of neighbors and paths, by object */
	bool forest;
	struct object_map map;
	/* where the next block is linked that depends on nothing, or on the neighbor of a relink */
	struct offload_block_list **tail;
};

static void
append(struct offload_block_list ***tail, struct offload_block_list *block)
{
	**tail = block;
	*tail = &block->next_block;
}

/* Link a block below that of its object's parent, which becomes a placeholder when it has none. */
static void
place(struct reference *reference, struct tree *tree, const struct object *object,
        struct offload_block_list *block)
{
	struct offload_block_list ***tail = &reference->tail;
	struct object_map_entry *entry;

	if (reference->forest && object->parent != NULL) {
		entry = object_map_entry(&reference->map, object->parent);
		if (entry->block == NULL)
			place(reference, tree, object->parent,
			        tree_block(tree, OFFLOAD_TYPE_NONE, NULL));
		tail = &entry->tail;
	}
	append(tail, block);
	if (reference->forest && object->layer != OFFLOAD_LAYER_TCP) {
		entry = object_map_entry(&reference->map, object);
		entry->block = block;
		entry->tail = &block->dependent_block_list;
	}
}

/* False: out of memory. */
static bool
add_block(struct reference *reference, struct host_request *request, struct object *object)
{
	const struct reference_spec *spec = &reference->spec;
	struct offload_block_list *block;

	if (!host_request_hold(request, object->group))
		return false;
	block = tree_block(
	        &request->tree, tree_type(object->layer, object->family, spec->part), object);
	object->leaving = request->kind == CHIMNEY_TERMINATE && object->lost;
	if (spec->fill != NULL)
		spec->fill(spec->context, block, object);
	place(reference, &request->tree, object, block);
	return true;
}

static int
reference_make(struct host_request *request, struct slice *slice)
{
	struct reference *reference = request->making;
	const struct reference_spec *spec = &reference->spec;
	const struct object_table *objects = request->table->objects;
	struct object *object;

	while ((object = selection_next(&spec->selection, objects, &reference->cursor, slice)) !=
	        NULL) {
		if ((spec->over == NULL || selection_contains(spec->over, object->parent)) &&
		        !add_block(reference, request, object))
			return -ENOMEM;
		if (slice_over(slice))
			return -EAGAIN;
	}
	if (!reference->cursor.end)
		return -EAGAIN;
	return request->tree.blocks > (spec->relink_to != NULL ? 1 : 0) ? 0 : -ENOENT;
}

/* Bytes of the tree at most, and how many objects can have dependents in it. */
static size_t
bound(const struct reference *reference, const struct object_table *objects, uint64_t *parents)
{
	const struct reference_spec *spec = &reference->spec;
	uint64_t count[OBJECT_LAYERS];
	size_t size = spec->relink_to != NULL ? sizeof(struct offload_block_list) : 0;

	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < OBJECT_LAYERS; layer++) {
		count[layer] = selection_bound(&spec->selection, objects, layer);
		size += count[layer] * tree_block_size(layer, spec->part);
	}
	*parents = 0;
	if (!reference->forest)
		return size;
	/* every object has one parent; others may relink paths while the tree is being built */
	*parents = 2 * count[OFFLOAD_LAYER_TCP] + count[OFFLOAD_LAYER_PATH];
	size += *parents * sizeof(struct offload_block_list);
	*parents += count[OFFLOAD_LAYER_PATH] + count[OFFLOAD_LAYER_NEIGHBOR];
	return size;
}

/* 0 or -ENOMEM. */
static int
reference_open(struct host_request *request, struct reference *reference)
{
	const struct reference_spec *spec = &reference->spec;
	const struct object_table *objects = request->table->objects;
	struct tree *tree = &request->tree;
	unsigned int layers = 0;
	uint64_t parents;
	size_t size;

	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < OBJECT_LAYERS; layer++)
		layers += selection_has(&spec->selection, objects, layer);
	reference->forest = layers > 1;
	size = bound(reference, objects, &parents);
	if (tree_init(tree, size, request) != 0 ||
	        (reference->forest && object_map_open(&reference->map, parents) != 0))
		return -ENOMEM;
	reference->tail = &tree->root;
	if (spec->relink_to == NULL)
		return 0;
	if (!host_request_hold(request, spec->relink_to->group))
		return -ENOMEM;
	request->relink_to = spec->relink_to;
	tree->root = tree_block(tree, OFFLOAD_NEIGHBOR_BLOCK, spec->relink_to);
	reference->tail = &tree->root->dependent_block_list;
	return 0;
}

void
reference_spec_free(struct reference_spec *spec, struct object_table *objects)
{
	selection_free(&spec->selection, objects);
	if (spec->over != NULL)
		selection_free(spec->over, objects);
	free(spec->over);
	free(spec->context);
}

static void
reference_free(struct host_request *request)
{
	struct reference *reference = request->making;
	struct object_table *objects = request->table->objects;

	reference_spec_free(&reference->spec, objects);
	object_map_close(&reference->map, objects->turns);
	free(reference);
}

int
reference_prepare(struct host_request *request, struct reference_spec *spec)
{
	struct reference *reference = calloc(1, sizeof(*reference));

	if (reference == NULL) {
		reference_spec_free(spec, request->table->objects);
		return -ENOMEM;
	}
	reference->spec = *spec;
	request->make = reference_make;
	request->making = reference;
	request->making_free = reference_free;
	return reference_open(request, reference);
}
