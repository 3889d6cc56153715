/* SPDX-License-Identifier: BSD-3-Clause */
/* Events, holding ports, and the commands about the conversation itself. */
#include <string.h>

#include "cli_command.h"
#include "cli_commands.h"
#include "cli_help.h"
#include "follow.h"

void
cli_show_events(struct session *session)
{
	reply_ok(session, event_totals_json(&session->cli->host->log.totals));
}

void
cli_events(struct session *session)
{
	enum { MODE_FOLLOW = 0 };

	if (!cli_given(session, ARG_MODE)) {
		reply_ok(session, json_pack("{s:I, s:o}", "count",
		                          (json_int_t)session->cli->host->log.count, "events",
		                          events_last(&session->cli->host->log,
		                                  (uint32_t)cli_number(
		                                          session, ARG_LIMIT, CLI_LIMIT_DEFAULT))));
		return;
	}
	if (!session->may_follow) {
		reply_error(session, NULL, "events can be followed over the socket only");
		return;
	}
	if (cli_number(session, ARG_MODE, 0) == MODE_FOLLOW) {
		follow_begin(session, cli_number(session, ARG_LIMIT, 0));
	} else if (!cli_given(session, ARG_LIMIT)) {
		follow_end(session);
	} else {
		cli_error_set(&session->error, &session->line, session->line.value[ARG_LIMIT].word,
		        "unfollow shows no events: it has no limit");
		reply_cli_error(session);
	}
}

static void
port_hold(struct session *session, uint8_t hold)
{
	struct toe_shared *shared = &session->cli->program->shared;
	uint64_t port = session->line.value[ARG_NUMBER].number;

	if (port >= shared->port_count) {
		cli_error_set(&session->error, &session->line, session->line.value[ARG_NUMBER].word,
		        "there are ports 0 to %u", shared->port_count - 1);
		reply_cli_error(session);
		return;
	}
	atomic_store(&shared->ports[port].hold, hold);
	reply_ok(session, NULL);
}

void
cli_port_hold(struct session *session)
{
	port_hold(session, 1);
}

void
cli_port_release(struct session *session)
{
	port_hold(session, 0);
}

void
cli_json(struct session *session)
{
	session->json = session->line.value[ARG_MODE].number != 0;
	reply_ok(session, NULL);
}

static void
append_line(void *context, const char *line, size_t length)
{
	json_array_append_new(context, json_string(line));
}

void
cli_help(struct session *session)
{
	const struct cli_value *text = &session->line.value[ARG_TEXT];
	json_t *lines = json_array();

	if (!text->present) {
		cli_help_all(append_line, lines);
	} else if (cli_help_command(text->text, append_line, lines) == 0) {
		json_decref(lines);
		cli_error_set(&session->error, &session->line, text->word,
		        "no such command; 'help' lists all");
		reply_cli_error(session);
		return;
	}
	reply_ok(session, json_pack("{s:o}", "help", lines));
}

void
cli_ping(struct session *session)
{
	reply_ok(session, json_pack("{s:s}", "answer", "pong"));
}

void
cli_echo(struct session *session)
{
	const struct cli_value *text = &session->line.value[ARG_TEXT];

	reply_ok(session, json_pack("{s:[s]}", "text", text->present ? text->text : ""));
}

void
cli_quit(struct session *session)
{
	reply_ok(session, NULL);
	session->cli->quit(session->cli->context);
}
