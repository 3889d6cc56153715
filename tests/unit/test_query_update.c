/* SPDX-License-Identifier: BSD-3-Clause */
/* Query and update of objects of every layer. */
#include <string.h>

#include "fake_target.h"
#include "handle.h"

static struct fake fake;

static void
run(enum chimney_request kind, struct offload_block_list *root)
{
	CU_ASSERT_FATAL(fake_request(&fake, kind, root));
}

static uint64_t
path_word(uint32_t i)
{
	return atomic_load(&fake.shared.paths[toe_handle_index(fake.path[i])].word);
}

static uint64_t
neighbor_word(uint32_t i)
{
	return atomic_load(&fake.shared.neighbors[toe_handle_index(fake.neighbor[i])].word);
}

static void
test_query_neighbor(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_ALL);
	struct neighbor_const *constant = offload_block_const(root);
	struct neighbor_cached *cached = offload_block_cached(root);
	struct neighbor_delegated *delegated = offload_block_delegated(root);
	struct tree_neighbor usual;

	tree_usual_neighbor(&usual, 1);
	memset(constant, 0xEE, sizeof(*constant) + sizeof(*cached) + sizeof(*delegated));
	fake_advance_ms(&fake, 1234);
	tree_seal(&fake.tree);
	run(CHIMNEY_QUERY, root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(memcmp(constant->source_mac, usual.source_mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(cached->destination_mac, usual.destination_mac, 6), 0);
	CU_ASSERT_EQUAL(constant->vlan_id, 0);
	CU_ASSERT_EQUAL(cached->host_reachability_delta, 0);
	CU_ASSERT_EQUAL(delegated->target_reachability_delta, 1234);
	CU_ASSERT_PTR_NULL(tree_damage(&fake.tree));
}

static void
test_query_path(void)
{
	struct offload_block_list *root = fake_path(&fake, 1, OFFLOAD_PATH4_ALL), *part;
	struct path4_const *constant = offload_block_const(root);
	struct path_cached *cached = offload_block_cached(root);
	struct tree_path usual;

	tree_usual_path(&usual, 1, 4);
	memset(constant, 0, sizeof(*constant) + sizeof(*cached));
	run(CHIMNEY_QUERY, root);
	CU_ASSERT_EQUAL(memcmp(constant->source, usual.source, 4), 0);
	CU_ASSERT_EQUAL(memcmp(constant->destination, usual.destination, 4), 0);
	CU_ASSERT_EQUAL(cached->path_mtu, 1500);
	/* only a part, and the family that the path does not have */
	part = fake_path(&fake, 2, OFFLOAD_PATH4_CACHED);
	run(CHIMNEY_QUERY, part);
	CU_ASSERT_EQUAL(part->status, OFFLOAD_SUCCESS);
	part = fake_path(&fake, 2, OFFLOAD_PATH6_CONST);
	run(CHIMNEY_QUERY, part);
	CU_ASSERT_EQUAL(part->status, OFFLOAD_FAILURE);
}

static void
test_query_connections(void)
{
	struct offload_block_list *root = fake_placeholder(&fake), *tops[16];

	for (uint32_t i = 0; i < 16; i++) {
		tops[i] = fake_tcp(&fake, i, i % 2 ? OFFLOAD_TCP_DELEGATED : OFFLOAD_TCP_ALL);
		tree_add_dependent(root, tops[i]);
	}
	fake.fail_op = TOE_OP_QUERY;
	fake.fail_after = 15;
	fake.fail_status = OFFLOAD_FAILURE;
	tree_seal(&fake.tree);
	run(CHIMNEY_QUERY, root);
	CU_ASSERT_PTR_NULL(tree_damage(&fake.tree));
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_QUERY), 2); /* a chain for each worker */
	for (uint32_t i = 0; i < 16; i++) {
		const struct tcp_delegated *delegated = offload_block_delegated(tops[i]);

		if (tops[i]->status == OFFLOAD_SUCCESS)
			CU_ASSERT_EQUAL(delegated->snd_una, 1000 + toe_handle_index(fake.conn[i]));
		CU_ASSERT(tops[i]->status == OFFLOAD_SUCCESS || tops[i]->status == OFFLOAD_FAILURE);
	}
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
}

