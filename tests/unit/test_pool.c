/* SPDX-License-Identifier: BSD-3-Clause */
/* Pools of records against a plain model: who has which record, which are handed out first, which blocks may go (W6). */
#include "pool.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rng.h"
#include "test_mutant.h"
#include "unit.h"

#define RECORDS 20000u

static struct toe_pool pool;
static uint32_t taken[RECORDS];
static bool has[2 * RECORDS]; /* by index */

/* A record that nobody else has. */
static uint32_t
take(void)
{
	uint32_t index = toe_pool_take(&pool);

	if (index == TOE_INDEX_NONE)
		return index;
	CU_ASSERT_FATAL(toe_pool_has(&pool, index) && index < 2 * RECORDS && !has[index]);
	has[index] = true;
	memset(toe_pool_at(&pool, index), 0xA5, pool.size);
	return index;
}

static void
give(uint32_t index)
{
	CU_ASSERT_FATAL(has[index]);
	has[index] = false;
	toe_pool_give(&pool, index);
}

static void
start(uint32_t capacity, uint32_t size)
{
	memset(has, 0, sizeof(has));
	CU_ASSERT_EQUAL_FATAL(toe_pool_init(&pool, capacity, size), 0);
}

static void
test_capacity(void)
{
	static const uint32_t capacities[] = {1, 63, 64, 65, 4095, 4096, 4097, RECORDS};

	for (uint32_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
		uint32_t capacity = capacities[i];

		start(capacity, 24);
		for (uint32_t round = 0; round < 3; round++) {
			for (uint32_t j = 0; j < capacity; j++)
				CU_ASSERT_NOT_EQUAL_FATAL(taken[j] = take(), TOE_INDEX_NONE);
			CU_ASSERT_EQUAL(take(), TOE_INDEX_NONE);
			CU_ASSERT_EQUAL(toe_pool_left(&pool), 0);
			for (uint32_t j = 0; j < capacity; j++)
				give(taken[j]);
			CU_ASSERT_EQUAL(toe_pool_left(&pool), capacity);
		}
		toe_pool_fini(&pool);
	}
	start(0, 256);
	CU_ASSERT_EQUAL(take(), TOE_INDEX_NONE);
	toe_pool_fini(&pool);
}

/* A few that were given back last come first, last in, first out; all others in order of their addresses. */
static void
test_lowest_first(void)
{
	uint32_t last;

	start(RECORDS, 32);
	for (uint32_t i = 0; i < RECORDS; i++) {
		taken[i] = take();
		CU_ASSERT_EQUAL_FATAL(taken[i], i);
	}
	for (uint32_t i = RECORDS; i-- > 0;)
		give(taken[i]);
	last = take();
	CU_ASSERT_EQUAL(last, 0);
	give(last);
	CU_ASSERT_EQUAL(take(), last);
	give(last);
	/* Every second one is given back, the high ones last. */
	toe_pool_settle(&pool);
	for (uint32_t i = 0; i < RECORDS; i++)
		taken[i] = take();
	for (uint32_t i = 0; i < RECORDS; i += 2)
		give(i);
	toe_pool_settle(&pool);
	for (uint32_t i = 0; i < RECORDS; i += 2)
		CU_ASSERT_EQUAL_FATAL(take(), i);
	toe_pool_fini(&pool);
}

/* Blocks of a pool that may be withdrawn after a look at all of them. */
static uint32_t
stale_blocks(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < pool.blocks; i++)
		n += toe_pool_is_stale(&pool, i);
	return n;
}

static void
test_stale(void)
{
	uint32_t per_block, used;

	start(RECORDS, 256);
	per_block = 1u << pool.block_shift;
	used = RECORDS / per_block;
	CU_ASSERT_EQUAL(stale_blocks(), 0);
	for (uint32_t i = 0; i < used * per_block; i++)
		taken[i] = take();
	CU_ASSERT_EQUAL(stale_blocks(), 0);
	for (uint32_t i = 0; i < used * per_block; i++)
		give(taken[i]);
	toe_pool_settle(&pool);
	/* Found free once, and then again. */
	CU_ASSERT_EQUAL(stale_blocks(), 0);
	CU_ASSERT_EQUAL(stale_blocks(), used);
	/* Used in between: the first block only. */
	give(take());
	toe_pool_settle(&pool);
	CU_ASSERT_EQUAL(stale_blocks(), used - 1);
	CU_ASSERT_EQUAL(stale_blocks(), used);
	/* A single record keeps its block, and no other. */
	taken[0] = take();
	toe_pool_settle(&pool);
	CU_ASSERT_EQUAL(stale_blocks(), used - 1);
	CU_ASSERT_EQUAL(stale_blocks(), used - 1);
	CU_ASSERT(!toe_pool_is_stale(&pool, taken[0] >> pool.block_shift));
	toe_pool_fini(&pool);
}

