/* SPDX-License-Identifier: BSD-3-Clause */
/* How many records of each kind the CLI's host stack has read. */
#include "event_totals.h"

const char *
event_kind_name(unsigned int kind)
{
	static const char *const names[EVENT_KINDS] = {
	        [0] = "?",
	        [CHIMNEY_COMPLETION] = "completion",
	        [CHIMNEY_RETRIEVE] = "retrieve",
	        [CHIMNEY_DISCONNECT] = "disconnect",
	        [CHIMNEY_ABORT] = "abort",
	        [CHIMNEY_OFFLOAD_PAUSE] = "offload_pause",
	        [CHIMNEY_OFFLOAD_RESUME] = "offload_resume",
	        [CHIMNEY_UPLOAD_ALL] = "upload_all",
	        [CHIMNEY_NEIGHBOR_REACHABILITY] = "neighbor_reachability",
	        [CHIMNEY_SEND_BACKLOG_CHANGE] = "send_backlog_change",
	        [EVENT_WORKER] = "worker",
	        [EVENT_PORT] = "port",
	};

	return names[kind < EVENT_KINDS ? kind : 0];
}

static void
count_up(_Atomic uint64_t *counter)
{
	/* one writer: no read-modify-write needed */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
	        memory_order_relaxed);
}

void
event_totals_count(struct event_totals *totals, unsigned int kind, unsigned int reason)
{
	if (kind >= EVENT_KINDS)
		return;
	count_up(&totals->kind[kind]);
	if (kind == CHIMNEY_RETRIEVE && reason < RETRIEVE_REASON_COUNT)
		count_up(&totals->reason[reason]);
}

void
event_totals_unknown(struct event_totals *totals)
{
	count_up(&totals->unknown);
}

static json_t *
number(const _Atomic uint64_t *counter)
{
	return json_integer((json_int_t)atomic_load_explicit(counter, memory_order_relaxed));
}

json_t *
event_totals_json(const struct event_totals *totals)
{
	json_t *data = json_object(), *reasons = json_object();

	for (unsigned int kind = CHIMNEY_COMPLETION; kind < EVENT_KINDS; kind++)
		json_object_set_new(data, event_kind_name(kind), number(&totals->kind[kind]));
	for (unsigned int reason = 0; reason < RETRIEVE_REASON_COUNT; reason++)
		if (atomic_load_explicit(&totals->reason[reason], memory_order_relaxed) != 0)
			json_object_set_new(reasons, retrieve_reason_name(reason),
			        number(&totals->reason[reason]));
	json_object_set_new(data, "retrieve_reasons", reasons);
	json_object_set_new(data, "unknown_object", number(&totals->unknown));
	return data;
}
