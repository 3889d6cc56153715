/* SPDX-License-Identifier: BSD-3-Clause */
/* Invalidate: what is marked, who is drained, when it completes. */
#include <string.h>

#include "fake_target.h"
#include "handle.h"

static struct fake fake;

static struct offload_block_list *
neighbor(uint32_t i)
{
	return fake_neighbor(&fake, i, OFFLOAD_NEIGHBOR_BLOCK);
}

static struct offload_block_list *
path(uint32_t i)
{
	return fake_path(&fake, i, OFFLOAD_PATH4_BLOCK);
}

static struct offload_block_list *
tcp(uint32_t i)
{
	return fake_tcp(&fake, i, OFFLOAD_TCP_BLOCK);
}

static void
invalidate(struct offload_block_list *root)
{
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INVALIDATE, root));
}

static void
test_neighbor(void)
{
	struct offload_block_list *root = neighbor(0);
	struct chimney_record record;
	uint64_t epoch = atomic_load(&fake.shared.neighbors[0].word);

	fake.stalled[0] = fake.stalled[1] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	CU_ASSERT(fake_neighbor_valid(&fake, 0)); /* nothing is done in the call */
	fake_control(&fake);
	/* in one turn: marked, and the drains are on their way */
	CU_ASSERT(!fake_neighbor_valid(&fake, 0));
	CU_ASSERT(fake_neighbor_valid(&fake, 1));
	CU_ASSERT(fake_path_valid(&fake, 0)); /* INV-5: dependents are not marked */
	CU_ASSERT_NOT_EQUAL(
	        toe_word_epoch(atomic_load(&fake.shared.neighbors[0].word)), toe_word_epoch(epoch));
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->drains, 2);
	/* one answer is not enough */
	CU_ASSERT(fake_work_one(&fake, 1, true));
	fake_control(&fake);
	CU_ASSERT(!fake_read(&fake, &record));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_PENDING);
	CU_ASSERT(fake_work_one(&fake, 0, true));
	fake_control(&fake);
	CU_ASSERT(fake_read(&fake, &record));
	CU_ASSERT_EQUAL(record.kind, CHIMNEY_COMPLETION);
	CU_ASSERT_EQUAL(record.request, CHIMNEY_INVALIDATE);
	CU_ASSERT_PTR_EQUAL(record.root, root);
	CU_ASSERT_EQUAL(record.frames_discarded, 10 + 11);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT(!fake_read(&fake, &record));
}

static void
test_only_dependents_are_drained(void)
{
	/* connection i hangs from path i % 4, path i from neighbor i % 2 */
	for (uint32_t i = 0; i < 4; i++) {
		uint64_t expected = 0, drained = 0;

		for (uint32_t c = i; c < 8; c += 4)
			expected |= UINT64_C(1) << fake_owner(&fake, c);
		fake.logged = 0;
		invalidate(path(i));
		for (uint32_t m = 0; m < fake.logged; m++)
			if (fake.log[m].message.op == TOE_OP_DRAIN)
				drained |= UINT64_C(1) << fake.log[m].worker;
		CU_ASSERT_EQUAL(drained, expected);
		CU_ASSERT(!fake_path_valid(&fake, i));
	}
}

static void
test_lone_neighbor(void)
{
	struct offload_block_list *fresh = fake_neighbor(&fake, 5, OFFLOAD_NEIGHBOR_ALL), *root;

	CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, fresh));
	root = neighbor(5);
	invalidate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT(!fake_neighbor_valid(&fake, 5));
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_DRAIN), 0);
}

