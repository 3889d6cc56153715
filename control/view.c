/* SPDX-License-Identifier: BSD-3-Clause */
/* What anyone may look at: statistics, times, single objects, workers, capabilities. */
#include <rte_common.h>

#include "control.h"
#include "initiate_check.h"
#include "words.h"

const struct chimney_stats *
chimney_stats(const struct chimney *target)
{
	return &target->stats;
}

const struct chimney_invalidate_times *
chimney_invalidate_times(const struct chimney *target)
{
	return &target->times;
}

bool
chimney_object_look(const struct chimney *target, uint64_t handle, struct chimney_object_view *view)
{
	const struct slots *slots = &control_of(target)->slots;
	const struct slot *slot = slots_look(slots, handle);
	uint32_t index = toe_handle_index(handle);

	if (slot == NULL)
		return false;
	view->layer = (uint8_t)toe_handle_layer(handle);
	view->state = slot->state;
	view->dependents = slots_look_dependents(slots, handle);
	if (view->layer == OFFLOAD_LAYER_TCP)
		view->valid = !(slot->flags & SLOT_INVALID);
	else if (view->layer == OFFLOAD_LAYER_PATH)
		view->valid = toe_word_valid(word_read(&target->shared->paths[index].word));
	else
		view->valid = toe_word_valid(word_read(&target->shared->neighbors[index].word));
	return true;
}

void
chimney_worker_look(const struct chimney *target, uint32_t worker, struct chimney_worker_view *view)
{
	const struct chimney_worker_view *now = &control_of(target)->workers.links[worker].view;

	view->condition = __atomic_load_n(&now->condition, __ATOMIC_ACQUIRE);
	view->starved = __atomic_load_n(&now->starved, __ATOMIC_ACQUIRE);
	view->lost = __atomic_load_n(&now->lost, __ATOMIC_ACQUIRE);
	view->returned = __atomic_load_n(&now->returned, __ATOMIC_ACQUIRE);
}

static uint32_t
limit_of(const struct chimney *target, enum offload_layer layer)
{
	return atomic_load_explicit(
	        (_Atomic uint32_t *)(uintptr_t)&target->limit[layer], memory_order_relaxed);
}

void
chimney_capabilities(const struct chimney_host *host, struct chimney_capabilities *capabilities)
{
	const struct chimney *target = host->target;

	*capabilities = (struct chimney_capabilities){
	        .neighbors = limit_of(target, OFFLOAD_LAYER_NEIGHBOR),
	        .paths = limit_of(target, OFFLOAD_LAYER_PATH),
	        .connections = limit_of(target, OFFLOAD_LAYER_TCP),
	        .workers = target->shared->worker_count,
	        .connections_per_worker = target->params.conn_capacity,
	        .hosts = TOE_MAX_HOSTS,
	        .channels = TOE_MAX_CHANNELS,
	        .tree_blocks = target->params.max_tree_blocks,
	        .requests = LANE_RECORDS,
	        .receive_window = INITIATE_WINDOW_MAX,
	        .mss_min = INITIATE_MSS_MIN,
	        .ip_versions = 1u << 4 | 1u << 6,
	        .services = INITIATE_SERVICES,
	        .congestion = (1u << OFFLOAD_CC_COUNT) - 1,
	        .tcp_states = INITIATE_STATES,
	        .tcp_options = INITIATE_OPTIONS,
	        .tcp_extensions = INITIATE_EXTENSIONS,
	        .paused = atomic_load_explicit((_Atomic uint32_t *)(uintptr_t)&target->pauses,
	                          memory_order_relaxed) &
	                  1,
	        .memory = target->params.memory,
	};
}
