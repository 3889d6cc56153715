/* SPDX-License-Identifier: BSD-3-Clause */
/* What anyone may look at: statistics, times, single objects. */
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
	const struct slot *slot = slots_look(&target->slots, handle);
	uint32_t index = toe_handle_index(handle);

	if (slot == NULL)
		return false;
	view->layer = (uint8_t)toe_handle_layer(handle);
	view->state = slot->state;
	view->dependents = slots_look_dependents(&target->slots, handle);
	if (view->layer == OFFLOAD_LAYER_TCP)
		view->valid = !(slot->flags & SLOT_INVALID);
	else if (view->layer == OFFLOAD_LAYER_PATH)
		view->valid = toe_word_valid(word_read(&target->shared->paths[index].word));
	else
		view->valid = toe_word_valid(word_read(&target->shared->neighbors[index].word));
	return true;
}
