/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters of control that would come round (C5): they are set forward here, to where they used to. */
#include <string.h>

#include "control.h"
#include "fake_target.h"
#include "test_mutant.h"

static struct fake fake;

/* Numbers of requests at which something was as it had been before, or 0: of ids, of tags, of words. */
static const uint64_t rounds[] = {
        UINT64_C(1) << 23,
        (UINT64_C(1) << 31) - 2,
        UINT64_C(1) << 31,
        UINT64_C(1) << 32,
        UINT64_C(1) << 40,
};

static struct offload_block_list *
neighbor_and_paths(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);

	for (uint32_t i = 0; i < 4; i += 2) {
		struct offload_block_list *path = fake_path(&fake, i, OFFLOAD_PATH4_BLOCK);

		tree_add_dependent(path, fake_tcp(&fake, i, OFFLOAD_TCP_BLOCK));
		tree_add_dependent(root, path);
	}
	return root;
}

/* A tree that names what the request so long before it has named is no tree that names something twice. */
static void
test_claims_are_forgotten(void)
{
	for (uint32_t i = 0; i < RTE_DIM(rounds); i++) {
		for (uint32_t kind = CHIMNEY_QUERY; kind <= CHIMNEY_INVALIDATE; kind++) {
			struct offload_block_list *root = neighbor_and_paths();
			uint64_t sequence = control_of(fake.target)->requests.sequence;

			CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_QUERY, root));
			CU_ASSERT_FATAL(fake_request(&fake, kind, root));
			control_of(fake.target)->requests.sequence = sequence + rounds[i];
			for (uint32_t k = 0; k < 2; k++) {
				CU_ASSERT_FATAL(
				        fake_request(&fake, k ? kind : CHIMNEY_QUERY, root));
				for (struct offload_block_list *path = root->dependent_block_list;
				        path != NULL; path = path->next_block)
					CU_ASSERT(kind == CHIMNEY_UPDATE ||
					          path->status == OFFLOAD_SUCCESS);
			}
			fake_end(&fake);
			fake_start(&fake, NULL);
			fake_offload(&fake, 2, 4, 8);
		}
	}
}

/* A claim that a malformed tree has left behind concerns nobody after it. */
static void
test_named_twice_once(void)
{
	struct offload_block_list *root = neighbor_and_paths(), *again;

	again = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
	tree_add_dependent(root, again);
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_QUERY, root));
		CU_ASSERT_EQUAL(again->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(root->dependent_block_list->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(root->dependent_block_list->next_block->status, OFFLOAD_SUCCESS);
		CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_QUERY, neighbor_and_paths()));
		CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INVALIDATE, again));
		CU_ASSERT_EQUAL(again->status, OFFLOAD_SUCCESS);
	}
	again = neighbor_and_paths();
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_QUERY, again));
	CU_ASSERT_EQUAL(again->dependent_block_list->status, OFFLOAD_SUCCESS);
}

/* Ids of requests that go out over the wrap of 32 bits are all different, and none is 0. */
static void
test_ids(void)
{
	uint64_t seen[64];
	uint32_t count = 0;

	for (uint32_t i = 0; i < RTE_DIM(rounds); i++) {
		if (control_of(fake.target)->requests.sequence >= rounds[i] - 3)
			continue;
		control_of(fake.target)->requests.sequence = rounds[i] - 3;
		for (uint32_t k = 0; k < 6; k++) {
			struct offload_block_list *root = fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK);

			fake.logged = 0;
			CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_QUERY, root));
			CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
			seen[count] = fake_last(&fake, TOE_OP_QUERY)->message.request;
			CU_ASSERT_NOT_EQUAL(seen[count], 0);
			for (uint32_t m = 0; m < count; m++)
				CU_ASSERT_NOT_EQUAL(seen[m], seen[count]);
			count++;
		}
	}
}

