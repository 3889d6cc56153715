/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timer wheel against a reference that keeps nothing but deadlines, on virtual time: a deadline is noticed
 * by the first expire at or after it, never before, whatever happens to the wheel meanwhile.
 */
#include <string.h>

#include "rng.h"
#include "test_mutant.h"
#include "unit.h"
#include "wheel_bed.h"

#define MODEL_CONNS 300u
#define HOUR_MS 3600000u

static bool
passed(uint32_t due, uint32_t now)
{
	return (int32_t)(due - now) <= 0;
}

/* The wheel under test, and the deadlines that it has to notice. */
struct model {
	struct toe_timer_wheel wheel;
	struct toe_conn *conns;
	uint32_t now;
	uint32_t due[MODEL_CONNS][TOE_TIMER_COUNT]; /* 0: none */
	uint32_t noticed;
	struct rng rng;
};

static void
model_set(struct model *model, uint32_t conn, enum toe_timer timer, uint32_t delay)
{
	uint32_t due = model->now + delay;

	toe_wheel_set(&model->wheel, conn, timer, due);
	model->due[conn][timer] = due ? due : 1;
}

/* What a caller does with connections that it is handed: look at each deadline, re-arm. One of them has passed. */
static void
model_fired(struct model *model, uint32_t conn)
{
	uint32_t noticed = model->noticed;

	CU_ASSERT_FATAL(conn < MODEL_CONNS);
	for (uint32_t timer = 0; timer < TOE_TIMER_COUNT; timer++) {
		CU_ASSERT_EQUAL(model->conns[conn].due[timer], model->due[conn][timer]);
		if (model->due[conn][timer] == 0 || !passed(model->due[conn][timer], model->now))
			continue;
		model->noticed++;
		model->due[conn][timer] = 0;
		toe_wheel_clear(&model->wheel, conn, (enum toe_timer)timer);
	}
	CU_ASSERT(model->noticed > noticed);
	/* A handler may set a deadline before it re-arms. */
	if (rng_chance(&model->rng, 20))
		model_set(model, conn, TOE_TIMER_DELACK, 1 + rng_below(&model->rng, 300));
	toe_wheel_rearm(&model->wheel, conn);
}

static void
model_expire(struct model *model, uint32_t n)
{
	uint32_t indexes[16];

	do {
		uint32_t count = toe_wheel_expire(&model->wheel, model->now, indexes, n);

		CU_ASSERT_FATAL(count <= n);
		for (uint32_t i = 0; i < count; i++)
			model_fired(model, indexes[i]);
	} while (toe_wheel_next(&model->wheel, 1) == 0);
	for (uint32_t conn = 0; conn < MODEL_CONNS; conn++)
		for (uint32_t timer = 0; timer < TOE_TIMER_COUNT; timer++)
			CU_ASSERT_FATAL(model->due[conn][timer] == 0 ||
			                !passed(model->due[conn][timer], model->now));
}

static void
model_change(struct model *model, uint32_t delay_bits)
{
	uint32_t conn = rng_below(&model->rng, MODEL_CONNS);
	enum toe_timer timer = (enum toe_timer)rng_below(&model->rng, TOE_TIMER_COUNT);
	uint32_t what = rng_below(&model->rng, 100);

	if (what < 80) {
		model_set(model, conn, timer, rng_below(&model->rng, 1u << delay_bits));
	} else if (what < 90) {
		toe_wheel_clear(&model->wheel, conn, timer);
		model->due[conn][timer] = 0;
	} else {
		toe_wheel_remove(&model->wheel, conn);
		memset(model->due[conn], 0, sizeof(model->due[conn]));
	}
}

