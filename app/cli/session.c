/* SPDX-License-Identifier: BSD-3-Clause */
/* One conversation in the CLI's language: the forms of a reply. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_text.h"
#include "render.h"
#include "session.h"

void
session_init(
        struct session *session, struct cli *cli, uint32_t lane, const struct session_owner *owner)
{
	memset(session, 0, sizeof(*session));
	session->cli = cli;
	session->lane = lane;
	session->owner = owner;
}

static void
wait_end(struct session *session)
{
	if (session->wait.tick != NULL)
		TAILQ_REMOVE(&session->cli->waiting, session, wait.link);
	session->wait.tick = NULL;
	session->wait.cancel = NULL;
	session->wait.request = NULL;
}

void
session_fini(struct session *session)
{
	if (session->wait.cancel != NULL)
		session->wait.cancel(session);
	wait_end(session);
	session_follow(session, false);
}

void
session_wait(struct session *session, void (*cancel)(struct session *session),
        void (*tick)(struct session *session))
{
	wait_end(session);
	session->wait.cancel = cancel;
	session->wait.tick = tick;
	if (tick == NULL)
		return;
	TAILQ_INSERT_TAIL(&session->cli->waiting, session, wait.link);
	cli_tick(session->cli);
}

void
session_follow(struct session *session, bool follows)
{
	if (follows && !session->follows)
		TAILQ_INSERT_TAIL(&session->cli->followers, session, follower);
	else if (!follows && session->follows)
		TAILQ_REMOVE(&session->cli->followers, session, follower);
	session->follows = follows;
	session->cli->host->followed = !TAILQ_EMPTY(&session->cli->followers);
}

static void
write_json(struct session *session, json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	if (text == NULL) {
		static const char lost[] =
		        "{\"type\":\"reply\",\"ok\":false,\"error\":\"out of memory\"}\n";

		session->owner->write(session, lost, sizeof(lost) - 1);
		return;
	}
	session->owner->write(session, text, strlen(text));
	session->owner->write(session, "\n", 1);
	free(text);
}

static void
write_data_line(void *context, const char *line, size_t length)
{
	struct session *session = context;

	session->owner->write(session, "  ", 2);
	session->owner->write(session, line, length);
	session->owner->write(session, "\n", 1);
}

void
reply_out(struct session *session, const char *error)
{
	wait_end(session);
	session->busy = false;
	session->owner->replied(session, error);
}

/* The end of every reply. error NULL: ok. Takes data over. */
static void
reply_end(struct session *session, json_t *data, const char *error)
{
	if (session->json) {
		json_t *reply = json_pack("{s:s, s:b, s:s}", "type", "reply", "ok", error == NULL,
		        "command",
		        session->line.command != NULL ? session->line.command->words : "");

		if (error != NULL)
			json_object_set_new(reply, "error", json_string(error));
		if (data != NULL)
			json_object_update_missing(reply, data);
		write_json(session, reply);
		json_decref(reply);
	} else {
		if (data != NULL)
			render_text(data, write_data_line, session);
		if (error == NULL) {
			session->owner->write(session, "ok\n", 3);
		} else {
			session->owner->write(session, "error: ", 7);
			session->owner->write(session, error, strlen(error));
			session->owner->write(session, "\n", 1);
		}
	}
	json_decref(data);
	reply_out(session, error);
}

void
reply_ok(struct session *session, json_t *data)
{
	reply_end(session, data, NULL);
}

void
reply_error(struct session *session, json_t *data, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	cli_text_cut(message);
	reply_end(session, data, message);
}

void
reply_cli_error(struct session *session)
{
	json_t *data = NULL;

	if (session->json && session->error.word != 0)
		data = json_pack(
		        "{s:i, s:s}", "word", (int)session->error.word, "got", session->error.got);
	reply_end(session, data, session->error.message);
}

static void
write_progress_part(void *context, const char *line, size_t length)
{
	struct session *session = context;

	session->owner->write(session, "~ ", 2);
	session->owner->write(session, line, length);
	session->owner->write(session, "\n", 1);
}

void
reply_progress(struct session *session, json_t *data)
{
	if (session->json) {
		json_t *progress = json_pack("{s:s}", "type", "progress");

		json_object_update_missing(progress, data);
		write_json(session, progress);
		json_decref(progress);
	} else {
		render_text(data, write_progress_part, session);
	}
	json_decref(data);
}
