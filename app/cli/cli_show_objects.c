/* SPDX-License-Identifier: BSD-3-Clause */
/* show neighbors, show paths, show tcp: what is offloaded, by a look without a request. */
#include <string.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_select.h"
#include "conn_info.h"
#include "handle.h"
#include "look.h"
#include "state_json.h"

struct filter {
	struct session *session;
	unsigned int layer;
	const struct object *neighbor; /* NULL: any */
	const struct object *path;
	bool invalid, stopped, indicated;
	int state; /* -1: any */
	uint64_t offset, limit;
	uint64_t matches;
	json_t *rows;
};

static bool
filter_matches(
        const struct filter *filter, const struct object *object, const struct conn_look *look)
{
	const struct object *path = object->layer == OFFLOAD_LAYER_TCP ? object->parent : object;

	if (filter->invalid && !object->invalid)
		return false;
	if (filter->path != NULL && object->parent != filter->path)
		return false;
	if (filter->neighbor != NULL && (path == NULL || path->parent != filter->neighbor))
		return false;
	if (object->layer != OFFLOAD_LAYER_TCP)
		return true;
	if (filter->state >= 0 && (look == NULL || look->conn.state != filter->state))
		return false;
	if (filter->stopped && (look == NULL || look->may_send))
		return false;
	return !filter->indicated || object->retrieves != 0;
}

static void
row_tcp(json_t *row, const struct object *object, const struct conn_look *look)
{
	if (look == NULL) {
		json_object_set_new(row, "state", json_null());
		return;
	}
	json_object_set_new(row, "state", json_string(tcp_state_name(look->conn.state)));
	json_object_set_new(row, "rcv_nxt", json_integer(look->conn.rcv_nxt));
	json_object_set_new(row, "snd_una", json_integer(look->conn.snd_una));
	json_object_set_new(row, "snd_nxt", json_integer(look->conn.snd_nxt));
	json_object_set_new(row, "snd_max", json_integer(look->conn.snd_max));
	conn_look_json(row, look);
	json_object_set_new(row, "retrieves", json_integer(object->retrieves));
	json_object_set_new(row, "disconnects", json_integer(object->disconnects));
	json_object_set_new(row, "aborts", json_integer(object->aborts));
}

static void
row_neighbor(const struct program *program, json_t *row, const struct object *object)
{
	struct chimney_object_view view;

	state_neighbor(row, &object->neighbor.constant, &object->neighbor.cached, NULL);
	if (chimney_object_look(program->target, object->cell, &view))
		json_object_set_new(row, "valid", json_boolean(view.valid));
	json_object_set_new(row, "paths", json_integer(object->children));
}

static void
row_path(const struct program *program, json_t *row, const struct object *object)
{
	struct chimney_object_view view;

	json_object_set_new(row, "mtu", json_integer(object->path.cached.path_mtu));
	if (chimney_object_look(program->target, object->cell, &view))
		json_object_set_new(row, "valid", json_boolean(view.valid));
	json_object_set_new(row, "connections", json_integer(object->children));
}

static bool
show_object(void *context, struct object *object)
{
	struct filter *filter = context;
	const struct program *program = filter->session->cli->program;
	bool tcp = object->layer == OFFLOAD_LAYER_TCP;
	char name[OBJECT_NAME_MAX];
	struct conn_look store;
	const struct conn_look *look = NULL;
	json_t *row;

	if (tcp && conn_look(program, object->cell, &store))
		look = &store;
	if (!filter_matches(filter, object, look))
		return true;
	if (filter->matches++ < filter->offset || json_array_size(filter->rows) >= filter->limit)
		return true;
	row = json_pack("{s:s}", "name", object_name(object, name));
	state_identity(row, object);
	if (tcp)
		row_tcp(row, object, look);
	else if (object->layer == OFFLOAD_LAYER_PATH)
		row_path(program, row, object);
	else
		row_neighbor(program, row, object);
	json_object_set_new(row, "invalid", json_boolean(object->invalid));
	if (object->lost)
		json_object_set_new(row, "lost", json_true());
	json_array_append_new(filter->rows, row);
	return true;
}

/* The filters of the line. False: an error reply has been made. */
static bool
filter_make(struct session *session, unsigned int layer, struct filter *filter)
{
	memset(filter, 0, sizeof(*filter));
	filter->session = session;
	filter->layer = layer;
	filter->invalid = cli_given(session, ARG_INVALID);
	filter->stopped = cli_given(session, ARG_STOPPED);
	filter->indicated = cli_given(session, ARG_INDICATED);
	filter->state = cli_given(session, ARG_STATE) ? (int)cli_number(session, ARG_STATE, 0) : -1;
	filter->offset = cli_number(session, ARG_OFFSET, 0);
	filter->limit = cli_number(session, ARG_LIMIT, CLI_LIMIT_DEFAULT);
	if (cli_given(session, ARG_NEIGHBOR) &&
	        (filter->neighbor = cli_object(session, ARG_NEIGHBOR, OFFLOAD_LAYER_NEIGHBOR)) ==
	                NULL)
		return false;
	return !cli_given(session, ARG_PATH) ||
	       (filter->path = cli_object(session, ARG_PATH, OFFLOAD_LAYER_PATH)) != NULL;
}

