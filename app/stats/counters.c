/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters of workers and of the target. Plain reads of single words: any thread may call. */
#include <stddef.h>
#include <string.h>

#include "counters.h"
#include "program.h"

#define NAME(name, help) #name,
#define HELP(name, help) help,

static const char *const names[] = {TOE_STATS_LIST(NAME)};
/* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): texts of two lines */
static const char *const helps[] = {TOE_STATS_LIST(HELP)};

_Static_assert(sizeof(names) / sizeof(names[0]) == WORKER_COUNTERS, "every member is a counter");

const char *
counter_name(unsigned int i)
{
	return names[i];
}

const char *
counter_help(unsigned int i)
{
	return helps[i];
}

bool
counter_is_level(unsigned int i)
{
	return i == offsetof(struct toe_stats, connections) / sizeof(uint64_t) ||
	       i == offsetof(struct toe_stats, indications_waiting) / sizeof(uint64_t);
}

uint64_t
counter_read(const struct program *program, uint32_t worker, unsigned int i)
{
	return __atomic_load_n(
	        (const uint64_t *)(const void *)&program->workers[worker]->engine.stats + i,
	        __ATOMIC_RELAXED);
}

static void
set(json_t *data, const char *name, uint64_t value)
{
	json_object_set_new(data, name, json_integer((json_int_t)value));
}

json_t *
counters_target(const struct program *program, const struct chimney_stats *base)
{
	static const struct chimney_stats none;
	const struct chimney_stats *now = chimney_stats(program->target);
	json_t *data = json_object(), *requests = json_object(), *completed = json_object();

	if (base == NULL)
		base = &none;
	for (uint32_t kind = 0; kind < CHIMNEY_REQUEST_COUNT; kind++) {
		set(requests, chimney_request_name(kind),
		        now->requests[kind] - base->requests[kind]);
		set(completed, chimney_request_name(kind),
		        now->completed[kind] - base->completed[kind]);
	}
	json_object_set_new(data, "requests", requests);
	json_object_set_new(data, "completed", completed);
	set(data, "blocks", now->blocks - base->blocks);
	set(data, "refused", now->refused - base->refused);
	set(data, "drains", now->drains - base->drains);
	set(data, "frames_discarded", now->frames_discarded - base->frames_discarded);
	set(data, "mailbox_full", now->mailbox_full - base->mailbox_full);
	set(data, "starved_workers", now->starved_workers);
	set(data, "lost_workers", now->lost_workers);
	set(data, "returned_workers", now->returned_workers);
	set(data, "completions_waiting", now->completions_waiting);
	set(data, "neighbors", now->neighbors);
	set(data, "paths", now->paths);
	set(data, "connections", now->connections);
	set(data, "invalidate_last_ns", now->invalidate_last_ns);
	set(data, "invalidate_max_ns", now->invalidate_max_ns);
	return data;
}
