/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's turn: messages, receive, timers, walks, output, transmit, events. */
#include "worker.h"

#include "indicate.h"
#include "items.h"
#include "park.h"
#include "receive.h"

#define WALK_CREDIT_BURSTS 8u /* that a walk may be behind its pace and catch up, one a turn */

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
	        [TOE_OP_INVALIDATE] = toe_item_invalidate,
	};
	struct toe_message *job = &worker->job;
	uint32_t n = 0;

	for (; worker->job_next != NULL && n < budget; n++) {
		struct toe_item *item = worker->job_next;

		if (toe_worker_is_lost(worker))
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
		        .count = job->count,
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
simple_reply(struct toe_worker *worker, struct toe_mailbox *mailbox,
        const struct toe_message *message, enum offload_status status, uint32_t discarded)
{
	struct toe_reply reply = {
	        .op = message->op,
	        .worker = (uint8_t)worker->engine.index,
	        .status = (uint16_t)status,
	        .request = message->request,
	        .discarded = discarded,
	};

	toe_mailbox_reply(mailbox, &reply);
}

/* Named connections of an invalidate: the chain is short of work per item and runs to its end. */
static void
urgent_items(struct toe_worker *worker, const struct toe_message *message)
{
	struct toe_item *next;

	for (struct toe_item *item = message->items; item != NULL; item = next) {
		if (toe_worker_is_lost(worker))
			return;
		next = item->next;
		toe_item_invalidate(worker, message, item);
	}
	simple_reply(worker, &worker->urgent, message, OFFLOAD_SUCCESS, 0);
}

uint32_t
toe_worker_urgent_take(struct toe_worker *worker)
{
	struct toe_message message;
	uint32_t n = 0;

	while (!toe_worker_is_lost(worker) && toe_mailbox_take(&worker->urgent, &message)) {
		n++;
		if (message.op == TOE_OP_INVALIDATE)
			urgent_items(worker, &message);
		else
			simple_reply(worker, &worker->urgent, &message, OFFLOAD_SUCCESS,
			        message.op == TOE_OP_DRAIN ? toe_worker_drain(worker) : 0);
	}
	return n;
}

static void
message_hold(struct toe_worker *worker, const struct toe_message *message)
{
	int rc = message->op == TOE_OP_HOLD ? toe_hold_add(worker, message->pointer)
	                                    : toe_hold_release(worker, message->pointer);

	simple_reply(worker, &worker->ordinary, message,
	        rc == 0         ? OFFLOAD_SUCCESS
	        : rc == -ENOSPC ? OFFLOAD_RESOURCES
	                        : OFFLOAD_FAILURE,
	        0);
}

uint32_t
toe_worker_ordinary_take(struct toe_worker *worker)
{
	struct toe_message message;

	if (toe_worker_is_lost(worker))
		return 0;
	if (worker->job.op != TOE_OP_NONE)
		return job_run(worker, &worker->ordinary, TOE_ITEM_BUDGET);
	if (!toe_mailbox_take(&worker->ordinary, &message))
		return 0;
	switch (message.op) {
	case TOE_OP_INITIATE:
	case TOE_OP_QUERY:
	case TOE_OP_UPDATE:
	case TOE_OP_TERMINATE:
		job_start(worker, &message);
		return 1 + job_run(worker, &worker->ordinary, TOE_ITEM_BUDGET);
	case TOE_OP_RETRIEVE_PATH:
	case TOE_OP_RETRIEVE_NAMED:
	case TOE_OP_RESUME_PATH:
		toe_walk_add(worker, &message);
		break;
	case TOE_OP_HOLD:
	case TOE_OP_RELEASE:
		message_hold(worker, &message);
		break;
	default:
		simple_reply(worker, &worker->ordinary, &message, OFFLOAD_SUCCESS, 0);
		break;
	}
	return 1;
}

void
toe_worker_flush(struct toe_worker *worker)
{
	for (uint32_t i = 0; i < worker->engine.shared->port_count; i++)
		if (worker->engine.txq[i].count > 0)
			toe_txq_flush(&worker->engine.txq[i]);
}

/*
 * Dependents to visit in this turn. With nothing else to do as many as there are; beside traffic one per
 * TOE_WALK_PACE_NS, so that a million take under a second and cost a few percent (INV-13).
 */
static uint32_t
walk_budget(struct toe_worker *worker, uint64_t elapsed, bool idle)
{
	const uint64_t burst_ns = (uint64_t)TOE_WALK_BURST * TOE_WALK_PACE_NS;

	if (!worker->named_walk && worker->walk_head == TOE_INDEX_NONE) {
		worker->walk_credit_ns = 0;
		return 0;
	}
	if (idle)
		return TOE_WALK_BURST;
	worker->walk_credit_ns += elapsed;
	/* Unused credit is bounded, or a long pause would be followed by a long rush. */
	worker->walk_credit_ns = RTE_MIN(worker->walk_credit_ns, WALK_CREDIT_BURSTS * burst_ns);
	/* A whole burst or nothing: posting costs a fence and a line of the host's, however few there are. */
	if (worker->walk_credit_ns < burst_ns)
		return 0;
	worker->walk_credit_ns -= burst_ns;
	return TOE_WALK_BURST;
}

uint32_t
toe_worker_poll(struct toe_worker *worker, uint64_t now)
{
	uint64_t elapsed = now - worker->engine.now;
	uint32_t work, traffic;

	if (toe_worker_is_lost(worker))
		return toe_worker_park(worker);
	toe_engine_clock(&worker->engine, now);
	work = toe_worker_urgent(worker);
	traffic = toe_worker_receive(worker);
	/* Where a worker stands still it is most often in a port's driver. */
	if (toe_worker_is_lost(worker))
		return 1;
	work += toe_worker_urgent(worker);
	work += toe_worker_timers(worker);
	work += toe_worker_ordinary(worker);
	work += toe_worker_urgent(worker);
	traffic += toe_worker_output(worker, TOE_OUTPUT_BUDGET);
	if (toe_worker_is_lost(worker))
		return 1;
	toe_worker_flush(worker);
	if (toe_worker_is_lost(worker))
		return 1;
	work += toe_worker_walk(worker, walk_budget(worker, elapsed, traffic == 0));
	if (toe_indications_count(&worker->engine) > 0)
		work += toe_indications_post(&worker->engine);
	worker->engine.stats.turns++;
	if (work + traffic > 0)
		worker->engine.stats.busy_turns++;
	return work + traffic;
}
