/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters of workers and of the target, as they read since `counters reset`. Their owners never clear them:
 * reset remembers what they were, and the CLI subtracts. What is a level (connections now) is not subtracted.
 */
#ifndef APP_COUNTERS_H
#define APP_COUNTERS_H

#include <stdint.h>

#include <jansson.h>

#include "handle.h"
#include "stats.h"
#include "target.h"

struct program;

#define WORKER_COUNTERS (sizeof(struct toe_stats) / sizeof(uint64_t))

struct counters_base {
	uint64_t worker[TOE_MAX_WORKERS][WORKER_COUNTERS];
	struct chimney_stats target;
};

/* Number i of the counters of a worker: name, help, and whether it is a level. */
const char *counter_name(unsigned int i);
const char *counter_help(unsigned int i);
bool counter_is_level(unsigned int i);
/* Present value, not reduced by any base: any thread. */
uint64_t counter_read(const struct program *program, uint32_t worker, unsigned int i);

/* The target's counters as JSON members; base NULL: as they are. New reference. Any thread. */
json_t *counters_target(const struct program *program, const struct chimney_stats *base);

#endif
