/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that are lost. */
#include "lost.h"

#include <string.h>

#include "news.h"
#include "rejoin.h"

#define LOST_SLOTS_TOLD 64u /* a turn, of one host */
#define LOST_SLOTS_MARKED 1024u /* a turn */

static void
loss_count(struct workers *workers, struct fanout *fanout, uint32_t worker)
{
	if (fanout->loss_counted & worker_bit(worker))
		return;
	fanout->loss_counted |= worker_bit(worker);
	workers->links[worker].loss.pending[fanout->host->index]++;
}

bool
lost_needed(const struct fanout *fanout, uint32_t worker)
{
	return fanout->share[worker].owed > 0 ||
	       ((fanout->drain | fanout->chains) & worker_bit(worker));
}

uint32_t
lost_hit(struct workers *workers, struct fanout *fanout, uint32_t worker)
{
	struct fanout_share *share = &fanout->share[worker];

	loss_count(workers, fanout, worker);
	fanout->hit |= worker_bit(worker);
	fanout->stopped = true; /* initiate: a loss is no lack of resources (INIT-3) */
	share->head = share->tail = NULL;
	share->count = 0;
	fanout->chains &= ~worker_bit(worker);
	return share->owed;
}

void
worker_lose(struct workers *workers, uint32_t worker, uint64_t sequence)
{
	struct worker_link *link = &workers->links[worker];
	struct worker_loss *loss = &link->loss;

	link->lost = true;
	link->owed = 0;
	memset(link->chains, 0, sizeof(link->chains));
	link->pinged = link->unproved = link->asked = link->starved = false;
	link->stuck[LANE_ORDINARY] = link->stuck[LANE_URGENT] = false;
	workers->lost |= worker_bit(worker);
	workers->losses |= worker_bit(worker);
	atomic_fetch_add_explicit(&link->worker->lost, 1, memory_order_release);
	toe_doorbell_ring(&link->worker->bell);
	loss->sequence = sequence;
	loss->end = workers->slots->tcp_table[worker].fresh;
	loss->marked = 0;
	loss->hosts = (1u << TOE_MAX_HOSTS) - 1;
	memset(loss->told, 0, sizeof(loss->told));
	holds_lost(workers, worker);
	worker_news(workers, worker, CHIMNEY_WORKER_LOST);
}

bool
lost_holds(const struct workers *workers, const struct fanout *fanout)
{
	for (uint64_t left = fanout->hit; left != 0; left &= left - 1)
		if (toe_worker_is_at_large(workers->links[__builtin_ctzll(left)].worker))
			return true;
	return false;
}

void
lost_met(struct workers *workers, struct fanout *fanout, uint32_t worker)
{
	const struct worker_loss *loss = &workers->links[worker].loss;

	if (fanout->sequence <= loss->sequence && (loss->hosts & (1u << fanout->host->index)))
		loss_count(workers, fanout, worker);
}

void
lost_posted(struct workers *workers, const struct fanout *fanout)
{
	for (uint64_t left = fanout->loss_counted; left != 0; left &= left - 1)
		workers->links[__builtin_ctzll(left)].loss.pending[fanout->host->index]--;
}

/* From now on these connections are lost, whatever becomes of their worker. True: all are marked. */
static bool
slots_mark(struct workers *workers, uint32_t worker, uint32_t *count)
{
	struct worker_loss *loss = &workers->links[worker].loss;
	uint32_t end = RTE_MIN(loss->end, loss->marked + LOST_SLOTS_MARKED);

	*count += end - loss->marked;
	for (; loss->marked < end; loss->marked++)
		workers->slots->tcp[worker][loss->marked].slot.flags |= SLOT_LOST;
	return loss->marked == loss->end;
}

/*
 * One connection of a lost worker: RETRIEVE(HARDWARE_FAILURE), then ABORT. False: no room now.
 */
static bool
connection_lost(struct workers *workers, uint32_t worker, uint32_t index, struct chimney_host *host)
{
	struct slot *slot = &workers->slots->tcp[worker][index].slot;
	uint64_t handle = toe_worker_host_handle(workers->links[worker].worker, index);
	struct toe_event events[] = {
	        {
	                .object = handle,
	                .kind = TOE_EVENT_RETRIEVE,
	                .detail = RETRIEVE_HARDWARE_FAILURE,
	        },
	        {
	                .object = handle,
	                .kind = TOE_EVENT_ABORT,
	        },
	};

	if (!host_indicate(host, events, RTE_DIM(events)))
		return false;
	slot->flags |= SLOT_LOSS_INDICATED;
	return true;
}

/* Tell one host of the connections of one lost worker, a part. True: it knows of all. */
static bool
host_told(struct workers *workers, uint32_t worker, uint32_t host_index, uint32_t *count)
{
	struct worker_loss *loss = &workers->links[worker].loss;
	struct chimney_host *host = &workers->target->hosts[host_index];
	uint32_t *next = &loss->told[host_index];

	if (atomic_load_explicit(&host->state, memory_order_acquire) != HOST_USED)
		return true;
	/* The failures first (INV-17), and the completions that make connections known (INIT-9). */
	if (loss->pending[host_index] > 0 || host->settling > 0)
		return false;
	for (uint32_t n = 0; *next < loss->end && n < LOST_SLOTS_TOLD; n++, (*next)++) {
		const struct slot *slot = &workers->slots->tcp[worker][*next].slot;

		if (slot->host != host_index || !(slot->flags & SLOT_LOST) ||
		        (slot->flags & SLOT_LOSS_INDICATED) ||
		        (slot->state != SLOT_LIVE && slot->state != SLOT_CLOSING))
			continue;
		if (!connection_lost(workers, worker, *next, host))
			return false;
		(*count)++;
	}
	return *next >= loss->end;
}

/* True: everything about this loss is done. */
static bool
loss_turn(struct workers *workers, uint32_t worker, uint64_t oldest, uint32_t *count)
{
	struct worker_link *link = &workers->links[worker];

	if (!slots_mark(workers, worker, count))
		return false;
	if (link->lost && worker_may_rejoin(workers, worker, oldest)) {
		worker_rejoin(workers, worker);
		(*count)++;
	}
	for (uint32_t hosts = link->loss.hosts; hosts != 0; hosts &= hosts - 1) {
		uint32_t host = (uint32_t)__builtin_ctz(hosts);

		if (host_told(workers, worker, host, count))
			link->loss.hosts &= ~(1u << host);
	}
	return link->loss.hosts == 0 && !link->lost;
}

uint32_t
lost_turn(struct workers *workers, uint64_t oldest)
{
	uint32_t count = 0;

	for (uint64_t left = workers->losses; left != 0; left &= left - 1) {
		uint32_t worker = (uint32_t)__builtin_ctzll(left);

		if (loss_turn(workers, worker, oldest, &count))
			workers->losses &= ~worker_bit(worker);
	}
	return count;
}
