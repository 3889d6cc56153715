/* SPDX-License-Identifier: BSD-3-Clause */
/* The clean stop, one step after the other, in the event loop. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include <event2/event.h>

#include "app.h"
#include "say.h"
#include "shutdown.h"

#define TICK_US 2000
#define SETTLE_NS 10000000000ull
#define TERMINATE_NS 30000000000ull
#define TARGET_NS 10000000000ull

static void
step_to(struct app *app, enum shutdown_step step, uint64_t limit_ns)
{
	app->shutdown.step = step;
	app->shutdown.deadline = clock_now(&app->clock) + limit_ns;
}

static uint64_t
objects_live(const struct app *app)
{
	const uint64_t *live = app->host.objects.live;

	return live[OFFLOAD_LAYER_NEIGHBOR] + live[OFFLOAD_LAYER_PATH] + live[OFFLOAD_LAYER_TCP];
}

/* One tree with everything in it. Without memory for it the objects are discarded, and that is said. */
static void
terminate_everything(struct app *app)
{
	struct selection selection = {0};
	struct host_request *request = NULL;

	step_to(app, SHUTDOWN_TERMINATE, TERMINATE_NS);
	app->shutdown.request = 0;
	if (objects_live(app) == 0)
		return;
	say("taking back %" PRIu64 " connections, %" PRIu64 " paths and %" PRIu64 " neighbors",
	        app->host.objects.live[OFFLOAD_LAYER_TCP],
	        app->host.objects.live[OFFLOAD_LAYER_PATH],
	        app->host.objects.live[OFFLOAD_LAYER_NEIGHBOR]);
	selection_all(&app->host.objects, 0, &selection);
	if (!selection.failed && selection.count != 0)
		request = host_request_new("quit", CHIMNEY_TERMINATE, 0);
	if (request != NULL && tree_reference(&request->tree, &app->host.objects, &selection,
	                               TREE_DELEGATED) != 0) {
		host_request_discard(app, request);
		request = NULL;
	}
	selection_free(&selection);
	if (request == NULL) {
		say_error("out of memory for taking %" PRIu64 " objects back", objects_live(app));
		return;
	}
	/* it may be complete when submit returns: nothing may be read from it then */
	if (host_stack_submit(app, request) == 0)
		app->shutdown.request = app->host.requests.last_id;
}

static void
stop_target(struct app *app)
{
	const uint64_t *live = app->host.objects.live;

	if (objects_live(app) != 0)
		say("discarding %" PRIu64 " connections, %" PRIu64 " paths and %" PRIu64
		    " neighbors that did not come back",
		        live[OFFLOAD_LAYER_TCP], live[OFFLOAD_LAYER_PATH],
		        live[OFFLOAD_LAYER_NEIGHBOR]);
	chimney_stop(app->target);
	step_to(app, SHUTDOWN_TARGET, TARGET_NS);
}

/* Clients get what was written to them, when they read it. */
static bool
clients_flushed(const struct app *app)
{
	const struct client *client;

	TAILQ_FOREACH(client, &app->server.clients, link)
	{
		if (client->session.owner->queued(&client->session) != 0)
			return false;
	}
	return true;
}

static void
shutdown_step(struct app *app, bool late)
{
	const struct host_request *request;

	switch (app->shutdown.step) {
	case SHUTDOWN_SETTLE:
		if (app->host.requests.running_count == 0 || late)
			terminate_everything(app);
		break;
	case SHUTDOWN_TERMINATE:
		request = host_request_find(&app->host.requests, app->shutdown.request);
		if (app->shutdown.request == 0 || request == NULL || request->done || late)
			stop_target(app);
		break;
	case SHUTDOWN_TARGET:
		if (!chimney_stopped(app->target) && !late)
			break;
		host_stack_pump(app);
		if (clients_flushed(app) || late)
			step_to(app, SHUTDOWN_DONE, 0);
		break;
	case SHUTDOWN_DONE:
		event_base_loopbreak(app->base);
		break;
	case SHUTDOWN_NONE:
		break;
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	struct app *app = context;

	shutdown_step(app, clock_now(&app->clock) >= app->shutdown.deadline);
}

void
shutdown_begin(struct app *app, const char *why)
{
	struct timeval every = {0, TICK_US};

	if (app->shutdown.wanted) {
		say("%s again: not waiting any longer", why);
		shutdown_step(app, true);
		return;
	}
	app->shutdown.wanted = true;
	say("%s: stopping", why);
	server_stop_accepting(app);
	step_to(app, SHUTDOWN_SETTLE, SETTLE_NS);
	event_add(app->shutdown.tick, &every);
}

void
shutdown_run(struct app *app)
{
	if (!app->shutdown.wanted)
		shutdown_begin(app, "start-up failed");
	while (app->shutdown.step != SHUTDOWN_DONE)
		event_base_loop(app->base, EVLOOP_ONCE);
}

static void
on_signal(evutil_socket_t number, short what, void *context)
{
	shutdown_begin(context, number == SIGINT ? "SIGINT" : "SIGTERM");
}

int
shutdown_open(struct app *app)
{
	static const int numbers[2] = {SIGINT, SIGTERM};

	app->shutdown.tick = event_new(app->base, -1, EV_PERSIST, on_tick, app);
	if (app->shutdown.tick == NULL)
		return say_error("out of memory");
	for (unsigned int i = 0; i < 2; i++) {
		app->shutdown.signals[i] = evsignal_new(app->base, numbers[i], on_signal, app);
		if (app->shutdown.signals[i] == NULL ||
		        event_add(app->shutdown.signals[i], NULL) != 0) {
			shutdown_close(app);
			return say_error("catching signals: %s", strerror(errno));
		}
	}
	return 0;
}

void
shutdown_close(struct app *app)
{
	for (unsigned int i = 0; i < 2; i++)
		if (app->shutdown.signals[i] != NULL)
			event_free(app->shutdown.signals[i]);
	if (app->shutdown.tick != NULL)
		event_free(app->shutdown.tick);
	memset(app->shutdown.signals, 0, sizeof(app->shutdown.signals));
	app->shutdown.tick = NULL;
}
