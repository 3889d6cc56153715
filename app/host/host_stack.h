/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CLI as a host stack: registered with the target under the name "cli", with its objects, its requests
 * and the indications that it gets. Belongs to the main lcore. It calls nobody above it: who wants to know of
 * completions and indications is called back.
 */
#ifndef APP_HOST_STACK_H
#define APP_HOST_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "chimney.h"
#include "events.h"
#include "host_requests.h"
#include "objects.h"
#include "program.h"
#include "worker_news.h"

struct event;
struct event_base;

struct host_stack {
	struct program *program;
	struct chimney_host *host;
	struct object_table objects;
	struct host_request_table requests;
	struct event_log log;
	struct worker_news news;
	/* events are streamed to somebody: fewer records in a turn */
	bool followed;
	/* the host's eventfd */
	struct event *readable;
	/* there is more to read */
	struct event *again;
};

/* The sizes of its rings. */
struct host_stack_params {
	uint32_t request_ring;
	uint32_t event_ring;
};

/* 0 or -1 (said). Needs the target; closed when no lcore runs any more. `turns`: for what takes long. */
int host_stack_open(struct host_stack *host, struct program *program, struct event_base *base,
        struct turns *turns, const struct host_stack_params *params);
void host_stack_close(struct host_stack *host);

/* Read completions and indications now; keeps the eventfd protocol. */
void host_stack_pump(struct host_stack *host);
/*
 * Begin a request (host_request_begin). An invalidate that could be submitted at once is polled for a moment, so that
 * its latency is that of a caller who polls.
 */
int host_stack_begin(struct host_stack *host, struct host_request *request);

#endif
