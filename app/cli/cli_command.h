/* SPDX-License-Identifier: BSD-3-Clause */
/* What several commands share: arguments, objects by name, requests. */
#ifndef APP_CLI_COMMAND_H
#define APP_CLI_COMMAND_H

#include "session.h"

/* Value of a number argument, or what to take when it was left out. */
static inline uint64_t
cli_number(const struct session *session, enum cli_arg_id id, uint64_t fallback)
{
	const struct cli_value *value = &session->line.value[id];

	return value->present ? value->number : fallback;
}

static inline bool
cli_given(const struct session *session, enum cli_arg_id id)
{
	return session->line.value[id].present;
}

/*
 * The object that a CLI_OBJECT argument names, of its layer. NULL: an error reply has been made.
 */
struct object *cli_object(struct session *session, enum cli_arg_id id, unsigned int layer);
/* A request for this command, or NULL: an error reply has been made. */
struct host_request *cli_request(struct session *session, enum chimney_request kind);
/* Submit, then reply: when it has completed, or at once with `async`. */
void cli_submit(struct session *session, struct host_request *request);
/* The index of an existing wire port. False: an error reply has been made. */
bool cli_wire_port(struct session *session, enum cli_arg_id id, uint32_t *port);

#define CLI_LIMIT_DEFAULT 20u
#define CLI_TIMEOUT_DEFAULT_MS 60000u

#endif
