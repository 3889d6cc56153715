/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a request has with workers: chains of items for each, drains, and the answers that it is owed. A full
 * mailbox never blocks: the walk that wanted to send pauses and tries again in a later turn.
 */
#ifndef CONTROL_FANOUT_H
#define CONTROL_FANOUT_H

#include "item.h"
#include "workers.h"

#define FANOUT_CHAIN 64u /* items of one message */
#define FANOUT_CHAINS 2u /* of one host in one lane that one worker has not answered */

/* With one of them. */
struct fanout_share {
	struct toe_item *head, *tail; /* items not sent yet: a chain */
	uint32_t count; /* of them */
	uint32_t owed; /* answers */
};

struct fanout {
	struct chimney_host *host;
	uint64_t sequence; /* of the request: they are numbered as they are taken */
	uint64_t id; /* in messages and replies */
	uint32_t owed; /* answers that workers owe it */
	uint32_t discarded; /* frames, by its drains */
	uint64_t drain; /* workers to which its drain is still to be sent */
	uint64_t hit; /* workers that it needed and that are lost */
	uint64_t loss_counted; /* of these: in worker_loss.pending */
	uint64_t chains; /* workers whose chain is not empty */
	struct fanout_share *share; /* by worker; all 0 before and after */
	uint32_t batch; /* invalidate of connections: its stop id (stops.h) */
	uint8_t kind; /* enum chimney_request */
	uint8_t lane; /* enum control_lane */
	bool stopped; /* initiate: no more is attempted (INIT-3) */
};

/* As new, for the request that it is part of. */
void fanout_start(struct fanout *fanout, struct chimney_host *host, uint32_t kind,
        uint64_t sequence, uint64_t id);
/*
 * Make room for one more item for this worker. PAUSE: its chain is full, and cannot be sent now, since the mailbox is full,
 * or the worker has FANOUT_CHAINS of this host and lane: others' messages do not wait behind more than these.
 */
enum control_step fanout_room(struct workers *workers, struct fanout *fanout, uint32_t worker);
/* Append an item; fanout_room said DONE before. */
void fanout_add(struct fanout *fanout, uint32_t worker, struct toe_item *item);
/* Send what the chains still hold. */
enum control_step fanout_flush(struct workers *workers, struct fanout *fanout);
/* Send the drains of fanout->drain. */
enum control_step fanout_drain(struct workers *workers, struct fanout *fanout);

/* A reply of this worker to it came in: note what it says. The caller counts it as one of the answers that are owed. */
void fanout_reply(struct workers *workers, struct fanout *fanout, uint32_t worker,
        const struct toe_reply *reply);

/* What the worker said of an item, FAILURE when it is lost; control's own word when no worker was asked. */
static inline enum offload_status
fanout_answer(const struct fanout *fanout, const struct toe_item *item)
{
	if ((item->flags & BLOCK_SENT) && (fanout->hit & worker_bit(item_worker(item))))
		return OFFLOAD_FAILURE;
	return item->status;
}

#endif
