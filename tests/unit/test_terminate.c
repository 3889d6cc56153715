/* SPDX-License-Identifier: BSD-3-Clause */
/* Terminate: leaves first, what depends stays, what was under way completes before, slots come back. */
#include <string.h>

#include "fake_target.h"
#include "handle.h"

static struct fake fake;

static struct offload_block_list *
path(uint32_t i)
{
	return fake_path(&fake, i, OFFLOAD_PATH4_BLOCK);
}

static struct offload_block_list *
tcp(uint32_t i)
{
	return fake_tcp(&fake, i, OFFLOAD_TCP_DELEGATED);
}

static void
terminate(struct offload_block_list *root)
{
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_TERMINATE, root));
}

/* neighbor 0 -> paths 0, 2 -> their connections. Path i has connections i and i + 4. */
static struct offload_block_list *
half(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_DELEGATED);

	for (uint32_t i = 0; i < 4; i += 2) {
		struct offload_block_list *below = path(i);

		tree_add_dependent(root, below);
		tree_add_dependent(below, tcp(i));
		tree_add_dependent(below, tcp(i + 4));
	}
	return root;
}

static void
test_tree(void)
{
	struct offload_block_list *root = half(), *top = root->dependent_block_list;
	uint64_t handle = fake.conn[0];
	struct chimney_object_view view;

	fake_advance_ms(&fake, 50);
	top->dependent_block_list->send_chain = top;
	terminate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(top->dependent_block_list->status, OFFLOAD_SUCCESS);
	CU_ASSERT_PTR_NULL(top->dependent_block_list->send_chain);
	CU_ASSERT_EQUAL(((struct tcp_delegated *)offload_block_delegated(top->dependent_block_list))
	                        ->snd_una,
	        1000 + toe_handle_index(handle));
	CU_ASSERT_EQUAL(((struct neighbor_delegated *)offload_block_delegated(root))
	                        ->target_reachability_delta,
	        50);
	CU_ASSERT(!chimney_object_look(fake.target, handle, &view));
	CU_ASSERT(!chimney_object_look(fake.target, fake.neighbor[0], &view));
	CU_ASSERT(chimney_object_look(fake.target, fake.neighbor[1], &view));
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->neighbors, 1);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->paths, 2);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 4);
	/* the cells still hold the handles: they are stale now */
	terminate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(top->dependent_block_list->status, OFFLOAD_FAILURE);
}

static void
test_outside_dependents(void)
{
	struct offload_block_list *root = half(), *lone = path(1), *query = path(0), *last;

	/* connection 4 is not in the tree: path 0 and neighbor 0 stay */
	root->dependent_block_list->dependent_block_list->next_block = NULL;
	terminate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(root->dependent_block_list->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(root->dependent_block_list->dependent_block_list->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(root->dependent_block_list->next_block->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 5);
	/* a path without its connections */
	terminate(lone);
	CU_ASSERT_EQUAL(lone->status, OFFLOAD_FAILURE);
	/* what stays goes on */
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, query));
	CU_ASSERT_EQUAL(query->status, OFFLOAD_SUCCESS);
	CU_ASSERT(fake_path_valid(&fake, 0));
	last = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	tree_add_dependent(last, path(0));
	tree_add_dependent(last->dependent_block_list, tcp(4));
	terminate(last);
	CU_ASSERT_EQUAL(last->status, OFFLOAD_SUCCESS);
}

/* The structure of the tree need not be that of the objects: leaves go first all the same. */
static void
test_any_structure(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	struct offload_block_list *holder = fake_placeholder(&fake);

	tree_add_dependent(root, path(0));
	tree_add_dependent(root, path(2));
	tree_add_dependent(root, holder);
	for (uint32_t i = 0; i < 8; i += 2)
		tree_add_dependent(holder, tcp(i));
	terminate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(root->dependent_block_list->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(holder->status, OFFLOAD_SUCCESS);
}

static void
test_invalid_objects(void)
{
	struct offload_block_list *root = half();

	CU_ASSERT(fake_request(
	        &fake, CHIMNEY_INVALIDATE, fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK)));
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, path(0)));
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK)));
	terminate(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(root->dependent_block_list->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(root->dependent_block_list->dependent_block_list->status, OFFLOAD_SUCCESS);
	/* their slots serve new objects, which are valid and not indicated by what was due before */
	tree_free(&fake.tree);
	root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_ALL);
	tree_add_dependent(root, fake_path(&fake, 0, OFFLOAD_PATH4_ALL));
	tree_add_dependent(root->dependent_block_list, fake_tcp(&fake, 0, OFFLOAD_TCP_ALL));
	fake.neighbor[0] = fake.path[0] = fake.conn[0] = 0;
	CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT(fake_neighbor_valid(&fake, 0));
	CU_ASSERT(fake_path_valid(&fake, 0));
	fake.logged = 0;
	fake_advance_ms(&fake, 300);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_PATH), 0);
}

