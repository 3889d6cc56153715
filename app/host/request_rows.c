/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of a request's report. */
#include "request_rows.h"
#include "host_requests.h"
#include "look.h"
#include "state_json.h"

static void
row_query(const struct program *program, json_t *row, const struct offload_block_list *block,
        const struct object *object)
{
	const void *constant = offload_block_const(block);
	const void *cached = offload_block_cached(block);
	const void *delegated = offload_block_delegated(block);
	struct conn_look look;

	json_object_set_new(row, "invalid", json_boolean(object->invalid));
	state_identity(row, object);
	switch (object->layer) {
	case OFFLOAD_LAYER_NEIGHBOR:
		state_neighbor(row, constant, cached, delegated);
		break;
	case OFFLOAD_LAYER_PATH:
		json_object_set_new(
		        row, "mtu", json_integer(((const struct path_cached *)cached)->path_mtu));
		break;
	default:
		state_tcp_delegated(row, delegated);
		state_tcp_const(row, constant);
		state_tcp_cached(row, cached);
		if (conn_look(program, object->cell, &look))
			conn_look_json(row, &look);
		json_object_set_new(row, "retrieves", json_integer(object->retrieves));
		json_object_set_new(row, "disconnects", json_integer(object->disconnects));
		json_object_set_new(row, "aborts", json_integer(object->aborts));
		break;
	}
}

static bool
row_wanted(const struct host_request *request, const struct offload_block_list *block)
{
	const struct object *object = tree_object(block);

	if (request->kind == CHIMNEY_QUERY)
		return object != NULL;
	if (block->status != OFFLOAD_SUCCESS)
		return true;
	/* what a large terminate hands back would bury the report */
	return request->kind == CHIMNEY_TERMINATE && object != NULL &&
	       object->layer == OFFLOAD_LAYER_TCP && request->blocks <= request->limit;
}

void
host_request_row_add(struct host_request *request, const struct offload_block_list *block)
{
	const struct object *object = tree_object(block);
	char name[OBJECT_NAME_MAX];
	json_t *row;

	if (!row_wanted(request, block))
		return;
	if (request->rows.count >= request->limit) {
		rows_leave_out(&request->rows);
		return;
	}
	row = json_pack("{s:s, s:s, s:s}", "name",
	        object != NULL ? object_name(object, name) : "(placeholder)", "layer",
	        layer_name(object != NULL ? object->layer : 0), "status",
	        offload_status_name(block->status));
	if (object != NULL && object->lost)
		json_object_set_new(row, "lost", json_true());
	if (block->status == OFFLOAD_SUCCESS && request->kind == CHIMNEY_QUERY)
		row_query(request->table->program, row, block, object);
	else if (block->status == OFFLOAD_SUCCESS && offload_block_delegated(block) != NULL)
		state_tcp_delegated(row, offload_block_delegated(block));
	rows_add(&request->rows, request->limit, row);
}
