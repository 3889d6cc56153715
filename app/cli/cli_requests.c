/* SPDX-License-Identifier: BSD-3-Clause */
/* query, update, relink, invalidate, terminate, wait: requests about objects that are offloaded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_select.h"
#include "cli_tcp_state.h"
#include "indications.h"
#include "reference.h"
#include "wait.h"

/* The objects that the line names. False: an error reply has been made. */
static bool
select_objects(struct session *session, unsigned int layer, struct selection *selection)
{
	if (selection_make(&session->cli->host->objects, &session->line, layer, selection,
	            &session->error) == CLI_OK)
		return true;
	reply_cli_error(session);
	return false;
}

/* A request whose tree is made by the spec, which is taken over. */
static void
submit_reference(struct session *session, enum chimney_request kind, struct reference_spec *spec)
{
	struct host_request *request = cli_request(session, kind);

	if (request == NULL) {
		reference_spec_free(spec, &session->cli->host->objects);
		return;
	}
	if (reference_prepare(request, spec) != 0) {
		host_request_discard(request);
		wait_failed(session, -ENOMEM);
		return;
	}
	cli_submit(session, request);
}

static void
request_simple(struct session *session, enum chimney_request kind, enum tree_part part)
{
	struct reference_spec spec = {.part = part};

	session->nothing = "names no object that is offloaded";
	if (select_objects(session, 0, &spec.selection))
		submit_reference(session, kind, &spec);
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

/* context: a copy of the line, since the session may be gone when the block is made. */
static void
update_block(const void *context, struct offload_block_list *block, const struct object *object)
{
	const struct cli_line *line = context;
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

		if (selection_has(selection, &session->cli->host->objects, layer) && !fits)
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
	struct object_table *objects = &session->cli->host->objects;
	struct reference_spec spec = {.part = TREE_CACHED, .fill = update_block};

	session->nothing = "names no object that is offloaded";
	if (!select_objects(session, 0, &spec.selection))
		return;
	if (check_update(session, &spec.selection) != CLI_OK) {
		selection_free(&spec.selection, objects);
		reply_cli_error(session);
		return;
	}
	spec.context = malloc(sizeof(session->line));
	if (spec.context == NULL) {
		selection_free(&spec.selection, objects);
		reply_error(session, NULL, "out of memory");
		return;
	}
	memcpy(spec.context, &session->line, sizeof(session->line));
	submit_reference(session, CHIMNEY_UPDATE, &spec);
}

/* `relink NEIGHBOR... all`: the paths of the neighbors named, instead of paths named. */
static bool
select_paths(struct session *session, struct reference_spec *spec)
{
	session->nothing = "names no path that is offloaded";
	if (!cli_given(session, ARG_ALL))
		return select_objects(session, OFFLOAD_LAYER_PATH, &spec->selection);
	session->nothing = "has no paths";
	spec->over = calloc(1, sizeof(*spec->over));
	if (spec->over == NULL) {
		reply_error(session, NULL, "out of memory");
		return false;
	}
	if (!select_objects(session, OFFLOAD_LAYER_NEIGHBOR, spec->over)) {
		free(spec->over);
		return false;
	}
	selection_all(&spec->selection, &session->cli->host->objects, OFFLOAD_LAYER_PATH);
	return true;
}

void
cli_relink(struct session *session)
{
	struct reference_spec spec = {.part = TREE_BLOCK};

	spec.relink_to = cli_object(session, ARG_TO, OFFLOAD_LAYER_NEIGHBOR);
	if (spec.relink_to != NULL && select_paths(session, &spec))
		submit_reference(session, CHIMNEY_UPDATE, &spec);
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
wait_for(struct session *session, enum indication_kind kind)
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
	wait_for(session, INDICATED_RETRIEVE);
}

void
cli_wait_disconnected(struct session *session)
{
	wait_for(session, INDICATED_DISCONNECT);
}

void
cli_wait_aborted(struct session *session)
{
	wait_for(session, INDICATED_ABORT);
}
