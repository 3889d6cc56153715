/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control's turns (C4): nobody waits for another's million. What is counted is turns and messages, whatever the size of what
 * is beside it.
 */
#include <string.h>

#include "control.h"
#include "fake_other.h"
#include "handle.h"
#include "test_mutant.h"

#define MANY 20000u
#define SOON 6u /* turns */

static struct fake fake;

/* A tree of host 0 that names two paths and has n further blocks. */
static struct offload_block_list *
long_tree(uint32_t n)
{
	struct offload_block_list *root = fake_placeholder(&fake), *last;

	tree_add_dependent(root, fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK));
	tree_add_dependent(root, fake_path(&fake, 1, OFFLOAD_PATH4_BLOCK));
	last = root->dependent_block_list->next_block;
	for (uint32_t i = 0; i < n; i++) {
		last->next_block = fake_placeholder(&fake);
		last = last->next_block;
	}
	return fake_pending(root);
}

/* An invalidate of one block beside a long one of its own host, or of another. */
static void
test_lone_block(void)
{
	static const uint32_t sizes[] = {10, 1000, MANY};

	for (uint32_t i = 0; i < RTE_DIM(sizes); i++) {
		struct offload_block_list *tree = long_tree(sizes[i]), *own, *others;

		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, tree), 0);
		fake_turns(&fake, 1);
		own = fake_pending(fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK));
		others =
		        fake_pending(tree_block(&fake.tree, OFFLOAD_PATH4_BLOCK, &fake_other.path));
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, own), 0);
		CU_ASSERT(fake_other_submit(&fake, CHIMNEY_INVALIDATE, others));
		CU_ASSERT(fake_turns_until(&fake, own, SOON) < SOON);
		CU_ASSERT(fake_turns_until(&fake, others, SOON) < SOON);
		CU_ASSERT(sizes[i] < MANY || tree->status == OFFLOAD_PENDING);
		CU_ASSERT(fake_turns_until(&fake, tree, FAKE_TURNS) < FAKE_TURNS);
		CU_ASSERT_EQUAL(tree->status, OFFLOAD_SUCCESS);
	}
}

/* A tree that names one object, however many blocks are around it, needs no more than a lone block. */
static void
test_small_tree(void)
{
	struct offload_block_list *trees[2 * LANE_TREES], *root, *lone;

	for (uint32_t i = 0; i < LANE_TREES - 1; i++) {
		trees[i] = long_tree(MANY / LANE_TREES);
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, trees[i]), 0);
	}
	fake_turns(&fake, 4);
	root = fake_pending(fake_placeholder(&fake));
	tree_add_dependent(root, fake_placeholder(&fake));
	tree_add_dependent(root->dependent_block_list, fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK));
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	CU_ASSERT(fake_turns_until(&fake, root, 2 * SOON) < 2 * SOON);
	/* as many trees as there may be, and more: then trees wait, lone blocks do not */
	for (uint32_t i = LANE_TREES - 1; i < 2 * LANE_TREES; i++) {
		trees[i] = long_tree(10);
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, trees[i]), 0);
	}
	fake_turns(&fake, 1);
	lone = fake_pending(fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_BLOCK));
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, lone), 0);
	CU_ASSERT(fake_turns_until(&fake, lone, 2 * SOON) < 2 * SOON);
	for (uint32_t i = 0; i < 2 * LANE_TREES; i++) {
		CU_ASSERT(fake_turns_until(&fake, trees[i], FAKE_TURNS) < FAKE_TURNS);
		CU_ASSERT_EQUAL(trees[i]->status, OFFLOAD_SUCCESS);
	}
}

