/* SPDX-License-Identifier: BSD-3-Clause */
/* What the target tells the CLI's host stack: totals, the last ones, and the stream to followers. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "events.h"
#include "host_requests.h"
#include "session.h"

const char *
event_kind_name(unsigned int kind)
{
	static const char *const names[EVENT_KINDS] = {
	        "?", "completion", "retrieve", "disconnect", "abort"};

	return names[kind < EVENT_KINDS ? kind : 0];
}

static int
entry_text(const struct event_entry *entry, char *to, size_t size)
{
	if (entry->kind == CHIMNEY_COMPLETION)
		return snprintf(to, size, "* completion request %u %s\n", entry->request,
		        chimney_request_name(entry->detail));
	return snprintf(to, size, "* %s %s%s%s\n", event_kind_name(entry->kind), entry->object,
	        entry->kind == CHIMNEY_RETRIEVE ? " " : "",
	        entry->kind == CHIMNEY_RETRIEVE ? retrieve_reason_name(entry->detail) : "");
}

/* Names of objects hold no characters that JSON would have to escape. */
static int
entry_json(const struct event_entry *entry, char *to, size_t size)
{
	int used = snprintf(to, size,
	        "{\"type\":\"event\",\"number\":%" PRIu64 ",\"time_us\":%" PRIu64
	        ",\"event\":\"%s\"",
	        entry->number, entry->time_us, event_kind_name(entry->kind));

	if (entry->kind == CHIMNEY_COMPLETION)
		used += snprintf(to + used, size - (size_t)used,
		        ",\"request\":%u,\"kind\":\"%s\"}\n", entry->request,
		        chimney_request_name(entry->detail));
	else if (entry->kind == CHIMNEY_RETRIEVE)
		used += snprintf(to + used, size - (size_t)used,
		        ",\"object\":\"%s\",\"reason\":\"%s\"}\n", entry->object,
		        retrieve_reason_name(entry->detail));
	else
		used += snprintf(
		        to + used, size - (size_t)used, ",\"object\":\"%s\"}\n", entry->object);
	return used;
}

void
events_catch_up(struct session *session)
{
	char line[128];
	int length;

	if (!session->follows || session->missed == 0 ||
	        session->owner->queued(session) >= EVENTS_QUEUE_MAX / 2)
		return;
	if (session->json)
		length = snprintf(line, sizeof(line),
		        "{\"type\":\"event\",\"event\":\"missed\",\"count\":%" PRIu64 "}\n",
		        session->missed);
	else
		length = snprintf(
		        line, sizeof(line), "* missed %" PRIu64 " events\n", session->missed);
	session->missed = 0;
	session->owner->write(session, line, (size_t)length);
}

static void
stream_to(struct session *session, const struct event_entry *entry)
{
	char line[320];
	int length;

	events_catch_up(session);
	if (session->missed != 0 || session->owner->queued(session) >= EVENTS_QUEUE_MAX) {
		session->missed++;
		return;
	}
	length = session->json ? entry_json(entry, line, sizeof(line))
	                       : entry_text(entry, line, sizeof(line));
	session->owner->write(session, line, (size_t)length);
}

static void
event_add(struct app *app, const struct event_entry *entry)
{
	struct event_log *log = &app->host.log;
	struct event_entry *kept = &log->last[++log->count % EVENTS_KEPT];
	struct client *client;

	*kept = *entry;
	kept->number = log->count;
	kept->time_us = clock_now(&app->clock) / 1000;
	TAILQ_FOREACH(client, &app->server.clients, link)
	{
		if (client->session.follows)
			stream_to(&client->session, kept);
	}
}

bool
events_followed(const struct app *app)
{
	const struct client *client;

	TAILQ_FOREACH(client, &app->server.clients, link)
	{
		if (client->session.follows)
			return true;
	}
	return false;
}

static void
count_up(_Atomic uint64_t *counter)
{
	/* one writer: no read-modify-write needed */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
	        memory_order_relaxed);
}

void
events_indication(struct app *app, const struct chimney_record *record)
{
	struct event_log *log = &app->host.log;
	struct event_entry entry = {.kind = record->kind, .detail = record->reason};
	struct object *object =
	        object_by_handle(&app->host.objects, (uint64_t)(uintptr_t)record->handle);

	if (record->kind >= EVENT_KINDS)
		return;
	count_up(&log->total[record->kind]);
	if (record->kind == CHIMNEY_RETRIEVE && record->reason < RETRIEVE_REASON_COUNT)
		count_up(&log->reasons[record->reason]);
	if (object == NULL || object->state == OBJECT_GONE) {
		count_up(&log->unknown);
		strcpy(entry.object, "unknown");
	} else {
		if (record->kind == CHIMNEY_RETRIEVE)
			object->retrieves++;
		else if (record->kind == CHIMNEY_DISCONNECT && object->disconnects < UINT16_MAX)
			object->disconnects++;
		else if (record->kind == CHIMNEY_ABORT && object->aborts < UINT16_MAX)
			object->aborts++;
		object_name(object, entry.object);
	}
	event_add(app, &entry);
}

void
events_completion(struct app *app, const struct host_request *request)
{
	struct event_entry entry = {
	        .kind = CHIMNEY_COMPLETION, .detail = request->kind, .request = request->id};

	count_up(&app->host.log.total[CHIMNEY_COMPLETION]);
	event_add(app, &entry);
}

json_t *
events_last(const struct app *app, uint32_t limit)
{
	const struct event_log *log = &app->host.log;
	json_t *rows = json_array();
	uint64_t kept = log->count < EVENTS_KEPT ? log->count : EVENTS_KEPT - 1;
	uint64_t first = log->count - (limit < kept ? limit : kept) + 1;

	for (uint64_t number = first; number <= log->count; number++) {
		const struct event_entry *entry = &log->last[number % EVENTS_KEPT];
		json_t *row =
		        json_pack("{s:I, s:I, s:s}", "number", (json_int_t)entry->number, "time_us",
		                (json_int_t)entry->time_us, "event", event_kind_name(entry->kind));

		if (entry->kind == CHIMNEY_COMPLETION) {
			json_object_set_new(row, "request", json_integer(entry->request));
			json_object_set_new(
			        row, "kind", json_string(chimney_request_name(entry->detail)));
		} else {
			json_object_set_new(row, "object", json_string(entry->object));
		}
		if (entry->kind == CHIMNEY_RETRIEVE)
			json_object_set_new(
			        row, "reason", json_string(retrieve_reason_name(entry->detail)));
		json_array_append_new(rows, row);
	}
	return rows;
}

json_t *
events_totals(const struct event_log *log)
{
	json_t *data = json_object(), *reasons = json_object();

	for (unsigned int kind = CHIMNEY_COMPLETION; kind < EVENT_KINDS; kind++)
		json_object_set_new(data, event_kind_name(kind),
		        json_integer((json_int_t)atomic_load_explicit(
		                &log->total[kind], memory_order_relaxed)));
	for (unsigned int reason = 0; reason < RETRIEVE_REASON_COUNT; reason++) {
		uint64_t count = atomic_load_explicit(&log->reasons[reason], memory_order_relaxed);

		if (count != 0)
			json_object_set_new(reasons, retrieve_reason_name(reason),
			        json_integer((json_int_t)count));
	}
	json_object_set_new(data, "retrieve_reasons", reasons);
	json_object_set_new(data, "unknown_object",
	        json_integer(
	                (json_int_t)atomic_load_explicit(&log->unknown, memory_order_relaxed)));
	return data;
}
