/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that do not answer: FAILURE, then RETRIEVE(HARDWARE_FAILURE), then ABORT; who is lost and who is not. */
#include <string.h>

#include "fake_target.h"
#include "handle.h"
#include "lost_bed.h"

static uint32_t
dead_connections(uint32_t count)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += fake_owner(&fake, i) == DEAD;
	return n;
}

static void
test_drain(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	uint32_t retrieves = 0, aborts = 0, expected = dead_connections(16);
	struct chimney_record record;

	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	pass_ms(900);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_PENDING);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 0);
	pass_ms(200);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(atomic_load(&fake.worker[DEAD]->lost), 1);
	CU_ASSERT_EQUAL(atomic_load(&fake.worker[0]->lost), 0);
	/* the completion, then for each of its connections the two indications, in this order */
	CU_ASSERT(fake_read(&fake, &record));
	CU_ASSERT_EQUAL(record.kind, CHIMNEY_COMPLETION);
	CU_ASSERT_PTR_EQUAL(record.root, root);
	while (fake_read(&fake, &record)) {
		if (record.kind == CHIMNEY_RETRIEVE) {
			CU_ASSERT_EQUAL(record.reason, RETRIEVE_HARDWARE_FAILURE);
			CU_ASSERT_EQUAL(retrieves, aborts);
			CU_ASSERT_EQUAL(toe_handle_worker(*(uint64_t *)record.handle), DEAD);
			retrieves++;
		} else {
			CU_ASSERT_EQUAL(record.kind, CHIMNEY_ABORT);
			aborts++;
		}
	}
	CU_ASSERT(expected > 0);
	CU_ASSERT_EQUAL(retrieves, expected);
	CU_ASSERT_EQUAL(aborts, expected);
}

/* It answers the drain and hangs before the walk, which owes no answer: its connections are not forgotten. */
static void
test_walk(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	uint32_t retrieves = 0, expected = dead_connections(16);
	struct chimney_record record;

	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	fake.stalled[DEAD] = true;
	pass_ms(3000);
	CU_ASSERT_EQUAL(atomic_load(&fake.worker[DEAD]->lost), 1);
	CU_ASSERT_EQUAL(atomic_load(&fake.worker[0]->lost), 0);
	while (fake_read(&fake, &record))
		retrieves += record.kind == CHIMNEY_RETRIEVE &&
		             record.reason == RETRIEVE_HARDWARE_FAILURE;
	CU_ASSERT(expected > 0);
	CU_ASSERT_EQUAL(retrieves, expected);
}

static void
test_later_requests(void)
{
	uint32_t lost = a_connection_of(DEAD), alive = a_connection_of(0);
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK), *stop;
	struct offload_block_list *query = fake_tcp(&fake, lost, OFFLOAD_TCP_DELEGATED);
	struct offload_block_list *other = fake_tcp(&fake, alive, OFFLOAD_TCP_DELEGATED);
	struct offload_block_list *update = fake_tcp(&fake, lost, OFFLOAD_TCP_CACHED);
	struct offload_block_list *linker, *top;
	uint32_t fresh = 16;

	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	pass_ms(1200);
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, query));
	CU_ASSERT_EQUAL(query->status, OFFLOAD_FAILURE);
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, other));
	CU_ASSERT_EQUAL(other->status, OFFLOAD_SUCCESS);
	CU_ASSERT(fake_request(&fake, CHIMNEY_UPDATE, update));
	CU_ASSERT_EQUAL(update->status, OFFLOAD_FAILURE);
	stop = fake_tcp(&fake, lost, OFFLOAD_TCP_BLOCK);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, stop));
	CU_ASSERT_EQUAL(stop->status, OFFLOAD_FAILURE);
	/* nobody can say that the lost worker is silent */
	stop = fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_BLOCK);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, stop));
	CU_ASSERT_EQUAL(stop->status, OFFLOAD_FAILURE);
	/* a new connection that it would own: a lack of resources */
	linker = fake_path(&fake, 14, OFFLOAD_PATH4_ALL);
	top = fake_neighbor(&fake, 2, OFFLOAD_NEIGHBOR_ALL);
	tree_add_dependent(top, linker);
	for (uint32_t i = 0; i < 16; i++)
		tree_add_dependent(linker, fake_tcp(&fake, fresh + i, OFFLOAD_TCP_ALL));
	CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, top));
	CU_ASSERT_EQUAL(linker->status, OFFLOAD_PARTIAL_SUCCESS);
	for (top = linker->dependent_block_list; top != NULL; top = top->next_block)
		CU_ASSERT(top->status == OFFLOAD_SUCCESS || top->status == OFFLOAD_RESOURCES);
}

