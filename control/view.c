/* SPDX-License-Identifier: BSD-3-Clause */
/* What anyone may look at: statistics, times, single objects, workers. */
#include <rte_common.h>

#include "control.h"
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
