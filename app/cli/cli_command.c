/* SPDX-License-Identifier: BSD-3-Clause */
/* What several commands share. */
#include <errno.h>
#include <string.h>

#include "cli_command.h"
#include "wait.h"

struct object *
cli_object(struct session *session, enum cli_arg_id id, unsigned int layer)
{
	const struct cli_value *value = &session->line.value[id];
	struct object *object = object_by_name(&session->cli->host->objects, value->text);

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
	const struct toe_shared *shared = &session->cli->program->shared;
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
	struct host_request *request =
	        host_request_new(&session->cli->host->requests, session->line.command->words, kind,
	                (uint32_t)cli_number(session, ARG_LIMIT, CLI_LIMIT_DEFAULT), session->lane);

	if (request == NULL)
		reply_error(session, NULL, "out of memory");
	return request;
}

void
cli_submit(struct session *session, struct host_request *request)
{
	uint64_t timeout_ms = cli_number(session, ARG_TIMEOUT, CLI_TIMEOUT_DEFAULT_MS);
	int result = host_stack_begin(session->cli->host, request);

	if (result != 0)
		wait_failed(session, result);
	else if (cli_given(session, ARG_ASYNC))
		wait_submitted(session, request, timeout_ms);
	else
		wait_request(session, request, timeout_ms);
}
