/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread that is stopped at any instruction of a submission holds up no other (INV-1, C7). This program traces a child of
 * its own: thread A there submits, one instruction at a time; at each of them thread B submits too, and its submission must
 * be taken by control and its completion read. B runs control and the workers itself, so that nothing but A stands still.
 *
 * Ways: A and B with rings of their own, and with one that they share; with the list in use behind full rings; over either
 * lane; holds; and each time with control awake, and asleep: then B must wake it.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handle.h"
#include "submit.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "tree.h"
#include "world.h"

#define PATIENCE_MS 20000 /* far more than B needs, which needs microseconds */
#define TURNS 200u
#define BURST 5u /* roots of B at a time: more than a ring holds */
#define SKIPPED 77

enum way { WAY_URGENT = 0, WAY_ORDINARY, WAY_HOLD, WAY_COUNT };

/* What the tracer asks B for, and B's answers. */
enum { ASK_SUBMIT = 's', ASK_FINISH = 'f', ANSWER_DONE = 'd', ANSWER_STUCK = 'x' };

static struct world world;
static uint64_t neighbor_cell, path_cell;
static struct chimney_hold a_hold, b_hold[BURST];
static struct offload_block_list *a_root, *b_root[BURST];
static bool a_completed, b_completed[BURST];
static int asked[2], answered[2]; /* pipes */
static uint32_t way;
static enum { RING_EACH = 0, RING_SHARED, RING_FULL, RINGS_COUNT } rings;
static bool b_waits; /* what B has submitted is not taken yet */

/* ---- the child ---- */

static void
submit(struct offload_block_list *root, struct chimney_hold *hold)
{
	if (way == WAY_URGENT)
		chimney_invalidate_offload(world.host[0], root);
	else if (way == WAY_ORDINARY)
		chimney_query_offload(world.host[0], root);
	else
		chimney_hold(world.host[0], hold);
}

static void
read_records(void)
{
	struct chimney_record record;

	while (chimney_poll(world.host[0], &record, 1) == 1) {
		if (record.kind != CHIMNEY_COMPLETION)
			continue;
		a_completed = a_completed || record.root == a_root;
		for (uint32_t i = 0; i < BURST; i++)
			b_completed[i] = b_completed[i] || record.root == b_root[i];
	}
}

static bool
b_done(void)
{
	uint32_t done = 0;

	read_records();
	for (uint32_t i = 0; i < BURST; i++)
		done += way == WAY_HOLD ? atomic_load(&b_hold[i].done) != 0 : b_completed[i];
	return done == BURST;
}

static bool
a_done(void)
{
	read_records();
	return way == WAY_HOLD ? atomic_load(&a_hold.done) != 0 : a_completed;
}

static bool
until(bool (*done)(void))
{
	for (uint32_t i = 0; i < TURNS && !done(); i++)
		world_turn(&world);
	return done();
}

static bool
is_rung(const struct toe_doorbell *bell)
{
	struct pollfd rung = {.fd = bell->fd, .events = POLLIN};

	return poll(&rung, 1, 0) == 1;
}

/* B submits, more than one ring holds. asleep: control has announced that it sleeps, and must be woken. */
static bool
b_submits(bool asleep)
{
	struct toe_doorbell *bell = chimney_control_bell(world.target);

	memset(b_completed, 0, sizeof(b_completed));
	for (uint32_t i = 0; i < BURST; i++) {
		atomic_store(&b_hold[i].done, 0);
		submit(b_root[i], &b_hold[i]);
		if (asleep && !is_rung(bell))
			return printf("control sleeps on\n"), false;
	}
	toe_doorbell_awake(bell);
	b_waits = true;
	return true;
}

static bool
b_completes(void)
{
	if (!b_waits)
		return true;
	b_waits = false;
	return until(b_done) || (printf("control does not take what is submitted\n"), false);
}

/*
 * Between two instructions of A: B's submissions, to a control that is awake and to one that sleeps, complete. Behind full
 * rings some of them wait on the list whenever A goes on. A finds control asleep, still in the same sleep as before unless
 * A has rung.
 */
static bool
b_goes_on(void)
{
	struct toe_doorbell *bell = chimney_control_bell(world.target);
	uint64_t sleep;
	bool ok = b_completes();

	if (atomic_load(&bell->asleep) == 0)
		toe_doorbell_announce(bell);
	sleep = is_rung(bell) ? 0 : atomic_load(&bell->asleep);
	ok = ok && b_submits(true) && b_completes() && b_submits(false) &&
	     (rings == RING_FULL || b_completes());
	if (sleep & 1)
		atomic_store(&bell->asleep, sleep);
	else
		toe_doorbell_announce(bell);
	return ok;
}

static void *
thread_a(void *unused)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(SKIPPED);
	/* stops of this thread alone: the tracer takes the signal away */
	raise(SIGSTOP);
	submit(a_root, &a_hold);
	raise(SIGSTOP);
	return unused;
}

static void *
thread_that_submits(void *queue)
{
	static struct submit_node node;

	submit_put(queue, &node, 8);
	return NULL;
}

/* The next thread that submits for the first time shares this thread's ring, or has the one behind it. */
static void
rings_until(bool same)
{
	struct submit_queue queue;
	pthread_t thread;
	bool busy;

	if (submit_init(&queue, 2) != 0)
		_exit(EXIT_FAILURE);
	for (uint32_t i = 1; same && i < SUBMIT_RINGS; i++) {
		pthread_create(&thread, NULL, thread_that_submits, &queue);
		pthread_join(thread, NULL);
		submit_take(&queue, &busy);
	}
	submit_fini(&queue);
}