static void
test_queries_overlap(void)
{
	struct offload_block_list *first = fake_tcp(&fake, 0, OFFLOAD_TCP_DELEGATED);
	struct offload_block_list *second = fake_tcp(&fake, 0, OFFLOAD_TCP_DELEGATED);

	fake.stalled[0] = fake.stalled[1] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, first), 0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, second), 0);
	fake_control(&fake);
	fake.stalled[0] = fake.stalled[1] = false;
	CU_ASSERT_EQUAL(fake_work(&fake), 2);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(first->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(second->status, OFFLOAD_SUCCESS);
}

static void
test_update_neighbor(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_ALL);
	struct neighbor_const *constant = offload_block_const(root);
	struct neighbor_cached *cached = offload_block_cached(root);
	uint64_t before = neighbor_word(0);

	cached->destination_mac[5] = 0x99;
	cached->host_reachability_delta = 77;
	constant->vlan_id = 12; /* ignored */
	fake.stalled[0] = fake.stalled[1] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_UPDATE, root), 0);
	fake_control(&fake);
	CU_ASSERT(toe_word_valid(neighbor_word(0)));
	CU_ASSERT_EQUAL((uint8_t)(neighbor_word(0) >> 40), 0x99);
	CU_ASSERT_NOT_EQUAL(toe_word_epoch(neighbor_word(0)), toe_word_epoch(before));
	fake_settle(&fake);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_PENDING); /* not before the drains are answered */
	fake.stalled[0] = fake.stalled[1] = false;
	CU_ASSERT(fake_completed(&fake, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_DRAIN), 2);
	CU_ASSERT_EQUAL(fake.shared.neighbors[0].vlan_id, 0);
	memset(constant, 0, sizeof(*constant) + sizeof(*cached));
	run(CHIMNEY_QUERY, root);
	CU_ASSERT_EQUAL(cached->destination_mac[5], 0x99);
	CU_ASSERT_EQUAL(cached->host_reachability_delta, 77);
}

static void
test_update_path_mtu(void)
{
	static const uint32_t bad[] = {0, 67, 1501, 70000};
	struct offload_block_list *root = fake_path(&fake, 0, OFFLOAD_PATH4_CACHED);
	struct path_cached *cached = offload_block_cached(root);
	uint64_t before;

	cached->path_mtu = 1280;
	run(CHIMNEY_UPDATE, root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(toe_path_word_mtu(path_word(0)), 1280);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_DRAIN), 2);
	before = path_word(0);
	for (uint32_t i = 0; i < RTE_DIM(bad); i++) {
		cached->path_mtu = bad[i];
		run(CHIMNEY_UPDATE, root);
		CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(path_word(0), before);
	}
}

/* neighbor `to` -> path; the statuses of both. */
static void
relink(uint32_t path, uint32_t to, uint32_t expected)
{
	struct offload_block_list *root = fake_neighbor(&fake, to, OFFLOAD_NEIGHBOR_BLOCK);
	struct offload_block_list *below = fake_path(&fake, path, OFFLOAD_PATH4_BLOCK);

	tree_add_dependent(root, below);
	run(CHIMNEY_UPDATE, root);
	CU_ASSERT_EQUAL(below->status, expected);
}

static void
test_relink(void)
{
	struct chimney_object_view view;
	uint64_t before = path_word(0);

	relink(0, 1, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(toe_path_word_neighbor(path_word(0)), toe_handle_index(fake.neighbor[1]));
	CU_ASSERT_EQUAL(toe_path_word_mtu(path_word(0)), 1500);
	CU_ASSERT_NOT_EQUAL(toe_word_epoch(path_word(0)), toe_word_epoch(before));
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_DRAIN), 2);
	CU_ASSERT(chimney_object_look(fake.target, fake.neighbor[1], &view));
	CU_ASSERT_EQUAL(view.dependents, 3);
	/* there and back gives another word */
	relink(0, 0, OFFLOAD_SUCCESS);
	CU_ASSERT_NOT_EQUAL(path_word(0), before);
	/* to the present neighbor: the word stays, the round is made */
	before = path_word(0);
	fake.logged = 0;
	relink(0, 0, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(path_word(0), before);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_DRAIN), 2);
	/* nothing was stopped: nothing is resumed */
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RESUME_PATH), 0);
}

