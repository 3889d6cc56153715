/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages to workers, and their replies. */
#include "workers.h"

#include "news.h"

#define AWAKE_MOST_NS UINT64_C(5000000) /* of a deadline that passes between two turns */

bool
link_send(struct workers *workers, uint32_t worker, enum control_lane lane,
        const struct toe_message *message, bool answers)
{
	struct worker_link *link = &workers->links[worker];
	struct toe_mailbox *mailbox =
	        lane == LANE_URGENT ? &link->worker->urgent : &link->worker->ordinary;

	if (!link_waits(link))
		link->since = workers->awake.time;
	if (!toe_mailbox_send(mailbox, message)) {
		if (!link->stuck[lane])
			stat_add(&workers->target->stats.mailbox_full, 1);
		link->stuck[lane] = true;
		return false;
	}
	link->stuck[lane] = false;
	link->owed += answers;
	link->unproved = link->unproved || !answers;
	toe_doorbell_ring(&link->worker->bell);
	return true;
}

void
link_answered(struct workers *workers, uint32_t worker, const struct toe_reply *replies, uint32_t n)
{
	struct worker_link *link = &workers->links[worker];

	for (uint32_t i = 0; i < n; i++) {
		if (replies[i].op == TOE_OP_PING)
			link->pinged = false;
		if (replies[i].op == TOE_OP_TERMINATE)
			link->owed += replies[i].count; /* these items are answered later */
	}
	link->owed -= RTE_MIN(n, link->owed);
	link->since = workers->awake.time;
	link->asked = false;
	if (!link->starved)
		return;
	link->starved = false;
	worker_news(workers, worker, CHIMNEY_WORKER_RUNNING);
}

void
workers_init(struct workers *workers, struct chimney *target, struct slots *slots, uint64_t now)
{
	workers->target = target;
	workers->slots = slots;
	workers->count = target->shared->worker_count;
	workers->deadline = target->params.drain_deadline_ms * UINT64_C(1000000);
	toe_awake_start(&workers->awake, now, AWAKE_MOST_NS);
	for (uint32_t i = 0; i < workers->count; i++)
		workers->links[i].worker = target->workers[i];
}
