/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies with many rows. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"
#include "host_requests.h"
#include "render.h"
#include "reply_rows.h"
#include "work.h"

enum phase { PHASE_BEGIN, PHASE_MEASURE, PHASE_HEAD, PHASE_ROWS, PHASE_END };

struct reply {
	struct work work;
	struct reply_rows_spec spec;
	const struct rows *rows;
	enum phase phase;
	size_t at; /* in the rows */
	struct table table;
	bool failed;
	char error[512];
};

static void
put(const struct session *session, const char *text, size_t length)
{
	session->owner->write((struct session *)(uintptr_t)session, text, length);
}

static void
put_line(void *context, const char *line, size_t length)
{
	put(context, "  ", 2);
	put(context, line, length);
	put(context, "\n", 1);
}

/* The members of an object, without its braces. False: there are none, or no memory. */
static bool
put_members(const struct session *session, const json_t *object)
{
	char *text = json_object_size(object) != 0 ? json_dumps(object, JSON_COMPACT) : NULL;

	if (text == NULL)
		return false;
	put(session, text + 1, strlen(text) - 2);
	free(text);
	return true;
}

static void
json_begin(const struct reply *reply)
{
	const struct session *session = reply->work.session;
	json_t *head = json_pack("{s:s, s:b, s:s}", "type", "reply", "ok", !reply->failed,
	        "command", session->line.command->words);

	if (reply->failed)
		json_object_set_new(head, "error", json_string(reply->error));
	if (reply->spec.head != NULL)
		json_object_update_missing(head, reply->spec.head);
	put(session, "{", 1);
	put_members(session, head);
	json_decref(head);
	if (reply->rows->count != 0 || reply->spec.always)
		put(session, ",\"objects\":[", 12);
}

static void
json_end(const struct reply *reply)
{
	const struct session *session = reply->work.session;

	if (reply->rows->count != 0 || reply->spec.always)
		put(session, "]", 1);
	if (json_object_size(reply->spec.rest) != 0) {
		put(session, ",", 1);
		put_members(session, reply->spec.rest);
	}
	put(session, "}\n", 2);
}

/* The next row as text wants it; new reference, NULL at the end. */
static json_t *
next_row(struct reply *reply)
{
	size_t length;
	const char *text = rows_next(reply->rows, &reply->at, &length);
	json_t *row = text != NULL ? json_loadb(text, length, 0, NULL) : NULL;

	for (const char *const *key = reply->spec.hidden;
	        row != NULL && key != NULL && *key != NULL && reply->rows->count > 1; key++)
		json_object_del(row, *key);
	return row;
}

/* One row further; false: there is none. */
static bool
measure_row(struct reply *reply)
{
	json_t *row = next_row(reply);

	if (row == NULL)
		return false;
	table_measure(&reply->table, row);
	json_decref(row);
	return true;
}

static bool
write_row(struct reply *reply)
{
	struct session *session = reply->work.session;
	bool first = reply->at == 0;
	json_t *row;

	if (session->json) {
		size_t length;
		const char *text = rows_next(reply->rows, &reply->at, &length);

		if (text != NULL && !first)
			put(session, ",", 1);
		if (text != NULL)
			put(session, text, length);
		return text != NULL;
	}
	row = next_row(reply);
	if (row == NULL)
		return false;
	table_row(&reply->table, row, put_line, session);
	json_decref(row);
	return true;
}

static void
begin(struct reply *reply)
{
	struct session *session = reply->work.session;

	session->inside_line = session->json;
	if (session->json)
		json_begin(reply);
	else if (reply->spec.head != NULL)
		render_text(reply->spec.head, put_line, session);
}

static void
end(struct reply *reply)
{
	struct session *session = reply->work.session;

	if (session->json)
		json_end(reply);
	else if (reply->spec.rest != NULL)
		render_text(reply->spec.rest, put_line, session);
	session->inside_line = false;
	if (!session->json && reply->failed) {
		put(session, "error: ", 7);
		put(session, reply->error, strlen(reply->error));
		put(session, "\n", 1);
	} else if (!session->json) {
		put(session, "ok\n", 3);
	}
	follow_catch_up(session);
	reply_out(session, reply->failed ? reply->error : NULL);
}

static enum job_result
reply_step(struct work *work, struct slice *slice)
{
	struct reply *reply = (struct reply *)work;
	struct session *session = work->session;

	for (;;) {
		switch (reply->phase) {
		case PHASE_BEGIN:
			begin(reply);
			reply->phase = session->json ? PHASE_ROWS : PHASE_MEASURE;
			break;
		case PHASE_MEASURE:
			if (!measure_row(reply)) {
				reply->at = 0;
				reply->phase = PHASE_HEAD;
			}
			break;
		case PHASE_HEAD:
			if (reply->table.rows != 0)
				table_head(&reply->table, "objects", put_line, session);
			reply->phase = PHASE_ROWS;
			break;
		case PHASE_ROWS:
			if (session->owner->queued(session) > SESSION_OUTPUT_MAX)
				return JOB_PAUSE;
			if (!write_row(reply))
				reply->phase = PHASE_END;
			break;
		case PHASE_END:
			end(reply);
			return JOB_DONE;
		}
		if (slice_over(slice))
			return JOB_MORE;
	}
}

static void
reply_drop(struct work *work)
{
	struct reply *reply = (struct reply *)work;

	json_decref(reply->spec.head);
	json_decref(reply->spec.rest);
	if (reply->spec.request != NULL)
		host_request_read_end(reply->spec.request);
	rows_free(&reply->spec.rows);
}

void
reply_rows(struct session *session, struct reply_rows_spec *spec, const char *format, ...)
{
	struct reply *reply = work_new(session, sizeof(*reply));
	va_list args;

	if (reply == NULL) {
		json_decref(spec->head);
		json_decref(spec->rest);
		rows_free(&spec->rows);
		return;
	}
	reply->spec = *spec;
	reply->rows = spec->request != NULL ? &spec->request->rows : &reply->spec.rows;
	if (spec->request != NULL)
		host_request_read(spec->request);
	if (format != NULL) {
		reply->failed = true;
		va_start(args, format);
		vsnprintf(reply->error, sizeof(reply->error), format, args);
		va_end(args);
	}
	work_begin(&reply->work, reply_step, reply_drop, NULL);
}
