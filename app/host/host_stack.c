/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI as a host stack: registering, reading completions and indications, submitting requests. */
#include <errno.h>
#include <string.h>

#include <event2/event.h>
#include <rte_pause.h>

#include "app.h"
#include "cli_hold.h"
#include "host_stack.h"
#include "say.h"
#include "wait.h"

#define RECORDS_AT_ONCE 256u
#define RECORDS_PER_TURN 8192u /* then others get their turn of the event loop ... */
#define RECORDS_FOLLOWED 1024u /* ... sooner when events are streamed: sockets are written there */
#define INVALIDATE_POLL_NS 300000u /* how long a caller of invalidate polls before it sleeps */
#define TICK_US 5000

static void
handle_record(struct app *app, const struct chimney_record *record)
{
	struct host_request *request;

	if (record->kind != CHIMNEY_COMPLETION) {
		events_indication(app, record);
		return;
	}
	request = record->root->host_reserved[1];
	host_request_complete(app, request, record->frames_discarded);
	events_completion(app, request);
	waits_completed(app, request);
}

/* A turn's worth of records; false when there may be more. */
static bool
read_records(struct app *app)
{
	unsigned int limit = events_followed(app) ? RECORDS_FOLLOWED : RECORDS_PER_TURN;
	struct chimney_record records[RECORDS_AT_ONCE];
	unsigned int total = 0, n;

	while (total < limit) {
		n = chimney_poll(app->host.host, records, RECORDS_AT_ONCE);
		for (unsigned int i = 0; i < n; i++)
			handle_record(app, &records[i]);
		total += n;
		if (n == 0)
			return true;
	}
	return false;
}

void
host_stack_pump(struct app *app)
{
	chimney_sleep_done(app->host.host);
	/* sleep_prepare looks again: records that came before the announcement rang no bell */
	while (read_records(app))
		if (chimney_sleep_prepare(app->host.host))
			return;
	event_active(app->host.again, EV_TIMEOUT, 0);
}

static void
on_records(evutil_socket_t fd, short what, void *context)
{
	host_stack_pump(context);
}

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	struct app *app = context;

	cli_holds_tick(app);
	waits_tick(app);
	if (TAILQ_EMPTY(&app->host.waits) && TAILQ_EMPTY(&app->host.holds))
		event_del(app->host.tick);
}

void
host_stack_tick(struct app *app)
{
	struct timeval every = {0, TICK_US};

	if (!event_pending(app->host.tick, EV_TIMEOUT, NULL))
		event_add(app->host.tick, &every);
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
shares_cpu_with_control(const struct app *app)
{
	rte_cpuset_t main_cpus = rte_lcore_cpuset(rte_get_main_lcore());
	rte_cpuset_t control_cpus = rte_lcore_cpuset(app->control_lcore);

	return CPU_COUNT(&main_cpus) == 1 && CPU_EQUAL(&main_cpus, &control_cpus);
}

int
host_stack_submit(struct app *app, struct host_request *request)
{
	uint64_t until;
	int result;

	host_request_start(app, request);
	/* From here on the tree is the target's. The time is taken last, so that it is the target's alone. */
	request->submitted = clock_now(&app->clock);
	result = call_target(app->host.host, request);
	if (result != 0) {
		host_request_discard(app, request);
		return result;
	}
	until = request->submitted + (shares_cpu_with_control(app) ? 0 : INVALIDATE_POLL_NS);
	while (request->kind == CHIMNEY_INVALIDATE && !request->done &&
	        clock_now(&app->clock) < until) {
		if (!read_records(app))
			break;
		rte_pause();
	}
	host_stack_pump(app);
	return 0;
}

static int
add_events(struct app *app)
{
	struct host_stack *host = &app->host;

	host->readable = event_new(
	        app->base, chimney_event_fd(host->host), EV_READ | EV_PERSIST, on_records, app);
	host->again = event_new(app->base, -1, 0, on_records, app);
	host->tick = event_new(app->base, -1, EV_PERSIST, on_tick, app);
	if (host->readable == NULL || host->again == NULL || host->tick == NULL ||
	        event_add(host->readable, NULL) != 0)
		return say_error("out of memory for the CLI's events");
	return 0;
}

int
host_stack_open(struct app *app)
{
	struct host_stack *host = &app->host;
	struct chimney_host_params params = {
	        .name = "cli",
	        .ticks_per_second = 1000,
	        .request_ring_size = app->options.request_ring,
	        .event_ring_size = app->options.event_ring,
	};
	int result;

	memset(host, 0, sizeof(*host));
	objects_init(&host->objects);
	host_requests_init(&host->requests);
	TAILQ_INIT(&host->waits);
	TAILQ_INIT(&host->holds);
	result = chimney_host_register(app->target, &params, &host->host);
	if (result != 0)
		return say_error("registering the CLI as a host stack: %s", strerror(-result));
	if (add_events(app) != 0) {
		host_stack_close(app);
		return -1;
	}
	host_stack_pump(app);
	return 0;
}

void
host_stack_close(struct app *app)
{
	struct host_stack *host = &app->host;

	if (host->readable != NULL)
		event_free(host->readable);
	if (host->again != NULL)
		event_free(host->again);
	if (host->tick != NULL)
		event_free(host->tick);
	host->readable = host->again = host->tick = NULL;
	if (app->lcores_stuck)
		return; /* a lost worker may still look at a tree */
	/* refused when connections were discarded: chimney_destroy drops the host then */
	chimney_host_unregister(host->host);
	host->host = NULL;
	cli_holds_fini(app);
	host_requests_fini(&host->requests);
	objects_fini(&host->objects);
}
