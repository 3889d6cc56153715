/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bulk add: any number of connections over any number of paths and neighbors, one tree, one initiate. Path i
 * is over neighbor i modulo neighbors, connection i on path i modulo paths; so names can be computed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_tcp_state.h"

struct bulk {
	uint32_t count[OBJECT_LAYERS];
	uint8_t family;
	uint8_t source[16];
	uint8_t destination[16]; /* of path 0 */
	uint8_t mac[6]; /* of neighbor 0 */
	uint32_t port;
	uint32_t mtu;
	uint16_t vlan;
	uint32_t sport, dport; /* of the first connection of each path */
	struct tcp_template state;
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

static enum cli_result
bulk_addresses(struct session *session, struct bulk *bulk)
{
	static const uint8_t source4[16] = {10, 0, 0, 1}, destination4[16] = {10, 128, 0, 1};
	static const uint8_t source6[16] = {0xfd, [15] = 1}, destination6[16] = {0xfd, 1, [15] = 1};
	static const uint8_t mac[6] = {2};
	const struct cli_value *value = session->line.value;

	bulk->family = cli_given(session, ARG_V6) ? 6 : 4;
	memcpy(bulk->source, bulk->family == 6 ? source6 : source4, 16);
	memcpy(bulk->destination, bulk->family == 6 ? destination6 : destination4, 16);
	memcpy(bulk->mac, value[ARG_MAC].present ? value[ARG_MAC].mac : mac, 6);
	for (enum cli_arg_id id = ARG_SRC; id <= ARG_DST; id++) {
		if (!value[id].present)
			continue;
		if (value[id].address.family != bulk->family)
			return cli_error_set(&session->error, &session->line, value[id].word,
			        "expected an %s address; v6 chooses the family",
			        bulk->family == 6 ? "IPv6" : "IPv4");
		memcpy(id == ARG_SRC ? bulk->source : bulk->destination, value[id].address.bytes,
		        16);
	}
	return CLI_OK;
}

/* Ports are counted within a path: ours first, then the peer's. */
static enum cli_result
bulk_ports(struct session *session, struct bulk *bulk)
{
	uint32_t paths = bulk->count[OFFLOAD_LAYER_PATH];
	uint32_t per_path = (bulk->count[OFFLOAD_LAYER_TCP] + paths - 1) / paths;
	uint64_t possible;

	bulk->sport = (uint32_t)cli_number(session, ARG_SPORT, 1024);
	bulk->dport = (uint32_t)cli_number(session, ARG_DPORT, 5001);
	possible = (uint64_t)(65536 - bulk->sport) * (65536 - bulk->dport);
	if (per_path > possible)
		return cli_error_set(&session->error, &session->line,
		        session->line.value[ARG_CONNECTIONS].word,
		        "%u connections on a path, but there are ports for %llu; give more paths",
		        per_path, (unsigned long long)possible);
	return CLI_OK;
}

static enum cli_result
bulk_make(struct session *session, struct bulk *bulk)
{
	memset(bulk, 0, sizeof(*bulk));
	bulk->count[OFFLOAD_LAYER_NEIGHBOR] = (uint32_t)cli_number(session, ARG_NEIGHBORS, 1);
	bulk->count[OFFLOAD_LAYER_PATH] = (uint32_t)cli_number(session, ARG_PATHS, 1);
	bulk->count[OFFLOAD_LAYER_TCP] = (uint32_t)cli_number(session, ARG_CONNECTIONS, 0);
	bulk->mtu = (uint32_t)cli_number(session, ARG_MTU, 1500);
	bulk->vlan = (uint16_t)cli_number(session, ARG_VLAN, 0);
	tcp_template_make(&session->line, &bulk->state);
	if (bulk_addresses(session, bulk) != CLI_OK)
		return CLI_ERROR;
	return bulk_ports(session, bulk);
}

static struct offload_block_list *
bulk_neighbor(const struct bulk *bulk, struct tree *tree, struct object *object)
{
	struct offload_block_list *block = tree_block(tree, OFFLOAD_NEIGHBOR_ALL, object);

	object->neighbor.port = bulk->port;
	object->neighbor.constant.vlan_id = bulk->vlan;
	mac_add(object->neighbor.cached.destination_mac, bulk->mac, object->index);
	block_fill_neighbor(block, object);
	object_raise(object, NULL);
	return block;
}

static struct offload_block_list *
bulk_path(
        const struct bulk *bulk, struct tree *tree, struct object *object, struct object *neighbor)
{
	struct offload_block_list *block;

	object->family = bulk->family;
	block = tree_block(tree, tree_type(OFFLOAD_LAYER_PATH, object->family, TREE_ALL), object);
	object->path.cached.path_mtu = bulk->mtu;
	memcpy(object->path.source, bulk->source, sizeof(object->path.source));
	address_add(object->path.destination, bulk->destination, bulk->family, object->index);
	block_fill_path(block, object);
	object_raise(object, neighbor);
	return block;
}

static struct offload_block_list *
bulk_tcp(const struct bulk *bulk, struct tree *tree, struct object *object, struct object *path)
{
	struct offload_block_list *block = tree_block(tree, OFFLOAD_TCP_ALL, object);
	uint32_t turn = object->index / bulk->count[OFFLOAD_LAYER_PATH];
	uint32_t sports = 65536 - bulk->sport;

	object->tcp.local_port = (uint16_t)(bulk->sport + turn % sports);
	object->tcp.remote_port = (uint16_t)(bulk->dport + turn / sports);
	object->tcp.cached = bulk->state.cached;
	object->tcp.service = bulk->state.constant.service;
	block_fill_tcp(block, object, &bulk->state);
	object_raise(object, path);
	return block;
}

/* In the order of TREE-4, so that the target reads memory front to back. */
static void
bulk_tree(const struct bulk *bulk, struct tree *tree, struct object_group *group)
{
	struct object *const *objects = group->objects;
	struct offload_block_list **neighbor_link = &tree->root;

	for (uint32_t n = 0; n < bulk->count[OFFLOAD_LAYER_NEIGHBOR]; n++) {
		struct object *neighbor = &objects[OFFLOAD_LAYER_NEIGHBOR][n];
		struct offload_block_list *block = bulk_neighbor(bulk, tree, neighbor);
		struct offload_block_list **path_link = &block->dependent_block_list;

		*neighbor_link = block;
		neighbor_link = &block->next_block;
		for (uint32_t p = n; p < bulk->count[OFFLOAD_LAYER_PATH];
		        p += bulk->count[OFFLOAD_LAYER_NEIGHBOR]) {
			struct object *path = &objects[OFFLOAD_LAYER_PATH][p];
			struct offload_block_list **tcp_link;

			block = bulk_path(bulk, tree, path, neighbor);
			tcp_link = &block->dependent_block_list;
			*path_link = block;
			path_link = &block->next_block;
			for (uint32_t c = p; c < bulk->count[OFFLOAD_LAYER_TCP];
			        c += bulk->count[OFFLOAD_LAYER_PATH]) {
				block = bulk_tcp(bulk, tree, &objects[OFFLOAD_LAYER_TCP][c], path);
				*tcp_link = block;
				tcp_link = &block->next_block;
			}
		}
	}
}

static size_t
bulk_bytes(const struct bulk *bulk)
{
	size_t bytes = 0;

	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < OBJECT_LAYERS; layer++)
		bytes += bulk->count[layer] * tree_block_size(layer, TREE_ALL);
	return bytes;
}

