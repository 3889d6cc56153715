/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains, drains and replies. */
#include "control.h"
#include "news.h"

bool
link_send(struct chimney *target, uint32_t worker, enum control_lane lane,
        const struct toe_message *message, bool answers)
{
	struct worker_link *link = &target->links[worker];
	struct toe_mailbox *mailbox =
	        lane == LANE_URGENT ? &link->worker->urgent : &link->worker->ordinary;

	if (!link_waits(link))
		link->since = target->awake.time;
	if (!toe_mailbox_send(mailbox, message)) {
		if (!link->stuck[lane])
			stat_add(&target->stats.mailbox_full, 1);
		link->stuck[lane] = true;
		return false;
	}
	link->stuck[lane] = false;
	link->owed += answers;
	link->unproved = link->unproved || !answers;
	toe_doorbell_ring(&link->worker->bell);
	return true;
}

static void
request_owe(struct request *request, uint32_t worker)
{
	request->owed++;
	request->share[worker].owed++;
}

/* Send the chain of one worker. */
static enum control_step
chain_send(struct chimney *target, struct request *request, uint32_t worker)
{
	static const uint8_t ops[CHIMNEY_REQUEST_COUNT] = {
	        [CHIMNEY_INITIATE] = TOE_OP_INITIATE,
	        [CHIMNEY_QUERY] = TOE_OP_QUERY,
	        [CHIMNEY_UPDATE] = TOE_OP_UPDATE,
	        [CHIMNEY_INVALIDATE] = TOE_OP_INVALIDATE,
	        [CHIMNEY_TERMINATE] = TOE_OP_TERMINATE,
	};
	uint8_t *chains = &target->links[worker].chains[request->host->index][request->lane];
	struct request_share *share = &request->share[worker];
	struct toe_message message = {
	        .op = ops[request->kind],
	        .host = request->host->index,
	        .tick_ms = request->host->tick_ms,
	        .request = request->id,
	        .count = share->count,
	        .argument = request->batch,
	        .items = share->head,
	};

	if (*chains == FANOUT_CHAINS || !link_send(target, worker, request->lane, &message, true))
		return STEP_PAUSE;
	request_owe(request, worker);
	(*chains)++;
	share->head = share->tail = NULL;
	share->count = 0;
	request->chains &= ~worker_bit(worker);
	return STEP_DONE;
}

enum control_step
fanout_room(struct chimney *target, struct request *request, uint32_t worker)
{
	if (request->share[worker].count < FANOUT_CHAIN)
		return STEP_DONE;
	return chain_send(target, request, worker);
}

void
fanout_add(struct chimney *target, struct request *request, uint32_t worker, struct toe_item *item)
{
	struct request_share *share = &request->share[worker];

	item->next = NULL;
	item->flags |= BLOCK_SENT;
	if (share->tail != NULL)
		share->tail->next = item;
	else
		share->head = item;
	share->tail = item;
	share->count++;
	request->chains |= worker_bit(worker);
}

enum control_step
fanout_flush(struct chimney *target, struct request *request)
{
	enum control_step step = STEP_DONE;

	for (uint64_t left = request->chains; left != 0; left &= left - 1)
		if (chain_send(target, request, (uint32_t)__builtin_ctzll(left)) == STEP_PAUSE)
			step = STEP_PAUSE;
	return step;
}

enum control_step
fanout_drain(struct chimney *target, struct request *request)
{
	struct toe_message message = {.op = TOE_OP_DRAIN, .request = request->id};
	uint64_t left = request->drain & ~target->lost;

	request->hit |= request->drain & target->lost;
	for (; left != 0; left &= left - 1) {
		uint32_t worker = (uint32_t)__builtin_ctzll(left);

		if (!link_send(target, worker, LANE_URGENT, &message, true))
			continue;
		request_owe(request, worker);
		request->drain &= ~worker_bit(worker);
		stat_add(&target->stats.drains, 1);
	}
	return (request->drain & ~target->lost) == 0 ? STEP_DONE : STEP_PAUSE;
}

static void
reply_take(struct chimney *target, uint32_t worker, const struct toe_reply *reply)
{
	struct worker_link *link = &target->links[worker];
	struct request *request;

	if (link->owed > 0)
		link->owed--;
	if (reply->op == TOE_OP_PING) {
		link->pinged = false;
		return;
	}
	if (reply->op == TOE_OP_HOLD || reply->op == TOE_OP_RELEASE) {
		hold_answered(target, reply->request, reply->status);
		return;
	}
	request = request_find(target, reply->request);
	if (request == NULL)
		return;
	request->discarded += reply->discarded;
	if (reply->op != TOE_OP_DRAIN)
		link->chains[request->host->index][request->lane]--;
	/* INIT-3: what failed at one worker ends what has not been sent to the others. */
	if (reply->op == TOE_OP_INITIATE && reply->status != OFFLOAD_SUCCESS)
		request->stopped = true;
	request_answered(target, request, worker, 1);
}

/* It has answered something. */
static void
link_heard(struct chimney *target, uint32_t worker)
{
	struct worker_link *link = &target->links[worker];

	link->since = target->awake.time;
	link->asked = false;
	if (!link->starved)
		return;
	link->starved = false;
	worker_news(target, worker, CHIMNEY_WORKER_RUNNING);
}

uint32_t
fanout_replies(struct chimney *target)
{
	struct toe_reply replies[FANOUT_REPLIES];
	uint32_t all = 0;

	for (uint32_t i = 0; i < target->shared->worker_count; i++) {
		struct worker_link *link = &target->links[i];
		struct toe_mailbox *mailboxes[] = {&link->worker->urgent, &link->worker->ordinary};

		if (link->lost)
			continue;
		for (uint32_t k = 0; k < RTE_DIM(mailboxes); k++) {
			uint32_t n = toe_mailbox_replies(mailboxes[k], replies, FANOUT_REPLIES);

			for (uint32_t j = 0; j < n; j++)
				reply_take(target, i, &replies[j]);
			if (n > 0)
				link_heard(target, i);
			all += n;
		}
	}
	return all;
}