static void
test_failed_updates(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_BLOCK), *top;
	uint64_t before = path_word(0);

	run(CHIMNEY_INVALIDATE, root);
	relink(0, 1, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(path_word(0), before);
	root = fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_CACHED);
	run(CHIMNEY_UPDATE, root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
	/* an invalid path takes no update, its valid connection does */
	root = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
	run(CHIMNEY_INVALIDATE, root);
	root = fake_path(&fake, 0, OFFLOAD_PATH4_CACHED);
	run(CHIMNEY_UPDATE, root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
	relink(0, 0, OFFLOAD_FAILURE);
	top = fake_tcp(&fake, 0, OFFLOAD_TCP_CACHED);
	run(CHIMNEY_UPDATE, top);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_SUCCESS);
	run(CHIMNEY_INVALIDATE, fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK));
	run(CHIMNEY_UPDATE, top);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_FAILURE);
}

/* A path between ports, or a connection under another path, cannot be had. */
static void
test_links_that_cannot_be(void)
{
	struct offload_block_list *elsewhere = fake_neighbor(&fake, 2, OFFLOAD_NEIGHBOR_ALL), *root;
	uint64_t before = path_word(0);

	elsewhere->port = 2;
	run(CHIMNEY_INITIATE, elsewhere);
	CU_ASSERT_EQUAL(elsewhere->status, OFFLOAD_SUCCESS);
	relink(0, 2, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(path_word(0), before);
	root = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
	tree_add_dependent(root, fake_tcp(&fake, 1, OFFLOAD_TCP_CACHED)); /* of path 1 */
	tree_add_dependent(root, fake_tcp(&fake, 0, OFFLOAD_TCP_CACHED));
	run(CHIMNEY_UPDATE, root);
	CU_ASSERT_EQUAL(root->dependent_block_list->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(root->dependent_block_list->next_block->status, OFFLOAD_SUCCESS);
}

static void
test_ticks(void)
{
	struct fake_options options = {.ticks_per_second = 10};
	struct offload_block_list *root;

	fake_end(&fake);
	fake_start(&fake, &options);
	fake_offload(&fake, 1, 1, 1);
	root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_DELEGATED);
	fake_advance_ms(&fake, 2500);
	run(CHIMNEY_QUERY, root);
	CU_ASSERT_EQUAL(((struct neighbor_delegated *)offload_block_delegated(root))
	                        ->target_reachability_delta,
	        25);
	run(CHIMNEY_QUERY, fake_tcp(&fake, 0, OFFLOAD_TCP_DELEGATED));
	CU_ASSERT_EQUAL(fake_last(&fake, TOE_OP_QUERY)->message.tick_ms, 100);
}

/* Each test gets two neighbors, four paths and sixteen connections. */
#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		fake_offload(&fake, 2, 4, 16);                                                     \
		tree_free(&fake.tree);                                                             \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(query_neighbor)
WITH_FAKE(query_path)
WITH_FAKE(query_connections)
WITH_FAKE(queries_overlap)
WITH_FAKE(update_neighbor)
WITH_FAKE(update_path_mtu)
WITH_FAKE(relink)
WITH_FAKE(failed_updates)
WITH_FAKE(links_that_cannot_be)
WITH_FAKE(ticks)

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"QRY-1 CTX-5 a neighbor", run_query_neighbor},
	        {"QRY-1 CTX-5 a path", run_query_path},
	        {"QRY-1 connections, by their owners", run_query_connections},
	        {"QRY-1 queries of one object overlap", run_queries_overlap},
	        {"UPD-1 D7 a neighbor's MAC", run_update_neighbor},
	        {"UPD-1 UPD-5 a path's MTU", run_update_path_mtu},
	        {"UPD-2 UPD-5 relink", run_relink},
	        {"UPD-5 INV-10 refused updates", run_failed_updates},
	        {"UPD-2 CTX-3 links that cannot be", run_links_that_cannot_be},
	        {"CTX-6 clock ticks of the host", run_ticks},
	};

	return unit_run("query_update", tests, RTE_DIM(tests));
}
