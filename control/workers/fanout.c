/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains, drains, and the replies to them. */
#include "fanout.h"

void
fanout_start(struct fanout *fanout, struct chimney_host *host, uint32_t kind, uint64_t sequence,
        uint64_t id)
{
	fanout->host = host;
	fanout->kind = (uint8_t)kind;
	fanout->lane = kind == CHIMNEY_INVALIDATE ? LANE_URGENT : LANE_ORDINARY;
	fanout->sequence = sequence;
	fanout->id = id;
	fanout->owed = fanout->discarded = 0;
	fanout->drain = fanout->hit = fanout->loss_counted = fanout->chains = 0;
	fanout->batch = 0;
	fanout->stopped = false;
}

static void
fanout_owe(struct fanout *fanout, uint32_t worker)
{
	fanout->owed++;
	fanout->share[worker].owed++;
}

/* Send the chain of one worker. */
static enum control_step
chain_send(struct workers *workers, struct fanout *fanout, uint32_t worker)
{
	static const uint8_t ops[CHIMNEY_REQUEST_COUNT] = {
	        [CHIMNEY_INITIATE] = TOE_OP_INITIATE,
	        [CHIMNEY_QUERY] = TOE_OP_QUERY,
	        [CHIMNEY_UPDATE] = TOE_OP_UPDATE,
	        [CHIMNEY_INVALIDATE] = TOE_OP_INVALIDATE,
	        [CHIMNEY_TERMINATE] = TOE_OP_TERMINATE,
	};
	uint8_t *chains = &workers->links[worker].chains[fanout->host->index][fanout->lane];
	struct fanout_share *share = &fanout->share[worker];
	struct toe_message message = {
	        .op = ops[fanout->kind],
	        .host = fanout->host->index,
	        .tick_ms = fanout->host->tick_ms,
	        .request = fanout->id,
	        .count = share->count,
	        .argument = fanout->batch,
	        .items = share->head,
	};

	if (*chains == FANOUT_CHAINS || !link_send(workers, worker, fanout->lane, &message, true))
		return STEP_PAUSE;
	fanout_owe(fanout, worker);
	(*chains)++;
	share->head = share->tail = NULL;
	share->count = 0;
	fanout->chains &= ~worker_bit(worker);
	return STEP_DONE;
}

enum control_step
fanout_room(struct workers *workers, struct fanout *fanout, uint32_t worker)
{
	if (fanout->share[worker].count < FANOUT_CHAIN)
		return STEP_DONE;
	return chain_send(workers, fanout, worker);
}

void
fanout_add(struct fanout *fanout, uint32_t worker, struct toe_item *item)
{
	struct fanout_share *share = &fanout->share[worker];

	item->next = NULL;
	item->flags |= BLOCK_SENT;
	if (share->tail != NULL)
		share->tail->next = item;
	else
		share->head = item;
	share->tail = item;
	share->count++;
	fanout->chains |= worker_bit(worker);
}

enum control_step
fanout_flush(struct workers *workers, struct fanout *fanout)
{
	enum control_step step = STEP_DONE;

	for (uint64_t left = fanout->chains; left != 0; left &= left - 1)
		if (chain_send(workers, fanout, (uint32_t)__builtin_ctzll(left)) == STEP_PAUSE)
			step = STEP_PAUSE;
	return step;
}

enum control_step
fanout_drain(struct workers *workers, struct fanout *fanout)
{
	struct toe_message message = {.op = TOE_OP_DRAIN, .request = fanout->id};
	uint64_t left = fanout->drain & ~workers->lost;

	fanout->hit |= fanout->drain & workers->lost;
	for (; left != 0; left &= left - 1) {
		uint32_t worker = (uint32_t)__builtin_ctzll(left);

		if (!link_send(workers, worker, LANE_URGENT, &message, true))
			continue;
		fanout_owe(fanout, worker);
		fanout->drain &= ~worker_bit(worker);
		stat_add(&workers->target->stats.drains, 1);
	}
	return (fanout->drain & ~workers->lost) == 0 ? STEP_DONE : STEP_PAUSE;
}

void
fanout_reply(struct workers *workers, struct fanout *fanout, uint32_t worker,
        const struct toe_reply *reply)
{
	if (reply->op == TOE_OP_DRAIN)
		fanout->discarded += reply->count;
	else if (reply->op != TOE_OP_LEFT)
		workers->links[worker].chains[fanout->host->index][fanout->lane]--;
	/* TERMINATE: items that wait at the worker are answered one by one; the host's next chains do not wait for them. */
	if (reply->op == TOE_OP_TERMINATE) {
		fanout->owed += reply->count;
		fanout->share[worker].owed += reply->count;
	}
	/* INIT-3: what failed at one worker ends what has not been sent to the others. */
	if (reply->op == TOE_OP_INITIATE && reply->status != OFFLOAD_SUCCESS)
		fanout->stopped = true;
}
