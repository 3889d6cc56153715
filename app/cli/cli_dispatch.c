/* SPDX-License-Identifier: BSD-3-Clause */
/* Which function runs which command, and what several of them share. */
#include <errno.h>
#include <string.h>

#include "app.h"
#include "cli_commands.h"
#include "cli_hold.h"
#include "wait.h"

static void (*const handlers[CMD_COUNT])(struct session *session) = {
        [CMD_NEIGHBOR_ADD] = cli_neighbor_add,
        [CMD_PATH_ADD] = cli_path_add,
        [CMD_TCP_ADD] = cli_tcp_add,
        [CMD_BULK_ADD] = cli_bulk_add,
        [CMD_QUERY] = cli_query,
        [CMD_UPDATE] = cli_update,
        [CMD_RELINK] = cli_relink,
        [CMD_INVALIDATE] = cli_invalidate,
        [CMD_TERMINATE] = cli_terminate,
        [CMD_HOLD] = cli_hold,
        [CMD_RELEASE] = cli_release,
        [CMD_SHOW_NEIGHBORS] = cli_show_neighbors,
        [CMD_SHOW_PATHS] = cli_show_paths,
        [CMD_SHOW_TCP] = cli_show_tcp,
        [CMD_SHOW_CONNECTION] = cli_show_connection,
        [CMD_SHOW_REQUESTS] = cli_show_requests,
        [CMD_SHOW_WORKERS] = cli_show_workers,
        [CMD_SHOW_PORTS] = cli_show_ports,
        [CMD_SHOW_COUNTERS] = cli_show_counters,
        [CMD_SHOW_MIB] = cli_show_mib,
        [CMD_SHOW_EVENTS] = cli_show_events,
        [CMD_SHOW_MEMORY] = cli_show_memory,
        [CMD_SHOW_VERSION] = cli_show_version,
        [CMD_EVENTS] = cli_events,
        [CMD_WAIT_RETRIEVED] = cli_wait_retrieved,
        [CMD_WAIT_DISCONNECTED] = cli_wait_disconnected,
        [CMD_WAIT_ABORTED] = cli_wait_aborted,
        [CMD_WAIT] = cli_wait,
        [CMD_PORT_HOLD] = cli_port_hold,
        [CMD_PORT_RELEASE] = cli_port_release,
        [CMD_COUNTERS_RESET] = cli_counters_reset,
        [CMD_JSON] = cli_json,
        [CMD_HELP] = cli_help,
        [CMD_COMPLETE] = cli_complete_line,
        [CMD_PING] = cli_ping,
        [CMD_ECHO] = cli_echo,
        [CMD_QUIT] = cli_quit,
};

void
cli_dispatch(struct session *session)
{
	handlers[session->line.command->id](session);
}

struct object *
cli_object(struct session *session, enum cli_arg_id id, unsigned int layer)
{
	const struct cli_value *value = &session->line.value[id];
	struct object *object = object_by_name(&session->app->host.objects, value->text);

	if (object != NULL && object->layer == layer)
		return object;
	if (object == NULL)
		cli_error_set(&session->error, &session->line, value->word,
		        "there is no %s of this name", layer_name(layer));
	else
		cli_error_set(&session->error, &session->line, value->word,
		        "is a %s; expected a %s", layer_name(object->layer), layer_name(layer));
	reply_cli_error(session);
	return NULL;
}

bool
cli_wire_port(struct session *session, enum cli_arg_id id, uint32_t *port)
{
	const struct toe_shared *shared = &session->app->shared;
	const struct cli_value *value = &session->line.value[id];

	*port = (uint32_t)cli_number(session, id, 0);
	if (*port < shared->port_count && shared->ports[*port].role == TOE_PORT_WIRE)
		return true;
	if (*port >= shared->port_count)
		cli_error_set(&session->error, &session->line,
		        value->present ? value->word : UINT32_MAX, "there are ports 0 to %u",
		        shared->port_count - 1);
	else
		cli_error_set(&session->error, &session->line,
		        value->present ? value->word : UINT32_MAX,
		        "port %u is a host port; expected a wire port", *port);
	reply_cli_error(session);
	return false;
}

struct host_request *
cli_request(struct session *session, enum chimney_request kind)
{
	struct host_request *request = host_request_new(session->line.command->words, kind,
	        (uint32_t)cli_number(session, ARG_LIMIT, CLI_LIMIT_DEFAULT));

	if (request == NULL)
		reply_error(session, NULL, "out of memory");
	return request;
}

void
cli_submit(struct session *session, struct host_request *request)
{
	struct app *app = session->app;
	int result = host_stack_submit(app, request);

	if (result != 0) {
		reply_error(session, NULL, "the target did not take the request: %s",
		        strerror(-result));
		return;
	}
	if (cli_given(session, ARG_ASYNC))
		reply_ok(session, host_request_report(request, false));
	else
		wait_request(
		        session, request, cli_number(session, ARG_TIMEOUT, CLI_TIMEOUT_DEFAULT_MS));
}
