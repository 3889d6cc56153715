/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop of the worker's lcore. */
#include "worker_loop.h"
#include "bench_priority.h"

#include <rte_pause.h>

static void
publish(struct worker_loop *loop, uint32_t work)
{
	const struct toe_worker *worker = loop->worker;
	uint32_t idle = atomic_load_explicit(&loop->idle_turns, memory_order_relaxed);

	atomic_store_explicit(&loop->walking, worker->walk_hosts != 0, memory_order_relaxed);
	if (work > 0 || idle < UINT32_MAX)
		atomic_store_explicit(
		        &loop->idle_turns, work > 0 ? 0 : idle + 1, memory_order_release);
}

int
worker_loop_run(void *argument)
{
	struct worker_loop *loop = argument;

	bench_prioritise();
	while (!atomic_load_explicit(&loop->stop, memory_order_relaxed)) {
		worker_call_t call = atomic_load_explicit(&loop->call, memory_order_acquire);
		uint32_t work;

		if (call != NULL) {
			call(loop->worker, loop->peer, loop->argument);
			atomic_store_explicit(&loop->call, NULL, memory_order_release);
		}
		work = toe_worker_poll(loop->worker, bench_now(loop->clock));
		work += wire_peer_step(loop->peer);
		publish(loop, work);
	}
	return 0;
}

void
worker_loop_post(struct worker_loop *loop, worker_call_t call, void *argument)
{
	loop->argument = argument;
	atomic_store_explicit(&loop->call, call, memory_order_release);
}

void
worker_loop_wait(const struct worker_loop *loop)
{
	while (atomic_load_explicit(&loop->call, memory_order_acquire) != NULL)
		rte_pause();
}

void
worker_loop_call(struct worker_loop *loop, worker_call_t call, void *argument)
{
	worker_loop_post(loop, call, argument);
	worker_loop_wait(loop);
}
