/* SPDX-License-Identifier: BSD-3-Clause */
/* The clean stop, one step after the other, in the event loop. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include <event2/event.h>

#include "reference.h"
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

/* A request with everything in it, begun. 0 or a negative errno. */
static int
terminate_all(struct shutdown *stop)
{
	struct reference_spec spec = {.part = TREE_DELEGATED};
	struct host_request *request;

	request =
	        host_request_new(&stop->host->requests, "quit", CHIMNEY_TERMINATE, 0, TURNS_HOUSE);
	if (request == NULL)
		return -ENOMEM;
	selection_all(&spec.selection, &stop->host->objects, 0);
	if (reference_prepare(request, &spec) != 0) {
		host_request_discard(request);
		return -ENOMEM;
	}
	return host_stack_begin(stop->host, request);
}

/* Without memory for its tree the objects are discarded, and that is said. */
static void
terminate_everything(struct shutdown *stop)
{
	step_to(stop, SHUTDOWN_TERMINATE, TERMINATE_NS);
	stop->request = 0;
	if (objects_live(stop) == 0)
		return;
	say("taking back %" PRIu64 " connections, %" PRIu64 " paths and %" PRIu64 " neighbors",
	        stop->host->objects.live[OFFLOAD_LAYER_TCP],
	        stop->host->objects.live[OFFLOAD_LAYER_PATH],
	        stop->host->objects.live[OFFLOAD_LAYER_NEIGHBOR]);
	if (terminate_all(stop) != 0)
		say_error("out of memory for taking %" PRIu64 " objects back", objects_live(stop));
	else
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
		if (stop->request == 0 || request == NULL || host_request_ended(request) || late)
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
	struct shutdown *stop = context;

	/* a stop and a hangup come together, in either order: that is no reason to hurry */
	if (number == SIGHUP) {
		if (stop->wanted)
			return;
		stop->hung_up = true;
		shutdown_begin(stop, "SIGHUP");
	} else if (stop->hung_up) {
		stop->hung_up = false;
	} else {
		shutdown_begin(stop, number == SIGINT ? "SIGINT" : "SIGTERM");
	}
}

/* Started to outlive its terminal (nohup)? Then SIGHUP stays ignored. */
static bool
hangup_ignored(void)
{
	struct sigaction action;

	return sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int
shutdown_open(struct shutdown *stop)
{
	static const int numbers[SHUTDOWN_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

	stop->tick = event_new(stop->base, -1, EV_PERSIST, on_tick, stop);
	if (stop->tick == NULL)
		return say_error("out of memory");
	for (unsigned int i = 0; i < SHUTDOWN_SIGNALS; i++) {
		if (numbers[i] == SIGHUP && hangup_ignored())
			continue;
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
	for (unsigned int i = 0; i < SHUTDOWN_SIGNALS; i++)
		if (stop->signals[i] != NULL)
			event_free(stop->signals[i]);
	if (stop->tick != NULL)
		event_free(stop->tick);
	memset(stop->signals, 0, sizeof(stop->signals));
	stop->tick = NULL;
}
