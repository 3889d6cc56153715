/* SPDX-License-Identifier: BSD-3-Clause */
/* Lcores that sleep. */
#include "lcores.h"

#include <time.h>

#include "test_eal.h"

#define IDLE_TURNS 16u

static uint64_t
clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The loop of an lcore that may sleep: a few idle turns, announce, look again, sleep. */
static void
lcore_loop(struct lcores *lcores, uint32_t (*turn)(void *, uint64_t), void *argument,
        struct toe_doorbell *bell)
{
	uint32_t idle = 0;

	while (!atomic_load_explicit(&lcores->stop, memory_order_acquire)) {
		if (turn(argument, clock_ns()) != 0) {
			idle = 0;
			continue;
		}
		if (++idle < IDLE_TURNS)
			continue;
		toe_doorbell_announce(bell);
		if (turn(argument, clock_ns()) == 0) {
			toe_doorbell_sleep(bell, !TEST_UNDER_TSAN ? 200 : 1000);
			atomic_fetch_add_explicit(&lcores->slept, 1, memory_order_relaxed);
		}
		toe_doorbell_awake(bell);
		idle = 0;
	}
}

static uint32_t
control_turn(void *argument, uint64_t now)
{
	return chimney_control_poll(argument, now);
}

void *
lcores_control(void *argument)
{
	struct lcores *lcores = argument;

	lcore_loop(lcores, control_turn, lcores->world->target,
	        chimney_control_bell(lcores->world->target));
	return NULL;
}

static uint32_t
worker_turn(void *argument, uint64_t now)
{
	return toe_worker_poll(argument, now);
}

struct worker_thread {
	struct lcores *lcores;
	struct toe_worker *worker;
};

static void *
worker_run(void *argument)
{
	struct worker_thread *thread = argument;

	lcore_loop(thread->lcores, worker_turn, thread->worker, &thread->worker->control.bell);
	return NULL;
}

int
lcores_worker(struct lcores *lcores, uint32_t worker, pthread_t *thread)
{
	static struct worker_thread threads[WORLD_WORKERS];

	threads[worker] =
	        (struct worker_thread){.lcores = lcores, .worker = lcores->world->worker[worker]};
	return pthread_create(thread, NULL, worker_run, &threads[worker]);
}
