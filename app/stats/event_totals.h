/* SPDX-License-Identifier: BSD-3-Clause */
/* How many records of each kind the CLI's host stack has read. Main writes, telemetry's thread reads too. */
#ifndef APP_EVENT_TOTALS_H
#define APP_EVENT_TOTALS_H

#include <stdatomic.h>
#include <stdint.h>

#include <jansson.h>

#include "chimney.h"

/* Kinds of events: those of enum chimney_record_kind, and what becomes of workers and ports. */
#define EVENT_WORKER CHIMNEY_RECORD_KINDS
#define EVENT_PORT (EVENT_WORKER + 1)
#define EVENT_KINDS (EVENT_PORT + 1)

struct event_totals {
	_Atomic uint64_t kind[EVENT_KINDS];
	_Atomic uint64_t reason[RETRIEVE_REASON_COUNT]; /* of RETRIEVE */
	_Atomic uint64_t unknown; /* indications for objects that were gone */
};

/* Is this a status of the target, which concerns no object (EVT-3)? */
static inline bool
event_is_status(unsigned int kind)
{
	return kind == CHIMNEY_OFFLOAD_PAUSE || kind == CHIMNEY_OFFLOAD_RESUME ||
	       kind == CHIMNEY_UPLOAD_ALL;
}

/* Count a record. reason: of RETRIEVE, else anything. */
void event_totals_count(struct event_totals *totals, unsigned int kind, unsigned int reason);
void event_totals_unknown(struct event_totals *totals);
/* "retrieve", ... */
const char *event_kind_name(unsigned int kind);
/* Totals by kind and reason; new reference. */
json_t *event_totals_json(const struct event_totals *totals);

#endif
