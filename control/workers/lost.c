/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that are lost. */
#include "lost.h"

#include "control.h"
#include "news.h"
#include "rejoin.h"

#define LOST_SLOTS_TOLD 64u /* a turn, of one host */
#define LOST_SLOTS_MARKED 1024u /* a turn */

static void
loss_count(struct chimney *target, struct request *request, uint32_t worker)
{
	if (request->loss_counted & worker_bit(worker))
		return;
	request->loss_counted |= worker_bit(worker);
	target->links[worker].loss.pending[request->host->index]++;
}

/* The request needs a lost worker: what concerns that worker fails, and its host is told afterwards. */
static void
request_hit(struct chimney *target, struct request *request, uint32_t worker)
{
	loss_count(target, request, worker);
	request->hit |= worker_bit(worker);
	request->stopped = true; /* initiate: a loss is no lack of resources (INIT-3) */
	request->share[worker].head = request->share[worker].tail = NULL;
	request->share[worker].count = 0;
	request->chains &= ~worker_bit(worker);
	if (request->share[worker].owed > 0)
		request_answered(target, request, worker, request->share[worker].owed);
}

static void
requests_hit(struct chimney *target, uint32_t worker)
{
	for (uint32_t i = 0; i < CONTROL_RECORDS; i++) {
		struct request *request = &target->requests.records[i];

		if (request->id != 0 &&
		        (request->share[worker].owed > 0 ||
		                ((request->drain | request->chains) & worker_bit(worker))))
			request_hit(target, request, worker);
	}
}

void
worker_lose(struct chimney *target, uint32_t worker)
{
	struct worker_link *link = &target->links[worker];
	struct worker_loss *loss = &link->loss;

	link->lost = true;
	link->owed = 0;
	memset(link->chains, 0, sizeof(link->chains));
	link->pinged = link->unproved = link->asked = link->starved = false;
	link->stuck[LANE_ORDINARY] = link->stuck[LANE_URGENT] = false;
	target->lost |= worker_bit(worker);
	target->losses |= worker_bit(worker);
	atomic_fetch_add_explicit(&link->worker->lost, 1, memory_order_release);
	toe_doorbell_ring(&link->worker->bell);
	loss->sequence = target->requests.sequence;
	loss->end = target->slots.tcp_table[worker].fresh;
	loss->marked = 0;
	loss->hosts = (1u << TOE_MAX_HOSTS) - 1;
	memset(loss->told, 0, sizeof(loss->told));
	requests_hit(target, worker);
	holds_lost(target, worker);
	worker_news(target, worker, CHIMNEY_WORKER_LOST);
}

bool
lost_at_large(const struct chimney *target)
{
	for (uint32_t i = 0; i < target->shared->worker_count; i++)
		if (worker_at_large(&target->links[i]))
			return true;
	return false;
}

bool
lost_holds(const struct chimney *target, const struct request *request)
{
	for (uint64_t left = request->hit; left != 0; left &= left - 1)
		if (worker_at_large(&target->links[__builtin_ctzll(left)]))
			return true;
	return false;
}

void
lost_met(struct chimney *target, struct request *request, uint32_t worker)
{
	const struct worker_loss *loss = &target->links[worker].loss;

	if (request->sequence <= loss->sequence && (loss->hosts & (1u << request->host->index)))
		loss_count(target, request, worker);
}

void
lost_posted(struct chimney *target, const struct request *request)
{
	for (uint64_t left = request->loss_counted; left != 0; left &= left - 1)
		target->links[__builtin_ctzll(left)].loss.pending[request->host->index]--;
}

/* From now on these connections are lost, whatever becomes of their worker. True: all are marked. */
static bool
slots_mark(struct chimney *target, uint32_t worker, uint32_t *count)
{
	struct worker_loss *loss = &target->links[worker].loss;
	uint32_t end = RTE_MIN(loss->end, loss->marked + LOST_SLOTS_MARKED);

	*count += end - loss->marked;
	for (; loss->marked < end; loss->marked++)
		target->slots.tcp[worker][loss->marked].slot.flags |= SLOT_LOST;
	return loss->marked == loss->end;
}

/*
 * One connection of a lost worker: RETRIEVE(HARDWARE_FAILURE), then ABORT. False: no room now.
 */
static bool
connection_lost(struct chimney *target, uint32_t worker, uint32_t index, struct chimney_host *host)
{
	struct slot *slot = &target->slots.tcp[worker][index].slot;
	uint64_t handle = toe_worker_host_handle(target->links[worker].worker, index);
	struct toe_event events[] = {
	        {
	                .object = handle,
	                .kind = TOE_EVENT_RETRIEVE,
	                .detail = RETRIEVE_HARDWARE_FAILURE,
	                .worker = TOE_EVENT_FROM_CONTROL,
	        },
	        {
	                .object = handle,
	                .kind = TOE_EVENT_ABORT,
	                .worker = TOE_EVENT_FROM_CONTROL,
	        },
	};

	if (!host_indicate(host, events, RTE_DIM(events)))
		return false;
	slot->flags |= SLOT_LOSS_INDICATED;
	return true;
}

/* Tell one host of the connections of one lost worker, a part. True: it knows of all. */
static bool
host_told(struct chimney *target, uint32_t worker, uint32_t host_index, uint32_t *count)
{
	struct worker_loss *loss = &target->links[worker].loss;
	struct chimney_host *host = &target->hosts[host_index];
	uint32_t *next = &loss->told[host_index];

	if (atomic_load_explicit(&host->state, memory_order_acquire) != HOST_USED)
		return true;
	/* The failures first (INV-17), and the completions that make connections known (INIT-9). */
	if (loss->pending[host_index] > 0 || host->settling > 0)
		return false;
	for (uint32_t n = 0; *next < loss->end && n < LOST_SLOTS_TOLD; n++, (*next)++) {
		const struct slot *slot = &target->slots.tcp[worker][*next].slot;

		if (slot->host != host_index || !(slot->flags & SLOT_LOST) ||
		        (slot->flags & SLOT_LOSS_INDICATED) ||
		        (slot->state != SLOT_LIVE && slot->state != SLOT_CLOSING))
			continue;
		if (!connection_lost(target, worker, *next, host))
			return false;
		(*count)++;
	}
	return *next >= loss->end;
}

/* True: everything about this loss is done. */
static bool
loss_turn(struct chimney *target, uint32_t worker, uint32_t *count)
{
	struct worker_link *link = &target->links[worker];

	if (!slots_mark(target, worker, count))
		return false;
	if (link->lost && worker_may_rejoin(target, worker)) {
		worker_rejoin(target, worker);
		(*count)++;
	}
	for (uint32_t hosts = link->loss.hosts; hosts != 0; hosts &= hosts - 1) {
		uint32_t host = (uint32_t)__builtin_ctz(hosts);

		if (host_told(target, worker, host, count))
			link->loss.hosts &= ~(1u << host);
	}
	return link->loss.hosts == 0 && !link->lost;
}

uint32_t
lost_turn(struct chimney *target)
{
	uint32_t count = 0;

	for (uint64_t left = target->losses; left != 0; left &= left - 1) {
		uint32_t worker = (uint32_t)__builtin_ctzll(left);

		if (loss_turn(target, worker, &count))
			target->losses &= ~worker_bit(worker);
	}
	return count;
}
