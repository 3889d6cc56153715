/* SPDX-License-Identifier: BSD-3-Clause */
/* Queries of neighbors' reachability, and the times that both sides have (EVT-2). */
#include <rte_ring_elem.h>

#include "fake_target.h"
#include "handle.h"
#include "test_mutant.h"

#define STALE 300u /* ms */

static struct fake fake;

/* A worker is about to send over neighbor i, which it takes for stale. */
static void
ask(uint32_t i)
{
	uint32_t index = toe_handle_index(fake.neighbor[i]);

	CU_ASSERT_EQUAL(
	        rte_ring_sp_enqueue_elem(fake.worker[0]->reach.asked, &index, sizeof(index)), 0);
	fake_settle(&fake);
}

/* A worker has seen forward progress over neighbor i. */
static void
progress(uint32_t worker, uint32_t i)
{
	atomic_store(
	        &fake.worker[worker]->reach.neighbors[toe_handle_index(fake.neighbor[i])].progress,
	        (int64_t)fake.now);
}

/* Queries that host 0 was told; the handle of the last. */
static uint32_t
queries(void **handle)
{
	struct chimney_record record;
	uint32_t n = 0;

	while (fake_read(&fake, &record)) {
		if (record.kind != CHIMNEY_NEIGHBOR_REACHABILITY)
			continue;
		*handle = record.handle;
		n++;
	}
	return n;
}

static void
update(uint32_t i, uint32_t delta)
{
	struct offload_block_list *block = fake_neighbor(&fake, i, OFFLOAD_NEIGHBOR_CACHED);
	struct neighbor_cached *cached = offload_block_cached(block);

	cached->host_reachability_delta = delta;
	CU_ASSERT(fake_request(&fake, CHIMNEY_UPDATE, block));
	CU_ASSERT_EQUAL(block->status, OFFLOAD_SUCCESS);
}

static uint32_t
target_delta(uint32_t i)
{
	struct offload_block_list *block = fake_neighbor(&fake, i, OFFLOAD_NEIGHBOR_ALL);

	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, block));
	return ((struct neighbor_delegated *)offload_block_delegated(block))
	        ->target_reachability_delta;
}

/* Both times have to be old; the host is asked once in that time; its answer and progress put it off. */
static void
test_asked(void)
{
	void *handle = NULL;

	update(0, 0);
	progress(0, 0);
	ask(0);
	CU_ASSERT_EQUAL(queries(&handle), 0);
	fake_advance_ms(&fake, STALE + 1);
	progress(1, 0); /* another worker's */
	ask(0);
	CU_ASSERT_EQUAL(queries(&handle), 0);
	fake_advance_ms(&fake, STALE + 1);
	ask(0);
	ask(0);
	CU_ASSERT_EQUAL(queries(&handle), 1);
	CU_ASSERT_PTR_EQUAL(
	        handle, fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK)->offload_handle);
	fake_advance_ms(&fake, STALE / 2);
	ask(0);
	CU_ASSERT_EQUAL(queries(&handle), 0);
	fake_advance_ms(&fake, STALE / 2 + 1);
	ask(0);
	CU_ASSERT_EQUAL(queries(&handle), 1); /* not answered: once more */
	update(0, 10);
	fake_advance_ms(&fake, STALE - 20);
	ask(0);
	CU_ASSERT_EQUAL(queries(&handle), 0);
	fake_advance_ms(&fake, STALE);
	ask(0);
	CU_ASSERT_EQUAL(queries(&handle), 1);
}

/* A full ring delays a query; the end of its neighbor ends it (EVT-4, TERM-2). */
static void
test_full(void)
{
	struct offload_block_list *root;
	void *handle = NULL;

	update(0, 0);
	update(1, 0);
	root = fake_neighbor(&fake, 2, OFFLOAD_NEIGHBOR_ALL);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, root));
	fake_advance_ms(&fake, 100 * STALE);
	for (uint32_t i = 0; i < 200; i++)
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY,
		                        fake_path(&fake, i % 4, OFFLOAD_PATH4_BLOCK)),
		        0);
	fake_settle(&fake);
	ask(0);
	ask(2);
	ask(1);
	root = fake_neighbor(&fake, 2, OFFLOAD_NEIGHBOR_BLOCK);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_TERMINATE, root), 0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(queries(&handle), 0); /* completions that waited */
	for (uint32_t i = 0, all = 0; i < 20; i++) {
		fake_settle(&fake);
		all += queries(&handle);
		CU_ASSERT(i < 19 || all == 2);
	}
}

/* The target's own time goes back with query and terminate, and says nothing of who had the slot before. */
static void
test_delta(void)
{
	struct offload_block_list *root;
	uint32_t before;

	fake_advance_ms(&fake, 50);
	before = target_delta(1);
	CU_ASSERT(before >= 50);
	fake_advance_ms(&fake, 40);
	CU_ASSERT(target_delta(1) >= before + 40);
	progress(1, 1);
	fake_advance_ms(&fake, 7);
	CU_ASSERT_EQUAL(target_delta(1), 7);
	fake_advance_ms(&fake, 5);
	/* of the neighbor that had the next slot before */
	atomic_store(&fake.worker[0]->reach.neighbors[2].progress, (int64_t)fake.now);
	root = fake_neighbor(&fake, 2, OFFLOAD_NEIGHBOR_ALL);
	((struct neighbor_delegated *)offload_block_delegated(root))->target_reachability_delta =
	        77;
	CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, root));
	CU_ASSERT_EQUAL_FATAL(toe_handle_index(fake.neighbor[2]), 2);
	CU_ASSERT_EQUAL(target_delta(2), 77);
	progress(0, 2);
	fake_advance_ms(&fake, 9);
	root = fake_neighbor(&fake, 2, OFFLOAD_NEIGHBOR_DELEGATED);
	CU_ASSERT(fake_request(&fake, CHIMNEY_TERMINATE, root));
	CU_ASSERT_EQUAL(((struct neighbor_delegated *)offload_block_delegated(root))
	                        ->target_reachability_delta,
	        9);
}

/* Without a NceStaleTicks nobody is asked. */
static void
test_never(void)
{
	void *handle;

	fake_advance_ms(&fake, 1000000);
	ask(0);
	CU_ASSERT_EQUAL(queries(&handle), 0);
}

#define WITH_FAKE(name, ticks)                                                                     \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, &(struct fake_options){.nce_stale_ticks = ticks});               \
		fake_offload(&fake, 2, 4, 8);                                                      \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(asked, STALE)
WITH_FAKE(full, STALE)
WITH_FAKE(delta, STALE)
WITH_FAKE(never, 0)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"EVT-2 the host is asked when both times are old", run_asked},
	        {"EVT-2 EVT-4 TERM-2 a full ring, a neighbor that goes", run_full},
	        {"EVT-2 target_reachability_delta in query and terminate", run_delta},
	        {"EVT-2 0 ticks: never", run_never},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("reachability", tests, RTE_DIM(tests));
}
