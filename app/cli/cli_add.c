/* SPDX-License-Identifier: BSD-3-Clause */
/* neighbor add, path add, tcp add: offload one object under what it depends on. */
#include <errno.h>
#include <string.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_tcp_state.h"

/* A group of one object under the name that the line gives. NULL: an error reply has been made. */
static struct object *
object_new(struct session *session, unsigned int layer)
{
	const struct cli_value *name = &session->line.value[ARG_NAME];
	uint32_t count[OBJECT_LAYERS] = {0};
	struct object_group *group;

	count[layer] = 1;
	group = group_add(&session->cli->host->objects, name->text, false, count);
	if (group != NULL)
		return group_object(group, layer, 0);
	if (errno == EEXIST) {
		cli_error_set(&session->error, &session->line, name->word,
		        "the name is taken; choose another, or terminate that object");
		reply_cli_error(session);
	} else {
		reply_error(session, NULL, "%s", strerror(errno));
	}
	return NULL;
}

/* The request that offloads it; NULL: an error reply has been made, and it is gone. */
static struct host_request *
request_new(struct session *session, struct object *object)
{
	struct host_request *request = cli_request(session, CHIMNEY_INITIATE);

	if (request == NULL)
		group_release(&session->cli->host->objects, object->group);
	else
		request->made = object->group;
	return request;
}

/* Memory for the tree, which refers to these objects. False: there is none. */
static bool
tree_open(struct host_request *request, struct object *const *objects, int count)
{
	for (int i = 0; i < count; i++)
		if (!host_request_hold(request, objects[i]->group))
			return false;
	return tree_init(&request->tree, 3 * tree_block_size(OFFLOAD_LAYER_TCP, TREE_ALL),
	               request) == 0;
}

/*
 * The tree that offloads one new object: linkers for what it hangs from, bottom first, then the block
 * itself (INIT-10). Its memory is sized for the deepest one.
 */
static struct offload_block_list *
tree_for_new(struct session *session, struct host_request *request, struct object *object,
        struct object *parent)
{
	struct tree *tree = &request->tree;
	struct offload_block_list *block, *below = NULL;
	struct object *chain[3] = {object};
	int blocks = 1;

	for (; parent != NULL; parent = parent->parent)
		chain[blocks++] = parent;
	if (!tree_open(request, chain, blocks)) {
		host_request_discard(request);
		reply_error(session, NULL, "out of memory");
		return NULL;
	}
	while (blocks-- > 0) {
		const struct object *at = chain[blocks];

		block = tree_block(tree,
		        tree_type(at->layer, at->family, at == object ? TREE_ALL : TREE_BLOCK),
		        chain[blocks]);
		if (below != NULL)
			below->dependent_block_list = block;
		below = block;
	}
	tree->root = tree_first(tree);
	return below;
}

static void
add_submit(struct session *session, struct host_request *request, struct object *object,
        struct object *parent)
{
	object_raise(object, parent);
	cli_submit(session, request);
}

void
cli_neighbor_add(struct session *session)
{
	const struct cli_value *value = session->line.value;
	struct offload_block_list *block;
	struct host_request *request;
	struct object *object;
	uint32_t port;

	if (!cli_wire_port(session, ARG_PORT, &port))
		return;
	object = object_new(session, OFFLOAD_LAYER_NEIGHBOR);
	if (object == NULL)
		return;
	object->neighbor.port = port;
	memcpy(object->neighbor.cached.destination_mac, value[ARG_MAC].mac, 6);
	if (value[ARG_SOURCE_MAC].present)
		memcpy(object->neighbor.constant.source_mac, value[ARG_SOURCE_MAC].mac, 6);
	object->neighbor.constant.vlan_id = (uint16_t)cli_number(session, ARG_VLAN, 0);
	object->neighbor.cached.host_reachability_delta =
	        (uint32_t)cli_number(session, ARG_REACHABLE, 0);
	request = request_new(session, object);
	if (request == NULL)
		return;
	block = tree_for_new(session, request, object, NULL);
	if (block == NULL)
		return;
	block_fill_neighbor(block, object);
	add_submit(session, request, object, NULL);
}

void
cli_path_add(struct session *session)
{
	const struct cli_value *value = session->line.value;
	struct object *object, *neighbor;
	struct offload_block_list *block;
	struct host_request *request;

	if (value[ARG_SRC].address.family != value[ARG_DST].address.family) {
		cli_error_set(&session->error, &session->line, value[ARG_DST].word,
		        "src and dst are of different families; expected both IPv4 or both IPv6");
		reply_cli_error(session);
		return;
	}
	neighbor = cli_object(session, ARG_NEIGHBOR, OFFLOAD_LAYER_NEIGHBOR);
	object = neighbor != NULL ? object_new(session, OFFLOAD_LAYER_PATH) : NULL;
	if (object == NULL)
		return;
	object->family = value[ARG_SRC].address.family;
	memcpy(object->path.source, value[ARG_SRC].address.bytes, sizeof(object->path.source));
	memcpy(object->path.destination, value[ARG_DST].address.bytes,
	        sizeof(object->path.destination));
	object->path.cached.path_mtu = (uint32_t)cli_number(session, ARG_MTU, 1500);
	request = request_new(session, object);
	if (request == NULL)
		return;
	block = tree_for_new(session, request, object, neighbor);
	if (block == NULL)
		return;
	block_fill_path(block, object);
	add_submit(session, request, object, neighbor);
}

void
cli_tcp_add(struct session *session)
{
	struct object *object, *path;
	struct offload_block_list *block;
	struct tcp_template state;
	struct host_request *request;

	path = cli_object(session, ARG_PATH, OFFLOAD_LAYER_PATH);
	object = path != NULL ? object_new(session, OFFLOAD_LAYER_TCP) : NULL;
	if (object == NULL)
		return;
	tcp_template_make(&session->line, &state);
	object->tcp.cached = state.cached;
	object->tcp.local_port = (uint16_t)cli_number(session, ARG_SPORT, 0);
	object->tcp.remote_port = (uint16_t)cli_number(session, ARG_DPORT, 0);
	object->tcp.service = state.constant.service;
	request = request_new(session, object);
	if (request == NULL)
		return;
	block = tree_for_new(session, request, object, path);
	if (block == NULL)
		return;
	block_fill_tcp(block, object, &state);
	add_submit(session, request, object, path);
}
