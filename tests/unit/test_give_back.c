/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of what was busy once goes back to the system within ten seconds, whatever goes on beside it; what is in use is not
 * touched (W6). A worker and control on a virtual clock.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control.h"
#include "pool.h"
#include "rng.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"
#include "world.h"

#define CONNS 50000u
#define WITHIN_MS 8000u /* what is left of ten seconds when a sender has been idle for two */

static struct world world;
static struct rte_mempool *mbufs;
static struct toe_pool *pools[5];
static uint32_t taken[5][2 * CONNS];
static uint32_t count[5];

static void
start(void)
{
	struct world_params params;
	struct toe_engine *engine;

	world_params_default(&params);
	params.workers = 1;
	params.conns = CONNS;
	params.pool = mbufs;
	CU_ASSERT_EQUAL_FATAL(world_create(&world, &params), 0);
	engine = &world.worker[0]->engine;
	pools[0] = &engine->senders;
	pools[1] = &engine->sent;
	pools[2] = &engine->attached;
	pools[3] = &engine->reassemblies;
	pools[4] = &engine->pieces;
}

static void
end(void)
{
	CU_ASSERT_EQUAL(world_destroy(&world), 0);
}

/* So many of each pool, and something in each. */
static void
take_all(uint32_t n)
{
	for (uint32_t i = 0; i < RTE_DIM(pools); i++) {
		for (count[i] = 0; count[i] < RTE_MIN(n, pools[i]->capacity); count[i]++) {
			uint32_t index = toe_pool_take(pools[i]);

			CU_ASSERT_NOT_EQUAL_FATAL(index, TOE_INDEX_NONE);
			memset(toe_pool_at(pools[i], index), (int)(1 + index % 255),
			        pools[i]->size);
			taken[i][count[i]] = index;
		}
	}
}

/* All of them but every `keep`-th one, in an order of its own; 0: none is kept. */
static void
give_all(uint32_t keep)
{
	struct rng rng;

	rng_seed(&rng, 1);
	for (uint32_t i = 0; i < RTE_DIM(pools); i++) {
		uint32_t kept = 0;

		for (uint32_t j = 0; keep != 0 && j < count[i]; j += keep) {
			uint32_t index = taken[i][j];

			taken[i][j] = taken[i][kept];
			taken[i][kept++] = index;
		}
		while (count[i] > kept) {
			uint32_t j = rng_range(&rng, kept, count[i] - 1), index = taken[i][j];

			taken[i][j] = taken[i][--count[i]];
			toe_pool_give(pools[i], index);
		}
	}
}

static uint32_t
resident_pages(void)
{
	static unsigned char page[1 << 17];
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	uint32_t n = 0;

	for (uint32_t i = 0; i < RTE_DIM(pools); i++) {
		size_t bytes = (size_t)pools[i]->room * pools[i]->size;
		size_t pages = (bytes + page_size - 1) / page_size;

		CU_ASSERT_FATAL(pages <= sizeof(page));
		CU_ASSERT_EQUAL_FATAL(mincore(pools[i]->records, bytes, page), 0);
		for (size_t j = 0; j < pages; j++)
			n += page[j] & 1;
	}
	return n;
}

/* Turns in each millisecond; with one record of each pool taken and given back in between, when something goes on. */
static void
pass(uint32_t ms, bool busy)
{
	for (uint32_t i = 0; i < ms; i++) {
		world_advance(&world, WORLD_MS);
		if (busy)
			for (uint32_t j = 0; j < RTE_DIM(pools); j++)
				toe_pool_give(pools[j], toe_pool_take(pools[j]));
		world_turn(&world);
	}
}

static void
test_all_idle(void)
{
	uint32_t before, pages;

	start();
	CU_ASSERT_EQUAL(resident_pages(), 0);
	for (uint32_t round = 0; round < 3; round++) {
		take_all(CONNS);
		before = resident_pages();
		CU_ASSERT(before > CONNS * 256 / 4096);
		give_all(0);
		pass(WITHIN_MS, round == 1);
		pages = resident_pages();
		/* What goes on keeps what it uses. */
		CU_ASSERT(pages <= (round == 1 ? 8 * RTE_DIM(pools) : 0));
	}
	end();
}

/* One in a thousand stays: so do the pages that they lie in, and what they hold. */
static void
test_some_stay(void)
{
	uint32_t pages = 0;

	start();
	take_all(CONNS);
	give_all(1000);
	pass(WITHIN_MS, true);
	for (uint32_t i = 0; i < RTE_DIM(pools); i++) {
		pages += count[i] * (uint32_t)(toe_pool_block_bytes(pools[i]) / 4096);
		for (uint32_t j = 0; j < count[i]; j++) {
			const uint8_t *record = toe_pool_at(pools[i], taken[i][j]);

			for (uint32_t k = 0; k < pools[i]->size; k++)
				CU_ASSERT_EQUAL_FATAL(record[k], 1 + taken[i][j] % 255);
		}
	}
	CU_ASSERT(resident_pages() <= pages + 8 * RTE_DIM(pools));
	/* Those who come now find all others. */
	for (uint32_t i = 0; i < RTE_DIM(pools); i++) {
		uint32_t n = count[i];

		while (toe_pool_take(pools[i]) != TOE_INDEX_NONE)
			n++;
		CU_ASSERT_EQUAL(n, pools[i]->capacity);
	}
	end();
}

/* While control does not run nothing is lost: neither records nor what is in them. */
static void
test_control_is_late(void)
{
	start();
	take_all(CONNS);
	give_all(0);
	for (uint32_t i = 0; i < WITHIN_MS; i++) {
		world_advance(&world, WORLD_MS);
		world_step(&world, WORLD_WORKER(0));
	}
	CU_ASSERT_NOT_EQUAL(world.worker[0]->give_back.out_count, 0);
	take_all(CONNS);
	for (uint32_t i = 0; i < RTE_DIM(pools); i++)
		CU_ASSERT_EQUAL(count[i], RTE_MIN(CONNS, pools[i]->capacity));
	pass(100, false);
	for (uint32_t i = 0; i < RTE_DIM(pools); i++)
		for (uint32_t j = 0; j < count[i]; j++)
			CU_ASSERT_EQUAL_FATAL(*(uint8_t *)toe_pool_at(pools[i], taken[i][j]),
			        1 + taken[i][j] % 255);
	CU_ASSERT_EQUAL(world.worker[0]->give_back.out_count, 0);
	end();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"W6 everything was busy, and nothing is", test_all_idle},
	        {"W6 some stay busy", test_some_stay},
	        {"W6 control takes its time", test_control_is_late},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0 ||
	        (mbufs = test_pool_create("give_back", 1023)) == NULL)
		return EXIT_FAILURE;
	return unit_run("give_back", tests, RTE_DIM(tests));
}
