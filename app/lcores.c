/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lcore loops: they take the time, call the polls, and rest when there is nothing to do and the idle
 * policy lets them. All else is in the polls, which tests step without lcores.
 */
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include "cpu_time.h"
#include "doorbell.h"
#include "lcores.h"
#include "say.h"

#define IDLE_TURNS 64u /* turns without work before an lcore sleeps */
#define IDLE_SLEEP_US 500 /* ports and timers are looked at again after this */
#define STOP_WAIT_MS 2000
#define STOP_STARVED 10u /* times, for a thread that waits for a CPU */

struct lcore_argument {
	struct program *program;
	struct toe_worker *worker; /* NULL: control */
	_Atomic uint64_t *longest; /* ns of the longest turn; the lcore: w, main clears it */
	_Atomic pid_t thread; /* 0: not known yet; the lcore: w, control and main: r */
};

static struct lcore_argument lcore_arguments[RTE_MAX_LCORE];
static _Atomic bool lcores_halt; /* main: w, lcores: r */

static uint32_t
lcore_poll(const struct lcore_argument *argument)
{
	uint64_t now = clock_now(&argument->program->clock), took;
	uint32_t work;

	if (argument->worker != NULL)
		work = toe_worker_poll(argument->worker, now);
	else
		work = chimney_control_poll(argument->program->target, now);
	took = clock_now(&argument->program->clock) - now;
	if (took > atomic_load_explicit(argument->longest, memory_order_relaxed))
		atomic_store_explicit(argument->longest, took, memory_order_relaxed);
	return work;
}

/*
 * Announce, look a second time, sleep: a message published before the announcement was seen is found by the
 * second look, one published after it rings (toe/base/doorbell.h). Ports do not ring: sleep is bounded.
 */
static void
lcore_rest(const struct lcore_argument *argument, struct toe_doorbell *bell)
{
	toe_doorbell_announce(bell);
	if (lcore_poll(argument) == 0 && !atomic_load_explicit(&lcores_halt, memory_order_relaxed))
		toe_doorbell_sleep(bell, IDLE_SLEEP_US);
	toe_doorbell_awake(bell);
}

static int
lcore_loop(void *pointer)
{
	struct lcore_argument *argument = pointer;
	struct program *program = argument->program;
	struct toe_doorbell *bell = argument->worker != NULL
	                                    ? &argument->worker->control.bell
	                                    : chimney_control_bell(program->target);
	uint32_t idle = 0;

	atomic_store(&argument->thread, rte_gettid());
	while (!atomic_load_explicit(&lcores_halt, memory_order_relaxed)) {
		if (lcore_poll(argument) != 0) {
			idle = 0;
		} else if (program->idle_sleep && ++idle >= IDLE_TURNS) {
			lcore_rest(argument, bell);
		} else {
			rte_pause();
		}
	}
	return 0;
}

int
lcores_plan(struct program *program)
{
	unsigned int lcore;
	bool control = false;

	program->worker_count = 0;
	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if (!control) {
			program->control_lcore = lcore;
			control = true;
		} else if (program->worker_count == TOE_MAX_WORKERS) {
			say_error("more than %u workers; give fewer lcores", TOE_MAX_WORKERS);
			return -1;
		} else {
			program->worker_lcore[program->worker_count++] = lcore;
		}
	}
	return 0;
}

static bool
lcore_cpu_time(uint32_t lcore, struct chimney_cpu_time *time)
{
	pid_t thread = atomic_load(&lcore_arguments[lcore].thread);

	return thread != 0 && cpu_time_read(thread, time);
}

bool
lcores_cpu_time(void *context, uint32_t worker, struct chimney_cpu_time *time)
{
	const struct program *program = context;

	return lcore_cpu_time(program->worker_lcore[worker], time);
}

int
lcores_launch(struct program *program)
{
	atomic_store(&lcores_halt, false);
	lcore_arguments[program->control_lcore] = (struct lcore_argument){
	        program, NULL, &program->longest_turn_ns[program->control_lcore], 0};
	for (uint32_t i = 0; i < program->worker_count; i++)
		lcore_arguments[program->worker_lcore[i]] =
		        (struct lcore_argument){program, program->workers[i],
		                &program->longest_turn_ns[program->worker_lcore[i]], 0};
	if (rte_eal_remote_launch(lcore_loop, &lcore_arguments[program->control_lcore],
	            program->control_lcore) != 0)
		return say_error("lcore %u is busy, control cannot run", program->control_lcore);
	for (uint32_t i = 0; i < program->worker_count; i++) {
		uint32_t lcore = program->worker_lcore[i];

		if (rte_eal_remote_launch(lcore_loop, &lcore_arguments[lcore], lcore) == 0)
			continue;
		say_error("lcore %u is busy, worker %u cannot run", lcore, i);
		lcores_stop(program);
		return -1;
	}
	return 0;
}

static bool
lcore_returns(uint32_t lcore, uint32_t wait_ms)
{
	/* Counted, not measured: a process that is stopped meanwhile waits all the same. */
	for (uint32_t waited = 0; rte_eal_get_lcore_state(lcore) == RUNNING; waited++) {
		if (waited >= wait_ms)
			return false;
		usleep(1000);
	}
	return true;
}

/* A thread that waits for a CPU is waited for, as in control/workers/watch.h. */
static bool
lcore_join(uint32_t lcore)
{
	struct chimney_cpu_time then, now;

	for (uint32_t i = 0; i < STOP_STARVED; i++) {
		bool known = lcore_cpu_time(lcore, &then);

		if (lcore_returns(lcore, STOP_WAIT_MS)) {
			rte_eal_wait_lcore(lcore);
			return true;
		}
		if (!known || !lcore_cpu_time(lcore, &now) ||
		        !chimney_starved(&then, &now, STOP_WAIT_MS * UINT64_C(1000000)))
			break;
	}
	return false;
}

void
lcores_stop(struct program *program)
{
	atomic_store(&lcores_halt, true);
	toe_doorbell_ring(chimney_control_bell(program->target));
	for (uint32_t i = 0; i < program->worker_count; i++)
		toe_doorbell_ring(&program->workers[i]->control.bell);
	if (!lcore_join(program->control_lcore))
		program->lcores_stuck = true;
	for (uint32_t i = 0; i < program->worker_count; i++) {
		if (lcore_join(program->worker_lcore[i]))
			continue;
		say_error("worker %u on lcore %u does not return; it is left behind", i,
		        program->worker_lcore[i]);
		program->lcores_stuck = true;
	}
}
