/* SPDX-License-Identifier: BSD-3-Clause */
/* The chunks that the timer wheel's entries lie in: packed, none lost, never more of them than there are. */
#include "rng.h"
#include "test_mutant.h"
#include "unit.h"
#include "wheel_bed.h"

/* All in one slot: who leaves it leaves no gap, and the others come out once each. */
static void
test_one_slot(void)
{
	enum { CONNS = 16 * TOE_WHEEL_CHUNK_ENTRIES + 1 };
	struct toe_conn *conns = conns_alloc(CONNS);
	uint32_t removed, fired = 0, indexes[8], count;
	struct toe_timer_wheel wheel;
	bool seen[CONNS] = {false};
	struct rng rng;

	rng_seed(&rng, 3);
	wheel_start(&wheel, conns, CONNS, 1);
	for (uint32_t i = 0; i < CONNS; i++)
		toe_wheel_set(&wheel, i, TOE_TIMER_DELACK, 40);
	check_chunks(&wheel, conns, CONNS);
	CU_ASSERT_EQUAL(wheel.chunk_fresh / TOE_WHEEL_CHUNK_WORDS - 1, 17);
	for (removed = 0; removed < CONNS / 2; removed++) {
		uint32_t conn;

		do
			conn = rng_below(&rng, CONNS);
		while (seen[conn]);
		seen[conn] = true;
		toe_wheel_remove(&wheel, conn);
		check_chunks(&wheel, conns, CONNS);
	}
	while ((count = toe_wheel_expire(&wheel, 40, indexes, RTE_DIM(indexes))) > 0)
		for (uint32_t i = 0; i < count; i++, fired++) {
			CU_ASSERT_FALSE_FATAL(seen[indexes[i]]);
			seen[indexes[i]] = true;
		}
	CU_ASSERT_EQUAL(fired + removed, CONNS);
	CU_ASSERT_EQUAL(wheel.armed, 0);
	check_chunks(&wheel, conns, CONNS);
	free(wheel.words);
	free(conns);
}

/*
 * The most chunks that there can be: a full one, then one that is not in as many slots as possible, over and over, each
 * time by those that are left alone in a chunk.
 */
static void
test_chunks_bounded(void)
{
	enum { CONNS = 4000 };
	struct toe_conn *conns = conns_alloc(CONNS);
	struct toe_timer_wheel wheel;
	struct rng rng;

	rng_seed(&rng, 4);
	wheel_start(&wheel, conns, CONNS, 1);
	for (uint32_t round = 0; round < 200; round++) {
		/* All come to slots of their own, or to one; some of them move on, always to earlier slots. */
		uint32_t spread = round % 2 ? 1u << rng_range(&rng, 8, 28) : 1;
		uint32_t base = (1u << 29) - round * (1u << 21);

		for (uint32_t i = 0; i < CONNS; i++)
			if (round % 2 == 0 || rng_chance(&rng, 70))
				toe_wheel_set(&wheel, i, TOE_TIMER_KEEPALIVE,
				        base - rng_below(&rng, spread));
		check_chunks(&wheel, conns, CONNS);
	}
	/* One alone in each slot of a level takes a chunk of its own. */
	for (uint32_t i = 0; i < CONNS; i++)
		toe_wheel_move(&wheel, i, (1 + i % 255) << 8);
	check_chunks(&wheel, conns, CONNS);
	free(wheel.words);
	free(conns);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"W2: entries of one slot, removed and fired", test_one_slot},
	        {"W2: no more chunks than there are", test_chunks_bounded},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("timer-chunks", tests, RTE_DIM(tests));
}
