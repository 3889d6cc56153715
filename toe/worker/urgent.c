/* SPDX-License-Identifier: BSD-3-Clause */
/* The urgent mailbox: connections named by invalidates, and drains. */
#include "urgent.h"

#include "drain.h"
#include "reply.h"
#include "stop.h"

/* Named connections of an invalidate: the chain is short of work per item and runs to its end. */
static void
urgent_items(struct toe_worker *worker, const struct toe_message *message)
{
	struct toe_item *next;

	for (struct toe_item *item = message->items; item != NULL; item = next) {
		if (toe_worker_is_lost(&worker->control))
			return;
		next = item->next;
		toe_stop_named(worker, message, item);
	}
	toe_worker_reply(worker, &worker->control.urgent, message, OFFLOAD_SUCCESS, 0);
}

uint32_t
toe_worker_urgent_take(struct toe_worker *worker)
{
	struct toe_message message;
	uint32_t n = 0;

	while (!toe_worker_is_lost(&worker->control) &&
	        toe_mailbox_take(&worker->control.urgent, &message)) {
		n++;
		if (message.op == TOE_OP_INVALIDATE)
			urgent_items(worker, &message);
		else
			toe_worker_reply(worker, &worker->control.urgent, &message, OFFLOAD_SUCCESS,
			        message.op == TOE_OP_DRAIN ? toe_worker_drain(worker) : 0);
	}
	return n;
}
