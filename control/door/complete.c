/* SPDX-License-Identifier: BSD-3-Clause */
/* Completions and control's indications on their way to a host, in order, none lost (INV-2, EVT-4). */
#include "door.h"

static struct offload_block_list *
completion_root(struct completion *completion)
{
	return item_block((struct toe_item *)(void *)completion);
}

/* Post one completion when there is room. The claim goes first: the host may submit the root again at once. */
static bool
completion_post(struct chimney_host *host, struct offload_block_list *root, uint8_t detail,
        uint32_t discarded)
{
	struct toe_event event = {
	        .object = (uintptr_t)root,
	        .kind = TOE_EVENT_COMPLETION,
	        .detail = detail,
	        .value = discarded,
	};

	if (rte_ring_enqueue_bulk_elem_start(host->control.ring, 1, NULL) == 0)
		return false;
	nonce_clear(root);
	/* Counted first: whoever has read the completion finds it in the statistics. */
	stat_add(&host->target->stats.completed[detail & ~TOE_COMPLETION_UNSETTLED], 1);
	rte_ring_enqueue_elem_finish(host->control.ring, &event, sizeof(event), 1);
	toe_doorbell_ring(host->control.bell);
	return true;
}

static void
waiting_set(struct chimney_host *host, uint32_t count)
{
	uint64_t all = 0;

	atomic_store_explicit(&host->waiting, count, memory_order_release);
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		all += atomic_load_explicit(&host->target->hosts[i].waiting, memory_order_relaxed);
	__atomic_store_n(&host->target->stats.completions_waiting, all, __ATOMIC_RELAXED);
}

void
host_complete(struct chimney_host *host, struct offload_block_list *root, uint8_t detail,
        uint32_t discarded)
{
	struct completion *completion = (struct completion *)(void *)root->target_scratch;
	uint32_t number = atomic_load_explicit(&host->completed, memory_order_relaxed) + 1;

	/* Counted first: what this completion causes must not seem to be older (event.h). */
	atomic_store_explicit(&host->completed, number, memory_order_release);
	if (host->waiting_first == NULL && completion_post(host, root, detail, discarded))
		return;
	completion->next = NULL;
	completion->detail = detail;
	completion->discarded = discarded;
	if (host->waiting_first == NULL)
		host->waiting_first = completion;
	else
		host->waiting_last->next = completion;
	host->waiting_last = completion;
	waiting_set(host, atomic_load_explicit(&host->waiting, memory_order_relaxed) + 1);
}

bool
host_indicate(struct chimney_host *host, const struct toe_event *events, uint32_t n)
{
	if (host->waiting_first != NULL || rte_ring_sp_enqueue_bulk_elem(host->control.ring, events,
	                                           sizeof(events[0]), n, NULL) == 0)
		return false;
	toe_doorbell_ring(host->control.bell);
	return true;
}

uint32_t
host_turn(struct chimney_host *host)
{
	uint32_t state = atomic_load_explicit(&host->state, memory_order_acquire);
	uint32_t posted = 0;

	if (state == HOST_LEAVING) {
		/* A lost worker may be about to post, or to ring the bell. */
		if (!chimney_settled(host))
			return 0;
		host_fini(host);
		atomic_fetch_and_explicit(
		        &host->target->hosts_in_use, ~(1u << host->index), memory_order_relaxed);
		atomic_store_explicit(&host->state, HOST_FREE, memory_order_release);
		return 1;
	}
	if (state != HOST_USED)
		return 0;
	while (host->waiting_first != NULL && posted < HOST_POSTED) {
		struct completion next = *host->waiting_first;

		if (!completion_post(host, completion_root(host->waiting_first),
		            (uint8_t)next.detail, (uint32_t)next.discarded))
			break;
		host->waiting_first = next.next;
		waiting_set(host, atomic_load_explicit(&host->waiting, memory_order_relaxed) - 1);
		posted++;
	}
	return posted;
}
