/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's turn: messages, receive, timers, walks, output, transmit, events. */
#include "give_back.h"
#include "indicate.h"
#include "ordinary.h"
#include "output_loop.h"
#include "park.h"
#include "receive.h"
#include "timer_loop.h"
#include "urgent.h"
#include "walk.h"
#include "worker.h"

uint32_t
toe_worker_poll(struct toe_worker *worker, uint64_t now)
{
	uint64_t elapsed = now - worker->engine.now;
	uint32_t work, traffic;

	if (toe_worker_is_lost(&worker->control))
		return toe_worker_park(worker);
	toe_engine_clock(&worker->engine, now);
	work = toe_worker_urgent(worker);
	traffic = toe_worker_receive(worker);
	/* Where a worker stands still it is most often in a port's driver. */
	if (toe_worker_is_lost(&worker->control))
		return 1;
	work += toe_worker_urgent(worker);
	work += toe_worker_timers(worker);
	work += toe_worker_ordinary(worker);
	work += toe_worker_urgent(worker);
	traffic += toe_worker_output(worker, TOE_OUTPUT_BUDGET);
	if (toe_worker_is_lost(&worker->control))
		return 1;
	toe_worker_flush(worker);
	if (toe_worker_is_lost(&worker->control))
		return 1;
	work += toe_worker_walk(worker, elapsed, traffic == 0);
	if (toe_indications_count(&worker->engine) > 0)
		work += toe_indications_post(&worker->engine);
	toe_worker_give_back(worker);
	worker->engine.stats.turns++;
	if (work + traffic > 0)
		worker->engine.stats.busy_turns++;
	return work + traffic;
}
