/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds of tuples. */
#include "hold.h"

#include <errno.h>
#include <string.h>

#include "workers.h"

#define HOLD_RELEASE_BIT ((uintptr_t)1)

_Static_assert(_Alignof(struct chimney_hold) > HOLD_RELEASE_BIT, "a pointer has a bit to spare");

static int
hold_put(struct chimney_host *host, struct chimney_hold *hold, uintptr_t bit)
{
	struct chimney *target = host->target;

	if (hold == NULL || (hold->family != 4 && hold->family != 6) ||
	        hold->port >= target->shared->port_count)
		return -EINVAL;
	if (atomic_exchange_explicit(&hold->under_way, 1, memory_order_acquire))
		return -EALREADY;
	atomic_fetch_add_explicit(&host->holding, 1, memory_order_relaxed);
	submit_put(&host->holds, (struct submit_node *)(void *)hold->target_scratch,
	        (uintptr_t)hold | bit);
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

static uint32_t
hold_host(const struct workers *workers, const struct hold_record *record)
{
	return (uint32_t)(record - workers->holds.record) / HOLD_SHARE;
}

static void
hold_done(struct workers *workers, struct hold_record *record, uint32_t status)
{
	uint32_t host = hold_host(workers, record);
	struct chimney_hold *hold = record->hold;

	record->hold = NULL;
	workers->holds.used[host]--;
	workers->holds.unsent[host] -= !record->sent;
	atomic_fetch_sub_explicit(&workers->target->hosts[host].holding, 1, memory_order_release);
	/* The caller may free it, or pass it again, when it sees `done`. */
	atomic_store_explicit(&hold->under_way, 0, memory_order_release);
	atomic_store_explicit(&hold->done, 1 + status, memory_order_release);
}

/* Copy what the worker reads; the tuple's owner is the one that initiate will pick. */
static void
hold_fill(struct workers *workers, struct hold_record *record, uintptr_t entry)
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
	record->id = ++workers->holds.sequence * HOLD_RECORDS +
	             (uint64_t)(record - workers->holds.record);
	record->release = entry & HOLD_RELEASE_BIT;
	record->sent = false;
	record->worker =
	        toe_owner(toe_tuple_hash(hold->source, hold->destination,
	                          hold->family == 4 ? 4 : 16, hold->local_port, hold->remote_port),
	                workers->count);
	workers->holds.used[hold_host(workers, record)]++;
	workers->holds.unsent[hold_host(workers, record)]++;
}

/* False: the worker's mailbox is full. */
static bool
hold_send(struct workers *workers, struct hold_record *record)
{
	struct toe_message message = {
	        .op = record->release ? TOE_OP_RELEASE : TOE_OP_HOLD,
	        .request = record->id,
	        .pointer = &record->request,
	};

	if (workers->links[record->worker].lost) {
		hold_done(workers, record, OFFLOAD_FAILURE);
		return true;
	}
	if (!link_send(workers, record->worker, LANE_ORDINARY, &message, true))
		return false;
	record->sent = true;
	workers->holds.unsent[hold_host(workers, record)]--;
	return true;
}

/* Of a host's records that are not sent the one that was taken first: a release must not overtake its hold. */
static struct hold_record *
hold_next(struct hold_record *record)
{
	struct hold_record *next = NULL;

	for (uint32_t i = 0; i < HOLD_SHARE; i++)
		if (record[i].hold != NULL && !record[i].sent &&
		        (next == NULL || record[i].id < next->id))
			next = &record[i];
	return next;
}

uint32_t
holds_turn(struct workers *workers, struct chimney_host *host)
{
	struct hold_record *record = &workers->holds.record[host->index * HOLD_SHARE];
	struct holds *holds = &workers->holds;
	uint32_t count = 0;
	bool busy = false;

	for (uintptr_t entry; holds->used[host->index] < HOLD_SHARE &&
	                      (entry = submit_take(&host->holds, &busy)) != 0;) {
		uint32_t free = 0;

		while (record[free].hold != NULL)
			free++;
		hold_fill(workers, &record[free], entry);
	}
	while (holds->unsent[host->index] > 0 && hold_send(workers, hold_next(record)))
		count++;
	return count + busy;
}

void
hold_answered(struct workers *workers, uint64_t id, uint32_t status)
{
	struct hold_record *record = &workers->holds.record[id % HOLD_RECORDS];

	if (record->hold != NULL && record->sent && record->id == id)
		hold_done(workers, record, status);
}

void
holds_lost(struct workers *workers, uint32_t worker)
{
	for (uint32_t i = 0; i < HOLD_RECORDS; i++) {
		struct hold_record *record = &workers->holds.record[i];

		if (record->hold != NULL && record->worker == worker)
			hold_done(workers, record, OFFLOAD_FAILURE);
	}
}
