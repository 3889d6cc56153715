/* SPDX-License-Identifier: BSD-3-Clause */
/* show neighbors, show paths, show tcp: what is offloaded, by a look without a request. */
#include <stdlib.h>
#include <string.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_select.h"
#include "look.h"
#include "reply_rows.h"
#include "state_json.h"
#include "work.h"

/* What is shown, and how far it is. */
struct show {
	struct work work;
	struct selection selection;
	struct selection_cursor cursor;
	unsigned int layer;
	bool named; /* by words of the line */
	/* NULL: any; their groups are held */
	struct object *neighbor;
	struct object *path;
	bool invalid, stopped, indicated;
	int state; /* -1: any */
	uint64_t offset, limit;
	uint64_t seen, matches;
	struct rows rows;
};

/* By what the host itself knows of it. */
static bool
object_matches(const struct show *show, const struct object *object)
{
	const struct object *path = object->layer == OFFLOAD_LAYER_TCP ? object->parent : object;

	if (show->invalid && !object->invalid)
		return false;
	if (show->path != NULL && object->parent != show->path)
		return false;
	if (show->neighbor != NULL && (path == NULL || path->parent != show->neighbor))
		return false;
	return object->layer != OFFLOAD_LAYER_TCP || !show->indicated || object->retrieves != 0;
}

/* By a look at the connection; NULL: it could not be looked at. */
static bool
look_matches(const struct show *show, const struct conn_look *look)
{
	if (show->state >= 0 && (look == NULL || look->conn.state != show->state))
		return false;
	return !show->stopped || (look != NULL && !look->may_send);
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

static void
show_object(struct show *show, struct object *object)
{
	const struct program *program = show->work.session->cli->program;
	bool tcp = object->layer == OFFLOAD_LAYER_TCP;
	bool full = show->rows.count >= show->limit;
	char name[OBJECT_NAME_MAX];
	struct conn_look store;
	const struct conn_look *look = NULL;
	json_t *row;

	show->seen++;
	if (!object_matches(show, object))
		return;
	/* a look costs more than all else: a million are only counted */
	if (tcp && (show->state >= 0 || show->stopped || !full) &&
	        conn_look(program, object->cell, &store))
		look = &store;
	if ((tcp && !look_matches(show, look)) || show->matches++ < show->offset)
		return;
	if (full) {
		rows_leave_out(&show->rows);
		return;
	}
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
	rows_add(&show->rows, (uint32_t)show->limit, row);
}

/* As text, several connections get the columns that fit a terminal; one alone, and JSON, get all. */
static const char *const details[] = {"src", "snd_max", "worker", "segments_in", "segments_out",
        "rcv_nxt", "snd_nxt", "digest", "aborts", NULL};

static void
show_reply(struct show *show)
{
	struct session *session = show->work.session;
	struct reply_rows_spec spec = {.rows = show->rows, .always = true};

	if (show->named && show->seen == 0) {
		cli_error_set(&session->error, &session->line, session->line.select_first,
		        "names no %s that is offloaded", layer_name(show->layer));
		reply_cli_error(session);
		return;
	}
	spec.head = json_pack("{s:I, s:I}", "total",
	        (json_int_t)session->cli->host->objects.live[show->layer], "matches",
	        (json_int_t)show->matches);
	if (show->rows.left_out != 0 && !session->json)
		spec.rest = json_pack("{s:s}", "more", "use limit and offset");
	if (show->layer == OFFLOAD_LAYER_TCP)
		spec.hidden = details;
	memset(&show->rows, 0, sizeof(show->rows));
	reply_rows(session, &spec, NULL);
}

static enum job_result
show_step(struct work *work, struct slice *slice)
{
	struct show *show = (struct show *)work;
	const struct object_table *objects = &work->session->cli->host->objects;
	struct object *object;

	while ((object = selection_next(&show->selection, objects, &show->cursor, slice)) != NULL) {
		show_object(show, object);
		if (slice_over(slice))
			return JOB_MORE;
	}
	if (!show->cursor.end)
		return JOB_MORE;
	show_reply(show);
	return JOB_DONE;
}

static void
show_drop(struct work *work)
{
	struct show *show = (struct show *)work;
	struct object_table *objects = &work->session->cli->host->objects;

	if (show->neighbor != NULL)
		group_let_go(objects, show->neighbor->group);
	if (show->path != NULL)
		group_let_go(objects, show->path->group);
	selection_free(&show->selection, objects);
	rows_free(&show->rows);
}

/* An object that the line names after a keyword, held. False: an error reply has been made. */
static bool
show_over(struct session *session, enum cli_arg_id id, unsigned int layer, struct object **over)
{
	if (!cli_given(session, id))
		return true;
	*over = cli_object(session, id, layer);
	if (*over != NULL)
		group_hold((*over)->group);
	return *over != NULL;
}

/* What the line asks for. False: an error reply has been made. */
static bool
show_make(struct session *session, struct show *show)
{
	struct object_table *objects = &session->cli->host->objects;

	show->named = session->line.select_count != 0;
	show->invalid = cli_given(session, ARG_INVALID);
	show->stopped = cli_given(session, ARG_STOPPED);
	show->indicated = cli_given(session, ARG_INDICATED);
	show->state = cli_given(session, ARG_STATE) ? (int)cli_number(session, ARG_STATE, 0) : -1;
	show->offset = cli_number(session, ARG_OFFSET, 0);
	show->limit = cli_number(session, ARG_LIMIT, CLI_LIMIT_DEFAULT);
	if (!show_over(session, ARG_NEIGHBOR, OFFLOAD_LAYER_NEIGHBOR, &show->neighbor) ||
	        !show_over(session, ARG_PATH, OFFLOAD_LAYER_PATH, &show->path))
		return false;
	if (!show->named) {
		selection_all(&show->selection, objects, show->layer);
		return true;
	}
	if (selection_make(objects, &session->line, show->layer, &show->selection,
	            &session->error) == CLI_OK)
		return true;
	reply_cli_error(session);
	return false;
}

static void
show_layer(struct session *session, unsigned int layer)
{
	struct show *show = work_new(session, sizeof(*show));

	if (show == NULL)
		return;
	show->layer = layer;
	if (show_make(session, show)) {
		work_begin(&show->work, show_step, show_drop, NULL);
		return;
	}
	show_drop(&show->work);
	free(show);
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
