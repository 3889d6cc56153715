/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CLI as a host stack: registered with the target under the name "cli", with its objects, its requests
 * and the indications that it gets. Belongs to the main lcore.
 */
#ifndef APP_HOST_STACK_H
#define APP_HOST_STACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "chimney.h"
#include "events.h"
#include "host_requests.h"
#include "objects.h"
#include "session.h"

struct event;

TAILQ_HEAD(wait_list, wait);
TAILQ_HEAD(hold_list, held_tuple);

struct host_stack {
	struct chimney_host *host;
	struct object_table objects;
	struct host_request_table requests;
	struct event_log log;
	struct wait_list waits;
	struct hold_list holds; /* chimney_hold and chimney_release under way */
	struct event *readable; /* the host's eventfd */
	struct event *again; /* there is more to read */
	struct event *tick; /* for waits; runs while there are any */
};

/* 0 or -1 (said). Needs the target and the event base; closed when no lcore runs any more. */
int host_stack_open(struct app *app);
void host_stack_close(struct app *app);

/* Read completions and indications now; keeps the eventfd protocol. */
void host_stack_pump(struct app *app);
/*
 * Submit a request whose tree is built. Small invalidates are polled for a moment, so that their latency is
 * that of a caller who polls. 0 or a negative errno: the request was dropped, its objects are as before.
 */
int host_stack_submit(struct app *app, struct host_request *request);
/* Start the tick: somebody waits for something that no record announces. */
void host_stack_tick(struct app *app);

#endif
