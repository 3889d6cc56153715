/* SPDX-License-Identifier: BSD-3-Clause */
/* Initiates that fail in part: what stops, what goes on, what is put back; several at once. */
#include <string.h>

#include "fake_target.h"

static struct fake fake;

/* neighbor `n` -> path `p` -> connections first to first + count - 1. */
static struct offload_block_list *
branch(uint32_t n, uint32_t p, uint32_t first, uint32_t count, struct offload_block_list **conns)
{
	struct offload_block_list *root = fake_neighbor(&fake, n, OFFLOAD_NEIGHBOR_ALL);
	struct offload_block_list *below = fake_path(&fake, p, OFFLOAD_PATH4_ALL);

	tree_add_dependent(root, below);
	for (uint32_t i = 0; i < count; i++) {
		conns[i] = fake_tcp(&fake, first + i, OFFLOAD_TCP_ALL);
		tree_add_dependent(below, conns[i]);
	}
	return root;
}

static void
initiate(struct offload_block_list *root)
{
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
}

static void
test_failure_stops(void)
{
	struct offload_block_list *conns[4], *later[2], *root, *second;

	root = branch(0, 0, 0, 4, conns);
	second = branch(1, 1, 4, 2, later);
	tree_add_next(root, second);
	tree_add_dependent(second, fake_placeholder(&fake));
	((struct tcp_delegated *)offload_block_delegated(conns[1]))->state = TCP_LISTEN;
	initiate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(root->dependent_block_list->status, OFFLOAD_PARTIAL_SUCCESS);
	CU_ASSERT_EQUAL(conns[0]->status, OFFLOAD_SUCCESS);
	for (uint32_t i = 1; i < 4; i++)
		CU_ASSERT_EQUAL(conns[i]->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(second->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(second->dependent_block_list->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(second->dependent_block_list->next_block->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(fake.neighbor[1], 0);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->neighbors, 1);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 1);
}

static void
test_root_failure_stops(void)
{
	struct offload_block_list *conns[1], *others[1], *root, *second;

	root = branch(0, 0, 0, 1, conns);
	second = branch(1, 1, 1, 1, others);
	tree_add_next(root, second);
	root->port = 1;
	initiate(root);
	for (struct offload_block_list *b = root; b != NULL; b = b->next_block) {
		CU_ASSERT_EQUAL(b->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(b->dependent_block_list->status, OFFLOAD_FAILURE);
	}
	CU_ASSERT_EQUAL(conns[0]->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->neighbors, 0);
}

/* Linker, a neighbor more than there are entries with its path, linker: the last one goes on. */
static void
check_no_neighbor_left(void)
{
	uint64_t cell = 0, cell2 = 0;
	struct offload_block_list *linker = fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_BLOCK);
	struct offload_block_list *extra = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_ALL);
	struct offload_block_list *below = fake_path(&fake, 8, OFFLOAD_PATH4_ALL);
	struct offload_block_list *fits = fake_path(&fake, 9, OFFLOAD_PATH4_ALL);

	extra->offload_context = &cell;
	below->offload_context = &cell2;
	tree_add_dependent(extra, below);
	tree_add_dependent(linker, fake_path(&fake, 10, OFFLOAD_PATH4_ALL));
	tree_add_next(linker, extra);
	tree_add_next(linker, fake_neighbor(&fake, 2, OFFLOAD_NEIGHBOR_BLOCK));
	tree_add_dependent(extra->next_block, fits);
	initiate(linker);
	CU_ASSERT_EQUAL(linker->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(extra->status, OFFLOAD_NEIGHBOR_ENTRIES);
	CU_ASSERT_EQUAL(cell, 0);
	CU_ASSERT_EQUAL(below->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(fits->status, OFFLOAD_SUCCESS);
}

/* A lack of resources does not stop the rest, but its dependents fail. */
static void
test_lack_goes_on(void)
{
	struct offload_block_list *root = NULL, *conns[1], *branches[FAKE_NEIGHBORS];

	for (uint32_t i = 0; i < FAKE_NEIGHBORS; i++) {
		branches[i] = branch(i, i, i, 1, conns);
		if (root == NULL)
			root = branches[i];
		else
			tree_add_next(root, branches[i]);
	}
	initiate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	check_no_neighbor_left();
}

static void
test_worker_failures(void)
{
	struct fake_options one = {.workers = 1};
	struct offload_block_list *conns[6], *root, *retry;

	fake_end(&fake);
	fake_start(&fake, &one);
	fake.fail_op = TOE_OP_INITIATE;
	fake.fail_after = 2;
	fake.fail_status = OFFLOAD_TCP_RCV_BUFFER;
	root = branch(0, 0, 0, 6, conns);
	initiate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(root->dependent_block_list->status, OFFLOAD_PARTIAL_SUCCESS);
	for (uint32_t i = 0; i < 6; i++) {
		CU_ASSERT_EQUAL(conns[i]->status, i < 2 ? OFFLOAD_SUCCESS : OFFLOAD_TCP_RCV_BUFFER);
		CU_ASSERT_EQUAL(fake.conn[i] != 0, i < 2);
	}
	/* all dependents of a linker fail: so does it, and nothing is left behind */
	retry = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
	conns[2] = fake_tcp(&fake, 2, OFFLOAD_TCP_ALL);
	tree_add_dependent(retry, conns[2]);
	initiate(retry);
	CU_ASSERT_EQUAL(conns[2]->status, OFFLOAD_TCP_RCV_BUFFER);
	CU_ASSERT_EQUAL(retry->status, OFFLOAD_FAILURE);
	fake.fail_op = TOE_OP_NONE;
	initiate(retry);
	CU_ASSERT_EQUAL(retry->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 3);
}

static void
test_all_dependents_fail(void)
{
	struct fake_options one = {.workers = 1};
	struct offload_block_list *conns[2], *root;

	fake_end(&fake);
	fake_start(&fake, &one);
	fake.fail_op = TOE_OP_INITIATE;
	fake.fail_status = OFFLOAD_TCP_XMIT_BUFFER;
	root = branch(0, 0, 0, 2, conns);
	initiate(root);
	/* the path is offloaded although none of its connections is */
	CU_ASSERT_EQUAL(root->dependent_block_list->status, OFFLOAD_PARTIAL_SUCCESS);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_NOT_EQUAL(fake.path[0], 0);
}

static void
test_tcp_entries(void)
{
	struct fake_options few = {.workers = 1, .conns = 3};
	struct offload_block_list *conns[5], *root;

	fake_end(&fake);
	fake_start(&fake, &few);
	root = branch(0, 0, 0, 5, conns);
	initiate(root);
	for (uint32_t i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(conns[i]->status, i < 3 ? OFFLOAD_SUCCESS : OFFLOAD_TCP_ENTRIES);
	CU_ASSERT_EQUAL(root->dependent_block_list->status, OFFLOAD_PARTIAL_SUCCESS);
}

static void
test_malformed_stops(void)
{
	struct offload_block_list *conns[3], *root;

	root = branch(0, 0, 0, 3, conns);
	conns[1]->header.revision = 9;
	initiate(root);
	CU_ASSERT_EQUAL(conns[0]->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(conns[1]->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(conns[2]->status, OFFLOAD_FAILURE);
}

/* A worker's refusal ends what has not been sent: 300 connections do not fit one chain. */
static void
test_worker_stops_the_rest(void)
{
	struct fake_options one = {.workers = 1, .conns = 1000, .mailbox_size = 2};
	static struct offload_block_list *conns[1000];
	static uint64_t cells[1000];
	struct offload_block_list *root, *below;
	uint32_t offloaded = 0;

	fake_end(&fake);
	fake_start(&fake, &one);
	fake.fail_op = TOE_OP_INITIATE;
	fake.fail_status = OFFLOAD_CONNECTION_REJECTED;
	root = branch(0, 0, 0, 0, conns);
	below = root->dependent_block_list;
	memset(cells, 0, sizeof(cells));
	for (uint32_t i = 1000; i > 0; i--) {
		conns[i - 1] = fake_tcp(&fake, i % FAKE_CONNS, OFFLOAD_TCP_ALL);
		conns[i - 1]->offload_context = &cells[i - 1];
		conns[i - 1]->next_block = below->dependent_block_list;
		below->dependent_block_list = conns[i - 1];
	}
	initiate(root);
	for (uint32_t i = 0; i < 1000; i++) {
		offloaded += cells[i] != 0;
		CU_ASSERT_NOT_EQUAL(conns[i]->status, OFFLOAD_PENDING);
	}
	CU_ASSERT_EQUAL(conns[0]->status, OFFLOAD_CONNECTION_REJECTED);
	CU_ASSERT_EQUAL(conns[999]->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(offloaded, 0);
	CU_ASSERT(fake_count(&fake, TOE_OP_INITIATE) < 4);
}

static void
test_several_at_once(void)
{
	struct offload_block_list *roots[4], *conns[4], *named;
	uint64_t handle;

	/* the same once before: with the same salt the objects get the same handles */
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, branch(i, i, i, 1, &conns[i])));
	handle = fake.neighbor[2];
	fake_end(&fake);
	fake_start(&fake, NULL);
	fake.stalled[0] = fake.stalled[1] = true;
	for (uint32_t i = 0; i < 4; i++) {
		roots[i] = branch(i, i, i, 1, &conns[i]);
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, roots[i]), 0);
	}
	for (uint32_t i = 0; i < 20; i++)
		fake_control(&fake);
	/* all four have been sent, none has completed; nobody may name what they offload (INV-12) */
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 4);
	named = fake_neighbor(&fake, 2, OFFLOAD_NEIGHBOR_BLOCK);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, named));
	CU_ASSERT_EQUAL(named->status, OFFLOAD_FAILURE);
	named->offload_context = &handle;
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, named));
	CU_ASSERT_EQUAL(named->status, OFFLOAD_FAILURE);
	fake.stalled[0] = fake.stalled[1] = false;
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(conns[i]->status, OFFLOAD_PENDING);
	fake_settle(&fake);
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(conns[i]->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(fake.neighbor[2], handle);
	CU_ASSERT(fake_neighbor_valid(&fake, 2));
}

