/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that do not answer: asked, starved, lost. */
#include "watch.h"

#include <inttypes.h>

#include "lost.h"
#include "news.h"

#define STARVED_DEADLINES 10u /* silent for so long it is lost, starved or not */
/* Parts of a deadline: a thread that had less of a CPU than the one, and waited longer than the other, is starved. */
#define STARVED_RAN 8u
#define STARVED_WAITED 4u

static const struct toe_message ping = {.op = TOE_OP_PING};

/*
 * Ask, and note what its thread has done so far. Without room for another question, those that are in the mailbox
 * already do as well: whatever is urgent is answered.
 */
static void
worker_ask(struct workers *workers, struct worker_link *link, uint32_t worker)
{
	const struct chimney_params *params = &workers->target->params;

	if (!link->pinged)
		link->pinged = link_send(workers, worker, LANE_URGENT, &ping, true);
	link->asked = true;
	link->judged = workers->awake.time;
	link->sampled = params->cpu_time != NULL &&
	                params->cpu_time(params->cpu_time_context, worker, &link->cpu_time);
}

bool
chimney_starved(const struct chimney_cpu_time *then, const struct chimney_cpu_time *now,
        uint64_t deadline_ns)
{
	uint64_t ran = now->ran - then->ran;

	/* The kernel counts a wait when it is over. Who waits all the time does not run at all. */
	return ran < deadline_ns / STARVED_RAN &&
	       (now->waited - then->waited > deadline_ns / STARVED_WAITED ||
	               (now->ready && ran == 0));
}

/* Since it was asked, or judged last: did its thread wait for a CPU? */
static bool
worker_is_starved(struct workers *workers, struct worker_link *link, uint32_t worker)
{
	const struct chimney_params *params = &workers->target->params;
	struct chimney_cpu_time then = link->cpu_time;

	if (!link->sampled || !params->cpu_time(params->cpu_time_context, worker, &link->cpu_time))
		return false;
	link->judged = workers->awake.time;
	return chimney_starved(&then, &link->cpu_time, workers->deadline);
}

static void
starved_tell(struct workers *workers, struct worker_link *link, uint32_t worker)
{
	if (link->starved)
		return;
	link->starved = true;
	worker_news(workers, worker, CHIMNEY_WORKER_STARVED);
}

/* A walk owes no answer: whoever was sent one is asked at once, or a hang before it would go unnoticed (INV-9). */
static void
worker_prove(struct workers *workers, struct worker_link *link, uint32_t worker)
{
	if (!link->unproved || link->pinged)
		return;
	link->pinged = link_send(workers, worker, LANE_URGENT, &ping, true);
	link->unproved = !link->pinged;
}

/* It was asked, and says nothing. */
static void
worker_judge(struct workers *workers, struct worker_link *link, uint32_t worker, uint64_t sequence)
{
	uint64_t silent = workers->awake.time - link->since;
	bool last = silent >= STARVED_DEADLINES * workers->deadline;

	if (workers->awake.time - link->judged < workers->deadline - workers->deadline / 4 && !last)
		return;
	if (!last && worker_is_starved(workers, link, worker))
		starved_tell(workers, link, worker);
	else
		worker_lose(workers, worker, sequence);
}

uint64_t
workers_watch(struct workers *workers, uint64_t sequence)
{
	uint64_t before = workers->lost;

	for (uint32_t i = 0; i < workers->count; i++) {
		struct worker_link *link = &workers->links[i];

		if (link->lost)
			continue;
		worker_prove(workers, link, i);
		if (!link_waits(link))
			continue;
		if (link->asked)
			worker_judge(workers, link, i, sequence);
		else if (workers->awake.time - link->since > workers->deadline / 4)
			worker_ask(workers, link, i);
	}
	return workers->lost & ~before;
}
