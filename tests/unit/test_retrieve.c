/* SPDX-License-Identifier: BSD-3-Clause */
/* RETRIEVE after an invalidate, RESUME after a relink: when, for what, once. */
#include <string.h>

#include "fake_target.h"
#include "handle.h"

static struct fake fake;

static void
request(enum chimney_request kind, struct offload_block_list *root)
{
	CU_ASSERT_FATAL(fake_request(&fake, kind, root));
	CU_ASSERT_EQUAL_FATAL(root->status, OFFLOAD_SUCCESS);
}

static void
invalidate_neighbor(uint32_t i)
{
	request(CHIMNEY_INVALIDATE, fake_neighbor(&fake, i, OFFLOAD_NEIGHBOR_BLOCK));
}

static void
relink(uint32_t path, uint32_t neighbor)
{
	struct offload_block_list *root = fake_neighbor(&fake, neighbor, OFFLOAD_NEIGHBOR_BLOCK);

	tree_add_dependent(root, fake_path(&fake, path, OFFLOAD_PATH4_BLOCK));
	request(CHIMNEY_UPDATE, root);
	CU_ASSERT_EQUAL_FATAL(root->dependent_block_list->status, OFFLOAD_SUCCESS);
}

/* Messages of this kind for path i since the log was emptied; each must carry the present words. */
static uint32_t
count_for(enum toe_op op, uint32_t i)
{
	uint32_t index = toe_handle_index(fake.path[i]), count = 0;
	struct toe_route route = toe_route_read(&fake.shared, index);

	for (uint32_t m = 0; m < fake.logged; m++) {
		const struct toe_message *message = &fake.log[m].message;

		if (message->op != op || message->path != index)
			continue;
		CU_ASSERT_EQUAL(message->argument, route.path_word);
		CU_ASSERT_EQUAL(message->neighbor_word, route.neighbor_word);
		count++;
	}
	return count;
}

static void
wait_ms(uint32_t ms)
{
	fake_advance_ms(&fake, ms);
	fake_settle(&fake);
}

static void
test_delay(void)
{
	invalidate_neighbor(0);
	wait_ms(199);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_PATH), 0);
	wait_ms(2);
	/* paths 0 and 2 hang from neighbor 0; each is known to both workers */
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 0), 2);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 2), 2);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_PATH), 4);
	/* once per stop */
	invalidate_neighbor(0);
	wait_ms(500);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_PATH), 4);
}

static void
test_at_once(void)
{
	struct fake_options options = {.retrieve_delay_ms = UINT32_MAX};

	fake_end(&fake);
	fake_start(&fake, &options);
	fake_offload(&fake, 2, 4, 16);
	fake.stalled[0] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE,
	                        fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK)),
	        0);
	for (uint32_t i = 0; i < 20; i++) {
		fake_control(&fake);
		fake_work(&fake);
	}
	/* never before the completion */
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_PATH), 0);
	fake.stalled[0] = false;
	fake_settle(&fake);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_PATH), 4);
	CU_ASSERT_EQUAL(fake_last(&fake, TOE_OP_RETRIEVE_PATH)->message.flags, 0);
}

static void
test_on_send(void)
{
	struct fake_options options = {.retrieve_policy = CHIMNEY_RETRIEVE_ON_SEND};

	fake_end(&fake);
	fake_start(&fake, &options);
	fake_offload(&fake, 2, 4, 16);
	invalidate_neighbor(0);
	request(CHIMNEY_INVALIDATE, fake_tcp(&fake, 1, OFFLOAD_TCP_BLOCK));
	fake_settle(&fake);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_PATH), 4);
	CU_ASSERT_EQUAL(fake_last(&fake, TOE_OP_RETRIEVE_PATH)->message.flags, TOE_MSG_ON_SEND);
	CU_ASSERT_EQUAL(fake_last(&fake, TOE_OP_RETRIEVE_NAMED)->message.flags, TOE_MSG_ON_SEND);
}

