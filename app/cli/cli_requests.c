/* SPDX-License-Identifier: BSD-3-Clause */
/* query, update, relink, invalidate, terminate, wait: requests about objects that are offloaded. */
#include <string.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_select.h"
#include "cli_tcp_state.h"
#include "wait.h"

/* The objects that the line names. False: an error reply has been made. */
static bool
select_objects(struct session *session, unsigned int layer, struct selection *selection)
{
	if (selection_make(&session->cli->host->objects, &session->line, layer, selection,
	            &session->error) == CLI_OK)
		return true;
	selection_free(selection);
	reply_cli_error(session);
	return false;
}

/* A request whose tree references the selection, which is freed. NULL: an error reply has been made. */
static struct host_request *
request_for(struct session *session, enum chimney_request kind, enum tree_part part,
        struct selection *selection)
{
	struct host_request *request = cli_request(session, kind);

	if (request != NULL && tree_reference(&request->tree, &session->cli->host->objects,
	                               selection, part) != 0) {
		host_request_discard(&session->cli->host->requests, request);
		request = NULL;
		reply_error(
		        session, NULL, "out of memory for a tree of %zu objects", selection->count);
	}
	selection_free(selection);
	return request;
}

static void
request_simple(struct session *session, enum chimney_request kind, enum tree_part part)
{
	struct selection selection;
	struct host_request *request;

	if (!select_objects(session, 0, &selection))
		return;
	request = request_for(session, kind, part, &selection);
	if (request != NULL)
		cli_submit(session, request);
}

void
cli_query(struct session *session)
{
	request_simple(session, CHIMNEY_QUERY, TREE_ALL);
}

void
cli_invalidate(struct session *session)
{
	request_simple(session, CHIMNEY_INVALIDATE, TREE_BLOCK);
}

void
cli_terminate(struct session *session)
{
	request_simple(session, CHIMNEY_TERMINATE, TREE_DELEGATED);
}

static void
update_block(
        const struct cli_line *line, struct offload_block_list *block, const struct object *object)
{
	const struct cli_value *value = line->value;
	void *cached = offload_block_cached(block);

	if (object->layer == OFFLOAD_LAYER_NEIGHBOR) {
		struct neighbor_cached *neighbor = cached;

		*neighbor = object->neighbor.cached;
		if (value[ARG_MAC].present)
			memcpy(neighbor->destination_mac, value[ARG_MAC].mac, 6);
		if (value[ARG_REACHABLE].present)
			neighbor->host_reachability_delta = (uint32_t)value[ARG_REACHABLE].number;
	} else if (object->layer == OFFLOAD_LAYER_PATH) {
		struct path_cached *path = cached;

		*path = object->path.cached;
		if (value[ARG_MTU].present)
			path->path_mtu = (uint32_t)value[ARG_MTU].number;
	} else {
		struct tcp_cached *tcp = cached;

		*tcp = object->tcp.cached;
		tcp_cached_apply(line, tcp);
	}
}

/* Every variable given must fit every object named. */
static enum cli_result
check_update(struct session *session, const struct selection *selection)
{
	const struct cli_value *value = session->line.value;
	struct tcp_cached none = {0};
	bool neighbor = value[ARG_MAC].present || value[ARG_REACHABLE].present;
	bool path = value[ARG_MTU].present;
	bool tcp = tcp_cached_apply(&session->line, &none);

	if (!neighbor && !path && !tcp)
		return cli_error_set(&session->error, &session->line, session->line.words,
		        "no variable to change; see help update");
	for (unsigned int layer = OFFLOAD_LAYER_NEIGHBOR; layer < OBJECT_LAYERS; layer++) {
		bool fits = layer == OFFLOAD_LAYER_NEIGHBOR ? !path && !tcp
		            : layer == OFFLOAD_LAYER_PATH   ? !neighbor && !tcp
		                                            : !neighbor && !path;

		if (selection->layer[layer] && !fits)
			return cli_error_set(&session->error, &session->line,
			        session->line.select_first,
			        "names a %s, which does not have all these variables; "
			        "neighbors: mac, reachable; paths: mtu; see help update",
			        layer_name(layer));
	}
	return CLI_OK;
}