static void
model_run(uint64_t seed, uint32_t start, uint32_t steps)
{
	static struct model model;

	memset(&model, 0, sizeof(model));
	rng_seed(&model.rng, seed);
	model.now = start;
	model.conns = conns_alloc(MODEL_CONNS);
	wheel_start(&model.wheel, model.conns, MODEL_CONNS, start);
	for (uint32_t step = 0; step < steps; step++) {
		uint32_t scale = rng_range(&model.rng, 1, 26);

		for (uint32_t n = rng_below(&model.rng, 20); n > 0; n--)
			model_change(&model, rng_range(&model.rng, 1, scale + 2));
		model.now += rng_below(&model.rng, 1u << rng_below(&model.rng, scale + 1));
		check_chunks(&model.wheel, model.conns, MODEL_CONNS);
		model_expire(&model, rng_range(&model.rng, 1, 16));
		check_chunks(&model.wheel, model.conns, MODEL_CONNS);
	}
	CU_ASSERT(model.noticed > steps);
	for (uint32_t conn = 0; conn < MODEL_CONNS; conn++)
		toe_wheel_remove(&model.wheel, conn);
	CU_ASSERT_EQUAL(model.wheel.armed, 0);
	CU_ASSERT_EQUAL(toe_wheel_next(&model.wheel, 77), 77);
	free(model.wheel.words);
	free(model.conns);
}

static void
test_random(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		model_run(seed, 1, 300);
}

static void
test_random_wrap(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		model_run(100 + seed, UINT32_MAX - (uint32_t)seed * 40000, 300);
}

/* Every order of magnitude, one tick before, at and after the places where levels meet. */
static void
test_exact(void)
{
	static const uint32_t starts[] = {
	        1, 255, 256, 65535, 0xFFFFFF, 0x7FFFFFF0, 0xFFFFFF00, UINT32_MAX};
	struct toe_conn *conns = conns_alloc(1);
	struct toe_timer_wheel wheel;
	uint32_t index;

	wheel_start(&wheel, conns, 1, 1);
	for (size_t s = 0; s < RTE_DIM(starts); s++)
		for (uint32_t bit = 0; bit < 30; bit++)
			for (uint32_t around = 0; around < 3; around++) {
				uint32_t delay = (1u << bit) + around - 1;
				uint32_t due = starts[s] + delay;

				if (delay == 0)
					continue;
				toe_wheel_init(&wheel, conns, wheel.words, starts[s]);
				toe_wheel_set(&wheel, 0, TOE_TIMER_KEEPALIVE, due);
				due += due == 0; /* 0 would mean none */
				CU_ASSERT_EQUAL(conns[0].due[TOE_TIMER_KEEPALIVE], due);
				while (toe_wheel_next(&wheel, 1) == 0)
					CU_ASSERT_EQUAL(
					        toe_wheel_expire(&wheel, starts[s], &index, 1), 0);
				CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, due - 1, &index, 1), 0);
				while (toe_wheel_next(&wheel, 1) == 0)
					CU_ASSERT_EQUAL(
					        toe_wheel_expire(&wheel, due - 1, &index, 1), 0);
				CU_ASSERT_EQUAL(toe_wheel_next(&wheel, UINT32_MAX), 1);
				CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, due, &index, 1), 1);
				CU_ASSERT_EQUAL(index, 0);
				toe_wheel_remove(&wheel, 0);
			}
	free(wheel.words);
	free(conns);
}

/* A tick in which all was done already is not over: what becomes due in it, or was due before, is handed over in it. */
static void
test_due_at_once(void)
{
	struct toe_conn *conns = conns_alloc(2);
	struct toe_timer_wheel wheel;
	uint32_t index;

	wheel_start(&wheel, conns, 2, 1000);
	for (uint32_t due = 1500; due >= 1400; due -= 100) {
		CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1500, &index, 1), 0);
		toe_wheel_set(&wheel, 0, TOE_TIMER_DELACK, due);
		toe_wheel_set(&wheel, 1, TOE_TIMER_DELACK, due);
		CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1500, &index, 1), 1);
		CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1500, &index, 1), 1);
	}
	CU_ASSERT_EQUAL(wheel.armed, 0);
	free(wheel.words);
	free(conns);
}

