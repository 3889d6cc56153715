/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the target tells the CLI's host stack: totals, the last ones, and the stream to sessions that follow.
 * A follower that reads too slowly misses events and is told how many; nobody waits for it.
 */
#ifndef APP_EVENTS_H
#define APP_EVENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "chimney.h"
#include "objects.h"

#define EVENTS_KEPT 256u
#define EVENT_KINDS (CHIMNEY_ABORT + 1)
#define EVENTS_QUEUE_MAX (256u * 1024u) /* bytes a follower may be behind before it misses events */

struct app;
struct host_request;
struct session;

struct event_entry {
	uint64_t number; /* counted from 1 */
	uint64_t time_us; /* since the program's start */
	uint8_t kind; /* enum chimney_record_kind */
	uint8_t detail; /* COMPLETION: enum chimney_request, RETRIEVE: enum retrieve_reason */
	uint32_t request; /* COMPLETION: its id */
	char object[OBJECT_NAME_MAX];
};

struct event_log {
	/* main writes, telemetry's thread reads */
	_Atomic uint64_t total[EVENT_KINDS];
	_Atomic uint64_t reasons[RETRIEVE_REASON_COUNT];
	_Atomic uint64_t unknown; /* indications for objects that were gone */
	uint64_t count;
	struct event_entry last[EVENTS_KEPT]; /* entry number n is at n mod EVENTS_KEPT */
};

void events_indication(struct app *app, const struct chimney_record *record);
void events_completion(struct app *app, const struct host_request *request);
/* Does anybody follow? */
bool events_followed(const struct app *app);
/* A follower has read: tell it what it missed. */
void events_catch_up(struct session *session);
/* "retrieve", ... */
const char *event_kind_name(unsigned int kind);
/* The last `limit` events, the newest last; new reference. */
json_t *events_last(const struct app *app, uint32_t limit);
/* Totals by kind and reason; new reference. */
json_t *events_totals(const struct event_log *log);

#endif