static void
test_invalid_linkers(void)
{
	struct offload_block_list *linker, *top, *stop;

	fake_offload(&fake, 1, 1, 1);
	stop = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, stop));
	/* the path is valid, the neighbor below is not */
	linker = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
	top = fake_tcp(&fake, 1, OFFLOAD_TCP_ALL);
	tree_add_dependent(linker, top);
	initiate(linker);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_FAILURE);
	linker = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	top = fake_path(&fake, 1, OFFLOAD_PATH4_ALL);
	tree_add_dependent(linker, top);
	initiate(linker);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(linker->status, OFFLOAD_FAILURE);
}

#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(failure_stops)
WITH_FAKE(root_failure_stops)
WITH_FAKE(lack_goes_on)
WITH_FAKE(worker_failures)
WITH_FAKE(all_dependents_fail)
WITH_FAKE(tcp_entries)
WITH_FAKE(malformed_stops)
WITH_FAKE(worker_stops_the_rest)
WITH_FAKE(several_at_once)
WITH_FAKE(invalid_linkers)

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"INIT-3 a failure stops the traversal", run_failure_stops},
	        {"INIT-3 a root that fails stops everything", run_root_failure_stops},
	        {"INIT-3 INIT-4 a lack of resources does not", run_lack_goes_on},
	        {"INIT-4 INIT-2 failures of the worker", run_worker_failures},
	        {"INIT-4 a new path all of whose connections failed", run_all_dependents_fail},
	        {"INIT-4 TCP_ENTRIES", run_tcp_entries},
	        {"INIT-3 TREE-8 a malformed block stops the traversal", run_malformed_stops},
	        {"INIT-3 a worker's refusal stops what is not sent", run_worker_stops_the_rest},
	        {"INIT-9 INV-12 several initiates at once", run_several_at_once},
	        {"INIT-10 invalid linkers", run_invalid_linkers},
	};

	return unit_run("initiate_failures", tests, RTE_DIM(tests));
}
