/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds of tuples. */
#include "hold.h"

#include <errno.h>
#include <string.h>

#include "control.h"

#define HOLD_RELEASE_BIT ((uintptr_t)1)

_Static_assert(_Alignof(struct chimney_hold) > HOLD_RELEASE_BIT, "a pointer has a bit to spare");

int
holds_init(struct holds *holds)
{
	memset(holds->record, 0, sizeof(holds->record));
	holds->in_use = 0;
	holds->sequence = 0;
	holds->ring = toe_ring_alloc(HOLD_RING, sizeof(uintptr_t), RING_F_SC_DEQ);
	return holds->ring == NULL ? -ENOMEM : 0;
}

void
holds_fini(struct holds *holds)
{
	toe_ring_free(holds->ring);
	holds->ring = NULL;
}

static int
hold_put(struct chimney_host *host, struct chimney_hold *hold, uintptr_t bit)
{
	struct chimney *target = host->target;

	if (hold == NULL || (hold->family != 4 && hold->family != 6) ||
	        hold->port >= target->shared->port_count)
		return -EINVAL;
	if (rte_ring_mp_enqueue(target->holds.ring, (void *)((uintptr_t)hold | bit)) != 0)
		return -EAGAIN;
	toe_doorbell_ring(&target->bell);
	return 0;
}

int
chimney_hold(struct chimney_host *host, struct chimney_hold *hold)
{
	return hold_put(host, hold, 0);
}

int
chimney_release(struct chimney_host *host, struct chimney_hold *hold)
{
	return hold_put(host, hold, HOLD_RELEASE_BIT);
}

static void
hold_done(struct chimney *target, struct hold_record *record, uint32_t status)
{
	atomic_store_explicit(&record->hold->done, 1 + status, memory_order_release);
	record->hold = NULL;
	target->holds.in_use--;
}

/* Copy what the worker reads; the tuple's owner is the one that initiate will pick. */
static void
hold_fill(struct chimney *target, struct hold_record *record, uintptr_t entry)
{
	struct chimney_hold *hold = (struct chimney_hold *)(entry & ~HOLD_RELEASE_BIT);
	struct toe_hold_request *request = &record->request;

	memcpy(request->source, hold->source, sizeof(request->source));
	memcpy(request->destination, hold->destination, sizeof(request->destination));
	if (hold->family == 4) {
		memset(request->source + 4, 0, sizeof(request->source) - 4);
		memset(request->destination + 4, 0, sizeof(request->destination) - 4);
	}
	request->local_port = hold->local_port;
	request->remote_port = hold->remote_port;
	request->family = hold->family;
	request->port = hold->port;
	record->hold = hold;
	record->id =
	        ++target->holds.sequence * HOLD_RECORDS + (uint64_t)(record - target->holds.record);
	record->release = entry & HOLD_RELEASE_BIT;
	record->sent = false;
	record->worker =
	        toe_owner(toe_tuple_hash(hold->source, hold->destination,
	                          hold->family == 4 ? 4 : 16, hold->local_port, hold->remote_port),
	                target->shared->worker_count);
	target->holds.in_use++;
}

/* False: the worker's mailbox is full. */
static bool
hold_send(struct chimney *target, struct hold_record *record)
{
	struct toe_message message = {
	        .op = record->release ? TOE_OP_RELEASE : TOE_OP_HOLD,
	        .request = record->id,
	        .pointer = &record->request,
	};

	if (target->links[record->worker].lost)
		hold_done(target, record, OFFLOAD_FAILURE);
	else if (link_send(target, record->worker, LANE_ORDINARY, &message, true))
		record->sent = true;
	else
		return false;
	return true;
}

uint32_t
holds_turn(struct chimney *target)
{
	struct holds *holds = &target->holds;
	uint32_t count = 0;
	void *entry;

	for (uint32_t i = 0; holds->in_use < HOLD_RECORDS; i++) {
		if (holds->record[i].hold != NULL)
			continue;
		if (rte_ring_sc_dequeue(holds->ring, &entry) != 0)
			break;
		hold_fill(target, &holds->record[i], (uintptr_t)entry);
	}
	for (uint32_t i = 0; holds->in_use > 0 && i < HOLD_RECORDS; i++)
		if (holds->record[i].hold != NULL && !holds->record[i].sent)
			count += hold_send(target, &holds->record[i]);
	return count;
}

void
hold_answered(struct chimney *target, uint64_t id, uint32_t status)
{
	struct hold_record *record = &target->holds.record[id % HOLD_RECORDS];

	if (record->hold != NULL && record->sent && record->id == id)
		hold_done(target, record, status);
}

void
holds_lost(struct chimney *target, uint32_t worker)
{
	for (uint32_t i = 0; i < HOLD_RECORDS; i++) {
		struct hold_record *record = &target->holds.record[i];

		if (record->hold != NULL && record->worker == worker)
			hold_done(target, record, OFFLOAD_FAILURE);
	}
}
