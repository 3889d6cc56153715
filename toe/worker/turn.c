/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's turn: messages, receive, timers, walks, output, transmit, events. */
#include <rte_branch_prediction.h>

#include "channels.h"
#include "give_back.h"
#include "host_receive.h"
#include "indicate.h"
#include "ordinary.h"
#include "output_loop.h"
#include "park.h"
#include "receive.h"
#include "timer_loop.h"
#include "urgent.h"
#include "walk.h"
#include "worker.h"

/*
 * After a gap what waits at the ports comes before the timers, which would take it for missing: ACKs that are there are
 * no reason for a timeout. What each burst asks for goes out before the next one, as ever.
 */
static uint32_t
receive(struct toe_worker *worker, uint64_t elapsed)
{
	uint32_t frames = toe_worker_receive(worker), last = frames;

	if (likely(elapsed < TOE_GAP_NS))
		return frames;
	for (uint32_t i = 1; i < TOE_GAP_BURSTS && last > 0; i++) {
		toe_worker_urgent(worker);
		toe_worker_output(worker, TOE_OUTPUT_BUDGET);
		if (toe_worker_is_lost(&worker->control))
			break;
		toe_worker_flush(worker);
		last = toe_worker_receive(worker);
		frames += last;
	}
	return frames;
}

uint32_t
toe_worker_poll(struct toe_worker *worker, uint64_t now)
{
	uint64_t elapsed = now - worker->engine.now;
	uint32_t work, traffic;

	if (toe_worker_is_lost(&worker->control))
		return toe_worker_park(worker);
	toe_engine_clock(&worker->engine, now);
	work = toe_worker_urgent(worker);
	traffic = receive(worker, elapsed);
	work += toe_worker_urgent(worker);
	work += toe_worker_timers(worker);
	work += toe_worker_ordinary(worker);
	work += toe_worker_channels(worker);
	toe_host_buffers(&worker->engine);
	toe_host_receive(&worker->engine);
	work += toe_host_settle(&worker->engine);
	work += toe_worker_urgent(worker);
	traffic += toe_worker_output(worker, TOE_OUTPUT_BUDGET);
	/* It may have stood still on the way here, in a driver for example: then nothing of this turn goes out. */
	if (toe_worker_is_lost(&worker->control))
		return 1;
	/* A worker that sleeps on what a port refused would leave it there. */
	work += toe_worker_flush(worker);
	work += toe_worker_walk(worker, elapsed, traffic == 0);
	if (toe_indications_count(&worker->engine) > 0)
		work += toe_indications_post(&worker->engine);
	toe_worker_give_back(worker);
	worker->engine.stats.turns++;
	if (work + traffic > 0)
		worker->engine.stats.busy_turns++;
	return work + traffic;
}