/* A request whose worker hangs completes, whatever its number is. */
static void
test_lost_at_the_wrap(void)
{
	struct offload_block_list *root = fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK);

	control_of(fake.target)->requests.sequence = (UINT64_C(1) << 23) - 1;
	fake.stalled[fake_owner(&fake, 0)] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, root), 0);
	for (uint32_t i = 0; i < 40 && root->status != OFFLOAD_FAILURE; i++) {
		fake_settle(&fake);
		fake_advance_ms(&fake, 100);
	}
	CU_ASSERT(fake_completed(&fake, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
}

/* A nonce or claim of 0 would be that of every block that comes with 0 there: no salt makes one. */
static void
test_nonces(void)
{
	struct offload_block_list *root = fake_placeholder(&fake);
	struct nonce_table table = {0};
	uint64_t id = UINT64_C(77) * CONTROL_RECORDS + 5;

	table.salt = (uintptr_t)root;
	CU_ASSERT_NOT_EQUAL(nonce_claim(&table, root), 0);
	*nonce_word(root) = 0;
	CU_ASSERT(nonce_take(&table, root, nonce_claim(&table, root)));
	table.salt = ~id;
	CU_ASSERT_NOT_EQUAL(nonce_make(&table, id), 0);
	CU_ASSERT_NOT_EQUAL(nonce_make(&table, id), nonce_make(&table, id + 1));
	table.active[5] = nonce_make(&table, id);
	CU_ASSERT(nonce_in_flight(&table, root, nonce_make(&table, id)));
	CU_ASSERT(!nonce_in_flight(&table, root, nonce_make(&table, id + CONTROL_RECORDS)));
}

/* Stop ids over the wrap of 32 bits: every named connection is released, in order. */
static void
test_stop_ids(void)
{
	struct stop_host *stops = &control_of(fake.target)->stops.host[0];
	uint64_t last = 0;
	uint32_t released = 0;

	stops->first_batch = stops->next_batch = UINT32_MAX - 3;
	for (uint32_t i = 0; i < 8; i++) {
		struct offload_block_list *root = fake_tcp(&fake, i, OFFLOAD_TCP_BLOCK);

		CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INVALIDATE, root));
		last = fake_last(&fake, TOE_OP_INVALIDATE)->message.argument;
		fake_advance_ms(&fake, 20);
		fake_settle(&fake);
	}
	CU_ASSERT_EQUAL(last, 4 - 1);
	fake_advance_ms(&fake, 200);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_NAMED), 8);
	for (uint32_t m = 0; m < fake.logged; m++)
		released += fake.log[m].message.op == TOE_OP_RETRIEVE_NAMED &&
		            fake.log[m].message.argument == last;
	CU_ASSERT_EQUAL(released, 1);
}

/* The count of completions that orders indications among them (INV-17). */
static void
test_completions_counted(void)
{
	struct offload_block_list *root = fake_placeholder(&fake);
	struct chimney_host *host = fake.host[0];
	struct chimney_record record;

	atomic_store(&host->completed, UINT32_MAX - 2);
	atomic_store(&host->returned, UINT32_MAX - 2);
	atomic_store(&host->submitted, UINT32_MAX - 2);
	for (uint32_t i = 0; i < 6; i++) {
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, root), 0);
		fake_settle(&fake);
		fake_indicate(&fake, 0, &fake.conn[0]);
		CU_ASSERT(fake_read(&fake, &record));
		CU_ASSERT_EQUAL(record.kind, CHIMNEY_COMPLETION);
		CU_ASSERT(fake_read(&fake, &record));
		CU_ASSERT_EQUAL(record.kind, CHIMNEY_RETRIEVE);
	}
}

/* An answer to a former use of a hold's record is none to the present one. */
static void
test_holds(void)
{
	struct chimney_hold hold = {.family = 4}, next = {.family = 4};
	uint64_t id;

	CU_ASSERT_EQUAL(chimney_hold(fake.host[0], &hold), 0);
	fake_settle(&fake);
	CU_ASSERT_NOT_EQUAL(atomic_load(&hold.done), 0);
	id = fake_last(&fake, TOE_OP_HOLD)->message.request;
	fake.stalled[0] = fake.stalled[1] = true;
	CU_ASSERT_EQUAL(chimney_hold(fake.host[0], &next), 0);
	fake_control(&fake);
	hold_answered(&control_of(fake.target)->workers, id, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(atomic_load(&next.done), 0);
	fake.stalled[0] = fake.stalled[1] = false;
	fake_settle(&fake);
	CU_ASSERT_NOT_EQUAL(atomic_load(&next.done), 0);
}

/* Each test gets two neighbors, four paths and eight connections. */
#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		fake_offload(&fake, 2, 4, 8);                                                      \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(claims_are_forgotten)
WITH_FAKE(named_twice_once)
WITH_FAKE(ids)
WITH_FAKE(lost_at_the_wrap)
WITH_FAKE(nonces)
WITH_FAKE(stop_ids)
WITH_FAKE(completions_counted)
WITH_FAKE(holds)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C5 TREE-8 claims of a request long ago", run_claims_are_forgotten},
	        {"C5 TREE-8 claims of a tree that names an object twice", run_named_twice_once},
	        {"C5 ids of requests", run_ids},
	        {"C5 INV-14 a request whose id would be 0", run_lost_at_the_wrap},
	        {"C5 D10 nonces and claims are never 0", run_nonces},
	        {"C5 INV-9 stop ids", run_stop_ids},
	        {"C5 INV-17 the count of completions", run_completions_counted},
	        {"C5 answers to holds", run_holds},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("counters", tests, RTE_DIM(tests));
}