void
cli_bulk_add(struct session *session)
{
	const struct cli_value *name = &session->line.value[ARG_NAME];
	struct object_group *group;
	struct host_request *request;
	struct bulk bulk;

	if (bulk_make(session, &bulk) != CLI_OK) {
		reply_cli_error(session);
		return;
	}
	if (!cli_wire_port(session, ARG_PORT, &bulk.port))
		return;
	group = group_add(&session->cli->host->objects, name->text, true, bulk.count);
	if (group == NULL) {
		cli_error_set(&session->error, &session->line, name->word, "%s",
		        errno == EEXIST
		                ? "the name is taken; choose another, or terminate its objects"
		                : strerror(errno));
		reply_cli_error(session);
		return;
	}
	request = cli_request(session, CHIMNEY_INITIATE);
	if (request == NULL) {
		group_release(&session->cli->host->objects, group);
		return;
	}
	if (tree_init(&request->tree, bulk_bytes(&bulk)) != 0) {
		host_request_discard(&session->cli->host->requests, request);
		group_release(&session->cli->host->objects, group);
		reply_error(
		        session, NULL, "out of memory for a tree of %zu bytes", bulk_bytes(&bulk));
		return;
	}
	request->tree.made = group;
	bulk_tree(&bulk, &request->tree, group);
	cli_submit(session, request);
}