/* A query and an invalidate that were started before are completed before (TERM-2). */
static void
test_waits_for_others(void)
{
	struct offload_block_list *query = fake_tcp(&fake, 1, OFFLOAD_TCP_DELEGATED);
	struct offload_block_list *stop = fake_path(&fake, 1, OFFLOAD_PATH4_BLOCK);
	struct offload_block_list *root = path(1), *late = path(1);
	struct chimney_record record;
	uint32_t worker = fake_owner(&fake, 1);

	tree_add_dependent(root, tcp(1));
	tree_add_dependent(root, tcp(5));
	fake.stalled[0] = fake.stalled[1] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, query), 0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, stop), 0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_TERMINATE, root), 0);
	fake_settle(&fake);
	/* everything ordinary is answered, a drain is not */
	for (uint32_t i = 0; i < 2; i++) {
		while (fake_work_one(&fake, i, false))
			fake_control(&fake);
		fake_control(&fake);
	}
	CU_ASSERT_EQUAL(query->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_PENDING);
	/* it has left: nobody names it any more, not even an invalidate */
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, late), 0);
	fake_control(&fake);
	fake_control(&fake);
	CU_ASSERT_EQUAL(late->status, OFFLOAD_FAILURE);
	fake.stalled[worker] = false;
	fake.stalled[1 - worker] = false;
	CU_ASSERT(fake_completed(&fake, stop));
	CU_ASSERT(fake_completed(&fake, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT(!fake_read(&fake, &record));
}

/* Until a terminate has answers it may fail: queries and invalidates go on, other requests do not. */
static void
test_closing(void)
{
	struct offload_block_list *root = path(1), *again = path(1), *query = path(1);
	struct offload_block_list *stop = path(1), *update, *linker = path(1), *top;

	update = fake_path(&fake, 1, OFFLOAD_PATH4_CACHED);
	top = fake_tcp(&fake, 20, OFFLOAD_TCP_ALL);
	tree_add_dependent(linker, top);
	tree_add_dependent(root, tcp(1));
	fake.urgent_only[0] = fake.urgent_only[1] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_TERMINATE, root), 0);
	fake_control(&fake);
	terminate(again);
	CU_ASSERT_EQUAL(again->status, OFFLOAD_FAILURE);
	CU_ASSERT(fake_request(&fake, CHIMNEY_UPDATE, update));
	CU_ASSERT_EQUAL(update->status, OFFLOAD_FAILURE);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, linker));
	CU_ASSERT_EQUAL(linker->status, OFFLOAD_FAILURE);
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, query));
	CU_ASSERT_EQUAL(query->status, OFFLOAD_SUCCESS);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, stop));
	CU_ASSERT_EQUAL(stop->status, OFFLOAD_SUCCESS);
	fake.urgent_only[0] = fake.urgent_only[1] = false;
	CU_ASSERT(fake_completed(&fake, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE); /* connection 5 depends on it */
	/* it stays offloaded, and can be named again */
	tree_add_dependent(again, tcp(5));
	terminate(again);
	CU_ASSERT_EQUAL(again->status, OFFLOAD_SUCCESS);
}

/* What a worker has indicated of a connection is read before the completion (TERM-2), what others indicate later not. */
static void
test_indications_first(void)
{
	struct offload_block_list *root = tcp(0);
	struct chimney_record record;

	fake_indicate(&fake, fake_owner(&fake, 0), &fake.conn[0]);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_TERMINATE, root), 0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	fake_indicate(&fake, fake_owner(&fake, 1), &fake.conn[1]);
	CU_ASSERT(fake_read(&fake, &record));
	CU_ASSERT_EQUAL(record.kind, CHIMNEY_RETRIEVE);
	CU_ASSERT_PTR_EQUAL(record.handle, &fake.conn[0]);
	CU_ASSERT(fake_read(&fake, &record));
	CU_ASSERT_EQUAL(record.kind, CHIMNEY_COMPLETION);
	CU_ASSERT(fake_read(&fake, &record));
	CU_ASSERT_PTR_EQUAL(record.handle, &fake.conn[1]);
	CU_ASSERT(!fake_read(&fake, &record));
}

static void
test_slots_come_back(void)
{
	uint64_t old = 0;

	for (uint32_t round = 0; round < 20; round++) {
		struct offload_block_list *linker = path(0), *top;

		top = fake_tcp(&fake, 30, OFFLOAD_TCP_ALL);
		tree_add_dependent(linker, top);
		fake.conn[30] = 0;
		CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, linker));
		CU_ASSERT_EQUAL(top->status, OFFLOAD_SUCCESS);
		CU_ASSERT_NOT_EQUAL(fake.conn[30], old);
		old = fake.conn[30];
		terminate(tcp(30));
	}
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 8);
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
WITH_FAKE(tree)
WITH_FAKE(outside_dependents)
WITH_FAKE(any_structure)
WITH_FAKE(invalid_objects)
WITH_FAKE(waits_for_others)
WITH_FAKE(closing)
WITH_FAKE(indications_first)
WITH_FAKE(slots_come_back)

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"TERM-1 TERM-6 CTX-2 a tree, leaves first", run_tree},
	        {"TERM-6 what something outside depends on stays", run_outside_dependents},
	        {"TERM-6 leaves first in any structure", run_any_structure},
	        {"TERM-6 INV-9 invalid objects", run_invalid_objects},
	        {"TERM-2 older requests complete first", run_waits_for_others},
	        {"CTX-2 while a terminate is under way", run_closing},
	        {"TERM-2 indications are read first", run_indications_first},
	        {"TERM-1 CTX-2 slots come back under new generations", run_slots_come_back},
	};

	return unit_run("terminate", tests, RTE_DIM(tests));
}
