/* SPDX-License-Identifier: BSD-3-Clause */
/* How a lost worker comes back. */
#include "rejoin.h"

#include "news.h"

bool
worker_may_rejoin(const struct workers *workers, uint32_t worker, uint64_t oldest)
{
	const struct worker_link *link = &workers->links[worker];

	return !toe_worker_is_at_large(link->worker) && oldest > link->loss.sequence;
}

void
worker_rejoin(struct workers *workers, uint32_t worker)
{
	struct worker_link *link = &workers->links[worker];

	toe_mailbox_forget(&link->worker->urgent);
	toe_mailbox_forget(&link->worker->ordinary);
	/* What it posted before it parked is not read any more: not after the loss was (TERM-2). */
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		if (atomic_load_explicit(&workers->target->hosts[i].state, memory_order_acquire) ==
		        HOST_USED)
			host_skip(&workers->target->hosts[i], worker);
	link->lost = false;
	link->since = workers->awake.time;
	workers->lost &= ~worker_bit(worker);
	atomic_fetch_add_explicit(&link->worker->lost, 1, memory_order_release);
	toe_doorbell_ring(&link->worker->bell);
	worker_news(workers, worker, CHIMNEY_WORKER_RUNNING);
}
