/* SPDX-License-Identifier: BSD-3-Clause */
/* Work in slices, in turn by lane; memory that goes back in slices; turns of control by two threads. */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "control_turn.h"
#include "doorbell.h"
#include "region.h"
#include "unit.h"

#define MEBIBYTE ((size_t)1 << 20)

static struct app_clock steps = {.multiplier = UINT64_C(100000) << 32}; /* 100 us a cycle */
static struct event_base *base;
static struct turns turns;
static _Atomic uint64_t longest;

static void
start(const struct app_clock *clock)
{
	base = event_base_new();
	CU_ASSERT_EQUAL_FATAL(turns_open(&turns, base, clock, &longest), 0);
}

static void
end(void)
{
	turns_close(&turns);
	event_base_free(base);
}

static void
turn(void)
{
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* A job that writes its letter at each slice. */
struct letter {
	struct job job;
	char letter;
	unsigned int left;
	enum job_result at_end;
};

static char text[64];

static enum job_result
write_letter(struct job *job, struct slice *slice)
{
	struct letter *letter = (struct letter *)job;

	text[strlen(text)] = letter->letter;
	CU_ASSERT_TRUE(slice_over(slice));
	return --letter->left != 0 ? JOB_MORE : letter->at_end;
}

static struct letter
letter_of(char name, unsigned int slices, uint32_t lane)
{
	struct letter letter = {.letter = name, .left = slices, .at_end = JOB_DONE};

	job_init(&letter.job, lane, write_letter);
	return letter;
}

static void
test_lanes(void)
{
	/* one lane has three jobs, the other one: they have as many slices */
	struct letter jobs[] = {letter_of('a', 3, 1), letter_of('b', 3, 1), letter_of('c', 3, 1),
	        letter_of('x', 9, 2)};

	start(&steps);
	memset(text, 0, sizeof(text));
	for (unsigned int i = 0; i < 4; i++)
		job_start(&turns, &jobs[i].job);
	job_start(&turns, &jobs[0].job); /* it is there already */
	for (unsigned int i = 0; i < 40; i++)
		turn();
	CU_ASSERT_STRING_EQUAL(text, "axbxcxaxbxcxaxbxcx");
	CU_ASSERT_EQUAL(turns.queued, 0);
	end();
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	text[strlen(text)] = '.';
}

static void
test_others_between(void)
{
	struct letter job = letter_of('a', 5, 1);
	struct event *event;
	int fds[2];

	start(&steps);
	memset(text, 0, sizeof(text));
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	CU_ASSERT_EQUAL_FATAL(write(fds[1], "x", 1), 1);
	event = event_new(base, fds[0], EV_READ | EV_PERSIST, on_readable, NULL);
	event_add(event, NULL);
	CU_ASSERT_FALSE(job_run_first(&turns, &job.job));
	for (unsigned int i = 0; i < 4; i++)
		turn();
	/* the loop looks at everything else between two slices */
	CU_ASSERT_EQUAL(strlen(text), 9);
	CU_ASSERT_PTR_NULL(strstr(text, "aa"));
	event_free(event);
	close(fds[0]);
	close(fds[1]);
	end();
}

static void
test_pause_and_cancel(void)
{
	struct letter paused = letter_of('p', 1, 3), gone = letter_of('g', 5, 3);

	start(&steps);
	memset(text, 0, sizeof(text));
	paused.at_end = JOB_PAUSE;
	job_start(&turns, &paused.job);
	job_start(&turns, &gone.job);
	turn();
	turn();
	job_cancel(&turns, &gone.job);
	for (unsigned int i = 0; i < 5; i++)
		turn();
	CU_ASSERT_STRING_EQUAL(text, "pg");
	paused.left = 1;
	paused.at_end = JOB_DONE;
	CU_ASSERT_TRUE(job_run_first(&turns, &paused.job));
	job_cancel(&turns, &gone.job);
	CU_ASSERT_EQUAL(turns.queued, 0);
	end();
}

/* Pages of a region that are still mapped. */
static size_t
mapped(const char *memory, size_t size)
{
	unsigned char in_core;
	size_t count = 0;

	for (size_t at = 0; at < size; at += MEBIBYTE)
		count += mincore((void *)(uintptr_t)(memory + at), 4096, &in_core) == 0;
	return count;
}

static void
test_region(void)
{
	struct region region, small;
	const char *memory;
	size_t before, left;

	start(&steps);
	CU_ASSERT_EQUAL_FATAL(region_open(&region, 64 * MEBIBYTE), 0);
	CU_ASSERT_EQUAL_FATAL(region_open(&small, 100), 0);
	memory = region.memory;
	CU_ASSERT_EQUAL(memory[0] | memory[64 * MEBIBYTE - 1] | *(char *)small.memory, 0);
	memset(region.memory, 1, region.size);
	region_close(&small, &turns);
	CU_ASSERT_PTR_NULL(small.memory);
	region_close(&region, &turns);
	CU_ASSERT_PTR_NULL(region.memory);
	/* it goes in steps, and then it is gone */
	before = mapped(memory, 64 * MEBIBYTE);
	CU_ASSERT(before > 32);
	turn();
	left = mapped(memory, 64 * MEBIBYTE);
	CU_ASSERT(left < before && left > 0);
	for (unsigned int i = 0; i < 64; i++)
		turn();
	CU_ASSERT_EQUAL(mapped(memory, 64 * MEBIBYTE), 0);
	CU_ASSERT_EQUAL(turns.queued, 0);
	end();
}

/* Control, played: it counts what it was given, and that nobody else is in its turn. */
#define GIVEN 20000u

static struct program program;
static struct toe_doorbell bell;
static _Atomic uint32_t inside, given, done, by_main;
static _Atomic bool halt, crowded, time_went_back;
static uint64_t last_now;
static __thread bool is_main;

uint32_t
chimney_control_poll(struct chimney *target, uint64_t now)
{
	uint32_t work = atomic_load(&given) - atomic_load(&done);

	if (atomic_fetch_add(&inside, 1) != 0)
		atomic_store(&crowded, true);
	if (now < last_now)
		atomic_store(&time_went_back, true);
	last_now = now;
	if (work != 0) {
		atomic_fetch_add(&done, 1);
		if (is_main)
			atomic_fetch_add(&by_main, 1);
	}
	atomic_fetch_sub(&inside, 1);
	return work;
}

struct toe_doorbell *
chimney_control_bell(struct chimney *target)
{
	return &bell;
}

/* As the lcore's loop does it, but that it sleeps until it is rung, so that a lost ring is a hang. */
static void *
control_thread(void *unused)
{
	uint32_t work, idle = 0;

	while (!atomic_load(&halt)) {
		if (!control_turn(&program, &work) || work != 0) {
			idle = 0;
			continue;
		}
		if (++idle < 4)
			continue;
		toe_doorbell_announce(&bell);
		if (control_turn(&program, &work) && work == 0 && !atomic_load(&halt))
			toe_doorbell_sleep(&bell, -1);
		toe_doorbell_awake(&bell);
		idle = 0;
	}
	return unused;
}

static bool
come(uint32_t wanted)
{
	struct timespec now, begun;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	do {
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (atomic_load(&done) != wanted && now.tv_sec - begun.tv_sec < 60);
	return atomic_load(&done) == wanted;
}

static void
test_control_turn(void)
{
	pthread_t thread;
	uint32_t work;

	is_main = true;
	program.clock.multiplier = UINT64_C(1) << 32; /* a cycle is a ns */
	CU_ASSERT_EQUAL_FATAL(toe_doorbell_init(&bell), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, control_thread, NULL), 0);
	for (uint32_t i = 1; i <= GIVEN; i++) {
		bool taken = control_take_over(&program);

		atomic_fetch_add(&given, 1);
		toe_doorbell_ring(&bell);
		/* sometimes it does the work, sometimes it leaves before */
		for (uint32_t n = i % 3; taken && n != 0; n--)
			control_turn(&program, &work);
		if (taken)
			control_hand_back(&program);
		if (i % 7 == 0 && !come(i))
			break;
	}
	CU_ASSERT_TRUE(come(GIVEN));
	CU_ASSERT_FALSE(atomic_load(&crowded));
	CU_ASSERT_FALSE(atomic_load(&time_went_back));
	CU_ASSERT_NOT_EQUAL(atomic_load(&by_main), 0);
	atomic_store(&halt, true);
	/* it ends, even if it was forgotten */
	toe_doorbell_announce(&bell);
	toe_doorbell_wake(&bell);
	pthread_join(thread, NULL);
	toe_doorbell_fini(&bell);
}

static const struct unit_test tests[] = {
        {"P4: lanes take turns, and the jobs within one", test_lanes},
        {"P4: a slice is one turn of the event loop", test_others_between},
        {"a job that pauses, a job that is cancelled", test_pause_and_cancel},
        {"P3: large memory goes back in slices", test_region},
        {"control's turns: one thread at a time, and no ring is lost", test_control_turn},
};

int
main(void)
{
	return unit_run("turns", tests, sizeof(tests) / sizeof(tests[0]));
}
