/* SPDX-License-Identifier: BSD-3-Clause */
/* Events, streamed to the sessions that follow them. */
#include <inttypes.h>
#include <stdio.h>

#include "follow.h"

void
follow_set(struct session *session, bool follows)
{
	session_follow(session, follows);
	session->missed = 0;
}

static int
entry_text(const struct event_entry *entry, char *to, size_t size)
{
	if (entry->kind == CHIMNEY_COMPLETION)
		return snprintf(to, size, "* completion request %u %s\n", entry->request,
		        chimney_request_name(entry->detail));
	if (entry->kind == EVENT_WORKER)
		return snprintf(to, size, "* worker %u %s\n", entry->worker,
		        event_worker_name(entry->detail));
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
follow_catch_up(struct session *session)
{
	char line[128];
	int length;

	if (!session->follows || session->missed == 0 ||
	        session->owner->queued(session) >= FOLLOW_QUEUE_MAX / 2)
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

	follow_catch_up(session);
	if (session->missed != 0 || session->owner->queued(session) >= FOLLOW_QUEUE_MAX) {
		session->missed++;
		return;
	}
	length = session->json ? entry_json(entry, line, sizeof(line))
	                       : entry_text(entry, line, sizeof(line));
	session->owner->write(session, line, (size_t)length);
}

void
follow_event(struct cli *cli, const struct event_entry *entry)
{
	struct session *session;

	TAILQ_FOREACH(session, &cli->followers, follower)
	stream_to(session, entry);
}
