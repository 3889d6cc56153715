/* SPDX-License-Identifier: BSD-3-Clause */
/* RETRIEVE for connections that invalidates have named: one message releases all up to a stop id (INV-9, D2). */
#include "retrieve.h"

/* Tell its workers. False: a mailbox is full. */
static bool
batch_tell(struct retrieve *retrieve, uint32_t host, uint32_t id, uint32_t *count)
{
	struct stop_batch *batch = batch_at(&retrieve->stops->host[host], id);
	struct toe_message message = {
	        .op = TOE_OP_RETRIEVE_NAMED,
	        .host = (uint8_t)host,
	        .flags = retrieve->message_flags,
	        .argument = id,
	};

	batch->workers &= ~retrieve->workers->lost;
	for (uint64_t left = batch->workers; left != 0; left &= left - 1) {
		uint32_t worker = (uint32_t)__builtin_ctzll(left);

		if (!link_send(retrieve->workers, worker, LANE_ORDINARY, &message, false))
			continue;
		batch->workers &= ~worker_bit(worker);
		(*count)++;
	}
	return batch->workers == 0;
}

uint32_t
batches_turn(struct retrieve *retrieve, uint32_t index)
{
	struct stop_host *host = &retrieve->stops->host[index];
	uint32_t count = 0;

	while (batches_open(host) > 0 && count < RETRIEVE_ENTRIES) {
		struct stop_batch *batch = batch_at(host, host->first_batch);

		/* A batch that still takes members is younger than the delay, or has all of them posted. */
		if (batch->members > 0 ||
		        retrieve->workers->awake.time < batch->posted + retrieve->stops->delay)
			break;
		if (!batch_tell(retrieve, index, host->first_batch, &count))
			return count + 1;
		host->first_batch++;
	}
	return count;
}
