/* SPDX-License-Identifier: BSD-3-Clause */
/* The clean stop, one step after the other, in the event loop. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include <event2/event.h>

#include "say.h"
#include "shutdown.h"

#define TICK_US 2000
#define AWAKE_MOST_NS 50000000u /* of a deadline that passes between two ticks */
#define SETTLE_NS 10000000000ull
#define TERMINATE_NS 30000000000ull
#define TARGET_NS 10000000000ull

static void
step_to(struct shutdown *stop, enum shutdown_step step, uint64_t limit_ns)
{
	stop->step = step;
	stop->deadline = toe_awake_look(&stop->awake, program_now(stop->program)) + limit_ns;
}

static uint64_t
objects_live(const struct shutdown *stop)
{
	const uint64_t *live = stop->host->objects.live;

	return live[OFFLOAD_LAYER_NEIGHBOR] + live[OFFLOAD_LAYER_PATH] + live[OFFLOAD_LAYER_TCP];
}

/* One tree with everything in it. Without memory for it the objects are discarded, and that is said. */
static void
terminate_everything(struct shutdown *stop)
{
	struct selection selection = {0};
	struct host_request *request = NULL;

	step_to(stop, SHUTDOWN_TERMINATE, TERMINATE_NS);
	stop->request = 0;
	if (objects_live(stop) == 0)
		return;
	say("taking back %" PRIu64 " connections, %" PRIu64 " paths and %" PRIu64 " neighbors",
	        stop->host->objects.live[OFFLOAD_LAYER_TCP],
	        stop->host->objects.live[OFFLOAD_LAYER_PATH],
	        stop->host->objects.live[OFFLOAD_LAYER_NEIGHBOR]);
	selection_all(&stop->host->objects, 0, &selection);
	if (!selection.failed && selection.count != 0)
		request = host_request_new("quit", CHIMNEY_TERMINATE, 0);
	if (request != NULL && tree_reference(&request->tree, &stop->host->objects, &selection,
	                               TREE_DELEGATED) != 0) {
		host_request_discard(&stop->host->requests, request);
		request = NULL;
	}
	selection_free(&selection);
	if (request == NULL) {
		say_error("out of memory for taking %" PRIu64 " objects back", objects_live(stop));
		return;
	}
	/* it may be complete when submit returns: nothing may be read from it then */
	if (host_stack_submit(stop->host, request) == 0)
		stop->request = stop->host->requests.last_id;
}

static void
stop_target(struct shutdown *stop)
{
	const uint64_t *live = stop->host->objects.live;

	if (objects_live(stop) != 0)
		say("discarding %" PRIu64 " connections, %" PRIu64 " paths and %" PRIu64
		    " neighbors that did not come back",
		        live[OFFLOAD_LAYER_TCP], live[OFFLOAD_LAYER_PATH],
		        live[OFFLOAD_LAYER_NEIGHBOR]);
	chimney_stop(stop->program->target);
	step_to(stop, SHUTDOWN_TARGET, TARGET_NS);
}

static void
shutdown_step(struct shutdown *stop, bool late)
{
	const struct host_request *request;

	switch (stop->step) {
	case SHUTDOWN_SETTLE:
		if (stop->host->requests.running_count == 0 || late)
			terminate_everything(stop);
		break;
	case SHUTDOWN_TERMINATE:
		request = host_request_find(&stop->host->requests, stop->request);
		if (stop->request == 0 || request == NULL || request->done || late)
			stop_target(stop);
		break;
	case SHUTDOWN_TARGET:
		if (!chimney_stopped(stop->program->target) && !late)
			break;
		host_stack_pump(stop->host);
		if (server_flushed(stop->server) || late)
			step_to(stop, SHUTDOWN_DONE, 0);
		break;
	case SHUTDOWN_DONE:
		event_base_loopbreak(stop->base);
		break;
	case SHUTDOWN_NONE:
		break;
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	struct shutdown *stop = context;

	shutdown_step(
	        stop, toe_awake_look(&stop->awake, program_now(stop->program)) >= stop->deadline);
}

void
shutdown_begin(struct shutdown *stop, const char *why)
{
	struct timeval every = {0, TICK_US};

	if (stop->wanted) {
		say("%s again: not waiting any longer", why);
		shutdown_step(stop, true);
		return;
	}
	stop->wanted = true;
	stop->cli->stopping = true;
	say("%s: stopping", why);
	server_stop_accepting(stop->server);
	toe_awake_start(&stop->awake, program_now(stop->program), AWAKE_MOST_NS);
	step_to(stop, SHUTDOWN_SETTLE, SETTLE_NS);
	event_add(stop->tick, &every);
}

void
shutdown_run(struct shutdown *stop)
{
	if (!stop->wanted)
		shutdown_begin(stop, "start-up failed");
	while (stop->step != SHUTDOWN_DONE)
		event_base_loop(stop->base, EVLOOP_ONCE);
}

static void
on_signal(evutil_socket_t number, short what, void *context)
{
	shutdown_begin(context, number == SIGINT ? "SIGINT" : "SIGTERM");
}

int
shutdown_open(struct shutdown *stop)
{
	static const int numbers[2] = {SIGINT, SIGTERM};

	stop->tick = event_new(stop->base, -1, EV_PERSIST, on_tick, stop);
	if (stop->tick == NULL)
		return say_error("out of memory");
	for (unsigned int i = 0; i < 2; i++) {
		stop->signals[i] = evsignal_new(stop->base, numbers[i], on_signal, stop);
		if (stop->signals[i] == NULL || event_add(stop->signals[i], NULL) != 0) {
			shutdown_close(stop);
			return say_error("catching signals: %s", strerror(errno));
		}
	}
	return 0;
}

void
shutdown_close(struct shutdown *stop)
{
	for (unsigned int i = 0; i < 2; i++)
		if (stop->signals[i] != NULL)
			event_free(stop->signals[i]);
	if (stop->tick != NULL)
		event_free(stop->tick);
	memset(stop->signals, 0, sizeof(stop->signals));
	stop->tick = NULL;
}
