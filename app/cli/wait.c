/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that wait for a request. */
#include <errno.h>
#include <string.h>

#include "reply_rows.h"
#include "request_failure.h"
#include "wait.h"

#define PROGRESS_NS 500000000u

void
wait_times(struct session *session, uint64_t timeout_ms)
{
	struct wait *wait = &session->wait;

	wait->started = program_now(session->cli->program);
	wait->deadline =
	        toe_awake_look(&session->cli->awake, wait->started) + timeout_ms * 1000000u;
	wait->progress = wait->started + PROGRESS_NS;
}

bool
wait_late(const struct session *session)
{
	struct cli *cli = session->cli;

	return toe_awake_look(&cli->awake, program_now(cli->program)) >= session->wait.deadline;
}

bool
wait_progress_due(struct session *session)
{
	uint64_t now = program_now(session->cli->program);

	if (now < session->wait.progress)
		return false;
	session->wait.progress = now + PROGRESS_NS;
	return true;
}

double
wait_seconds(const struct session *session)
{
	return (double)(program_now(session->cli->program) - session->wait.started) / 1e9;
}

static void
reply_request(struct session *session, struct host_request *request)
{
	uint32_t failures = host_request_failures(request);
	char which[320];
	struct reply_rows_spec spec = {.head = host_request_report(request),
	        .rest = host_request_rest(request),
	        .request = request};

	if (failures == 0) {
		reply_rows(session, &spec, NULL);
		return;
	}
	request_failure_text(request, which, sizeof(which));
	reply_rows(session, &spec, "request %u (%s): %u of %u blocks did not succeed: %s",
	        request->id, request->command, failures, request->blocks, which);
}

void
wait_failed(struct session *session, int error)
{
	if (error == -ENOENT) {
		cli_error_set(&session->error, &session->line, session->line.select_first, "%s",
		        session->nothing);
		reply_cli_error(session);
	} else if (error == -ENOMEM) {
		reply_error(session, NULL, "out of memory for the request's tree");
	} else {
		reply_error(
		        session, NULL, "the target did not take the request: %s", strerror(-error));
	}
}

/* The request is as far as the session wants it: reply. */
static void
wait_over(struct session *session, struct host_request *request)
{
	if (request->phase == REQUEST_FAILED)
		wait_failed(session, request->error);
	else if (session->wait.submitted)
		reply_ok(session, host_request_report(request));
	else
		reply_request(session, request);
}

static bool
far_enough(const struct session *session, const struct host_request *request)
{
	return host_request_ended(request) ||
	       (session->wait.submitted && request->phase != REQUEST_MAKING && request->error == 0);
}

/* The request goes on without the session. */
static void
wait_cancel(struct session *session)
{
	session->wait.request = NULL;
}

static void
wait_tick(struct session *session)
{
	const struct host_request *request = session->wait.request;
	uint32_t id = request->id;

	if (wait_late(session))
		reply_error(session, json_pack("{s:i}", "request", (int)id),
		        "request %u is still in progress; see 'wait %u'", id, id);
	else if (wait_progress_due(session))
		reply_progress(session, host_request_progress(request));
}

static void
wait_begin(
        struct session *session, struct host_request *request, uint64_t timeout_ms, bool submitted)
{
	session->wait.submitted = submitted;
	if (far_enough(session, request)) {
		wait_over(session, request);
		return;
	}
	session_wait(session, wait_cancel, wait_tick);
	wait_times(session, timeout_ms);
	session->wait.request = request;
}

void
wait_request(struct session *session, struct host_request *request, uint64_t timeout_ms)
{
	wait_begin(session, request, timeout_ms, false);
}

void
wait_submitted(struct session *session, struct host_request *request, uint64_t timeout_ms)
{
	wait_begin(session, request, timeout_ms, true);
}

void
wait_told(struct cli *cli, struct host_request *request)
{
	struct session *session, *next;

	for (session = TAILQ_FIRST(&cli->waiting); session != NULL; session = next) {
		next = TAILQ_NEXT(session, wait.link);
		if (session->wait.request == request && far_enough(session, request))
			wait_over(session, request);
	}
}
