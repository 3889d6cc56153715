/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree of a bulk add, block by block, in the order of TREE-4, so that the target reads memory front to back. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bulk.h"

struct bulk {
	struct bulk_spec spec;
	struct object_group *group;
	/* the next object of each layer, and what it depends on */
	uint32_t next[OBJECT_LAYERS];
	struct object *below[OBJECT_LAYERS];
	/* where the next block of each layer is linked */
	struct offload_block_list **tail[OBJECT_LAYERS];
};

/* Big-endian addition to the last 4 bytes. */
static void
address_add(uint8_t *to, const uint8_t *base, uint8_t family, uint32_t add)
{
	uint8_t *last = to + (family == 6 ? 12 : 0);
	uint32_t value;

	memcpy(to, base, 16);
	memcpy(&value, last, sizeof(value));
	value = htonl(ntohl(value) + add);
	memcpy(last, &value, sizeof(value));
}

static void
mac_add(uint8_t to[6], const uint8_t base[6], uint32_t add)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 6; i++)
		value = value << 8 | base[i];
	value += add;
	for (unsigned int i = 6; i-- > 0; value >>= 8)
		to[i] = (uint8_t)value;
}

static void
set_neighbor(const struct bulk_spec *spec, struct object *object)
{
	object->neighbor.port = spec->port;
	object->neighbor.constant.vlan_id = spec->vlan;
	mac_add(object->neighbor.cached.destination_mac, spec->mac, object->index);
}

static void
set_path(const struct bulk_spec *spec, struct object *object)
{
	object->family = spec->family;
	object->path.cached.path_mtu = spec->mtu;
	memcpy(object->path.source, spec->source, sizeof(object->path.source));
	address_add(object->path.destination, spec->destination, spec->family, object->index);
}

static void
set_tcp(const struct bulk_spec *spec, struct object *object)
{
	uint32_t turn = object->index / spec->count[OFFLOAD_LAYER_PATH];
	uint32_t sports = 65536 - spec->sport;

	object->tcp.local_port = (uint16_t)(spec->sport + turn % sports);
	object->tcp.remote_port = (uint16_t)(spec->dport + turn / sports);
	object->tcp.cached = spec->state.cached;
	object->tcp.service = spec->state.constant.service;
}

/* The next object of a layer, with its block behind the last one of that layer below `parent`. */
static void
add_object(struct bulk *bulk, struct tree *tree, unsigned int layer, struct object *parent)
{
	const struct bulk_spec *spec = &bulk->spec;
	struct object *object = group_object(bulk->group, layer, bulk->next[layer]);
	struct offload_block_list *block;

	if (layer == OFFLOAD_LAYER_NEIGHBOR)
		set_neighbor(spec, object);
	else if (layer == OFFLOAD_LAYER_PATH)
		set_path(spec, object);
	else
		set_tcp(spec, object);
	block = tree_block(tree, tree_type(layer, object->family, TREE_ALL), object);
	if (layer == OFFLOAD_LAYER_NEIGHBOR)
		block_fill_neighbor(block, object);
	else if (layer == OFFLOAD_LAYER_PATH)
		block_fill_path(block, object);
	else
		block_fill_tcp(block, object, &spec->state);
	object_raise(object, parent);
	*bulk->tail[layer] = block;
	bulk->tail[layer] = &block->next_block;
	if (layer == OFFLOAD_LAYER_TCP)
		return;
	/* what depends on it comes next: every n-th, counted from its own number */
	bulk->below[layer + 1] = object;
	bulk->next[layer + 1] = object->index;
	bulk->tail[layer + 1] = &block->dependent_block_list;
}

/* One more object: of the highest layer that has one. False: there is none left. */
static bool
add_next(struct bulk *bulk, struct tree *tree)
{
	const uint32_t *count = bulk->spec.count;

	for (unsigned int layer = OFFLOAD_LAYER_TCP; layer >= OFFLOAD_LAYER_NEIGHBOR; layer--) {
		if (bulk->tail[layer] == NULL || bulk->next[layer] >= count[layer])
			continue;
		add_object(bulk, tree, layer, bulk->below[layer]);
		bulk->next[layer] += layer == OFFLOAD_LAYER_NEIGHBOR ? 1 : count[layer - 1];
		return true;
	}
	return false;
}

static int
bulk_make(struct host_request *request, struct slice *slice)
{
	while (add_next(request->making, &request->tree))
		if (slice_over(slice))
			return -EAGAIN;
	return 0;
}

static void
bulk_free(struct host_request *request)
{
	free(request->making);
}

size_t
bulk_bytes(const struct bulk_spec *spec)
{
	size_t bytes = 0;

	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < OBJECT_LAYERS; layer++)
		bytes += spec->count[layer] * tree_block_size(layer, TREE_ALL);
	return bytes;
}

int
bulk_prepare(struct host_request *request, const struct bulk_spec *spec, struct object_group *group)
{
	struct bulk *bulk;

	request->made = group;
	if (!host_request_hold(request, group))
		return -ENOMEM;
	bulk = calloc(1, sizeof(*bulk));
	if (bulk == NULL)
		return -ENOMEM;
	bulk->spec = *spec;
	bulk->group = group;
	bulk->tail[OFFLOAD_LAYER_NEIGHBOR] = &request->tree.root;
	request->make = bulk_make;
	request->making = bulk;
	request->making_free = bulk_free;
	return tree_init(&request->tree, bulk_bytes(spec), request);
}
