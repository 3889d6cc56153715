/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's turn: messages, receive, timers, walks, output, transmit, events. */
#include "indicate.h"
#include "ordinary.h"
#include "output_loop.h"
#include "receive.h"
#include "timer_loop.h"
#include "urgent.h"
#include "walk.h"
#include "worker.h"

/* Declared lost: nothing it holds may go out any more (INV-14). */
static void
worker_park(struct toe_worker *worker)
{
	if (atomic_load_explicit(&worker->control.parked, memory_order_relaxed))
		return;
	for (uint32_t i = 0; i < worker->engine.shared->port_count; i++) {
		struct toe_txq *txq = &worker->engine.txq[i];

		rte_pktmbuf_free_bulk(txq->frame, txq->count);
		txq->count = 0;
	}
	atomic_store_explicit(&worker->control.parked, 1, memory_order_release);
}

uint32_t
toe_worker_poll(struct toe_worker *worker, uint64_t now)
{
	uint64_t elapsed = now - worker->engine.now;
	uint32_t work, traffic;

	if (atomic_load_explicit(&worker->control.lost, memory_order_acquire)) {
		worker_park(worker);
		return 0;
	}
	toe_engine_clock(&worker->engine, now);
	work = toe_worker_urgent(worker);
	traffic = toe_worker_receive(worker);
	work += toe_worker_urgent(worker);
	work += toe_worker_timers(worker);
	work += toe_worker_ordinary(worker);
	work += toe_worker_urgent(worker);
	traffic += toe_worker_output(worker, TOE_OUTPUT_BUDGET);
	toe_worker_flush(worker);
	work += toe_worker_walk(worker, elapsed, traffic == 0);
	if (toe_indications_count(&worker->engine) > 0)
		work += toe_indications_post(&worker->engine);
	worker->engine.stats.turns++;
	if (work + traffic > 0)
		worker->engine.stats.busy_turns++;
	return work + traffic;
}
