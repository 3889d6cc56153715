/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI as a host stack: registering, reading completions and indications, submitting requests. */
#include <errno.h>
#include <string.h>

#include <event2/event.h>
#include <rte_pause.h>

#include "host_stack.h"
#include "say.h"

#define RECORDS_AT_ONCE 256u
#define RECORDS_PER_TURN 8192u /* then others get their turn of the event loop ... */
#define RECORDS_FOLLOWED 1024u /* ... sooner when events are streamed: sockets are written there */
#define INVALIDATE_POLL_NS 300000u /* how long a caller of invalidate polls before it sleeps */

static void
handle_record(struct host_stack *host, const struct chimney_record *record)
{
	struct host_request *request;

	if (record->kind != CHIMNEY_COMPLETION) {
		events_indication(&host->log, record);
		return;
	}
	request = record->root->host_reserved[1];
	host_request_complete(&host->requests, request, record);
	events_completion(&host->log, request);
	if (host->completed != NULL)
		host->completed(host->context, request);
}

/* A turn's worth of records; false when there may be more. */
static bool
read_records(struct host_stack *host)
{
	unsigned int limit = host->followed ? RECORDS_FOLLOWED : RECORDS_PER_TURN;
	struct chimney_record records[RECORDS_AT_ONCE];
	unsigned int total = 0, n;

	while (total < limit) {
		n = chimney_poll(host->host, records, RECORDS_AT_ONCE);
		for (unsigned int i = 0; i < n; i++)
			handle_record(host, &records[i]);
		total += n;
		if (n == 0)
			return true;
	}
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
	chimney_sleep_done(host->host);
	/* sleep_prepare looks again: records that came before the announcement rang no bell */
	while (read_records(host))
		if (chimney_sleep_prepare(host->host)) {
			workers_look(host);
			return;
		}
	event_active(host->again, EV_TIMEOUT, 0);
}

static void
on_records(evutil_socket_t fd, short what, void *context)
{
	host_stack_pump(context);
}

static int
call_target(struct chimney_host *host, const struct host_request *request)
{
	struct offload_block_list *root = request->tree.root;

	switch (request->kind) {
	case CHIMNEY_INITIATE:
		return chimney_initiate_offload(host, root);
	case CHIMNEY_QUERY:
		return chimney_query_offload(host, root);
	case CHIMNEY_UPDATE:
		return chimney_update_offload(host, root);
	case CHIMNEY_INVALIDATE:
		return chimney_invalidate_offload(host, root);
	case CHIMNEY_TERMINATE:
		return chimney_terminate_offload(host, root);
	default:
		return -EINVAL;
	}
}

/* Where main and control have one CPU between them, polling would only keep control from running. */
static bool
shares_cpu_with_control(const struct program *program)
{
	rte_cpuset_t main_cpus = rte_lcore_cpuset(rte_get_main_lcore());
	rte_cpuset_t control_cpus = rte_lcore_cpuset(program->control_lcore);

	return CPU_COUNT(&main_cpus) == 1 && CPU_EQUAL(&main_cpus, &control_cpus);
}

int
host_stack_submit(struct host_stack *host, struct host_request *request)
{
	uint64_t until;
	int result;

	host_request_start(&host->requests, request);
	/* From here on the tree is the target's. The time is taken last, so that it is the target's alone. */
	request->submitted = program_now(host->program);
	result = call_target(host->host, request);
	if (result != 0) {
		host_request_discard(&host->requests, request);
		return result;
	}
	until = request->submitted +
	        (shares_cpu_with_control(host->program) ? 0 : INVALIDATE_POLL_NS);
	while (request->kind == CHIMNEY_INVALIDATE && !request->done &&
	        program_now(host->program) < until) {
		if (!read_records(host))
			break;
		rte_pause();
	}
	host_stack_pump(host);
	return 0;
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
host_stack_open(struct host_stack *host, const struct program *program, struct event_base *base,
        const struct host_stack_params *sizes)
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
	objects_init(&host->objects);
	host_requests_init(&host->requests, program, &host->objects);
	events_init(&host->log, program, &host->objects);
	worker_news_init(&host->news, program, &host->log);
	result = chimney_host_register(program->target, &params, &host->host);
	if (result != 0)
		return say_error("registering the CLI as a host stack: %s", strerror(-result));
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
