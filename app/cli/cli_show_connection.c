/* SPDX-License-Identifier: BSD-3-Clause */
/* show connection: everything about the TCP of connections, by a look without a request. */
#include <stdlib.h>
#include <string.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_select.h"
#include "conn_info.h"
#include "handle.h"
#include "reply_rows.h"
#include "state_json.h"
#include "work.h"

struct info {
	struct work work;
	struct selection selection;
	struct selection_cursor cursor;
	uint32_t limit;
	struct rows rows;
};

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

static enum job_result
info_step(struct work *work, struct slice *slice)
{
	struct info *info = (struct info *)work;
	struct session *session = work->session;
	const struct cli *cli = session->cli;
	struct reply_rows_spec spec = {.always = true};
	const struct object *object;

	while ((object = selection_next(
	                &info->selection, &cli->host->objects, &info->cursor, slice)) != NULL) {
		if (info->rows.count < info->limit)
			rows_add(&info->rows, info->limit, info_row(cli->program, object));
		else
			rows_leave_out(&info->rows);
		if (slice_over(slice))
			return JOB_MORE;
	}
	if (!info->cursor.end)
		return JOB_MORE;
	if (info->rows.count == 0 && info->rows.left_out == 0) {
		cli_error_set(&session->error, &session->line, session->line.select_first,
		        "names no tcp that is offloaded");
		reply_cli_error(session);
		return JOB_DONE;
	}
	spec.rows = info->rows;
	memset(&info->rows, 0, sizeof(info->rows));
	if (spec.rows.left_out != 0)
		spec.rest =
		        json_pack("{s:I}", "objects_not_listed", (json_int_t)spec.rows.left_out);
	reply_rows(session, &spec, NULL);
	return JOB_DONE;
}

static void
info_drop(struct work *work)
{
	struct info *info = (struct info *)work;

	selection_free(&info->selection, &work->session->cli->host->objects);
	rows_free(&info->rows);
}

void
cli_show_connection(struct session *session)
{
	struct info *info = work_new(session, sizeof(*info));

	if (info == NULL)
		return;
	info->limit = (uint32_t)cli_number(session, ARG_LIMIT, CLI_LIMIT_DEFAULT);
	if (selection_make(&session->cli->host->objects, &session->line, OFFLOAD_LAYER_TCP,
	            &info->selection, &session->error) == CLI_OK) {
		work_begin(&info->work, info_step, info_drop, NULL);
		return;
	}
	free(info);
	reply_cli_error(session);
}
