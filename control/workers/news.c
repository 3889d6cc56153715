/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of workers. */
#include "news.h"

#include "control.h"

static void
count_up(uint32_t *count, uint64_t *total)
{
	__atomic_store_n(count, *count + 1, __ATOMIC_RELEASE);
	stat_add(total, 1);
}

void
worker_news(struct chimney *target, uint32_t worker, enum chimney_worker_condition condition)
{
	struct chimney_worker_view *view = &target->links[worker].view;

	if (condition == CHIMNEY_WORKER_STARVED)
		count_up(&view->starved, &target->stats.starved_workers);
	else if (condition == CHIMNEY_WORKER_LOST)
		count_up(&view->lost, &target->stats.lost_workers);
	else if (view->condition == CHIMNEY_WORKER_LOST)
		count_up(&view->returned, &target->stats.returned_workers);
	__atomic_store_n(&view->condition, condition, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		if (atomic_load_explicit(&target->hosts[i].state, memory_order_acquire) ==
		        HOST_USED)
			toe_doorbell_ring(&target->hosts[i].bell);
}

void
chimney_worker_look(const struct chimney *target, uint32_t worker, struct chimney_worker_view *view)
{
	const struct chimney_worker_view *now = &target->links[worker].view;

	view->condition = __atomic_load_n(&now->condition, __ATOMIC_ACQUIRE);
	view->starved = __atomic_load_n(&now->starved, __ATOMIC_ACQUIRE);
	view->lost = __atomic_load_n(&now->lost, __ATOMIC_ACQUIRE);
	view->returned = __atomic_load_n(&now->returned, __ATOMIC_ACQUIRE);
}