static void
test_relink_cancels(void)
{
	invalidate_neighbor(0);
	wait_ms(100);
	relink(0, 1);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RESUME_PATH, 0), 2);
	wait_ms(150);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 0), 0);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 2), 2);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RESUME_PATH, 2), 0);
}

/* A path that moves from one stop into the next is indicated by the second, when that is due. */
static void
test_from_stop_to_stop(void)
{
	invalidate_neighbor(0);
	wait_ms(50);
	relink(0, 1);
	wait_ms(100);
	invalidate_neighbor(1);
	wait_ms(100); /* the first stop is due, the second is not */
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 0), 0);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 2), 2);
	wait_ms(110);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 0), 2);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 1), 2);
}

static void
test_named_path(void)
{
	request(CHIMNEY_INVALIDATE, fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK));
	wait_ms(100);
	invalidate_neighbor(0);
	wait_ms(110);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 0), 2);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 2), 0);
	wait_ms(110);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 2), 2);
}

/* An MTU update changes the word under which a walk may be going on: it is told the new one. */
static void
test_update_of_a_stopped_path(void)
{
	struct offload_block_list *root = fake_path(&fake, 0, OFFLOAD_PATH4_CACHED);

	invalidate_neighbor(0);
	wait_ms(210);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 0), 2);
	fake.logged = 0;
	((struct path_cached *)offload_block_cached(root))->path_mtu = 1400;
	request(CHIMNEY_UPDATE, root);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 0), 2);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RESUME_PATH), 0);
}

static void
test_named_connections(void)
{
	const struct fake_logged *named;
	uint64_t first, second;

	request(CHIMNEY_INVALIDATE, fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK));
	first = fake_last(&fake, TOE_OP_INVALIDATE)->message.argument;
	wait_ms(20); /* longer than a batch stays open */
	request(CHIMNEY_INVALIDATE, fake_tcp(&fake, 1, OFFLOAD_TCP_BLOCK));
	second = fake_last(&fake, TOE_OP_INVALIDATE)->message.argument;
	CU_ASSERT_EQUAL(second, first + 1);
	wait_ms(175);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_NAMED), 0);
	wait_ms(10);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_NAMED), 1);
	named = fake_last(&fake, TOE_OP_RETRIEVE_NAMED);
	CU_ASSERT_EQUAL(named->worker, fake_owner(&fake, 0));
	CU_ASSERT_EQUAL(named->message.argument, first);
	wait_ms(20);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_NAMED), 2);
	CU_ASSERT_EQUAL(fake_last(&fake, TOE_OP_RETRIEVE_NAMED)->message.argument, second);
	CU_ASSERT_EQUAL(fake_last(&fake, TOE_OP_RETRIEVE_NAMED)->worker, fake_owner(&fake, 1));
}

/* Many invalidates of connections in a short time share stop ids; all are released. */
static void
test_many_named(void)
{
	uint64_t highest[FAKE_WORKERS] = {0}, needed[FAKE_WORKERS] = {0};

	for (uint32_t round = 0; round < 400; round++) {
		uint32_t i = round % 16;

		request(CHIMNEY_INVALIDATE, fake_tcp(&fake, i, OFFLOAD_TCP_BLOCK));
		needed[fake_owner(&fake, i)] =
		        fake_last(&fake, TOE_OP_INVALIDATE)->message.argument;
		fake_advance_ms(&fake, 1);
		if (round % 100 == 99)
			tree_free(&fake.tree);
	}
	wait_ms(250);
	CU_ASSERT(fake_count(&fake, TOE_OP_RETRIEVE_NAMED) < 200);
	for (uint32_t m = 0; m < fake.logged; m++)
		if (fake.log[m].message.op == TOE_OP_RETRIEVE_NAMED)
			highest[fake.log[m].worker] = fake.log[m].message.argument;
	CU_ASSERT(highest[0] >= needed[0]);
	CU_ASSERT(highest[1] >= needed[1]);
}