/* Trees of one host that walk side by side notice for themselves what they name twice. */
static void
test_claims_side_by_side(void)
{
	struct offload_block_list *trees[6], *again;

	for (uint32_t i = 0; i < RTE_DIM(trees); i++) {
		trees[i] = long_tree(200);
		if (i % 2) {
			again = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
			tree_add_dependent(trees[i], again);
		}
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, trees[i]), 0);
	}
	for (uint32_t i = 0; i < RTE_DIM(trees); i++) {
		CU_ASSERT(fake_turns_until(&fake, trees[i], FAKE_TURNS) < FAKE_TURNS);
		CU_ASSERT_EQUAL(trees[i]->dependent_block_list->status,
		        i % 2 ? OFFLOAD_FAILURE : OFFLOAD_SUCCESS);
		CU_ASSERT_EQUAL(
		        trees[i]->dependent_block_list->next_block->status, OFFLOAD_SUCCESS);
	}
}

/* A list of connections of host 1 that are named. */
static struct offload_block_list *
other_named(uint32_t n)
{
	struct offload_block_list *root = NULL, *last = NULL, *block;

	for (uint32_t i = 0; i < n; i++) {
		block = tree_block(&fake.tree, OFFLOAD_TCP_BLOCK, &fake_other.conn[i]);
		if (root == NULL)
			root = block;
		else
			last->next_block = block;
		last = block;
	}
	return fake_pending(root);
}

/* Before an invalidate's own message a worker has no more than two chains of another's. */
static void
test_chains_ahead(void)
{
	struct offload_block_list *names = other_named(FAKE_OTHERS), *own;
	uint32_t ahead = 0;

	fake.stalled[0] = fake.stalled[1] = true;
	CU_ASSERT(fake_other_submit(&fake, CHIMNEY_INVALIDATE, names));
	fake_turns(&fake, 30);
	own = fake_pending(fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK));
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, own), 0);
	fake_turns(&fake, 2);
	fake.stalled[0] = fake.stalled[1] = false;
	fake_turns(&fake, 1);
	for (uint32_t i = 0; i < fake.logged; i++) {
		if (fake.log[i].worker != fake_owner(&fake, 0))
			continue;
		if (fake.log[i].message.op == TOE_OP_INVALIDATE && fake.log[i].message.host == 0)
			break;
		ahead += fake.log[i].message.count;
		CU_ASSERT(i + 1 < fake.logged);
	}
	CU_ASSERT(ahead <= 128);
	CU_ASSERT(fake_turns_until(&fake, own, SOON) < SOON);
	CU_ASSERT(fake_turns_until(&fake, names, FAKE_TURNS) < FAKE_TURNS);
	CU_ASSERT_EQUAL(names->status, OFFLOAD_SUCCESS);
}

/* The ordinary lane: a query of one host beside an initiate of another, and beside requests of it that are stuck. */
static void
test_ordinary_lane(void)
{
	struct offload_block_list *tree = long_tree(MANY), *own, *stuck[2 * LANE_RECORDS];

	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, tree), 0);
	fake_turns(&fake, 1);
	own = fake_pending(tree_block(&fake.tree, OFFLOAD_TCP_BLOCK, &fake_other.conn[0]));
	CU_ASSERT(fake_other_submit(&fake, CHIMNEY_QUERY, own));
	CU_ASSERT(fake_turns_until(&fake, own, SOON) < SOON);
	CU_ASSERT_EQUAL(tree->status, OFFLOAD_PENDING);
	CU_ASSERT(fake_turns_until(&fake, tree, FAKE_TURNS) < FAKE_TURNS);
	fake.stalled[fake_owner(&fake, 0)] = true;
	for (uint32_t i = 0; i < 2 * LANE_RECORDS; i++) {
		stuck[i] = fake_pending(fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK));
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, stuck[i]), 0);
	}
	fake_turns(&fake, 20);
	for (uint32_t i = 0; toe_handle_worker(*own->offload_context) == fake_owner(&fake, 0); i++)
		own->offload_context = &fake_other.conn[i];
	CU_ASSERT(fake_other_submit(&fake, CHIMNEY_QUERY, fake_pending(own)));
	CU_ASSERT(fake_turns_until(&fake, own, SOON) < SOON);
	fake.stalled[0] = fake.stalled[1] = false;
	for (uint32_t i = 0; i < 2 * LANE_RECORDS; i++)
		CU_ASSERT(fake_turns_until(&fake, stuck[i], FAKE_TURNS) < FAKE_TURNS);
}