void
cli_update(struct session *session)
{
	struct offload_block_list *block;
	struct selection selection;
	struct host_request *request;

	if (!select_objects(session, 0, &selection))
		return;
	if (check_update(session, &selection) != CLI_OK) {
		selection_free(&selection);
		reply_cli_error(session);
		return;
	}
	request = request_for(session, CHIMNEY_UPDATE, TREE_CACHED, &selection);
	if (request == NULL)
		return;
	for (block = tree_first(&request->tree); block != NULL;
	        block = tree_next(&request->tree, block))
		if (tree_object(block) != NULL)
			update_block(&session->line, block, tree_object(block));
	cli_submit(session, request);
}

/* `block` marks the neighbors whose paths are wanted. */
static bool
add_path_of_marked(void *context, struct object *path)
{
	if (path->parent->block != NULL)
		selection_add(context, path);
	return true;
}

/* `relink NEIGHBOR... all`: the paths of the neighbors named, instead of paths named. */
static bool
select_paths(struct session *session, struct selection *paths)
{
	static struct offload_block_list mark;
	struct selection neighbors;

	if (!cli_given(session, ARG_ALL))
		return select_objects(session, OFFLOAD_LAYER_PATH, paths);
	memset(paths, 0, sizeof(*paths));
	if (!select_objects(session, OFFLOAD_LAYER_NEIGHBOR, &neighbors))
		return false;
	for (size_t i = 0; i < neighbors.count; i++)
		neighbors.objects[i]->block = &mark;
	objects_each(&session->cli->host->objects, OFFLOAD_LAYER_PATH, add_path_of_marked, paths);
	for (size_t i = 0; i < neighbors.count; i++)
		neighbors.objects[i]->block = NULL;
	selection_free(&neighbors);
	if (paths->count != 0 && !paths->failed)
		return true;
	cli_error_set(&session->error, &session->line, session->line.select_first,
	        paths->failed ? "out of memory" : "has no paths");
	selection_free(paths);
	reply_cli_error(session);
	return false;
}

void
cli_relink(struct session *session)
{
	struct object *neighbor;
	struct selection paths;
	struct host_request *request;

	neighbor = cli_object(session, ARG_TO, OFFLOAD_LAYER_NEIGHBOR);
	if (neighbor == NULL || !select_paths(session, &paths))
		return;
	request = cli_request(session, CHIMNEY_UPDATE);
	if (request != NULL && tree_relink(&request->tree, neighbor, &paths) != 0) {
		host_request_discard(&session->cli->host->requests, request);
		request = NULL;
		reply_error(session, NULL, "out of memory for a tree of %zu paths", paths.count);
	}
	selection_free(&paths);
	if (request == NULL)
		return;
	request->relink_to = neighbor;
	cli_submit(session, request);
}

void
cli_wait(struct session *session)
{
	uint32_t id = (uint32_t)session->line.value[ARG_NUMBER].number;
	struct host_request *request = host_request_find(&session->cli->host->requests, id);

	if (request == NULL) {
		cli_error_set(&session->error, &session->line, session->line.value[ARG_NUMBER].word,
		        "there is no such request (any more); see show requests");
		reply_cli_error(session);
		return;
	}
	wait_request(session, request, cli_number(session, ARG_TIMEOUT, CLI_TIMEOUT_DEFAULT_MS));
}

static void
wait_for(struct session *session, enum wait_kind kind)
{
	struct selection selection;

	/* prefixes and `all` mean their connections here: only those are ever indicated */
	if (select_objects(session, OFFLOAD_LAYER_TCP, &selection))
		wait_indications(session, kind, &selection,
		        cli_number(session, ARG_TIMEOUT, CLI_TIMEOUT_DEFAULT_MS));
}

void
cli_wait_retrieved(struct session *session)
{
	wait_for(session, WAIT_RETRIEVED);
}

void
cli_wait_disconnected(struct session *session)
{
	wait_for(session, WAIT_DISCONNECTED);
}

void
cli_wait_aborted(struct session *session)
{
	wait_for(session, WAIT_ABORTED);
}
