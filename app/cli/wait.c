/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that wait: for a request's completion, or for indications of objects. */
#include <string.h>

#include "host_requests.h"
#include "wait.h"

#define PROGRESS_NS 500000000u

static void
wait_end(struct wait *wait)
{
	struct cli *cli = wait->session->cli;

	TAILQ_REMOVE(&cli->waits, wait, link);
	for (size_t i = 0; i < wait->selection.count; i++) {
		struct object_group *group = wait->selection.objects[i]->group;

		group->references--;
		if (i + 1 == wait->selection.count ||
		        wait->selection.objects[i + 1]->group != group)
			group_release(&cli->host->objects, group);
	}
	selection_free(&wait->selection);
	wait->request = NULL;
	wait->kind = WAIT_NONE;
}

static void
wait_cancel(struct session *session)
{
	wait_end(&session->wait);
}

static void
wait_start(struct session *session, enum wait_kind kind, uint64_t timeout_ms)
{
	struct cli *cli = session->cli;
	struct wait *wait = &session->wait;

	wait->kind = kind;
	wait->session = session;
	wait->cursor = 0;
	wait->started = program_now(cli->program);
	wait->deadline = toe_awake_look(&cli->awake, wait->started) + timeout_ms * 1000000u;
	wait->progress = wait->started + PROGRESS_NS;
	TAILQ_INSERT_TAIL(&cli->waits, wait, link);
	session_wait(session, wait_cancel);
	cli_tick(cli);
}

static void
reply_request(struct session *session, const struct host_request *request)
{
	uint32_t failures = host_request_failures(request);
	json_t *report = host_request_report(request, true);

	if (failures == 0)
		reply_ok(session, report);
	else
		reply_error(session, report, "request %u (%s): %u of %u blocks did not succeed",
		        request->id, request->command, failures, request->blocks);
}

void
wait_request(struct session *session, struct host_request *request, uint64_t timeout_ms)
{
	if (request->done) {
		reply_request(session, request);
		return;
	}
	session->wait.request = request;
	wait_start(session, WAIT_REQUEST, timeout_ms);
}

void
waits_completed(struct cli *cli, struct host_request *request)
{
	struct wait *wait, *next;

	for (wait = TAILQ_FIRST(&cli->waits); wait != NULL; wait = next) {
		struct session *session = wait->session;

		next = TAILQ_NEXT(wait, link);
		if (wait->kind != WAIT_REQUEST || wait->request != request)
			continue;
		wait_end(wait);
		reply_request(session, request);
	}
}

static bool
is_indicated(const struct object *object, enum wait_kind kind)
{
	switch (kind) {
	case WAIT_RETRIEVED:
		return object->retrieves != 0;
	case WAIT_DISCONNECTED:
		return object->disconnects != 0;
	default:
		return object->aborts != 0;
	}
}

/* Move the cursor over what has been indicated, or is gone. True at the end. */
static bool
wait_advance(struct wait *wait)
{
	const struct selection *selection = &wait->selection;

	while (wait->cursor < selection->count) {
		const struct object *object = selection->objects[wait->cursor];

		if (object->state == OBJECT_LIVE && !is_indicated(object, wait->kind))
			return false;
		wait->cursor++;
	}
	return true;
}

static json_t *
indications_report(const struct wait *wait)
{
	struct cli *cli = wait->session->cli;
	uint64_t once = 0, more = 0;

	for (size_t i = 0; i < wait->selection.count; i++) {
		const struct object *object = wait->selection.objects[i];
		uint32_t count = wait->kind == WAIT_RETRIEVED      ? object->retrieves
		                 : wait->kind == WAIT_DISCONNECTED ? object->disconnects
		                                                   : object->aborts;

		once += count == 1;
		more += count > 1;
	}
	return json_pack("{s:I, s:I, s:I, s:f}", "objects", (json_int_t)wait->selection.count,
	        "indicated_once", (json_int_t)once, "indicated_more", (json_int_t)more, "waited_ms",
	        (double)(program_now(cli->program) - wait->started) / 1e6);
}

static void
reply_indications(struct wait *wait, bool complete)
{
	struct session *session = wait->session;
	json_t *report = indications_report(wait);
	size_t missing = wait->selection.count - wait->cursor;

	wait_end(wait);
	if (complete)
		reply_ok(session, report);
	else
		reply_error(session, report, "time is up: up to %zu objects were not indicated",
		        missing);
}

void
wait_indications(struct session *session, enum wait_kind kind, struct selection *selection,
        uint64_t timeout_ms)
{
	session->wait.selection = *selection;
	for (size_t i = 0; i < selection->count; i++)
		selection->objects[i]->group->references++;
	memset(selection, 0, sizeof(*selection));
	wait_start(session, kind, timeout_ms);
	if (wait_advance(&session->wait))
		reply_indications(&session->wait, true);
}

static void
wait_progress(struct wait *wait, uint64_t now)
{
	if (now < wait->progress)
		return;
	wait->progress = now + PROGRESS_NS;
	if (wait->kind == WAIT_REQUEST)
		reply_progress(wait->session,
		        host_request_progress(&wait->session->cli->host->requests, wait->request));
	else
		reply_progress(
		        wait->session, json_pack("{s:o}", "progress",
		                               json_sprintf("%zu of %zu objects, %.1f s",
		                                       wait->cursor, wait->selection.count,
		                                       (double)(now - wait->started) / 1e9)));
}

void
waits_tick(struct cli *cli)
{
	uint64_t now = program_now(cli->program);
	uint64_t awake = toe_awake_look(&cli->awake, now);
	struct wait *wait, *next;

	for (wait = TAILQ_FIRST(&cli->waits); wait != NULL; wait = next) {
		struct session *session = wait->session;
		bool late = awake >= wait->deadline;

		next = TAILQ_NEXT(wait, link);
		if (wait->kind != WAIT_REQUEST && (wait_advance(wait) || late)) {
			reply_indications(wait, wait->cursor == wait->selection.count);
		} else if (late) {
			uint32_t id = wait->request->id;

			wait_end(wait);
			reply_error(session, json_pack("{s:i}", "request", (int)id),
			        "request %u is still in progress; see 'wait %u'", id, id);
		} else {
			wait_progress(wait, now);
		}
	}
}
