/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stop ids of connections that invalidates have named (INV-9, D2): opened in order, released in order, so that
 * one message releases all connections up to an id.
 */
#include "control.h"

static struct retrieve_batch *
batch_at(struct retrieve_host *host, uint32_t id)
{
	return &host->batch[id % RETRIEVE_BATCHES];
}

static uint32_t
batches_open(const struct retrieve_host *host)
{
	return host->next_batch - host->first_batch;
}

/* The newest batch takes members for a short time, or longer when there is no room for another one. */
static bool
batch_takes_members(const struct chimney *target, struct retrieve_host *host)
{
	const struct retrieve_batch *newest = batch_at(host, host->next_batch - 1);

	if (batches_open(host) == 0)
		return false;
	return target->awake.time - newest->opened < target->retrieve.quantum ||
	       batches_open(host) == RETRIEVE_BATCHES;
}

void
retrieve_named(struct chimney *target, struct request *request, uint32_t worker)
{
	struct retrieve_host *host = &target->retrieve.host[request->host->index];

	if (!request->named) {
		if (!batch_takes_members(target, host))
			*batch_at(host, host->next_batch++) =
			        (struct retrieve_batch){.opened = target->awake.time};
		request->named = true;
		request->batch = host->next_batch - 1;
		batch_at(host, request->batch)->members++;
	}
	batch_at(host, request->batch)->workers |= worker_bit(worker);
}

void
batch_posted(struct chimney *target, const struct request *request)
{
	struct retrieve_host *host = &target->retrieve.host[request->host->index];
	struct retrieve_batch *batch = batch_at(host, request->batch);

	if (!request->named)
		return;
	batch->members--;
	batch->posted = target->awake.time;
}

/* Tell its workers. False: a mailbox is full. */
static bool
batch_tell(struct chimney *target, uint32_t host, uint32_t id, uint32_t *count)
{
	struct retrieve_batch *batch = batch_at(&target->retrieve.host[host], id);
	struct toe_message message = {
	        .op = TOE_OP_RETRIEVE_NAMED,
	        .host = (uint8_t)host,
	        .flags = target->retrieve.message_flags,
	        .argument = id,
	};

	batch->workers &= ~target->lost;
	for (uint64_t left = batch->workers; left != 0; left &= left - 1) {
		uint32_t worker = (uint32_t)__builtin_ctzll(left);

		if (!link_send(target, worker, LANE_ORDINARY, &message, false))
			continue;
		batch->workers &= ~worker_bit(worker);
		(*count)++;
	}
	return batch->workers == 0;
}

uint32_t
batches_turn(struct chimney *target, uint32_t index)
{
	struct retrieve_host *host = &target->retrieve.host[index];
	uint32_t count = 0;

	while (batches_open(host) > 0 && count < RETRIEVE_ENTRIES) {
		struct retrieve_batch *batch = batch_at(host, host->first_batch);

		/* A batch that still takes members is younger than the delay, or has all of them posted. */
		if (batch->members > 0 ||
		        target->awake.time < batch->posted + target->retrieve.delay)
			break;
		if (!batch_tell(target, index, host->first_batch, &count))
			return count + 1;
		host->first_batch++;
	}
	return count;
}