static void
test_terminate(void)
{
	uint32_t lost = a_connection_of(DEAD);
	struct offload_block_list *first = fake_tcp(&fake, lost, OFFLOAD_TCP_DELEGATED), *next;
	struct chimney_object_view view;

	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_TERMINATE, first), 0);
	pass_ms(1200);
	/* the terminate that meets the loss fails, and the handle is still good */
	CU_ASSERT_EQUAL(first->status, OFFLOAD_FAILURE);
	CU_ASSERT(chimney_object_look(fake.target, fake.conn[lost], &view));
	CU_ASSERT(fake_completed(&fake, first));
	fake_settle(&fake);
	next = fake_tcp(&fake, lost, OFFLOAD_TCP_DELEGATED);
	CU_ASSERT(fake_request(&fake, CHIMNEY_TERMINATE, next));
	CU_ASSERT_EQUAL(next->status, OFFLOAD_FAILURE);
	CU_ASSERT(!chimney_object_look(fake.target, fake.conn[lost], &view));
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 15);
}

/* Everything can be taken back after a loss, and the host can leave. */
static void
test_everything_goes(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	struct chimney_record record;

	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	pass_ms(1200);
	CU_ASSERT(fake_completed(&fake, root));
	for (uint32_t i = 0; i < 20; i++)
		while (fake_read(&fake, &record))
			fake_control(&fake);
	tree_free(&fake.tree);
	root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	tree_add_next(root, fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_BLOCK));
	for (uint32_t i = 0; i < 4; i++)
		tree_add_dependent(
		        i % 2 ? root->next_block : root, fake_path(&fake, i, OFFLOAD_PATH4_BLOCK));
	for (uint32_t i = 0; i < 16; i++)
		tree_add_dependent(
		        root->dependent_block_list, fake_tcp(&fake, i, OFFLOAD_TCP_DELEGATED));
	CU_ASSERT(fake_request(&fake, CHIMNEY_TERMINATE, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(root->next_block->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 0);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->neighbors, 0);
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[0]), 0);
	fake_control(&fake);
}

/* A worker whose ordinary work takes long answers what is urgent: it is not lost. */
static void
test_busy_is_not_lost(void)
{
	struct offload_block_list *query =
	        fake_tcp(&fake, a_connection_of(DEAD), OFFLOAD_TCP_DELEGATED);

	fake.urgent_only[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, query), 0);
	pass_ms(5000);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 0);
	CU_ASSERT_EQUAL(query->status, OFFLOAD_PENDING);
	CU_ASSERT(fake_count(&fake, TOE_OP_PING) > 0);
	fake.urgent_only[DEAD] = false;
	CU_ASSERT(fake_completed(&fake, query));
	CU_ASSERT_EQUAL(query->status, OFFLOAD_SUCCESS);
	/* an idle target asks nobody */
	fake_settle(&fake);
	fake.logged = 0;
	pass_ms(5000);
	CU_ASSERT_EQUAL(fake.logged, 0);
}

