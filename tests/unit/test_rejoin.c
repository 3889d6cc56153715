/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a lost worker may still do, and how it comes back: nothing that it has is freed before it has parked, nothing that it
 * posts is read, and when it is back it is as new (INV-14, INV-17, TERM-2, TERM-8).
 */
#include <string.h>

#include "control.h"
#include "fake_target.h"
#include "handle.h"
#include "lost_bed.h"
#include "test_mutant.h"

#define SLOTS 16u /* of each worker, where there are to be fewer than connections */
#define FRESH 16u /* number of the first connection that the bed has not offloaded */

static struct chimney_worker_view
look(void)
{
	struct chimney_worker_view view;

	chimney_worker_look(fake.target, DEAD, &view);
	return view;
}

static void
lose(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	uint32_t lost = look().lost;

	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	pass_ms(1200);
	CU_ASSERT_EQUAL(look().lost, lost + 1);
	CU_ASSERT_EQUAL(look().condition, CHIMNEY_WORKER_LOST);
}

/* Of those that the bed has offloaded. */
static uint32_t
dead_connections(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < BED_CONNS; i++)
		n += fake_owner(&fake, i) == DEAD;
	return n;
}

/* Read everything; how many indications of this kind came. */
static uint32_t
read_all(enum chimney_record_kind kind)
{
	struct chimney_record record;
	uint32_t n = 0;

	for (uint32_t i = 0; i < 50; i++) {
		while (fake_read(&fake, &record))
			n += record.kind == kind;
		fake_control(&fake);
		fake_work(&fake);
	}
	return n;
}

/* Offload connections FRESH and up over path 1, whose neighbor is valid; how many of those of the worker succeed. */
static uint32_t
fresh_on(uint32_t worker, uint32_t count)
{
	struct offload_block_list *top = fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_BLOCK);
	struct offload_block_list *path = fake_path(&fake, 1, OFFLOAD_PATH4_BLOCK);
	uint32_t n = 0;

	tree_add_dependent(top, path);
	for (uint32_t i = 0; i < count; i++)
		tree_add_dependent(path, fake_tcp(&fake, FRESH + i, OFFLOAD_TCP_ALL));
	CU_ASSERT(fake_request(&fake, CHIMNEY_INITIATE, top));
	for (uint32_t i = 0; i < count; i++)
		n += fake.conn[FRESH + i] != 0 && toe_handle_worker(fake.conn[FRESH + i]) == worker;
	return n;
}

static uint32_t
status_of(enum chimney_request kind, uint32_t i)
{
	struct offload_block_list *root = fake_tcp(&fake, i, OFFLOAD_TCP_DELEGATED);

	CU_ASSERT(fake_request(&fake, kind, root));
	return root->status;
}

static void
test_new_connections(void)
{
	uint32_t old = a_connection_of(DEAD);
	uint64_t handle = fake.conn[old];

	lose();
	CU_ASSERT_EQUAL(fresh_on(DEAD, 8), 0);
	fake_wake(&fake, DEAD);
	read_all(CHIMNEY_COMPLETION);
	CU_ASSERT_EQUAL(look().returned, 1);
	CU_ASSERT_EQUAL(look().condition, CHIMNEY_WORKER_RUNNING);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->returned_workers, 1);
	for (uint32_t i = 0; i < 8; i++)
		fake.conn[FRESH + i] = 0;
	CU_ASSERT(fresh_on(DEAD, 8) > 0);
	for (uint32_t i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(status_of(CHIMNEY_QUERY, FRESH + i), OFFLOAD_SUCCESS);
	/* what was lost stays lost; the terminate that follows the indications frees it (TERM-8) */
	CU_ASSERT_EQUAL(status_of(CHIMNEY_QUERY, old), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(status_of(CHIMNEY_UPDATE, old), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(status_of(CHIMNEY_INVALIDATE, old), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(status_of(CHIMNEY_TERMINATE, old), OFFLOAD_FAILURE);
	CU_ASSERT(!chimney_object_look(fake.target, handle, &(struct chimney_object_view){0}));
}

/* All its slots can be used again, those that were given back while it was lost, too: there are fewer than connections. */
static void
test_slots(void)
{
	CU_ASSERT_EQUAL(fresh_on(DEAD, FAKE_CONNS - FRESH), SLOTS - dead_connections());

	lose();
	for (uint32_t i = 0; i < FAKE_CONNS; i++) {
		if (fake.conn[i] == 0 || toe_handle_worker(fake.conn[i]) != DEAD)
			continue;
		CU_ASSERT_EQUAL(status_of(CHIMNEY_TERMINATE, i), OFFLOAD_FAILURE);
	}
	fake_wake(&fake, DEAD);
	read_all(CHIMNEY_COMPLETION);
	CU_ASSERT_EQUAL(look().returned, 1);
	for (uint32_t i = 0; i < FAKE_CONNS - FRESH; i++)
		if (fake.conn[FRESH + i] != 0 && toe_handle_worker(fake.conn[FRESH + i]) != DEAD)
			CU_ASSERT_EQUAL(status_of(CHIMNEY_TERMINATE, FRESH + i), OFFLOAD_SUCCESS);
	memset(&fake.conn[FRESH], 0, (FAKE_CONNS - FRESH) * sizeof(fake.conn[0]));
	CU_ASSERT_EQUAL(fresh_on(DEAD, FAKE_CONNS - FRESH), SLOTS);
}

/* A request of before the loss, which another worker has still to answer, may not meet the worker as it is afterwards. */
static void
test_older_requests(void)
{
	struct offload_block_list *top = fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_BLOCK);
	struct offload_block_list *path = fake_path(&fake, 1, OFFLOAD_PATH4_BLOCK);

	tree_add_dependent(top, path);
	for (uint32_t i = 0; i < 8; i++)
		tree_add_dependent(path, fake_tcp(&fake, FRESH + i, OFFLOAD_TCP_ALL));
	fake.urgent_only[0] = true; /* alive, and busy */
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, top), 0);
	fake_settle(&fake); /* the worker that will be lost has answered */
	lose();
	fake_wake(&fake, DEAD);
	pass_ms(100);
	CU_ASSERT_EQUAL(look().returned, 0);
	fake.urgent_only[0] = false;
	CU_ASSERT(fake_completed(&fake, top));
	pass_ms(2);
	CU_ASSERT_EQUAL(look().returned, 1);
	for (uint32_t i = 0; i < 8; i++)
		CU_ASSERT(fake.conn[FRESH + i] == 0 ||
		          toe_handle_worker(fake.conn[FRESH + i]) != DEAD);
}