/* A connection whose initiate is in progress when its neighbor is stopped is indicated after its completion. */
static void
test_initiate_in_progress(void)
{
	struct offload_block_list *linker = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK), *top;

	top = fake_tcp(&fake, 20, OFFLOAD_TCP_ALL);
	tree_add_dependent(linker, top);
	fake.urgent_only[0] = fake.urgent_only[1] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, linker), 0);
	fake_control(&fake);
	invalidate_neighbor(0);
	fake_advance_ms(&fake, 250);
	for (uint32_t i = 0; i < 20; i++) {
		fake_control(&fake);
		fake_work(&fake);
	}
	fake.urgent_only[0] = fake.urgent_only[1] = false;
	fake_settle(&fake);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 2), 2);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 0), 2);
	/* behind the initiate in the same mailbox */
	CU_ASSERT(fake_last(&fake, TOE_OP_RETRIEVE_PATH) > fake_last(&fake, TOE_OP_INITIATE));
}

static void
test_terminated_meanwhile(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK), *below;

	invalidate_neighbor(0);
	request(CHIMNEY_INVALIDATE, fake_path(&fake, 1, OFFLOAD_PATH4_BLOCK));
	for (uint32_t p = 0; p < 4; p += 2) {
		below = fake_path(&fake, p, OFFLOAD_PATH4_BLOCK);
		tree_add_dependent(root, below);
		for (uint32_t i = p; i < 16; i += 4)
			tree_add_dependent(below, fake_tcp(&fake, i, OFFLOAD_TCP_BLOCK));
	}
	request(CHIMNEY_TERMINATE, root);
	wait_ms(300);
	CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, 1), 2);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_PATH), 2);
}

static void
test_full_mailbox(void)
{
	struct fake_options options = {.mailbox_size = 2};

	fake_end(&fake);
	fake_start(&fake, &options);
	fake_offload(&fake, 1, 16, 64);
	invalidate_neighbor(0);
	fake.urgent_only[1] = true; /* one mailbox fills after one message */
	fake_advance_ms(&fake, 201);
	for (uint32_t i = 0; i < 50; i++) {
		fake_control(&fake);
		fake_work(&fake);
	}
	CU_ASSERT(chimney_stats(fake.target)->mailbox_full > 0);
	fake.urgent_only[1] = false;
	fake_settle(&fake);
	for (uint32_t i = 0; i < 16; i++)
		CU_ASSERT_EQUAL(count_for(TOE_OP_RETRIEVE_PATH, i), 2);
}

/* Each test gets two neighbors, four paths and sixteen connections, so that both workers know each path. */
#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		fake_offload(&fake, 2, 4, 16);                                                     \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(delay)
WITH_FAKE(at_once)
WITH_FAKE(on_send)
WITH_FAKE(relink_cancels)
WITH_FAKE(from_stop_to_stop)
WITH_FAKE(named_path)
WITH_FAKE(update_of_a_stopped_path)
WITH_FAKE(named_connections)
WITH_FAKE(many_named)
WITH_FAKE(initiate_in_progress)
WITH_FAKE(terminated_meanwhile)
WITH_FAKE(full_mailbox)

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"INV-9 D2 after the delay, once per stop", run_delay},
	        {"INV-9 D2 at once, but after the completion", run_at_once},
	        {"D2 on-send", run_on_send},
	        {"INV-10 D3 a relink in time cancels and resumes", run_relink_cancels},
	        {"INV-9 D3 from one stop to the next", run_from_stop_to_stop},
	        {"INV-9 a path that is named itself", run_named_path},
	        {"INV-9 INV-10 an update of a stopped path", run_update_of_a_stopped_path},
	        {"INV-9 named connections by stop id", run_named_connections},
	        {"INV-9 INV-13 many named connections", run_many_named},
	        {"INIT-9 INV-9 an initiate in progress", run_initiate_in_progress},
	        {"INV-9 terminated before RETRIEVE is due", run_terminated_meanwhile},
	        {"INV-9 a full mailbox delays and loses nothing", run_full_mailbox},
	};

	return unit_run("retrieve", tests, RTE_DIM(tests));
}
