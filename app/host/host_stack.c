/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI as a host stack: registering, reading completions and indications, submitting requests. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include <event2/event.h>
#include <rte_pause.h>

#include "control_turn.h"
#include "host_stack.h"
#include "say.h"

#define RECORDS_AT_ONCE 32u
#define RECORDS_FOLLOWED                                                                           \
	1024u /* in a turn when events are streamed: sockets are written in between */
#define INVALIDATE_POLL_NS 300000u /* how long a caller of invalidate polls before it sleeps */

static void
handle_record(struct host_stack *host, const struct chimney_record *record)
{
	struct host_request *request;

	if (record->kind != CHIMNEY_COMPLETION) {
		events_indication(&host->log, record);
		return;
	}
	/* the event first: what comes after it may be caused by it (INV-17) */
	request = tree_request(record->root);
	events_completion(&host->log, request);
	host_request_back(request, record);
}

/* A slice of records; false when there may be more. */
static bool
read_records(struct host_stack *host)
{
	struct slice slice = slice_begin(&host->program->clock);
	struct chimney_record records[RECORDS_AT_ONCE];
	unsigned int total = 0, n;

	do {
		n = chimney_poll(host->host, records, RECORDS_AT_ONCE);
		for (unsigned int i = 0; i < n; i++)
			handle_record(host, &records[i]);
		total += n;
		if (n == 0)
			return true;
	} while (!slice_over(&slice) && (!host->followed || total < RECORDS_FOLLOWED));
	return false;
}

/* After sleep is announced: what becomes of workers rings the bell, and is no record. */
static void
workers_look(struct host_stack *host)
{
	worker_news_look(&host->news);
	if (chimney_settled(host->host))
		host_requests_settled(&host->requests);
}

void
host_stack_pump(struct host_stack *host)
{
	uint64_t begun = program_now(host->program);
	struct timeval now = {0, 0};

	chimney_sleep_done(host->host);
	/* sleep_prepare looks again: records that came before the announcement rang no bell */
	while (read_records(host)) {
		if (chimney_sleep_prepare(host->host)) {
			workers_look(host);
			turns_took(host->objects.turns, begun);
			return;
		}
	}
	turns_took(host->objects.turns, begun);
	event_add(host->again, &now);
}

static void
on_records(evutil_socket_t fd, short what, void *context)
{
	host_stack_pump(context);
}

/*
 * A moment of what main waits for: a turn of control when main looks for it, and a worker's when it has the same CPU.
 * False: to sleep is quicker.
 */
static bool
wait_a_moment(struct program *program, bool control)
{
	uint32_t work;

	if (control && !control_turn(program, &work))
		return false;
	if (program->main_beside_worker)
		sched_yield();
	else
		rte_pause();
	return true;
}

/* A caller of invalidate polls for a moment; where control shares its CPU, only when it can be control itself. */
static void
poll_completion(struct host_stack *host, const struct host_request *request, bool control)
{
	struct program *program = host->program;
	uint64_t until = program_now(program) + INVALIDATE_POLL_NS;

	if (program->main_beside_control && !control)
		return;
	while (request->phase == REQUEST_SUBMITTED && program_now(program) < until)
		if (!wait_a_moment(program, control) || !read_records(host))
			return;
}

int
host_stack_begin(struct host_stack *host, struct host_request *request)
{
	bool polls = request->kind == CHIMNEY_INVALIDATE;
	bool control =
	        polls && host->program->main_beside_control && control_take_over(host->program);
	int result = host_request_begin(request);

	if (polls && result == 0)
		poll_completion(host, request, control);
	if (control)
		control_hand_back(host->program);
	host_stack_pump(host);
	return result;
}

static int
add_events(struct host_stack *host, struct event_base *base)
{
	host->readable = event_new(
	        base, chimney_event_fd(host->host), EV_READ | EV_PERSIST, on_records, host);
	host->again = event_new(base, -1, 0, on_records, host);
	if (host->readable == NULL || host->again == NULL || event_add(host->readable, NULL) != 0)
		return say_error("out of memory for the CLI's events");
	return 0;
}

int
host_stack_open(struct host_stack *host, struct program *program, struct event_base *base,
        struct turns *turns, const struct host_stack_params *sizes)
{
	struct chimney_host_params params = {
	        .name = "cli",
	        .ticks_per_second = 1000,
	        .request_ring_size = sizes->request_ring,
	        .event_ring_size = sizes->event_ring,
	};
	int result;

	memset(host, 0, sizeof(*host));
	host->program = program;
	objects_init(&host->objects, turns);
	host_requests_init(&host->requests, program, &host->objects);
	events_init(&host->log, program, &host->objects);
	worker_news_init(&host->news, program, &host->log);
	result = chimney_host_register(program->target, &params, &host->host);
	if (result != 0)
		return say_error("registering the CLI as a host stack: %s", strerror(-result));
	host->requests.host = host->host;
	if (add_events(host, base) != 0) {
		host_stack_close(host);
		return -1;
	}
	host_stack_pump(host);
	return 0;
}

void
host_stack_close(struct host_stack *host)
{
	if (host->readable != NULL)
		event_free(host->readable);
	if (host->again != NULL)
		event_free(host->again);
	host->readable = host->again = NULL;
	if (host->program->lcores_stuck)
		return; /* a lost worker may still look at a tree */
	/* refused when connections were discarded: chimney_destroy drops the host then */
	chimney_host_unregister(host->host);
	host->host = NULL;
	host_requests_fini(&host->requests);
	objects_fini(&host->objects);
}
