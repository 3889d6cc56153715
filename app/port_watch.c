/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes from the ports, once a second. */
#include "port_watch.h"

#include "port_counters.h"
#include "say.h"

#define FRAMES_ENOUGH 16u /* with a wrong checksum, before anything is said */

static uint64_t
read_count(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

static void
tell(const struct program *program, uint32_t port, uint64_t bad, uint64_t frames)
{
	const char *device = program->ports[port].device;

	say("warning: port %u (%s): %lu of %lu frames have wrong checksums, so that no connection "
	    "takes "
	    "them; a device of the kernel leaves checksums to hardware that is not there: "
	    "run `ethtool -K DEVICE tx off rx off tso off gso off gro off` for it and for its peer "
	    "(user guide, \"Devices of the kernel\")",
	        port, device, bad, frames);
}

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	struct port_watch *watch = context;
	const struct program *program = watch->program;

	(void)fd;
	(void)what;
	for (uint32_t port = 0; port < program->shared.port_count; port++) {
		uint64_t frames = 0, bad = 0;

		port_counters_update(watch->program, port);
		for (uint32_t i = 0; i < program->worker_count; i++) {
			bad += read_count(&program->workers[i]->seen[port].bad_checksums);
			frames += read_count(&program->workers[i]->seen[port].frames);
		}
		if (watch->told[port] || bad < FRAMES_ENOUGH || bad <= frames / 2)
			continue;
		watch->told[port] = true;
		tell(program, port, bad, frames);
	}
}

int
port_watch_open(struct port_watch *watch, struct program *program, struct event_base *base)
{
	const struct timeval every = {.tv_sec = 1};

	watch->program = program;
	watch->tick = event_new(base, -1, EV_PERSIST, on_tick, watch);
	if (watch->tick != NULL && event_add(watch->tick, &every) == 0)
		return 0;
	return say_error("out of memory for the watch over the ports");
}

void
port_watch_close(struct port_watch *watch)
{
	if (watch->tick != NULL)
		event_free(watch->tick);
}