static void
test_set_again(void)
{
	struct toe_conn *conns = conns_alloc(2);
	struct toe_timer_wheel wheel;
	uint32_t index;

	wheel_start(&wheel, conns, 2, 1000);
	/* Later: the entry stays where it is. When its slot comes it is filed again, and nobody is troubled with it. */
	toe_wheel_set(&wheel, 0, TOE_TIMER_RETRANSMIT, 1200);
	toe_wheel_set(&wheel, 0, TOE_TIMER_RETRANSMIT, 1700);
	CU_ASSERT_EQUAL(conns[0].wheel_due, 1200);
	CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1200, &index, 1), 0);
	CU_ASSERT_EQUAL(conns[0].wheel_due, 1700);
	while (toe_wheel_next(&wheel, 1) == 0)
		CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1200, &index, 1), 0);
	CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1699, &index, 1), 0);
	CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1700, &index, 1), 1);
	toe_wheel_clear(&wheel, 0, TOE_TIMER_RETRANSMIT);
	toe_wheel_rearm(&wheel, 0); /* nothing left */
	CU_ASSERT_EQUAL(wheel.armed, 0);
	/* Cleared: it is dropped when its slot comes. */
	toe_wheel_set(&wheel, 0, TOE_TIMER_RETRANSMIT, 1720);
	toe_wheel_clear(&wheel, 0, TOE_TIMER_RETRANSMIT);
	CU_ASSERT_EQUAL(wheel.armed, 1);
	CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1720, &index, 1), 0);
	CU_ASSERT_EQUAL(wheel.armed, 0);
	/* Earlier: it moves. Of several timers the earliest counts. */
	toe_wheel_set(&wheel, 0, TOE_TIMER_KEEPALIVE, 90000);
	toe_wheel_set(&wheel, 0, TOE_TIMER_RETRANSMIT, 2500);
	toe_wheel_set(&wheel, 1, TOE_TIMER_DELACK, 1740);
	toe_wheel_set(&wheel, 0, TOE_TIMER_DELACK, 1740);
	CU_ASSERT_EQUAL(wheel.armed, 2);
	CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1739, &index, 1), 0);
	toe_wheel_remove(&wheel, 1);
	CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1740, &index, 1), 1);
	CU_ASSERT_EQUAL(index, 0);
	/* One that has passed fires with the next call. */
	toe_wheel_set(&wheel, 1, TOE_TIMER_DELACK, 1600);
	CU_ASSERT_EQUAL(toe_wheel_next(&wheel, 50), 0);
	CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, 1740, &index, 1), 1);
	CU_ASSERT_EQUAL(index, 1);
	free(wheel.words);
	free(conns);
}

/* Contexts whose entries one call has changed: only of those that were looked at. */
static uint32_t
count_changed(const struct toe_conn *before, const struct toe_conn *after, uint32_t n)
{
	uint32_t changed = 0;

	for (uint32_t i = 0; i < n; i++)
		changed += before[i].wheel_at != after[i].wheel_at ||
		           before[i].wheel_slot != after[i].wheel_slot;
	return changed;
}

static void
test_jump_is_bounded(void)
{
	enum { CONNS = 2000, N = 8 };
	struct toe_conn *conns = conns_alloc(CONNS), *before = conns_alloc(CONNS);
	uint32_t indexes[N], fired = 0, now = 1;
	struct toe_timer_wheel wheel;
	struct rng rng;

	rng_seed(&rng, 5);
	wheel_start(&wheel, conns, CONNS, now);
	for (uint32_t i = 0; i < CONNS; i++)
		toe_wheel_set(
		        &wheel, i, TOE_TIMER_KEEPALIVE, now + 7 * HOUR_MS + rng_below(&rng, 5000));
	now += 9 * HOUR_MS;
	do {
		uint32_t count;

		memcpy(before, conns, CONNS * sizeof(*conns));
		count = toe_wheel_expire(&wheel, now, indexes, N);
		CU_ASSERT(count_changed(before, conns, CONNS) <= 2 * N);
		fired += count;
	} while (toe_wheel_next(&wheel, 1) == 0);
	CU_ASSERT_EQUAL(fired, CONNS);
	/* Weeks without any timer, one call each. */
	for (uint32_t i = 0; i < 100000; i++) {
		now += 24 * HOUR_MS;
		CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, now, indexes, N), 0);
	}
	free(wheel.words);
	free(conns);
	free(before);
}