/* TERM-2: a terminate waits for older requests of its own host, not for others'. */
static void
test_terminate(void)
{
	struct offload_block_list *stuck, *gone, *own;
	uint32_t other = 0;

	while (toe_handle_worker(fake_other.conn[other]) == fake_owner(&fake, 0))
		other++;
	fake.stalled[fake_owner(&fake, 0)] = true;
	stuck = fake_pending(fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK));
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, stuck), 0);
	fake_turns(&fake, 2);
	gone = fake_pending(tree_block(&fake.tree, OFFLOAD_TCP_BLOCK, &fake_other.conn[other]));
	CU_ASSERT(fake_other_submit(&fake, CHIMNEY_TERMINATE, gone));
	CU_ASSERT(fake_turns_until(&fake, gone, SOON) < SOON);
	CU_ASSERT_EQUAL(gone->status, OFFLOAD_SUCCESS);
	own = fake_pending(fake_path(&fake, 3, OFFLOAD_PATH4_BLOCK));
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_TERMINATE, own), 0);
	fake_turns(&fake, 20);
	CU_ASSERT_EQUAL(stuck->status, OFFLOAD_PENDING);
	fake.stalled[0] = fake.stalled[1] = false;
	CU_ASSERT(fake_turns_until(&fake, stuck, SOON) < SOON);
}

/* Completions that wait are posted a part in each turn. */
static void
test_posting(void)
{
	struct fake_options options = {.event_ring_size = 1024};
	struct chimney_record records[64];
	uint32_t waiting, before, read = 0;

	fake_end(&fake);
	fake_start(&fake, &options);
	fake_offload(&fake, 2, 4, 8);
	for (uint32_t i = 0; i < 3000; i++)
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, fake_placeholder(&fake)), 0);
	fake_settle(&fake);
	waiting = (uint32_t)chimney_stats(fake.target)->completions_waiting;
	CU_ASSERT_FATAL(waiting > 1000);
	for (uint32_t n; (n = chimney_poll(fake.host[0], records, 64)) > 0;)
		read += n;
	for (uint32_t i = 0; i < 8; i++) {
		before = (uint32_t)chimney_stats(fake.target)->completions_waiting;
		fake_control(&fake);
		CU_ASSERT(before - chimney_stats(fake.target)->completions_waiting <= HOST_POSTED);
	}
	for (uint32_t i = 0; i < 100; i++) {
		fake_control(&fake);
		read += chimney_poll(fake.host[0], records, 64);
	}
	CU_ASSERT_EQUAL(read, 3000);
}

/* Each test gets two neighbors, four paths and eight connections of host 0, and as many as there may be of host 1. */
#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		static const struct fake_options options = {.conns = 2 * FAKE_OTHERS};             \
                                                                                                   \
		fake_start(&fake, &options);                                                       \
		fake_offload(&fake, 2, 4, 8);                                                      \
		fake_other_offload(&fake, FAKE_OTHERS);                                            \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(lone_block)
WITH_FAKE(small_tree)
WITH_FAKE(claims_side_by_side)
WITH_FAKE(chains_ahead)
WITH_FAKE(ordinary_lane)
WITH_FAKE(terminate)
WITH_FAKE(posting)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C4 INV-1 an invalidate of one block beside a long one", run_lone_block},
	        {"C4 INV-1 a tree that names one object beside many", run_small_tree},
	        {"C4 TREE-8 trees that walk side by side", run_claims_side_by_side},
	        {"C4 INV-13 names that are ahead at a worker", run_chains_ahead},
	        {"C4 the ordinary lane of two hosts", run_ordinary_lane},
	        {"C4 TERM-2 a terminate beside another host's requests", run_terminate},
	        {"C4 INV-2 completions that wait", run_posting},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("share", tests, RTE_DIM(tests));
}
