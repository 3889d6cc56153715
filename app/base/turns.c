/* SPDX-License-Identifier: BSD-3-Clause */
/* Work of the main lcore in slices, in turn by client. */
#include <string.h>

#include <event2/event.h>

#include "turns.h"

/* A timer of no time: the loop looks at everything else before it comes round. */
static void
arm(struct turns *turns)
{
	struct timeval now = {0, 0};

	if (turns->queued != 0)
		event_add(turns->event, &now);
}

static void
put(struct turns *turns, struct job *job)
{
	job->queued = true;
	TAILQ_INSERT_TAIL(&turns->lanes[job->lane], job, link);
	turns->queued++;
}

static void
take(struct turns *turns, struct job *job)
{
	TAILQ_REMOVE(&turns->lanes[job->lane], job, link);
	job->queued = false;
	turns->queued--;
}

/* The first job of the next lane that has one. */
static struct job *
take_next(struct turns *turns)
{
	for (uint32_t i = 0; i < TURNS_LANES; i++) {
		uint32_t lane = (turns->next_lane + i) % TURNS_LANES;
		struct job *job = TAILQ_FIRST(&turns->lanes[lane]);

		if (job == NULL)
			continue;
		turns->next_lane = (lane + 1) % TURNS_LANES;
		take(turns, job);
		return job;
	}
	return NULL;
}

void
turns_took(struct turns *turns, uint64_t begun)
{
	uint64_t took = clock_now(turns->clock) - begun;

	if (took > atomic_load_explicit(turns->longest, memory_order_relaxed))
		atomic_store_explicit(turns->longest, took, memory_order_relaxed);
}

static enum job_result
run(struct turns *turns, struct job *job)
{
	struct slice slice = slice_begin(turns->clock);
	uint64_t begun = slice.end - SLICE_NS;
	enum job_result result = job->run(job, &slice);

	turns_took(turns, begun);
	if (result == JOB_MORE && !job->queued)
		put(turns, job);
	return result;
}

static void
on_turn(evutil_socket_t fd, short what, void *context)
{
	struct turns *turns = context;
	struct job *job = take_next(turns);

	if (job != NULL)
		run(turns, job);
	arm(turns);
}

int
turns_open(struct turns *turns, struct event_base *base, const struct app_clock *clock,
        _Atomic uint64_t *longest)
{
	memset(turns, 0, sizeof(*turns));
	turns->clock = clock;
	turns->longest = longest;
	for (uint32_t lane = 0; lane < TURNS_LANES; lane++)
		TAILQ_INIT(&turns->lanes[lane]);
	turns->event = event_new(base, -1, 0, on_turn, turns);
	return turns->event != NULL ? 0 : -1;
}

void
turns_close(struct turns *turns)
{
	event_free(turns->event);
	turns->event = NULL;
}

void
job_init(struct job *job, uint32_t lane,
        enum job_result (*run_slice)(struct job *job, struct slice *slice))
{
	job->run = run_slice;
	job->lane = lane % TURNS_LANES;
	job->queued = false;
}

void
job_start(struct turns *turns, struct job *job)
{
	if (job->queued)
		return;
	put(turns, job);
	arm(turns);
}

bool
job_run_first(struct turns *turns, struct job *job)
{
	bool done = run(turns, job) == JOB_DONE;

	arm(turns);
	return done;
}

void
job_cancel(struct turns *turns, struct job *job)
{
	if (job->queued)
		take(turns, job);
}