/* While many far timers are moved down, little at a time, a near one fires on its millisecond. */
static void
test_cascade_delays_nobody(void)
{
	enum { CONNS = 20000, N = 8 };
	struct toe_conn *conns = conns_alloc(CONNS + 1);
	uint32_t indexes[N], count = 0, now = 1;
	struct toe_timer_wheel wheel;

	wheel_start(&wheel, conns, CONNS + 1, now);
	for (uint32_t i = 0; i < CONNS; i++)
		toe_wheel_set(&wheel, i, TOE_TIMER_KEEPALIVE, 3 * 65536 + 60000 + i % 100);
	now = 3 * 65536; /* the slot of all of them begins here */
	CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, now, indexes, N), 0);
	toe_wheel_set(&wheel, CONNS, TOE_TIMER_DELACK, now + 300);
	for (; now < 3 * 65536 + 300 && count == 0; now++)
		count = toe_wheel_expire(&wheel, now, indexes, N);
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_EQUAL(toe_wheel_next(&wheel, 1), 0); /* still moving */
	CU_ASSERT_EQUAL(toe_wheel_expire(&wheel, now, indexes, N), 1);
	CU_ASSERT_EQUAL(indexes[0], CONNS);
	free(wheel.words);
	free(conns);
}

/* An idle worker sleeps for toe_wheel_next ms: it must not sleep past a deadline. */
static void
test_next(void)
{
	struct toe_conn *conns = conns_alloc(4);
	struct toe_timer_wheel wheel;
	uint32_t index, now = 1;
	struct rng rng;

	rng_seed(&rng, 9);
	wheel_start(&wheel, conns, 4, now);
	CU_ASSERT_EQUAL(toe_wheel_next(&wheel, 500), 500);
	for (uint32_t round = 0; round < 2000; round++) {
		uint32_t due = now + rng_below(&rng, 1u << rng_range(&rng, 1, 28));
		uint32_t sleeps = 0;

		toe_wheel_set(&wheel, round % 4, TOE_TIMER_KEEPALIVE, due);
		for (; toe_wheel_expire(&wheel, now, &index, 1) == 0; sleeps++) {
			now += toe_wheel_next(&wheel, UINT32_MAX);
			CU_ASSERT_FATAL(passed(now, due));
		}
		CU_ASSERT_EQUAL(now, due);
		CU_ASSERT(sleeps <= 2 * TOE_WHEEL_LEVELS);
		toe_wheel_remove(&wheel, index);
	}
	toe_wheel_init(&wheel, conns, wheel.words, 256);
	toe_wheel_set(&wheel, 0, TOE_TIMER_KEEPALIVE, 256 + 200);
	CU_ASSERT_EQUAL(toe_wheel_next(&wheel, 150), 150);
	CU_ASSERT_EQUAL(toe_wheel_next(&wheel, 500), 200);
	free(wheel.words);
	free(conns);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TMR-1: random schedules against a reference", test_random},
	        {"TMR-1: the same across the wrap of 32-bit ms", test_random_wrap},
	        {"TMR-1: deadlines are exact at every distance", test_exact},
	        {"TMR-1: deadlines in a tick that is being looked at again", test_due_at_once},
	        {"TMR-1: deadlines set again, cleared, removed", test_set_again},
	        {"TMR-1: a jump of hours is bounded work per call", test_jump_is_bounded},
	        {"TMR-1: far timers moved down delay no near ones", test_cascade_delays_nobody},
	        {"TMR-1: the time to sleep is never too long", test_next},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("timer-wheel", tests, RTE_DIM(tests));
}
