/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of workers. */
#include "news.h"

static void
count_up(uint32_t *count, uint64_t *total)
{
	__atomic_store_n(count, *count + 1, __ATOMIC_RELEASE);
	stat_add(total, 1);
}

void
worker_news(struct workers *workers, uint32_t worker, enum chimney_worker_condition condition)
{
	struct chimney_worker_view *view = &workers->links[worker].view;

	if (condition == CHIMNEY_WORKER_STARVED)
		count_up(&view->starved, &workers->target->stats.starved_workers);
	else if (condition == CHIMNEY_WORKER_LOST)
		count_up(&view->lost, &workers->target->stats.lost_workers);
	else if (view->condition == CHIMNEY_WORKER_LOST)
		count_up(&view->returned, &workers->target->stats.returned_workers);
	__atomic_store_n(&view->condition, condition, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		if (atomic_load_explicit(&workers->target->hosts[i].state, memory_order_acquire) ==
		        HOST_USED)
			toe_doorbell_ring(&workers->target->hosts[i].bell);
}
