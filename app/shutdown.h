/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clean stop: on SIGINT, SIGTERM, SIGHUP or `quit` nobody is accepted any more, everything offloaded is
 * terminated, every request completes (INV-15), then the event loop ends.
 */
#ifndef APP_SHUTDOWN_H
#define APP_SHUTDOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "awake.h"
#include "cli.h"
#include "host_stack.h"
#include "program.h"
#include "server.h"

struct event;
struct event_base;

#define SHUTDOWN_SIGNALS 3u

enum shutdown_step {
	SHUTDOWN_NONE = 0,
	SHUTDOWN_SETTLE, /* requests in progress complete */
	SHUTDOWN_TERMINATE, /* all objects go back */
	SHUTDOWN_TARGET, /* the target stops */
	SHUTDOWN_DONE,
};

struct shutdown {
	/* what stops */
	const struct program *program;
	struct host_stack *host;
	struct cli *cli;
	struct server *server;
	struct event_base *base;
	bool wanted;
	/* it began with SIGHUP, and nothing else has said so since */
	bool hung_up;
	enum shutdown_step step;
	struct toe_awake awake; /* deadlines count while this runs */
	uint64_t deadline; /* ns of that time: of the step */
	uint32_t request; /* id of the terminate */
	struct event *tick;
	struct event *signals[SHUTDOWN_SIGNALS];
};

/* Catch the signals. The parts are filled in. 0 or -1 (said). */
int shutdown_open(struct shutdown *stop);
void shutdown_close(struct shutdown *stop);
/* Begin; may be called again, then the present step is given up. */
void shutdown_begin(struct shutdown *stop, const char *why);
/* The whole stop when no loop runs any more (a start-up that failed): returns when all is settled. */
void shutdown_run(struct shutdown *stop);

#endif
