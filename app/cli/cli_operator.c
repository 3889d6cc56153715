/* SPDX-License-Identifier: BSD-3-Clause */
/* offload pause, offload resume, upload, show capabilities: what the operator asks of the target and its host stacks. */
#include <errno.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_select.h"
#include "cli_tcp_args.h"
#include "wait.h"
#include "work.h"

static const char *const congestions[] = {"default", "cubic", "newreno", "dctcp", NULL};
static const char *const options[] = {"timestamps", "sack", "window-scale", "ecn", NULL};
static const char *const extensions[] = {"pacing", NULL};

/* The names of the bits that are set. */
static json_t *
set_names(uint32_t set, const char *const *names)
{
	json_t *array = json_array();

	for (uint32_t i = 0; names[i] != NULL; i++)
		if (set >> i & 1)
			json_array_append_new(array, json_string(names[i]));
	return array;
}

static json_t *
set_states(uint32_t set)
{
	json_t *array = json_array();

	for (uint32_t state = 0; state < TCP_STATE_COUNT; state++)
		if (set >> state & 1)
			json_array_append_new(array, json_string(tcp_state_name(state)));
	return array;
}

static json_t *
capabilities_json(struct session *session)
{
	struct chimney_capabilities all;

	chimney_capabilities(session->cli->host->host, &all);
	return json_pack(
	        "{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, "
	        "s:o, s:o, s:o}",
	        "paused", (int)all.paused, "neighbors", (json_int_t)all.neighbors, "paths",
	        (json_int_t)all.paths, "connections", (json_int_t)all.connections, "workers",
	        (json_int_t)all.workers, "connections_per_worker",
	        (json_int_t)all.connections_per_worker, "hosts", (json_int_t)all.hosts, "channels",
	        (json_int_t)all.channels, "tree_blocks", (json_int_t)all.tree_blocks, "requests",
	        (json_int_t)all.requests, "receive_window", (json_int_t)all.receive_window,
	        "mss_min", (json_int_t)all.mss_min, "memory_bytes", (json_int_t)all.memory,
	        "services", set_names(all.services, cli_services), "congestion",
	        set_names(all.congestion, congestions), "tcp_states", set_states(all.tcp_states),
	        "tcp_options", set_names(all.tcp_options, options), "tcp_extensions",
	        set_names(all.tcp_extensions, extensions));
}

void
cli_show_capabilities(struct session *session)
{
	reply_ok(session, capabilities_json(session));
}

void
cli_offload_pause(struct session *session)
{
	if (chimney_offload_pause(session->cli->program->target) != 0)
		reply_error(session, NULL, "offload pause: it is paused already");
	else
		reply_ok(session, NULL);
}

void
cli_offload_resume(struct session *session)
{
	struct chimney_limits limits = {
	        .neighbors = (uint32_t)cli_number(session, ARG_NEIGHBORS, 0),
	        .paths = (uint32_t)cli_number(session, ARG_PATHS, 0),
	        .connections = (uint32_t)cli_number(session, ARG_CONNECTIONS, 0),
	};
	int result = chimney_offload_resume(session->cli->program->target, &limits);

	if (result == -EALREADY)
		reply_error(session, NULL, "offload resume: it is not paused; see offload pause");
	else if (result != 0)
		reply_error(session, NULL,
		        "offload resume: a limit is more than --neighbors, --paths or "
		        "--connections have set aside; see show memory");
	else
		reply_ok(session, NULL);
}

void
cli_upload_all(struct session *session)
{
	chimney_upload_all(session->cli->program->target);
	reply_ok(session, NULL);
}

void
cli_upload_thresholds(struct session *session)
{
	struct chimney *target = session->cli->program->target;
	struct chimney_thresholds all;

	chimney_thresholds_get(target, &all);
	all.high_drop_rate = (uint32_t)cli_number(session, ARG_HIGH_DROP_RATE, all.high_drop_rate);
	all.high_out_of_order =
	        (uint32_t)cli_number(session, ARG_HIGH_OUT_OF_ORDER, all.high_out_of_order);
	all.low_activity = (uint32_t)cli_number(session, ARG_LOW_ACTIVITY, all.low_activity);
	all.small_io = (uint32_t)cli_number(session, ARG_SMALL_IO, all.small_io);
	if (chimney_thresholds_set(target, &all) != 0) {
		reply_error(session, NULL, "upload thresholds: a share is at most 1000");
		return;
	}
	reply_ok(session,
	        json_pack("{s:I, s:I, s:I, s:I}", "high_drop_rate", (json_int_t)all.high_drop_rate,
	                "high_out_of_order", (json_int_t)all.high_out_of_order, "low_activity",
	                (json_int_t)all.low_activity, "small_io", (json_int_t)all.small_io));
}

struct upload {
	struct work work;
	struct selection selection;
	struct selection_cursor cursor;
	uint64_t asked;
	bool wait; /* the target has enough of them for now; the last one is still to be asked */
	uint64_t handle;
};

/* True: the target has taken it. */
static bool
upload_one(struct upload *upload, const struct program *program)
{
	upload->wait = chimney_upload(program->target, upload->handle) == -EAGAIN;
	upload->asked += !upload->wait;
	return !upload->wait;
}

static enum job_result
upload_step(struct work *work, struct slice *slice)
{
	struct upload *upload = (struct upload *)work;
	struct session *session = work->session;
	const struct object *object;

	if (upload->wait && !upload_one(upload, session->cli->program))
		return JOB_PAUSE;
	while ((object = selection_next(&upload->selection, &session->cli->host->objects,
	                &upload->cursor, slice)) != NULL) {
		upload->handle = object->cell;
		if (!upload_one(upload, session->cli->program))
			return JOB_PAUSE;
		if (slice_over(slice))
			return JOB_MORE;
	}
	if (!upload->cursor.end)
		return JOB_MORE;
	if (upload->asked == 0) {
		cli_error_set(&session->error, &session->line, session->line.select_first,
		        "names no tcp that is offloaded");
		reply_cli_error(session);
	} else {
		reply_ok(session, json_pack("{s:I}", "asked", (json_int_t)upload->asked));
	}
	return JOB_DONE;
}

static void
upload_drop(struct work *work)
{
	struct upload *upload = (struct upload *)work;

	selection_free(&upload->selection, &work->session->cli->host->objects);
}

void
cli_upload(struct session *session)
{
	struct object_table *objects = &session->cli->host->objects;
	struct selection selection;
	struct upload *upload;

	if (selection_make(objects, &session->line, OFFLOAD_LAYER_TCP, &selection,
	            &session->error) != CLI_OK) {
		reply_cli_error(session);
		return;
	}
	upload = work_new(session, sizeof(*upload));
	if (upload == NULL) {
		selection_free(&selection, objects);
		return;
	}
	upload->selection = selection;
	work_begin(&upload->work, upload_step, upload_drop, work_resume);
}
