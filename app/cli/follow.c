/* SPDX-License-Identifier: BSD-3-Clause */
/* Events, streamed to the sessions that follow them. */
#include <inttypes.h>
#include <stdio.h>

#include "follow.h"

static int
entry_text(const struct event_entry *entry, char *to, size_t size)
{
	if (entry->kind == CHIMNEY_COMPLETION)
		return snprintf(to, size, "* completion request %u %s\n", entry->request,
		        chimney_request_name(entry->detail));
	if (entry->kind == EVENT_WORKER)
		return snprintf(to, size, "* worker %u %s\n", entry->worker,
		        event_worker_name(entry->detail));
	if (entry->kind == EVENT_PORT && entry->detail == EVENT_PORT_MTU)
		return snprintf(to, size, "* port %u mtu %u\n", entry->port, entry->value);
	if (entry->kind == EVENT_PORT)
		return snprintf(
		        to, size, "* port %u link %s\n", entry->port, port_link_name(entry->value));
	if (event_is_status(entry->kind))
		return snprintf(to, size, "* %s\n", event_kind_name(entry->kind));
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
	else if (entry->kind == EVENT_WORKER)
		used += snprintf(to + used, size - (size_t)used,
		        ",\"worker\":%u,\"state\":\"%s\"}\n", entry->worker,
		        event_worker_name(entry->detail));
	else if (entry->kind == EVENT_PORT && entry->detail == EVENT_PORT_MTU)
		used += snprintf(to + used, size - (size_t)used, ",\"port\":%u,\"mtu\":%u}\n",
		        entry->port, entry->value);
	else if (entry->kind == EVENT_PORT)
		used += snprintf(to + used, size - (size_t)used, ",\"port\":%u,\"link\":\"%s\"}\n",
		        entry->port, port_link_name(entry->value));
	else if (event_is_status(entry->kind))
		used += snprintf(to + used, size - (size_t)used, "}\n");
	else if (entry->kind == CHIMNEY_RETRIEVE)
		used += snprintf(to + used, size - (size_t)used,
		        ",\"object\":\"%s\",\"reason\":\"%s\"}\n", entry->object,
		        retrieve_reason_name(entry->detail));
	else
		used += snprintf(
		        to + used, size - (size_t)used, ",\"object\":\"%s\"}\n", entry->object);
	return used;
}

/* Tell it of `count` events that the log does not have any more. */
static void
write_missed(struct session *session, uint64_t count)
{
	char line[128];
	int length;

	if (session->json)
		length = snprintf(line, sizeof(line),
		        "{\"type\":\"event\",\"event\":\"missed\",\"count\":%" PRIu64 "}\n", count);
	else
		length = snprintf(line, sizeof(line), "* missed %" PRIu64 " events\n", count);
	session->owner->write(session, line, (size_t)length);
}

static void
write_entry(struct session *session, const struct event_entry *entry)
{
	char line[320];
	int length;

	length = session->json ? entry_json(entry, line, sizeof(line))
	                       : entry_text(entry, line, sizeof(line));
	session->owner->write(session, line, (size_t)length);
}

void
follow_catch_up(struct session *session)
{
	const struct event_log *log = &session->cli->host->log;

	if (!session->follows || session->inside_line)
		return;
	while (session->followed < log->count &&
	        session->owner->queued(session) < FOLLOW_QUEUE_MAX) {
		const struct event_entry *entry = events_entry(log, session->followed + 1);

		if (entry != NULL) {
			write_entry(session, entry);
			session->followed++;
		} else {
			uint64_t first = log->count - EVENTS_KEPT + 1;

			write_missed(session, first - session->followed - 1);
			session->followed = first - 1;
		}
	}
}

void
follow_begin(struct session *session, uint64_t past)
{
	const struct event_log *log = &session->cli->host->log;
	uint64_t kept = log->count < EVENTS_KEPT ? log->count : EVENTS_KEPT;

	session_follow(session, true);
	session->followed = log->count - (past < kept ? past : kept);
	reply_ok(session, NULL);
	follow_catch_up(session);
}

void
follow_end(struct session *session)
{
	session_follow(session, false);
	reply_ok(session, NULL);
}

void
follow_events(struct cli *cli)
{
	struct session *session;

	TAILQ_FOREACH(session, &cli->followers, follower)
	follow_catch_up(session);
}