/* As text, several connections get the columns that fit a terminal; one alone, and JSON, get all. */
static void
rows_shorten(json_t *rows)
{
	static const char *const details[] = {"src", "snd_max", "worker", "segments_in",
	        "segments_out", "rcv_nxt", "snd_nxt", "digest", "aborts"};
	json_t *row;
	size_t index;

	if (json_array_size(rows) < 2)
		return;
	json_array_foreach(rows, index, row) for (size_t i = 0;
	                                          i < sizeof(details) / sizeof(details[0]); i++)
	        json_object_del(row, details[i]);
}

static void
show_layer(struct session *session, unsigned int layer)
{
	struct cli *cli = session->cli;
	struct selection selection;
	struct filter filter;
	json_t *data;

	if (!filter_make(session, layer, &filter))
		return;
	filter.rows = json_array();
	if (session->line.select_count == 0) {
		objects_each(&cli->host->objects, layer, show_object, &filter);
	} else if (selection_make(&cli->host->objects, &session->line, layer, &selection,
	                   &session->error) == CLI_OK) {
		for (size_t i = 0; i < selection.count; i++)
			show_object(&filter, selection.objects[i]);
		selection_free(&selection);
	} else {
		selection_free(&selection);
		json_decref(filter.rows);
		reply_cli_error(session);
		return;
	}
	if (layer == OFFLOAD_LAYER_TCP && !session->json)
		rows_shorten(filter.rows);
	data = json_pack("{s:I, s:I}", "total", (json_int_t)cli->host->objects.live[layer],
	        "matches", (json_int_t)filter.matches);
	if (json_array_size(filter.rows) != 0 || session->json)
		json_object_set(data, "objects", filter.rows);
	if (filter.matches > filter.offset + json_array_size(filter.rows) && !session->json)
		json_object_set_new(data, "more", json_string("use limit and offset"));
	json_decref(filter.rows);
	reply_ok(session, data);
}

void
cli_show_neighbors(struct session *session)
{
	show_layer(session, OFFLOAD_LAYER_NEIGHBOR);
}

void
cli_show_paths(struct session *session)
{
	show_layer(session, OFFLOAD_LAYER_PATH);
}

void
cli_show_tcp(struct session *session)
{
	show_layer(session, OFFLOAD_LAYER_TCP);
}

static json_t *
info_row(const struct program *program, const struct object *object)
{
	struct conn_value values[CONN_VALUES_MAX];
	char name[OBJECT_NAME_MAX];
	struct conn_info info;
	unsigned int n;
	json_t *row = json_pack("{s:s}", "name", object_name(object, name));

	state_identity(row, object);
	if (object->cell == 0 ||
	        !conn_info_look(program, toe_handle_worker(object->cell),
	                toe_handle_index(object->cell), &info) ||
	        info.conn.generation != toe_handle_generation(object->cell)) {
		json_object_set_new(row, "state", json_null());
		return row;
	}
	n = conn_info_values(&info, values);
	for (unsigned int i = 0; i < n; i++) {
		const struct conn_value *value = &values[i];
		json_t *member = value->kind == CONN_VALUE_NUMBER
		                         ? json_integer((json_int_t)value->number)
		                 : value->kind == CONN_VALUE_FLAG ? json_boolean(value->number)
		                 : value->kind == CONN_VALUE_WORD ? json_string(value->word)
		                                                  : json_null();

		json_object_set_new(row, value->name, member);
	}
	return row;
}

void
cli_show_connection(struct session *session)
{
	struct cli *cli = session->cli;
	uint64_t limit = cli_number(session, ARG_LIMIT, CLI_LIMIT_DEFAULT);
	struct selection selection;
	json_t *rows, *data;
	size_t left_out = 0;

	if (selection_make(&cli->host->objects, &session->line, OFFLOAD_LAYER_TCP, &selection,
	            &session->error) != CLI_OK) {
		selection_free(&selection);
		reply_cli_error(session);
		return;
	}
	rows = json_array();
	for (size_t i = 0; i < selection.count; i++) {
		if (i < limit)
			json_array_append_new(rows, info_row(cli->program, selection.objects[i]));
		else
			left_out++;
	}
	selection_free(&selection);
	data = json_pack("{s:o}", "objects", rows);
	if (left_out != 0)
		json_object_set_new(data, "objects_not_listed", json_integer((json_int_t)left_out));
	reply_ok(session, data);
}
