/* SPDX-License-Identifier: BSD-3-Clause */
/* The ordinary mailbox: everything but what an invalidate needs, in order, a bounded part a turn. */
#ifndef TOE_ORDINARY_H
#define TOE_ORDINARY_H

#include <rte_branch_prediction.h>

#include "worker.h"

/* One message, or up to TOE_ITEM_BUDGET items of the chain in progress; how many. */
uint32_t toe_worker_ordinary_take(struct toe_worker *worker);

static inline uint32_t
toe_worker_ordinary(struct toe_worker *worker)
{
	if (likely(worker->job.op == TOE_OP_NONE &&
	            toe_mailbox_is_empty(&worker->control.ordinary)))
		return 0;
	return toe_worker_ordinary_take(worker);
}

#endif
