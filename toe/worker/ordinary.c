/* SPDX-License-Identifier: BSD-3-Clause */
/* The ordinary mailbox, and the chain of items in progress. */
#include "ordinary.h"

#include <errno.h>

#include "held.h"
#include "items.h"
#include "reply.h"
#include "tcp_close.h"
#include "urgent.h"
#include "walk.h"

/* Process up to `budget` items of the chain in progress; replies when the last is done. */
static uint32_t
job_run(struct toe_worker *worker, struct toe_mailbox *mailbox, uint32_t budget)
{
	static void (*const run[TOE_OP_COUNT])(
	        struct toe_worker *, const struct toe_message *, struct toe_item *) = {
	        [TOE_OP_INITIATE] = toe_item_initiate,
	        [TOE_OP_QUERY] = toe_item_query,
	        [TOE_OP_UPDATE] = toe_item_update,
	        [TOE_OP_TERMINATE] = toe_item_terminate,
	};
	struct toe_message *job = &worker->job;
	uint32_t n = 0;

	for (; worker->job_next != NULL && n < budget; n++) {
		struct toe_item *item = worker->job_next;

		if (toe_worker_is_lost(&worker->control))
			return n;
		worker->job_next = item->next;
		if (job->op == TOE_OP_INITIATE && worker->job_failed) {
			item->status = OFFLOAD_FAILURE; /* INIT-3: not attempted */
			continue;
		}
		run[job->op](worker, job, item);
		/* An item takes up to a microsecond: an invalidate does not wait for a budget of them. */
		if (n % 2 == 1)
			toe_worker_urgent(worker);
		if (job->op == TOE_OP_INITIATE && item->status == OFFLOAD_CONNECTION_REJECTED) {
			worker->job_failed = true;
			worker->job_failed_request = job->request;
		}
	}
	if (worker->job_next == NULL) {
		struct toe_reply reply = {
		        .op = job->op,
		        .worker = (uint8_t)worker->engine.index,
		        .status = worker->job_failed ? OFFLOAD_FAILURE : OFFLOAD_SUCCESS,
		        .request = job->request,
		};

		toe_mailbox_reply(mailbox, &reply);
		job->op = TOE_OP_NONE;
	}
	return n;
}

static void
job_start(struct toe_worker *worker, const struct toe_message *message)
{
	worker->job = *message;
	worker->job_next = message->items;
	/* INIT-3: what failed in an earlier chain stops the later chains of the same request. */
	worker->job_failed =
	        message->op == TOE_OP_INITIATE && worker->job_failed_request == message->request;
}

static void
message_hold(struct toe_worker *worker, const struct toe_message *message)
{
	int rc = message->op == TOE_OP_HOLD ? toe_hold_add(worker, message->pointer)
	                                    : toe_hold_release(worker, message->pointer);

	toe_worker_reply(worker, &worker->control.ordinary, message,
	        rc == 0         ? OFFLOAD_SUCCESS
	        : rc == -ENOSPC ? OFFLOAD_RESOURCES
	                        : OFFLOAD_FAILURE,
	        0);
}

static void
message_upload(struct toe_engine *engine, const struct toe_message *message)
{
	if (engine->conns[message->count].generation == message->argument)
		toe_tcp_upload(engine, message->count, RETRIEVE_UPLOAD_REQUESTED);
}

uint32_t
toe_worker_ordinary_take(struct toe_worker *worker)
{
	struct toe_message message;

	if (toe_worker_is_lost(&worker->control))
		return 0;
	if (worker->job.op != TOE_OP_NONE)
		return job_run(worker, &worker->control.ordinary, TOE_ITEM_BUDGET);
	if (!toe_mailbox_take(&worker->control.ordinary, &message))
		return 0;
	switch (message.op) {
	case TOE_OP_INITIATE:
	case TOE_OP_QUERY:
	case TOE_OP_UPDATE:
	case TOE_OP_TERMINATE:
		job_start(worker, &message);
		return 1 + job_run(worker, &worker->control.ordinary, TOE_ITEM_BUDGET);
	case TOE_OP_RETRIEVE_PATH:
	case TOE_OP_RETRIEVE_NAMED:
	case TOE_OP_RESUME_PATH:
		toe_walk_add(worker, &message);
		break;
	case TOE_OP_UPLOAD:
		message_upload(&worker->engine, &message);
		break;
	case TOE_OP_HOLD:
	case TOE_OP_RELEASE:
		message_hold(worker, &message);
		break;
	default:
		toe_worker_reply(worker, &worker->control.ordinary, &message, OFFLOAD_SUCCESS, 0);
		break;
	}
	return 1;
}
