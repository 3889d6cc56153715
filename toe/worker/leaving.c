/* SPDX-License-Identifier: BSD-3-Clause */
/* Terminates that wait. */
#include "leaving.h"

#include "host_receive.h"
#include "items.h"

/* Is there room for a reply, and for that of the chain in progress, which was promised when it was taken? */
static bool
has_room(const struct toe_worker *worker)
{
	uint32_t replies = worker->job.op != TOE_OP_NONE ? 2 : 1;

	return rte_ring_free_count(worker->control.ordinary.replies) >= replies;
}

static void
item_left(struct toe_worker *worker, const struct toe_item *item, uint64_t job)
{
	struct toe_reply reply = {
	        .op = TOE_OP_LEFT,
	        .worker = (uint8_t)worker->engine.index,
	        .request = item->request,
	        .count = 1,
	};

	if (worker->job.op != TOE_OP_NONE && worker->job_number == job)
		worker->job_waits--;
	else
		toe_mailbox_reply(&worker->control.ordinary, &reply);
}

/* One whose answer has come is terminated. */
static uint32_t
closing_turn(struct toe_worker *worker)
{
	struct toe_message message = {.op = TOE_OP_TERMINATE};
	struct toe_item *item;
	uint64_t job;

	if (toe_worker_is_lost(&worker->control) || !has_room(worker))
		return 0;
	item = host_closing(&worker->engine, &job, &message.tick_ms);
	if (item == NULL)
		return 0;
	message.request = item->request;
	toe_item_leave(worker, &message, item, job);
	if (item->status != OFFLOAD_PENDING)
		item_left(worker, item, job);
	return 1;
}

uint32_t
toe_worker_leaving_turn(struct toe_worker *worker)
{
	uint32_t all = closing_turn(worker);

	for (uint32_t n = 0; n < TOE_LEAVING_TURN && host_is_leaving(&worker->engine); n++) {
		const struct toe_item *item;
		bool work = false;
		uint64_t job;

		if (toe_worker_is_lost(&worker->control) || !has_room(worker))
			break;
		item = host_leaving(&worker->engine, &job, &work);
		if (item != NULL)
			item_left(worker, item, job);
		all += work || item != NULL;
	}
	return all;
}
