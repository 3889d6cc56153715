/* SPDX-License-Identifier: BSD-3-Clause */
/* The target's own status to its hosts (EVT-3), connections that the operator asks back (TERM-7), capabilities. */
#include "fake_target.h"
#include "handle.h"
#include "test_mutant.h"

#define MANY 200u

static struct fake fake;

/* The next record of a host is this one, and says no more than its kind. */
static void
expect(struct chimney_host *host, uint8_t kind)
{
	struct chimney_record record = {0};

	CU_ASSERT_EQUAL(chimney_poll(host, &record, 1), 1);
	CU_ASSERT_EQUAL(record.kind, kind);
	CU_ASSERT_PTR_NULL(record.handle);
}

static void
expect_nothing(struct chimney_host *host)
{
	struct chimney_record record;

	CU_ASSERT_EQUAL(chimney_poll(host, &record, 1), 0);
}

static void
test_told(void)
{
	CU_ASSERT_EQUAL(chimney_offload_resume(fake.target, NULL), -EALREADY);
	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), -EALREADY);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_offload_resume(fake.target, NULL), 0);
	chimney_upload_all(fake.target);
	fake_settle(&fake);
	for (uint32_t i = 0; i < FAKE_HOSTS; i++) {
		expect(fake.host[i], CHIMNEY_OFFLOAD_PAUSE);
		expect(fake.host[i], CHIMNEY_OFFLOAD_RESUME);
		expect(fake.host[i], CHIMNEY_UPLOAD_ALL);
		expect_nothing(fake.host[i]);
	}
}

/* A host whose ring is full is told all of it later, and keeps no other waiting (EVT-4). */
static void
test_told_late(void)
{
	struct chimney_record record;
	uint32_t completions = 0;

	for (uint32_t i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY,
		                        fake_path(&fake, i % 4, OFFLOAD_PATH4_BLOCK)),
		        0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_offload_resume(fake.target, NULL), 0);
	chimney_upload_all(fake.target);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	fake_settle(&fake);
	expect(fake.host[1], CHIMNEY_OFFLOAD_PAUSE);
	expect(fake.host[1], CHIMNEY_OFFLOAD_RESUME);
	expect(fake.host[1], CHIMNEY_UPLOAD_ALL);
	expect(fake.host[1], CHIMNEY_OFFLOAD_PAUSE);
	while (completions < MANY) {
		CU_ASSERT_FATAL(fake_read(&fake, &record));
		CU_ASSERT_EQUAL_FATAL(record.kind, CHIMNEY_COMPLETION);
		completions++;
		fake_control(&fake);
	}
	expect(fake.host[0], CHIMNEY_OFFLOAD_PAUSE);
	expect(fake.host[0], CHIMNEY_OFFLOAD_RESUME);
	expect(fake.host[0], CHIMNEY_OFFLOAD_PAUSE);
	expect(fake.host[0], CHIMNEY_UPLOAD_ALL);
	expect_nothing(fake.host[0]);
}

static struct chimney_host *
register_late(void)
{
	const struct chimney_host_params params = {.name = "late",
	        .ticks_per_second = 100,
	        .request_ring_size = 2,
	        .event_ring_size = 64};
	struct chimney_host *host = NULL;

	CU_ASSERT_EQUAL_FATAL(chimney_host_register(fake.target, &params, &host), 0);
	fake_settle(&fake);
	return host;
}

/* Who registers is told what is so now, and nothing of what was. */
static void
test_told_at_registration(void)
{
	struct chimney_host *host;

	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	CU_ASSERT_EQUAL(chimney_offload_resume(fake.target, NULL), 0);
	chimney_upload_all(fake.target);
	host = register_late();
	expect_nothing(host);
	CU_ASSERT_EQUAL(chimney_host_unregister(host), 0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	host = register_late();
	expect(host, CHIMNEY_OFFLOAD_PAUSE);
	expect_nothing(host);
}

/* Initiates wait, in order; everything else goes on, past them. */
static void
test_paused(void)
{
	struct offload_block_list *fresh[4], *query, *stop, *later;
	struct chimney_record record;

	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	for (uint32_t i = 0; i < 4; i++) {
		fresh[i] = fake_neighbor(&fake, 2 + i, OFFLOAD_NEIGHBOR_ALL);
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, fresh[i]), 0);
	}
	query = fake_tcp(&fake, 0, OFFLOAD_TCP_DELEGATED);
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, query));
	CU_ASSERT_EQUAL(query->status, OFFLOAD_SUCCESS);
	stop = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, stop));
	CU_ASSERT_EQUAL(stop->status, OFFLOAD_SUCCESS);
	stop = fake_tcp(&fake, 1, OFFLOAD_TCP_DELEGATED);
	CU_ASSERT(fake_request(&fake, CHIMNEY_TERMINATE, stop));
	CU_ASSERT_EQUAL(stop->status, OFFLOAD_SUCCESS);
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(fake.neighbor[2 + i], 0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, fresh[3]), -EALREADY);
	CU_ASSERT_EQUAL(chimney_offload_resume(fake.target, NULL), 0);
	later = fake_neighbor(&fake, 6, OFFLOAD_NEIGHBOR_ALL);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, later), 0);
	fake_settle(&fake);
	expect(fake.host[0], CHIMNEY_OFFLOAD_RESUME);
	for (uint32_t i = 0; i < 5; i++) {
		struct offload_block_list *root = i < 4 ? fresh[i] : later;

		CU_ASSERT_FATAL(fake_read(&fake, &record));
		CU_ASSERT_PTR_EQUAL(record.root, root);
		CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
		CU_ASSERT_NOT_EQUAL(fake.neighbor[2 + i], 0);
	}
}