/* C2 "late": what it posts between its loss and its return is never read, what it posts afterwards is. */
static void
test_late_indications(void)
{
	fake_indicate(&fake, DEAD, (void *)1);
	lose();
	fake_indicate(&fake, DEAD, (void *)2);
	CU_ASSERT_EQUAL(read_all(CHIMNEY_RETRIEVE), dead_connections());
	/* the host may sleep: there is nothing for it */
	CU_ASSERT(chimney_sleep_prepare(fake.host[0]));
	chimney_sleep_done(fake.host[0]);
	fake_indicate(&fake, DEAD, (void *)3);
	fake_wake(&fake, DEAD);
	pass_ms(2);
	CU_ASSERT_EQUAL(look().returned, 1);
	fake_indicate(&fake, DEAD, (void *)4);
	fake_indicate(&fake, DEAD, (void *)5);
	CU_ASSERT_EQUAL(read_all(CHIMNEY_RETRIEVE), 2);
}

/* C2 "late": an answer of before it parked is none to what is asked afterwards. */
static void
test_late_answers(void)
{
	struct offload_block_list *query =
	        fake_tcp(&fake, a_connection_of(DEAD), OFFLOAD_TCP_DELEGATED);

	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, query), 0);
	fake_control(&fake);
	lose();
	CU_ASSERT_EQUAL(query->status, OFFLOAD_FAILURE);
	/* it had passed its look at `lost` just before it fell asleep */
	CU_ASSERT(fake_work_one(&fake, DEAD, false));
	fake_wake(&fake, DEAD);
	read_all(CHIMNEY_COMPLETION);
	CU_ASSERT_EQUAL(look().returned, 1);
	CU_ASSERT_EQUAL(control_of(fake.target)->workers.links[DEAD].owed, 0);
	CU_ASSERT(fresh_on(DEAD, 8) > 0);
}

/* C2 "uaf": the rings of a host that leaves stay until nobody can post to them. */
static void
test_unregister(void)
{
	struct chimney_host *host = fake.host[0];

	lose();
	read_all(CHIMNEY_COMPLETION);
	for (uint32_t i = 0; i < BED_CONNS; i++)
		status_of(CHIMNEY_TERMINATE, i);
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT(fake_request(
		        &fake, CHIMNEY_TERMINATE, fake_path(&fake, i, OFFLOAD_PATH4_BLOCK)));
	for (uint32_t i = 0; i < 2; i++)
		CU_ASSERT(fake_request(
		        &fake, CHIMNEY_TERMINATE, fake_neighbor(&fake, i, OFFLOAD_NEIGHBOR_BLOCK)));
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->neighbors, 0);
	fake_indicate(&fake, DEAD, (void *)1);
	CU_ASSERT_EQUAL(chimney_host_unregister(host), 0);
	pass_ms(10);
	CU_ASSERT_EQUAL(atomic_load(&host->state), HOST_LEAVING);
	CU_ASSERT_PTR_NOT_NULL(fake.worker[DEAD]->events[0].ring);
	CU_ASSERT(host->bell.fd >= 0);
	fake_indicate(&fake, DEAD, (void *)1);
	fake_wake(&fake, DEAD);
	pass_ms(2);
	CU_ASSERT_EQUAL(atomic_load(&host->state), HOST_FREE);
	CU_ASSERT_PTR_NULL(fake.worker[DEAD]->events[0].ring);
	CU_ASSERT_EQUAL(look().returned, 1);
}