static void
child_setup(void)
{
	struct tree_neighbor neighbor;
	struct tree_path path_state;
	struct world_params params;
	static struct tree tree;
	struct offload_block_list *root, *path;

	world_params_default(&params);
	params.request_ring_size = 2;
	if (test_eal_start(64) != 0 || (params.pool = test_pool_create("stopped", 511)) == NULL ||
	        world_create(&world, &params) != 0)
		_exit(EXIT_FAILURE);
	root = tree_block(&tree, OFFLOAD_NEIGHBOR_ALL, &neighbor_cell);
	tree_usual_neighbor(&neighbor, 0);
	tree_fill_neighbor(root, &neighbor);
	path = tree_block(&tree, OFFLOAD_PATH4_ALL, &path_cell);
	tree_usual_path(&path_state, 0, 4);
	tree_fill_path(path, &path_state);
	tree_add_dependent(root, path);
	if (!world_request(&world, 0, CHIMNEY_INITIATE, root, NULL, TURNS))
		_exit(EXIT_FAILURE);
	a_root = tree_block(&tree, OFFLOAD_PATH4_BLOCK, &path_cell);
	a_hold.family = 4;
	for (uint32_t i = 0; i < BURST; i++) {
		b_root[i] = tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, &neighbor_cell);
		b_hold[i].family = 4;
		b_hold[i].local_port = (uint16_t)(1 + i);
	}
}

/* B: answers one question after the other. */
static void
child(void)
{
	pthread_t thread;
	char ask, answer;

	child_setup();
	rings_until(rings == RING_SHARED);
	if (pthread_create(&thread, NULL, thread_a, NULL) != 0)
		_exit(EXIT_FAILURE);
	while (read(asked[0], &ask, 1) == 1) {
		answer = (ask == ASK_SUBMIT ? b_goes_on() : until(a_done)) ? ANSWER_DONE
		                                                           : ANSWER_STUCK;
		if (write(answered[1], &answer, 1) != 1 || answer == ANSWER_STUCK)
			break;
	}
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}

/* ---- the tracer ---- */

static bool
ask_b(char question)
{
	struct pollfd answer_fd = {.fd = answered[0], .events = POLLIN};
	char answer = ANSWER_STUCK;

	if (write(asked[1], &question, 1) != 1 || poll(&answer_fd, 1, PATIENCE_MS) != 1 ||
	        read(answered[0], &answer, 1) != 1)
		return false;
	return answer == ANSWER_DONE;
}

/* A stops; the signal, 0 when it is gone. */
static int
stop_of(pid_t a)
{
	int status;

	if (waitpid(a, &status, __WALL) != a || !WIFSTOPPED(status))
		return 0;
	return WSTOPSIG(status);
}

/* The thread that stops first is A. */
static pid_t
find_a(void)
{
	int status;
	pid_t a = waitpid(-1, &status, __WALL);

	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		exit(printf("1 skipped: ptrace is not allowed here\n") ? SKIPPED : 0);
	if (a <= 0 || !WIFSTOPPED(status) ||
	        ptrace(PTRACE_SETOPTIONS, a, NULL, (void *)PTRACE_O_EXITKILL) != 0)
		return -1;
	return a;
}

/* Step A through its submission; false when B was held up. */
static bool
trace(const char *name)
{
	pid_t a = find_a();
	uint32_t steps = 0;

	if (a < 0)
		return printf("FAIL: %s: no thread to trace\n", name), false;
	do {
		if (!ask_b(ASK_SUBMIT))
			return printf("FAIL: %s: A stands at instruction %u, and B waits\n", name,
			               steps),
			       false;
		steps++;
		if (ptrace(PTRACE_SINGLESTEP, a, NULL, NULL) != 0)
			return printf("FAIL: %s: %s\n", name, strerror(errno)), false;
	} while (stop_of(a) == SIGTRAP);
	if (!ask_b(ASK_FINISH))
		return printf("FAIL: %s: A's own submission does not complete\n", name), false;
	printf("%s: %u instructions\n", name, steps);
	return steps > 50;
}

static bool
run(const char *name)
{
	pid_t pid;
	bool ok;

	if (pipe(asked) != 0 || pipe(answered) != 0)
		return false;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(asked[1]);
		child();
	}
	close(asked[0]);
	close(answered[1]);
	ok = pid > 0 && trace(name);
	close(asked[1]);
	close(answered[0]);
	kill(pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	return ok;
}

int
main(int argc, char **argv)
{
	static const char *const names[][WAY_COUNT] = {
	        {"invalidates, a ring each", "queries, a ring each", "holds, a ring each"},
	        {"invalidates, one ring", "queries, one ring", "holds, one ring"},
	        {"invalidates, full rings", "queries, full rings", NULL},
	};
	uint32_t failed = 0, passed = 0;

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	if (TEST_UNDER_TSAN)
		return printf("1 skipped: not with ThreadSanitizer\n"), SKIPPED;
	for (rings = RING_EACH; rings < RINGS_COUNT; rings++) {
		for (way = 0; way < WAY_COUNT; way++) {
			bool ok;

			if (names[rings][way] == NULL)
				continue;
			ok = run(names[rings][way]);
			passed += ok;
			failed += !ok;
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
