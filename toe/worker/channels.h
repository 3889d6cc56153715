/* SPDX-License-Identifier: BSD-3-Clause */
/* What host threads submit, over their channels (CHN-1): a bounded part of it in a turn, channels by turns. */
#ifndef TOE_CHANNELS_H
#define TOE_CHANNELS_H

#include <rte_branch_prediction.h>

#include "worker.h"

#define TOE_LOOK_IOS 8u /* descriptors taken between two looks at the urgent mailbox */

/* Descriptors taken, and completions that had waited for room. */
uint32_t toe_worker_channels_turn(struct toe_worker *worker);

/* Lost: nothing of any channel is kept. The host threads know what is outstanding (CHN-4). */
void toe_worker_channels_forget(struct toe_worker *worker);

/* In every turn, once. */
static inline uint32_t
toe_worker_channels(struct toe_worker *worker)
{
	if (likely((atomic_load_explicit(&worker->control.channels.look, memory_order_relaxed) |
	                   worker->engine.channels_busy) == 0))
		return 0;
	return toe_worker_channels_turn(worker);
}

#endif
