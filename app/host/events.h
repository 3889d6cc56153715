/* SPDX-License-Identifier: BSD-3-Clause */
/* What the target told the CLI's host stack: totals, and the last ones. Main's, but for the totals. */
#ifndef APP_EVENTS_H
#define APP_EVENTS_H

#include <stdint.h>

#include <jansson.h>

#include "chimney.h"
#include "event_totals.h"
#include "host_request.h"
#include "objects.h"
#include "program.h"

#define EVENTS_KEPT 1024u

/* What became of a worker: detail of EVENT_WORKER. */
enum event_worker {
	EVENT_WORKER_STARVED = 0, /* it does not answer, for want of a CPU ... */
	EVENT_WORKER_RUNS, /* ... and answers again */
	EVENT_WORKER_LOST, /* it does not answer: its connections are lost (INV-14) */
	EVENT_WORKER_BACK, /* it is as new */
};

/* What has changed at a port: detail of EVENT_PORT. */
enum event_port {
	EVENT_PORT_LINK = 0, /* value: enum port_link */
	EVENT_PORT_MTU, /* value: bytes */
};

struct event_entry {
	uint64_t number; /* counted from 1 */
	uint64_t time_us; /* since the program's start */
	uint8_t kind; /* enum chimney_record_kind, EVENT_WORKER, or EVENT_PORT */
	/* COMPLETION: enum chimney_request, RETRIEVE: enum retrieve_reason, enum event_worker, enum event_port */
	uint8_t detail;
	uint32_t request; /* COMPLETION: its id */
	uint32_t worker; /* EVENT_WORKER */
	uint32_t port, value; /* EVENT_PORT */
	char object[OBJECT_NAME_MAX];
};

struct event_log {
	struct event_totals totals;
	const struct program *program;
	struct object_table *objects;
	/* called for each new entry; NULL: by nobody */
	void (*added)(void *context);
	void *context;
	uint64_t count;
	struct event_entry last[EVENTS_KEPT]; /* entry number n is at n mod EVENTS_KEPT */
};

void events_init(
        struct event_log *log, const struct program *program, struct object_table *objects);
void events_indication(struct event_log *log, const struct chimney_record *record);
void events_completion(struct event_log *log, const struct host_request *request);
void events_worker(struct event_log *log, uint32_t worker, enum event_worker change);
void events_port(struct event_log *log, uint32_t port, enum event_port change, uint32_t value);
/* "starved", "runs", "lost", "back" */
const char *event_worker_name(unsigned int change);
/* Entry `number`; NULL: it is not kept any more, or not there yet. */
const struct event_entry *events_entry(const struct event_log *log, uint64_t number);
/* The last `limit` events, the newest last; new reference. */
json_t *events_last(const struct event_log *log, uint32_t limit);

#endif