/* More initiates than there are records and places: none is lost, and others start all the same. */
static void
test_paused_many(void)
{
	struct offload_block_list *root[MANY], *query = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
	struct chimney_record record;

	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	fake_settle(&fake);
	expect(fake.host[0], CHIMNEY_OFFLOAD_PAUSE);
	for (uint32_t i = 0; i < MANY; i++) {
		root[i] = fake_placeholder(&fake);
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, root[i]), 0);
	}
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, query));
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->requests[CHIMNEY_INITIATE], 1);
	CU_ASSERT_EQUAL(chimney_offload_resume(fake.target, NULL), 0);
	fake_settle(&fake);
	for (uint32_t i = 0; i < MANY;) {
		CU_ASSERT_FATAL(fake_read(&fake, &record));
		if (record.kind != CHIMNEY_OFFLOAD_RESUME)
			CU_ASSERT_PTR_EQUAL(record.root, root[i++]);
		fake_settle(&fake);
	}
}

/* Shutdown completes what waits, and nothing new rises (INV-15). */
static void
test_paused_stop(void)
{
	struct offload_block_list *fresh = fake_neighbor(&fake, 3, OFFLOAD_NEIGHBOR_ALL);

	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, fresh), 0);
	fake_settle(&fake);
	chimney_stop(fake.target);
	fake_settle(&fake);
	CU_ASSERT(chimney_stopped(fake.target));
	CU_ASSERT(fake_completed(&fake, fresh));
	CU_ASSERT_EQUAL(fresh->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(fake.neighbor[3], 0);
}

/* A host that wants to leave gets its initiates back, untouched, while others' wait on. */
static void
test_paused_unregister(void)
{
	struct offload_block_list *waits = fake_neighbor(&fake, 3, OFFLOAD_NEIGHBOR_ALL);
	struct offload_block_list *root = fake_neighbor(&fake, 4, OFFLOAD_NEIGHBOR_ALL);
	struct chimney_record record;

	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, waits), 0);
	CU_ASSERT_EQUAL(chimney_initiate_offload(fake.host[1], root), 0);
	fake_settle(&fake);
	expect(fake.host[1], CHIMNEY_OFFLOAD_PAUSE);
	expect_nothing(fake.host[1]);
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[1]), -EBUSY);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_poll(fake.host[1], &record, 1), 1);
	CU_ASSERT_PTR_EQUAL(record.root, root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(fake.neighbor[4], 0);
	/* It stays, and is paused as before. */
	CU_ASSERT_EQUAL(chimney_initiate_offload(fake.host[1], root), 0);
	fake_settle(&fake);
	expect_nothing(fake.host[1]);
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[1]), -EBUSY);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_poll(fake.host[1], &record, 1), 1);
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[1]), 0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(fake.neighbor[3], 0);
	CU_ASSERT_EQUAL(chimney_offload_resume(fake.target, NULL), 0);
	CU_ASSERT(fake_completed(&fake, waits));
	CU_ASSERT_EQUAL(waits->status, OFFLOAD_SUCCESS);
}