static void
test_update_is_undone(void)
{
	uint32_t index = toe_handle_index(fake.path[0]);
	struct offload_block_list *root = fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_CACHED);
	struct offload_block_list *below = fake_path(&fake, 0, OFFLOAD_PATH4_CACHED);
	struct neighbor_cached *cached = offload_block_cached(root);
	uint64_t word;

	cached->destination_mac[5] = 0x77;
	((struct path_cached *)offload_block_cached(below))->path_mtu = 1300;
	tree_add_dependent(root, below);
	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_UPDATE, root), 0);
	pass_ms(1200);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(below->status, OFFLOAD_FAILURE);
	word = atomic_load(&fake.shared.paths[index].word);
	CU_ASSERT_EQUAL(toe_path_word_neighbor(word), toe_handle_index(fake.neighbor[0]));
	CU_ASSERT_EQUAL(toe_path_word_mtu(word), 1500);
	CU_ASSERT(toe_word_valid(word));
	word = atomic_load(&fake.shared.neighbors[toe_handle_index(fake.neighbor[1])].word);
	CU_ASSERT_EQUAL((uint8_t)(word >> 40), 1);
	/* from now on such a path is not changed at all */
	CU_ASSERT(fake_request(&fake, CHIMNEY_UPDATE, root));
	CU_ASSERT_EQUAL(below->status, OFFLOAD_FAILURE);
}

static void
test_initiate(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 3, OFFLOAD_NEIGHBOR_ALL), *top;
	struct offload_block_list *below = fake_path(&fake, 9, OFFLOAD_PATH4_ALL);
	uint32_t failed = 0;

	tree_add_dependent(root, below);
	for (uint32_t i = 0; i < 16; i++)
		tree_add_dependent(below, fake_tcp(&fake, 20 + i, OFFLOAD_TCP_ALL));
	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, root), 0);
	pass_ms(1200);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(below->status, OFFLOAD_PARTIAL_SUCCESS);
	for (top = below->dependent_block_list; top != NULL; top = top->next_block) {
		failed += top->status == OFFLOAD_FAILURE;
		CU_ASSERT_EQUAL(*top->offload_context == 0, top->status == OFFLOAD_FAILURE);
	}
	CU_ASSERT(failed > 0 && failed < 16);
}

static void
test_shutdown(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);

	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	chimney_stop(fake.target);
	pass_ms(900);
	CU_ASSERT(!chimney_stopped(fake.target));
	pass_ms(300);
	CU_ASSERT(chimney_stopped(fake.target));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
}

/* INV-17: whatever was taken before the loss and meets it completes before the indications. */
static void
test_order(void)
{
	uint32_t i = a_connection_of(DEAD);
	struct offload_block_list *roots[2] = {fake_tcp(&fake, i, OFFLOAD_TCP_DELEGATED),
	        fake_tcp(&fake, i, OFFLOAD_TCP_DELEGATED)};
	struct chimney_record record;
	uint32_t completions = 0;

	fake.stalled[DEAD] = true;
	for (uint32_t k = 0; k < 2; k++)
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, roots[k]), 0);
	pass_ms(1200);
	while (fake_read(&fake, &record)) {
		completions += record.kind == CHIMNEY_COMPLETION;
		if (record.kind != CHIMNEY_COMPLETION)
			CU_ASSERT_EQUAL(completions, 2);
	}
	CU_ASSERT_EQUAL(completions, 2);
}

WITH_LOST_BED(drain)
WITH_LOST_BED(walk)
WITH_LOST_BED(later_requests)
WITH_LOST_BED(terminate)
WITH_LOST_BED(everything_goes)
WITH_LOST_BED(busy_is_not_lost)
WITH_LOST_BED(update_is_undone)
WITH_LOST_BED(initiate)
WITH_LOST_BED(shutdown)
WITH_LOST_BED(order)

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"INV-14 INV-17 a drain that is not answered", run_drain},
	        {"INV-9 INV-14 a worker that hangs before its walk", run_walk},
	        {"INV-14 TERM-8 later requests", run_later_requests},
	        {"TERM-8 CTX-2 terminate, and the one that follows", run_terminate},
	        {"TERM-8 everything can be taken back after a loss", run_everything_goes},
	        {"INV-14 a busy worker is not lost", run_busy_is_not_lost},
	        {"UPD-5 INV-14 an update that meets a loss is undone", run_update_is_undone},
	        {"INIT-4 INV-14 an initiate that meets a loss", run_initiate},
	        {"INV-15 shutdown does not wait for a lost worker", run_shutdown},
	        {"INV-17 failures before indications", run_order},
	};

	return unit_run("lost", tests, RTE_DIM(tests));
}