static void
test_every_layer(void)
{
	struct offload_block_list *root = fake_placeholder(&fake), *below = path(0), *top = tcp(1);
	struct offload_block_list *second = neighbor(1), *lone = fake_placeholder(&fake);
	const struct fake_logged *drain;
	uint32_t owner = fake_owner(&fake, 1), named = 0;

	tree_add_dependent(root, below);
	tree_add_dependent(root, lone);
	tree_add_dependent(lone, top);
	tree_add_next(root, second);
	invalidate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(below->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(lone->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(second->status, OFFLOAD_SUCCESS);
	CU_ASSERT(fake_neighbor_valid(&fake, 0));
	CU_ASSERT(!fake_neighbor_valid(&fake, 1));
	CU_ASSERT(!fake_path_valid(&fake, 0));
	CU_ASSERT(fake_path_valid(&fake, 1));
	/* the connection is named to its owner before the drain */
	for (uint32_t i = 0; i < fake.logged; i++) {
		drain = &fake.log[i];
		if (drain->message.op == TOE_OP_INVALIDATE) {
			CU_ASSERT_EQUAL(drain->worker, owner);
			CU_ASSERT_EQUAL(drain->message.count, 1);
			CU_ASSERT_NOT_EQUAL(drain->message.argument, 0);
			named++;
		}
		if (drain->message.op == TOE_OP_DRAIN && drain->worker == owner)
			CU_ASSERT_EQUAL(named, 1);
	}
	CU_ASSERT_EQUAL(named, 1);
}

static void
test_refusals(void)
{
	struct offload_block_list *root = neighbor(0), *bad = neighbor(1);
	uint64_t stale = fake.neighbor[1] ^ UINT64_C(1) << 33;

	bad->offload_context = &stale;
	tree_add_next(root, bad);
	invalidate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(bad->status, OFFLOAD_FAILURE);
	CU_ASSERT(fake_neighbor_valid(&fake, 1));
}

static void
test_overtakes(void)
{
	static uint64_t cells[1000];
	struct fake_options options = {.workers = 1, .conns = 1000};
	struct offload_block_list *linker, *last, *root;
	uint32_t turns = 0;

	fake_end(&fake);
	fake_start(&fake, &options);
	fake_offload(&fake, 2, 2, 2);
	memset(cells, 0, sizeof(cells));
	linker = fake_path(&fake, 1, OFFLOAD_PATH4_BLOCK);
	last = linker;
	for (uint32_t i = 0; i < 900; i++) {
		struct offload_block_list *block = fake_tcp(&fake, 2 + i % 60, OFFLOAD_TCP_ALL);

		((struct tcp_const *)offload_block_const(block))->remote_port = (uint16_t)i;
		block->offload_context = &cells[i];
		if (i == 0)
			linker->dependent_block_list = block;
		else
			last->next_block = block;
		last = block;
	}
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, linker), 0);
	fake_control(&fake);
	/* a long initiate is being walked; an invalidate does not wait for it */
	root = neighbor(0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	while (root->status == OFFLOAD_PENDING && turns++ < 10) {
		fake_control(&fake);
		fake_work(&fake);
	}
	CU_ASSERT(turns < 4);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(linker->status, OFFLOAD_PENDING);
	CU_ASSERT(fake_completed(&fake, linker));
	CU_ASSERT_EQUAL(linker->status, OFFLOAD_SUCCESS);
}

static void
test_repeats(void)
{
	struct offload_block_list *first = neighbor(0), *second = neighbor(0);
	uint64_t word;

	fake.stalled[0] = fake.stalled[1] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, first), 0);
	fake_control(&fake);
	word = atomic_load(&fake.shared.neighbors[0].word);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, second), 0);
	fake_control(&fake);
	/* not marked again, but drained: the first drain may not be over */
	CU_ASSERT_EQUAL(atomic_load(&fake.shared.neighbors[0].word), word);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->drains, 4);
	fake.stalled[0] = fake.stalled[1] = false;
	fake_settle(&fake);
	CU_ASSERT_EQUAL(first->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(second->status, OFFLOAD_SUCCESS);
}

static void
test_during_others(void)
{
	struct offload_block_list *query = tcp(0), *update, *root = neighbor(0), *named = tcp(0);

	update = fake_tcp(&fake, 4, OFFLOAD_TCP_CACHED);
	fake.urgent_only[0] = fake.urgent_only[1] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, query), 0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_UPDATE, update), 0);
	fake_control(&fake);
	invalidate(root);
	invalidate(named);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(named->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(query->status, OFFLOAD_PENDING);
	fake.urgent_only[0] = fake.urgent_only[1] = false;
	fake_settle(&fake);
	CU_ASSERT_EQUAL(query->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(update->status, OFFLOAD_SUCCESS);
}

/* The cost of stopping is the drains, however many connections depend (INV-13). */
static void
test_cost(void)
{
	struct fake_options options = {.workers = 2, .conns = 64};
	uint64_t drains, blocks;

	for (uint32_t conns = 4; conns <= 64; conns *= 4) {
		struct offload_block_list *root;

		fake_end(&fake);
		fake_start(&fake, &options);
		fake_offload(&fake, 1, 2, conns);
		drains = chimney_stats(fake.target)->drains;
		blocks = chimney_stats(fake.target)->blocks;
		root = neighbor(0);
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
		fake_control(&fake);
		CU_ASSERT_EQUAL(chimney_stats(fake.target)->drains - drains, 2);
		CU_ASSERT_EQUAL(chimney_stats(fake.target)->blocks - blocks, 1);
		fake_work(&fake);
		fake_control(&fake);
		CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
		CU_ASSERT_EQUAL(fake.logged, 2);
	}
}

/* Each test gets two neighbors, four paths, eight connections. */
#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		fake_offload(&fake, 2, 4, 8);                                                      \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(neighbor)
WITH_FAKE(only_dependents_are_drained)
WITH_FAKE(lone_neighbor)
WITH_FAKE(every_layer)
WITH_FAKE(refusals)
WITH_FAKE(overtakes)
WITH_FAKE(repeats)
WITH_FAKE(during_others)
WITH_FAKE(cost)

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"INV-1 INV-2 INV-5 INV-7 INV-8 a neighbor, drained by all before", run_neighbor},
	        {"INV-7 workers without dependents are left alone",
	                run_only_dependents_are_drained},
	        {"INV-4 a lone neighbor", run_lone_neighbor},
	        {"INV-4 INV-8 objects at every layer", run_every_layer},
	        {"INV-8 TREE-8 refusals", run_refusals},
	        {"INV-1 a long initiate makes no invalidate wait", run_overtakes},
	        {"INV-12 repeats are harmless and drained", run_repeats},
	        {"INV-12 during query and update", run_during_others},
	        {"INV-13 the cost does not grow with the dependents", run_cost},
	};

	return unit_run("invalidate", tests, RTE_DIM(tests));
}
