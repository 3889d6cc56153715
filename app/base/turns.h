/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work of the main lcore that takes longer than a moment, in slices: between two of them the event loop looks at
 * sockets, signals and what the target has to say. Clients take turns, each has a lane of its own, and within a lane its
 * jobs take turns. So one client's million holds up another's command by one slice of each client, and by no more.
 *
 * Everything here belongs to the main lcore.
 */
#ifndef APP_TURNS_H
#define APP_TURNS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "clock.h"

struct event;
struct event_base;
struct turns;

/* A slice is over after this; a step of a job is far shorter. */
#define SLICE_NS 1000000u
/* Lane 0 is for what belongs to no client. */
#define TURNS_LANES 64u
#define TURNS_HOUSE 0u

struct slice {
	const struct app_clock *clock;
	uint64_t end; /* ns */
};

enum job_result {
	JOB_DONE, /* off the list; the job may be gone */
	JOB_MORE, /* its next slice, please */
	JOB_PAUSE, /* off the list until job_start */
};

struct job {
	/* one slice: step by step, until slice_over */
	enum job_result (*run)(struct job *job, struct slice *slice);
	uint32_t lane;
	bool queued;
	TAILQ_ENTRY(job) link;
};

TAILQ_HEAD(job_list, job);

struct turns {
	const struct app_clock *clock;
	/* ns of the longest slice of all; main writes and clears it */
	_Atomic uint64_t *longest;
	struct event *event;
	struct job_list lanes[TURNS_LANES];
	uint32_t next_lane;
	uint32_t queued; /* jobs in all lanes */
};

/* 0 or -1 (out of memory). `clock` and `longest` must stay. */
int turns_open(struct turns *turns, struct event_base *base, const struct app_clock *clock,
        _Atomic uint64_t *longest);
/* Jobs that are left are forgotten; they are their owners'. */
void turns_close(struct turns *turns);

/* A job that belongs to nobody's list yet. */
void job_init(struct job *job, uint32_t lane,
        enum job_result (*run)(struct job *job, struct slice *slice));
/* It gets its turns from now on. A job that is on its list already stays there. */
void job_start(struct turns *turns, struct job *job);
/* Run its first slice now, the others in turn. True: it is done, and may be gone. */
bool job_run_first(struct turns *turns, struct job *job);
/* Other work of the main lcore that began at `begun` (ns) is done: was it the longest? */
void turns_took(struct turns *turns, uint64_t begun);
/* No turn any more. Not from within its own slice. */
void job_cancel(struct turns *turns, struct job *job);

static inline bool
slice_over(const struct slice *slice)
{
	return clock_now(slice->clock) >= slice->end;
}

/* A new slice that begins now. */
static inline struct slice
slice_begin(const struct app_clock *clock)
{
	return (struct slice){clock, clock_now(clock) + SLICE_NS};
}

#endif