/* What was withdrawn is not handed out, and yet there are as many as were promised. */
static void
test_withdrawn(void)
{
	uint32_t first, n;

	start(RECORDS, 256);
	n = (uint32_t)(TOE_POOL_WITHDRAWN_BYTES / toe_pool_block_bytes(&pool));
	for (first = 0; first + n <= RECORDS >> pool.block_shift; first += n) {
		uint32_t low = first << pool.block_shift, high = (first + n) << pool.block_shift;

		CU_ASSERT_PTR_EQUAL(toe_pool_withdraw(&pool, first, n), toe_pool_at(&pool, low));
		memset(toe_pool_at(&pool, low), 0, n * toe_pool_block_bytes(&pool));
		for (uint32_t i = 0; i < RECORDS; i++) {
			CU_ASSERT_NOT_EQUAL_FATAL(taken[i] = take(), TOE_INDEX_NONE);
			CU_ASSERT_FATAL(taken[i] < low || taken[i] >= high);
		}
		CU_ASSERT_EQUAL(take(), TOE_INDEX_NONE);
		for (uint32_t i = 0; i < RECORDS; i++)
			give(taken[i]);
		toe_pool_restore(&pool, first, n);
		toe_pool_settle(&pool);
		/* All of them are free, in order, and what was withdrawn is not in memory. */
		for (uint32_t i = 0; i < RECORDS; i++)
			CU_ASSERT_EQUAL_FATAL(taken[i] = take(), i);
		for (uint32_t i = 0; i < RECORDS; i++)
			give(taken[i]);
		toe_pool_settle(&pool);
	}
	toe_pool_fini(&pool);
}

/* Whatever happens in whatever order, records have one owner, and a stale block has none. */
static void
test_random(void)
{
	struct rng rng;

	for (uint64_t seed = 0; seed < 200; seed++) {
		uint32_t n = 0, out = UINT32_MAX, capacity;

		rng_seed(&rng, seed);
		capacity = 1 + rng_below(&rng, RECORDS);
		start(capacity, 4 * (1 + rng_below(&rng, 80)));
		for (uint32_t step = 0; step < 4000; step++) {
			uint32_t block = rng_below(&rng, pool.blocks), what = rng_below(&rng, 100);

			if (what < 55 && n < capacity) {
				CU_ASSERT_NOT_EQUAL_FATAL(taken[n] = take(), TOE_INDEX_NONE);
				n++;
			} else if (what < 92 && n > 0) {
				uint32_t i = rng_below(&rng, n);

				give(taken[i]);
				taken[i] = taken[--n];
			} else if (what < 93) {
				while (n > 0 && rng_below(&rng, 50) != 0)
					give(taken[--n]);
				toe_pool_settle(&pool);
			} else if (out != UINT32_MAX) {
				toe_pool_restore(&pool, out, 1);
				out = UINT32_MAX;
			} else if (toe_pool_is_stale(&pool, block)) {
				for (uint32_t i = 0; i < 1u << pool.block_shift; i++)
					CU_ASSERT_FATAL(!has[(block << pool.block_shift) + i]);
				toe_pool_withdraw(&pool, block, 1);
				out = block;
			}
			CU_ASSERT_EQUAL_FATAL(pool.used, n);
		}
		toe_pool_fini(&pool);
	}
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"W6 as many records as there are, each once", test_capacity},
	        {"W6 low addresses first", test_lowest_first},
	        {"W6 a block that nobody has used since it was looked at", test_stale},
	        {"W6 blocks that were withdrawn", test_withdrawn},
	        {"W6 any order", test_random},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("pool", tests, sizeof(tests) / sizeof(tests[0]));
}