/* C2: the host is told that the tree of a request is not quite its own yet. */
static void
test_unsettled(void)
{
	struct offload_block_list *query =
	        fake_tcp(&fake, a_connection_of(DEAD), OFFLOAD_TCP_DELEGATED);
	struct offload_block_list *other =
	        fake_tcp(&fake, a_connection_of(0), OFFLOAD_TCP_DELEGATED);
	struct chimney_record record = {0};

	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, query), 0);
	CU_ASSERT(chimney_settled(fake.host[0]));
	pass_ms(1200);
	CU_ASSERT(fake_read(&fake, &record));
	CU_ASSERT_PTR_EQUAL(record.root, query);
	CU_ASSERT_EQUAL(record.request, CHIMNEY_QUERY);
	CU_ASSERT_EQUAL(record.unsettled, 1);
	CU_ASSERT(!chimney_settled(fake.host[0]));
	read_all(CHIMNEY_RETRIEVE);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, other), 0);
	pass_ms(2);
	CU_ASSERT(fake_read(&fake, &record));
	CU_ASSERT_PTR_EQUAL(record.root, other);
	CU_ASSERT_EQUAL(record.unsettled, 0);
	fake_wake(&fake, DEAD);
	CU_ASSERT(chimney_settled(fake.host[0]));
}

/* A host that does not read holds up itself alone: it is told later. */
static void
test_host_does_not_read(void)
{
	struct offload_block_list *query = fake_tcp(&fake, a_connection_of(0), OFFLOAD_TCP_BLOCK);

	/* its ring is full of completions that it does not read */
	for (uint32_t i = 0; i < 64; i++) {
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, query), 0);
		fake_settle(&fake);
		if (i < 63)
			query = fake_tcp(&fake, a_connection_of(0), OFFLOAD_TCP_BLOCK);
	}
	lose();
	fake_wake(&fake, DEAD);
	pass_ms(5);
	CU_ASSERT_EQUAL(look().returned, 1);
	CU_ASSERT_EQUAL(read_all(CHIMNEY_ABORT), dead_connections());
}

/* It can be lost again, and come back again. */
static void
test_again(void)
{
	for (uint32_t i = 0; i < 4; i++) {
		lose();
		fake_wake(&fake, DEAD);
		pass_ms(5);
		CU_ASSERT_EQUAL(look().returned, i + 1);
		CU_ASSERT_EQUAL(read_all(CHIMNEY_ABORT) > 0, i < 2);
		if (i == 0)
			CU_ASSERT(fresh_on(DEAD, 8) > 0);
	}
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 4);
}

/* UPD-5: nobody can say what a lost worker holds of a path; of one that is back everybody knows: nothing. */
static void
test_update(void)
{
	struct offload_block_list *path = fake_path(&fake, 1, OFFLOAD_PATH4_CACHED);

	((struct path_cached *)offload_block_cached(path))->path_mtu = 1400;
	lose();
	CU_ASSERT(fake_request(&fake, CHIMNEY_UPDATE, path));
	CU_ASSERT_EQUAL(path->status, OFFLOAD_FAILURE);
	fake_wake(&fake, DEAD);
	pass_ms(5);
	CU_ASSERT(fake_request(&fake, CHIMNEY_UPDATE, path));
	CU_ASSERT_EQUAL(path->status, OFFLOAD_SUCCESS);
}

WITH_LOST_BED(new_connections)
static void
run_slots(void)
{
	static const struct fake_options options = {.conns = SLOTS};

	fake_start(&fake, &options);
	fake_offload(&fake, 2, 4, BED_CONNS);
	test_slots();
	fake_end(&fake);
}

WITH_LOST_BED(older_requests)
WITH_LOST_BED(late_indications)
WITH_LOST_BED(late_answers)

WITH_LOST_BED(unregister)
WITH_LOST_BED(unsettled)
WITH_LOST_BED(host_does_not_read)
WITH_LOST_BED(again)
WITH_LOST_BED(update)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C3 INV-14 TERM-8 new connections on a worker that is back", run_new_connections},
	        {"C3 CTX-2 all its slots are used again", run_slots},
	        {"C3 INIT-4 it waits for requests of before its loss", run_older_requests},
	        {"C2 TERM-2 INV-17 late indications are not read", run_late_indications},
	        {"C2 INV-2 late answers answer nothing", run_late_answers},
	        {"C2 a host's rings outlive those who post to them", run_unregister},
	        {"C2 TREE-7 a tree that may still be used says so", run_unsettled},
	        {"C3 EVT-4 CHN-5 a host that does not read holds up nobody's return",
	                run_host_does_not_read},
	        {"C3 INV-14 lost again, and back again", run_again},
	        {"C3 UPD-5 updates are possible again", run_update},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("rejoin", tests, RTE_DIM(tests));
}
