/* SPDX-License-Identifier: BSD-3-Clause */
/* RETRIEVEs of two hosts (C4, INV-9): what one is owed does not wait for the other. */
#include "control.h"
#include "fake_other.h"
#include "handle.h"
#include "test_mutant.h"

#define SOON 6u /* turns */

static struct fake fake;

/* What one host has named waits for its invalidate; another's is released when it is due. */
static void
test_named_of_two_hosts(void)
{
	struct offload_block_list *stuck = fake_pending(fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK)),
	                          *quick;
	uint32_t other = 0;

	while (toe_handle_worker(fake_other.conn[other]) == fake_owner(&fake, 0))
		other++;
	fake.stalled[fake_owner(&fake, 0)] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, stuck), 0);
	fake_turns(&fake, 1);
	quick = fake_pending(tree_block(&fake.tree, OFFLOAD_TCP_BLOCK, &fake_other.conn[other]));
	CU_ASSERT(fake_other_submit(&fake, CHIMNEY_INVALIDATE, quick));
	CU_ASSERT(fake_turns_until(&fake, quick, SOON) < SOON);
	fake_advance_ms(&fake, 230);
	fake_turns(&fake, 4);
	CU_ASSERT_EQUAL(stuck->status, OFFLOAD_PENDING);
	CU_ASSERT_EQUAL_FATAL(fake_count(&fake, TOE_OP_RETRIEVE_NAMED), 1);
	CU_ASSERT_EQUAL(fake_last(&fake, TOE_OP_RETRIEVE_NAMED)->message.host, 1);
	fake.stalled[0] = fake.stalled[1] = false;
	fake_settle(&fake);
	fake_advance_ms(&fake, 230);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_NAMED), 2);
}

/* A full mailbox holds up the RETRIEVEs of those that need this worker, not of another host. */
static void
test_retrieves_of_two_hosts(void)
{
	struct offload_block_list *paths = NULL, *quick;
	uint32_t busy = fake_owner(&fake, 0), told = 0;

	/* all paths of host 0, and its worker's mailbox is full of their walks */
	for (uint32_t i = 0; i < 4; i++) {
		struct offload_block_list *path = fake_path(&fake, i, OFFLOAD_PATH4_BLOCK);

		if (paths == NULL)
			paths = fake_pending(path);
		else
			tree_add_next(paths, path);
	}
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, paths), 0);
	CU_ASSERT(fake_turns_until(&fake, paths, SOON) < SOON);
	quick = fake_pending(tree_block(&fake.tree, OFFLOAD_NEIGHBOR_BLOCK, &fake_other.neighbor));
	CU_ASSERT(fake_other_submit(&fake, CHIMNEY_INVALIDATE, quick));
	CU_ASSERT(fake_turns_until(&fake, quick, SOON) < SOON);
	fake.urgent_only[busy] = true;
	for (uint32_t i = 0; i < 16; i++) {
		struct toe_message message = {.op = TOE_OP_PING};

		toe_mailbox_send(
		        &control_of(fake.target)->workers.links[busy].worker->ordinary, &message);
	}
	fake_advance_ms(&fake, 230);
	fake_turns(&fake, 4);
	/* the other worker has been told by both hosts */
	for (uint32_t i = 0; i < fake.logged; i++)
		if (fake.log[i].message.op == TOE_OP_RETRIEVE_PATH)
			told |= 1u << fake.log[i].message.host;
	CU_ASSERT_EQUAL(told, 3);
	fake.urgent_only[busy] = false;
	fake_settle(&fake);
}

/* Each test gets two neighbors, four paths and eight connections of host 0, and a path of host 1. */
#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		fake_offload(&fake, 2, 4, 8);                                                      \
		fake_other_offload(&fake, 8);                                                      \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(named_of_two_hosts)
WITH_FAKE(retrieves_of_two_hosts)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C4 INV-9 named connections of two hosts", run_named_of_two_hosts},
	        {"C4 INV-9 paths of two hosts", run_retrieves_of_two_hosts},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("retrieve_hosts", tests, RTE_DIM(tests));
}
