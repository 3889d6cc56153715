/* SPDX-License-Identifier: BSD-3-Clause */
/* What the target told the CLI's host stack: totals, and the last ones. */
#include <string.h>

#include "events.h"

void
events_init(struct event_log *log, const struct program *program, struct object_table *objects)
{
	memset(log, 0, sizeof(*log));
	log->program = program;
	log->objects = objects;
}

static void
event_add(struct event_log *log, const struct event_entry *entry)
{
	struct event_entry *kept = &log->last[++log->count % EVENTS_KEPT];

	*kept = *entry;
	kept->number = log->count;
	kept->time_us = program_now(log->program) / 1000;
	if (log->added != NULL)
		log->added(log->context);
}

void
events_indication(struct event_log *log, const struct chimney_record *record)
{
	struct event_entry entry = {.kind = record->kind, .detail = record->reason};
	struct object *object;

	event_totals_count(&log->totals, record->kind, record->reason);
	if (event_is_status(record->kind)) {
		event_add(log, &entry);
		return;
	}
	object = object_by_handle(log->objects, (uint64_t)(uintptr_t)record->handle);
	if (object == NULL || object->state == OBJECT_GONE) {
		event_totals_unknown(&log->totals);
		strcpy(entry.object, "unknown");
	} else {
		object->lost |= record->kind == CHIMNEY_RETRIEVE &&
		                record->reason == RETRIEVE_HARDWARE_FAILURE;
		if (record->kind == CHIMNEY_RETRIEVE)
			object->retrieves++;
		else if (record->kind == CHIMNEY_DISCONNECT && object->disconnects < UINT16_MAX)
			object->disconnects++;
		else if (record->kind == CHIMNEY_ABORT && object->aborts < UINT16_MAX)
			object->aborts++;
		object_name(object, entry.object);
	}
	event_add(log, &entry);
}

void
events_completion(struct event_log *log, const struct host_request *request)
{
	struct event_entry entry = {
	        .kind = CHIMNEY_COMPLETION, .detail = request->kind, .request = request->id};

	event_totals_count(&log->totals, CHIMNEY_COMPLETION, 0);
	event_add(log, &entry);
}

const char *
event_worker_name(unsigned int change)
{
	static const char *const names[] = {"starved", "runs", "lost", "back"};

	return change < sizeof(names) / sizeof(names[0]) ? names[change] : "?";
}

void
events_worker(struct event_log *log, uint32_t worker, enum event_worker change)
{
	struct event_entry entry = {
	        .kind = EVENT_WORKER, .detail = (uint8_t)change, .worker = worker};

	event_totals_count(&log->totals, EVENT_WORKER, 0);
	event_add(log, &entry);
}

void
events_port(struct event_log *log, uint32_t port, enum event_port change, uint32_t value)
{
	struct event_entry entry = {
	        .kind = EVENT_PORT, .detail = (uint8_t)change, .port = port, .value = value};

	event_totals_count(&log->totals, EVENT_PORT, 0);
	event_add(log, &entry);
}

const struct event_entry *
events_entry(const struct event_log *log, uint64_t number)
{
	if (number == 0 || number > log->count || log->count - number >= EVENTS_KEPT)
		return NULL;
	return &log->last[number % EVENTS_KEPT];
}

json_t *
events_last(const struct event_log *log, uint32_t limit)
{
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
		} else if (entry->kind == EVENT_WORKER) {
			json_object_set_new(row, "worker", json_integer(entry->worker));
			json_object_set_new(
			        row, "state", json_string(event_worker_name(entry->detail)));
		} else if (entry->kind == EVENT_PORT) {
			json_object_set_new(row, "port", json_integer(entry->port));
			if (entry->detail == EVENT_PORT_MTU)
				json_object_set_new(row, "mtu", json_integer(entry->value));
			else
				json_object_set_new(
				        row, "link", json_string(port_link_name(entry->value)));
		} else if (!event_is_status(entry->kind)) {
			json_object_set_new(row, "object", json_string(entry->object));
		}
		if (entry->kind == CHIMNEY_RETRIEVE)
			json_object_set_new(
			        row, "reason", json_string(retrieve_reason_name(entry->detail)));
		json_array_append_new(rows, row);
	}
	return rows;
}
