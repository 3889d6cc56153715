/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lcore loops: they take the time, call the polls, and rest when there is nothing to do and the idle
 * policy lets them. All else is in the polls, which tests step without lcores.
 */
#include <sched.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include "control_turn.h"
#include "cpu_time.h"
#include "doorbell.h"
#include "lcores.h"
#include "report.h"

#define IDLE_TURNS 64u /* turns without work before an lcore sleeps */
#define IDLE_SLEEP_US 500 /* ports and timers are looked at again after this */
#define STOP_WAIT_MS 2000
#define STOP_STARVED 10u /* times, for a thread that waits for a CPU */

struct lcore_argument {
	struct program *program;
	struct toe_worker *worker; /* NULL: control */
	_Atomic uint64_t *longest; /* ns of the longest turn; the lcore: w, main clears it */
	_Atomic pid_t thread; /* 0: not known yet; the lcore: w, control and main: r */
	/* others run on its CPU: it lets them when it has nothing to do */
	bool beside;
};

static struct lcore_argument lcore_arguments[RTE_MAX_LCORE];
static _Atomic bool lcores_halt; /* main: w, lcores: r */

/* A turn; false: there was nothing to do in it. */
static bool
lcore_poll(const struct lcore_argument *argument)
{
	uint64_t now, took;
	uint32_t work;

	/* when main is in a turn of control there is more to look at after it */
	if (argument->worker == NULL)
		return !control_turn(argument->program, &work) || work != 0;
	now = program_now(argument->program);
	work = toe_worker_poll(argument->worker, now);
	took = program_now(argument->program) - now;
	if (took > atomic_load_explicit(argument->longest, memory_order_relaxed))
		atomic_store_explicit(argument->longest, took, memory_order_relaxed);
	return work != 0;
}

/* Between two turns. */
static void
lcore_pause(const struct lcore_argument *argument)
{
	if (argument->beside)
		sched_yield();
	else
		rte_pause();
}

/*
 * Announce, look a second time, sleep: a message published before the announcement was seen is found by the
 * second look, one published after it rings (toe/base/doorbell.h). Ports do not ring: sleep is bounded.
 */
static void
lcore_rest(const struct lcore_argument *argument, struct toe_doorbell *bell)
{
	toe_doorbell_announce(bell);
	if (!lcore_poll(argument) && !atomic_load_explicit(&lcores_halt, memory_order_relaxed))
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
		if (lcore_poll(argument)) {
			idle = 0;
		} else if (program->idle_sleep && ++idle >= IDLE_TURNS) {
			lcore_rest(argument, bell);
		} else {
			lcore_pause(argument);
		}
	}
	return 0;
}

/* May the two run on the same CPU? */
static bool
beside(unsigned int one, unsigned int other)
{
	rte_cpuset_t cpus = rte_lcore_cpuset(one), others = rte_lcore_cpuset(other);

	CPU_AND(&cpus, &cpus, &others);
	return CPU_COUNT(&cpus) != 0;
}

static bool
beside_any(unsigned int lcore)
{
	unsigned int other;

	RTE_LCORE_FOREACH(other)
	if (other != lcore && beside(lcore, other))
		return true;
	return false;
}

int
lcores_plan(struct program *program)
{
	unsigned int lcore;
	bool control = program->control_by_caller;

	program->worker_count = 0;
	program->control_lcore = rte_get_main_lcore();
	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		/* Found out only when it is launched, it would be taken for one of ours that does not return. */
		if (rte_eal_get_lcore_state(lcore) == RUNNING)
			return report_error(program,
			        "lcore %u runs something else: all but the main one have to be "
			        "free",
			        lcore);
		if (!control) {
			program->control_lcore = lcore;
			control = true;
		} else if (program->worker_count == TOE_MAX_WORKERS) {
			report_error(program, "more than %u workers; give fewer lcores",
			        TOE_MAX_WORKERS);
			return -1;
		} else {
			program->worker_lcore[program->worker_count++] = lcore;
		}
	}
	if (program->worker_count == 0) {
		report_error(program, "%u lcore%s: at least %u are needed (main%s, one worker)",
		        rte_lcore_count(), rte_lcore_count() == 1 ? "" : "s",
		        program->control_by_caller ? 2 : 3,
		        program->control_by_caller ? "" : ", control");
		report_hint(
		        program, "Several lcores may share a CPU: --lcores '0@0,1@0,2@1' to EAL");
		return -1;
	}
	program->main_beside_control = beside(rte_get_main_lcore(), program->control_lcore);
	for (uint32_t i = 0; i < program->worker_count; i++)
		if (beside(rte_get_main_lcore(), program->worker_lcore[i]))
			program->main_beside_worker = true;
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

static void
lcore_prepare(struct program *program, uint32_t lcore, struct toe_worker *worker)
{
	lcore_arguments[lcore] = (struct lcore_argument){
	        program, worker, &program->longest_turn_ns[lcore], 0, beside_any(lcore)};
}

int
lcores_launch(struct program *program)
{
	atomic_store(&lcores_halt, false);
	if (!program->control_by_caller)
		lcore_prepare(program, program->control_lcore, NULL);
	for (uint32_t i = 0; i < program->worker_count; i++)
		lcore_prepare(program, program->worker_lcore[i], program->workers[i]);
	if (!program->control_by_caller &&
	        rte_eal_remote_launch(lcore_loop, &lcore_arguments[program->control_lcore],
	                program->control_lcore) != 0)
		return report_error(
		        program, "lcore %u is busy, control cannot run", program->control_lcore);
	for (uint32_t i = 0; i < program->worker_count; i++) {
		uint32_t lcore = program->worker_lcore[i];

		if (rte_eal_remote_launch(lcore_loop, &lcore_arguments[lcore], lcore) == 0)
			continue;
		report_error(program, "lcore %u is busy, worker %u cannot run", lcore, i);
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
	if (!program->control_by_caller && !lcore_join(program->control_lcore))
		program->lcores_stuck = true;
	for (uint32_t i = 0; i < program->worker_count; i++) {
		if (lcore_join(program->worker_lcore[i]))
			continue;
		report_error(program, "worker %u on lcore %u does not return; it is left behind", i,
		        program->worker_lcore[i]);
		program->lcores_stuck = true;
	}
}