/* What the target takes may change at a resume, and what is said is so. */
static void
test_capabilities(void)
{
	const struct chimney_limits fewer = {.neighbors = 3}, more = {.paths = FAKE_PATHS + 1};
	struct chimney_capabilities all;
	struct offload_block_list *root;

	chimney_capabilities(fake.host[0], &all);
	CU_ASSERT_EQUAL(all.neighbors, FAKE_NEIGHBORS);
	CU_ASSERT_EQUAL(all.paths, FAKE_PATHS);
	CU_ASSERT_EQUAL(all.connections, all.workers * all.connections_per_worker);
	CU_ASSERT_EQUAL(all.paused, 0);
	CU_ASSERT(all.tree_blocks > 0 && all.requests > 0);
	CU_ASSERT(all.tcp_states >> TCP_ESTABLISHED & 1);
	CU_ASSERT(!(all.tcp_states >> TCP_TIME_WAIT & 1));
	CU_ASSERT_EQUAL(chimney_offload_pause(fake.target), 0);
	CU_ASSERT_EQUAL(chimney_offload_resume(fake.target, &more), -EINVAL);
	chimney_capabilities(fake.host[0], &all);
	CU_ASSERT_EQUAL(all.paused, 1);
	CU_ASSERT_EQUAL(chimney_offload_resume(fake.target, &fewer), 0);
	chimney_capabilities(fake.host[0], &all);
	CU_ASSERT_EQUAL(all.neighbors, 3);
	CU_ASSERT_EQUAL(all.paths, FAKE_PATHS);
	root = fake_neighbor(&fake, 2, OFFLOAD_NEIGHBOR_ALL);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	root = fake_neighbor(&fake, 3, OFFLOAD_NEIGHBOR_ALL);
	CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_NEIGHBOR_ENTRIES);
}

/* One connection is asked back by its owner; a full mailbox delays that; what is gone is nobody's concern. */
static void
test_upload(void)
{
	uint32_t owner = fake_owner(&fake, 0);
	uint64_t gone = fake.conn[1];
	const struct fake_logged *sent;
	struct offload_block_list *root = fake_tcp(&fake, 1, OFFLOAD_TCP_DELEGATED);

	CU_ASSERT(fake_request(&fake, CHIMNEY_TERMINATE, root));
	CU_ASSERT_EQUAL(chimney_upload(fake.target, fake.path[0]), -EINVAL);
	CU_ASSERT_EQUAL(chimney_upload(fake.target, 0), -EINVAL);
	CU_ASSERT_EQUAL(chimney_upload(fake.target, gone), 0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_UPLOAD), 0);
	fake.stalled[owner] = true;
	for (uint32_t i = 0; i < 40; i++)
		CU_ASSERT_EQUAL(chimney_upload(fake.target, fake.conn[0]), 0);
	for (uint32_t i = 0; i < 20; i++)
		fake_control(&fake);
	fake.stalled[owner] = false;
	fake_settle(&fake);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_UPLOAD), 40);
	sent = fake_last(&fake, TOE_OP_UPLOAD);
	CU_ASSERT_EQUAL(sent->worker, owner);
	CU_ASSERT_EQUAL(sent->message.count, toe_handle_index(fake.conn[0]));
	CU_ASSERT_EQUAL(sent->message.argument, toe_handle_generation(fake.conn[0]));
}

/* The bytes of a SEND_BACKLOG_CHANGE, of which a worker posts 16 bits and a shift (EVT-1). */
static void
test_backlog(void)
{
	struct toe_event event = {.object = 7,
	        .kind = TOE_EVENT_SEND_BACKLOG_CHANGE,
	        .detail = 10,
	        .amount = 3000,
	        .value = atomic_load(fake.worker[0]->events[0].completed)};
	struct chimney_record record;

	CU_ASSERT_EQUAL(toe_event_post(&fake.worker[0]->events[0], &event, 1), 1);
	CU_ASSERT(fake_read(&fake, &record));
	CU_ASSERT_EQUAL(record.kind, CHIMNEY_SEND_BACKLOG_CHANGE);
	CU_ASSERT_EQUAL(record.send_backlog, 3000u << 10);
	CU_ASSERT_PTR_EQUAL(record.handle, (void *)7);
	CU_ASSERT(!fake.worker[0]->events[0].send_backlog);
}

/* Each test gets two neighbors, four paths, eight connections of host 0. */
#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		fake_offload(&fake, 2, 4, 8);                                                      \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(told)
WITH_FAKE(told_late)
WITH_FAKE(told_at_registration)
WITH_FAKE(paused)
WITH_FAKE(paused_many)
WITH_FAKE(paused_stop)
WITH_FAKE(paused_unregister)
WITH_FAKE(capabilities)
WITH_FAKE(upload)
WITH_FAKE(backlog)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"EVT-3 every host is told, in order", run_told},
	        {"EVT-3 EVT-4 a host with a full ring is told all of it later", run_told_late},
	        {"EVT-3 a host that registers is told what is so", run_told_at_registration},
	        {"EVT-3 initiates wait in order, the rest goes on", run_paused},
	        {"EVT-3 more initiates wait than there are records", run_paused_many},
	        {"EVT-3 INV-15 shutdown while initiates wait", run_paused_stop},
	        {"EVT-3 a host leaves while initiates wait", run_paused_unregister},
	        {"EVT-3 capabilities, and their change at a resume", run_capabilities},
	        {"TERM-7 the operator asks a connection back", run_upload},
	        {"EVT-1 SEND_BACKLOG_CHANGE", run_backlog},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("events", tests, RTE_DIM(tests));
}
