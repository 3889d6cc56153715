/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The yardsticks of an invalidate: what the same two lcores take for a message and its answer, and for how long the machine
 * takes the CPU away from one of them. Measured between the rounds, so that a slow phase meets both.
 */
#ifndef BENCH_YARDSTICK_H
#define BENCH_YARDSTICK_H

#include "samples.h"
#include "worker_loop.h"

struct rte_ring;

struct yardstick {
	/* a message over a ring and its answer over another, both lcores in empty loops */
	struct samples ring_us;
	/* the longest gap that a polling lcore sees in a millisecond, of both lcores */
	struct samples stall_us;
	struct rte_ring *to, *back;
};

/* Both end the process when there is no memory. */
void yardstick_init(struct yardstick *yardstick);
void yardstick_fini(struct yardstick *yardstick);
/* A few of each; the worker and its peer stand still meanwhile, for some milliseconds. */
void yardstick_measure(struct yardstick *yardstick, struct worker_loop *loop);

#endif
