/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worker's lcore: turns of the worker and steps of the wire's peer, alternating, and functions
 * that the other lcore asks it to run in between.
 */
#ifndef BENCH_WORKER_LOOP_H
#define BENCH_WORKER_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench_clock.h"
#include "wire_peer.h"
#include "worker.h"

typedef void (*worker_call_t)(struct toe_worker *worker, struct wire_peer *peer, void *argument);

struct worker_loop {
	struct toe_worker *worker;
	struct wire_peer *peer;
	const struct bench_clock *clock;
	/* written by the caller, withdrawn by the worker's lcore when done */
	_Atomic(worker_call_t) call;
	void *argument;
	_Atomic bool stop;
	/* published after each turn */
	_Atomic uint32_t walking; /* a background walk is under way */
	_Atomic uint32_t idle_turns; /* turns in a row that found nothing to do */
};

/* For rte_eal_remote_launch; argument: struct worker_loop. Runs until `stop`. */
int worker_loop_run(void *argument);

/* Have a function run on the worker's lcore, between two turns: one at a time. */
void worker_loop_post(struct worker_loop *loop, worker_call_t call, void *argument);
/* Until it has returned. */
void worker_loop_wait(const struct worker_loop *loop);
/* Both. */
void worker_loop_call(struct worker_loop *loop, worker_call_t call, void *argument);

#endif
