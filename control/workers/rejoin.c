/* SPDX-License-Identifier: BSD-3-Clause */
/* How a lost worker comes back. */
#include "rejoin.h"

#include "control.h"
#include "news.h"

bool
worker_may_rejoin(const struct chimney *target, uint32_t worker)
{
	const struct worker_link *link = &target->links[worker];

	if (worker_at_large(link))
		return false;
	/* Terminates are not among them: they look at the slot. */
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		const struct list_node *active = &target->requests.host[i].active;

		if (!list_empty(active) &&
		        LIST_OWNER(active->next, struct request, active)->sequence <=
		                link->loss.sequence)
			return false;
	}
	return true;
}

void
worker_rejoin(struct chimney *target, uint32_t worker)
{
	struct worker_link *link = &target->links[worker];

	toe_mailbox_forget(&link->worker->urgent);
	toe_mailbox_forget(&link->worker->ordinary);
	/* What it posted before it parked is not read any more: not after the loss was (TERM-2). */
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		if (atomic_load_explicit(&target->hosts[i].state, memory_order_acquire) ==
		        HOST_USED)
			host_skip(&target->hosts[i], worker);
	link->lost = false;
	link->since = target->awake.time;
	target->lost &= ~worker_bit(worker);
	atomic_fetch_add_explicit(&link->worker->lost, 1, memory_order_release);
	toe_doorbell_ring(&link->worker->bell);
	worker_news(target, worker, CHIMNEY_WORKER_RUNNING);
}
