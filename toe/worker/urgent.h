/* SPDX-License-Identifier: BSD-3-Clause */
/* The urgent mailbox: what an invalidate needs of a worker. It overtakes everything else. */
#ifndef TOE_URGENT_H
#define TOE_URGENT_H

#include <rte_branch_prediction.h>

#include "worker.h"

/* Messages taken, all that there are. */
uint32_t toe_worker_urgent_take(struct toe_worker *worker);

/* It is looked at between all steps and inside long ones, so that a look must cost next to nothing. */
static inline uint32_t
toe_worker_urgent(struct toe_worker *worker)
{
	return likely(toe_mailbox_is_empty(&worker->control.urgent))
	               ? 0
	               : toe_worker_urgent_take(worker);
}

#endif
