/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clean stop: on SIGINT, SIGTERM or `quit` nobody is accepted any more, everything offloaded is
 * terminated, every request completes (INV-15), then the event loop ends.
 */
#ifndef APP_SHUTDOWN_H
#define APP_SHUTDOWN_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct event;
struct host_request;

enum shutdown_step {
	SHUTDOWN_NONE = 0,
	SHUTDOWN_SETTLE, /* requests in progress complete */
	SHUTDOWN_TERMINATE, /* all objects go back */
	SHUTDOWN_TARGET, /* the target stops */
	SHUTDOWN_DONE,
};

struct app_shutdown {
	bool wanted;
	enum shutdown_step step;
	uint64_t deadline; /* ns: of the step */
	uint32_t request; /* id of the terminate */
	struct event *tick;
	struct event *signals[2];
};

/* Catch the signals. 0 or -1 (said). */
int shutdown_open(struct app *app);
void shutdown_close(struct app *app);
/* Begin; may be called again, then the present step is given up. */
void shutdown_begin(struct app *app, const char *why);
/* The whole stop when no loop runs any more (a start-up that failed): returns when all is settled. */
void shutdown_run(struct app *app);

#endif
