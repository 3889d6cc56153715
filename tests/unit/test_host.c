/* SPDX-License-Identifier: BSD-3-Clause */
/* Registration, records and their order, full rings, sleep, shutdown, holds. */
#include <poll.h>
#include <string.h>

#include "fake_target.h"
#include "handle.h"
#include "test_mutant.h"

#define MANY 200u

static struct fake fake;

static struct offload_block_list *
query(uint32_t i)
{
	return fake_path(&fake, i % 4, OFFLOAD_PATH4_BLOCK);
}

static void
test_register(void)
{
	struct chimney_host_params good = {.name = "x",
	        .ticks_per_second = 100,
	        .request_ring_size = 2,
	        .event_ring_size = 64};
	struct chimney_host_params bad;
	struct chimney_host *hosts[TOE_MAX_HOSTS], *extra;

	bad = good;
	bad.ticks_per_second = 50;
	CU_ASSERT_EQUAL(chimney_host_register(fake.target, &bad, &extra), -EINVAL);
	bad = good;
	bad.request_ring_size = 3;
	CU_ASSERT_EQUAL(chimney_host_register(fake.target, &bad, &extra), -EINVAL);
	bad = good;
	bad.event_ring_size = 32;
	CU_ASSERT_EQUAL(chimney_host_register(fake.target, &bad, &extra), -EINVAL);
	for (uint32_t i = FAKE_HOSTS; i < TOE_MAX_HOSTS; i++)
		CU_ASSERT_EQUAL(chimney_host_register(fake.target, &good, &hosts[i]), 0);
	CU_ASSERT_EQUAL(chimney_host_register(fake.target, &good, &extra), -ENOSPC);
	CU_ASSERT_EQUAL(chimney_host_unregister(hosts[5]), 0);
	fake_control(&fake); /* control lets go of its rings */
	CU_ASSERT_EQUAL(chimney_host_register(fake.target, &good, &extra), 0);
}

static void
test_unregister(void)
{
	struct offload_block_list *root = query(0), *all;

	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[0]), -EBUSY); /* has objects */
	all = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	tree_add_next(all, fake_neighbor(&fake, 1, OFFLOAD_NEIGHBOR_BLOCK));
	for (uint32_t i = 0; i < 4; i++)
		tree_add_dependent(all, fake_path(&fake, i, OFFLOAD_PATH4_BLOCK));
	for (uint32_t i = 0; i < 8; i++)
		tree_add_dependent(
		        all->dependent_block_list, fake_tcp(&fake, i, OFFLOAD_TCP_DELEGATED));
	CU_ASSERT(fake_request(&fake, CHIMNEY_TERMINATE, all));
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, root), 0);
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[0]), -EBUSY); /* under way */
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[0]), -EBUSY); /* not read */
	CU_ASSERT(fake_completed(&fake, root));
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[0]), 0);
	fake_control(&fake);
}

/* Handles answer only to the host that offloaded the object. */
static void
test_scope(void)
{
	struct offload_block_list *root = query(0), *stop;

	CU_ASSERT_EQUAL(chimney_query_offload(fake.host[1], root), 0);
	stop = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	CU_ASSERT_EQUAL(chimney_invalidate_offload(fake.host[1], stop), 0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(stop->status, OFFLOAD_FAILURE);
	CU_ASSERT(fake_neighbor_valid(&fake, 0));
}

/* More requests than the request ring, the records and the event ring hold: each completes once, in order. */
static void
test_full_rings(void)
{
	struct offload_block_list *roots[MANY];
	struct chimney_record record;

	for (uint32_t i = 0; i < MANY; i++) {
		roots[i] = query(i);
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, roots[i]), 0);
	}
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, roots[MANY - 1]), -EALREADY);
	for (uint32_t i = 0; i < 100; i++)
		fake_control(&fake);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->requests[CHIMNEY_QUERY], MANY);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->completions_waiting, MANY - 63);
	/* what waits has not completed: it is still with the target */
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, roots[MANY - 1]), -EALREADY);
	for (uint32_t i = 0; i < MANY; i++) {
		if (i % 40 == 39)
			fake_control(&fake);
		CU_ASSERT_FATAL(fake_read(&fake, &record));
		CU_ASSERT_PTR_EQUAL(record.root, roots[i]);
		CU_ASSERT_EQUAL(record.request, CHIMNEY_QUERY);
	}
	fake_settle(&fake);
	CU_ASSERT(!fake_read(&fake, &record));
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->completions_waiting, 0);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->completed[CHIMNEY_QUERY], MANY);
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, roots[MANY - 1]));
}

/* A host that does not read keeps no other host waiting. */
static void
test_silent_host(void)
{
	struct offload_block_list *root = fake_placeholder(&fake);
	struct chimney_record record;

	for (uint32_t i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, query(i)), 0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_query_offload(fake.host[1], root), 0);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(chimney_poll(fake.host[1], &record, 1), 1);
	CU_ASSERT_PTR_EQUAL(record.root, root);
}

/* An indication that a completion has caused never overtakes it, not even one that waits for room (INV-17). */
static void
test_order_of_records(void)
{
	struct chimney_record record;
	uint32_t completions = 0;

	for (uint32_t i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, query(i)), 0);
	fake_settle(&fake);
	CU_ASSERT(chimney_stats(fake.target)->completions_waiting > 0);
	fake_indicate(&fake, 0, &fake.conn[0]); /* after all of them */
	for (uint32_t i = 0; i < 10; i++) {
		while (fake_read(&fake, &record) && record.kind == CHIMNEY_COMPLETION)
			completions++;
		if (record.kind == CHIMNEY_RETRIEVE)
			break;
		fake_control(&fake);
	}
	CU_ASSERT_EQUAL(completions, 100);
	CU_ASSERT_EQUAL(record.kind, CHIMNEY_RETRIEVE);
}

static bool
readable(struct chimney_host *host)
{
	struct pollfd fd = {.fd = chimney_event_fd(host), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void
test_sleep(void)
{
	struct offload_block_list *root = query(0);
	struct chimney_record record;

	CU_ASSERT(chimney_sleep_prepare(fake.host[0]));
	CU_ASSERT(!readable(fake.host[0]));
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, root), 0);
	fake_settle(&fake);
	CU_ASSERT(readable(fake.host[0]));
	chimney_sleep_done(fake.host[0]);
	CU_ASSERT(!readable(fake.host[0]));
	CU_ASSERT(!chimney_sleep_prepare(fake.host[0])); /* there is something to read */
	CU_ASSERT(fake_read(&fake, &record));
	/* awake hosts cost no system call */
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, root), 0);
	fake_settle(&fake);
	CU_ASSERT(!readable(fake.host[0]));
}

static void
test_stop(void)
{
	struct offload_block_list *before = query(0), *pending, *fresh, *after;

	pending = fake_tcp(&fake, 0, OFFLOAD_TCP_DELEGATED);
	fresh = fake_neighbor(&fake, 3, OFFLOAD_NEIGHBOR_ALL);
	fake.stalled[0] = fake.stalled[1] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, pending), 0);
	fake_control(&fake);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, before), 0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, fresh), 0);
	chimney_stop(fake.target);
	fake_settle(&fake);
	CU_ASSERT(!chimney_stopped(fake.target));
	fake.stalled[0] = fake.stalled[1] = false;
	fake_settle(&fake);
	CU_ASSERT(chimney_stopped(fake.target));
	CU_ASSERT_EQUAL(pending->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(before->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(fresh->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(fake.neighbor[3], 0);
	after = fake_tcp(&fake, 1, OFFLOAD_TCP_DELEGATED);
	CU_ASSERT(fake_request(&fake, CHIMNEY_TERMINATE, after));
	CU_ASSERT_EQUAL(after->status, OFFLOAD_SUCCESS);
}

static void
test_holds(void)
{
	static struct chimney_hold holds[MANY];
	struct chimney_hold *hold = &holds[0];
	const struct toe_hold_request *request;
	uint32_t accepted = 0;
	int rc = 0;

	CU_ASSERT_EQUAL(chimney_hold(fake.host[0], NULL), -EINVAL);
	hold->family = 5;
	CU_ASSERT_EQUAL(chimney_hold(fake.host[0], hold), -EINVAL);
	for (uint32_t i = 0; i < MANY; i++) {
		memset(&holds[i], 0, sizeof(holds[i]));
		holds[i].family = 4;
		holds[i].source[0] = 10;
		holds[i].local_port = (uint16_t)i;
		rc = chimney_hold(fake.host[0], &holds[i]);
		accepted += rc == 0;
	}
	CU_ASSERT_EQUAL(accepted, MANY);
	fake_settle(&fake);
	for (uint32_t i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(atomic_load(&holds[i].done), 1 + OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_HOLD), MANY);
	/* the worker that will own the connection */
	request = fake_last(&fake, TOE_OP_HOLD)->message.pointer;
	CU_ASSERT_EQUAL(fake_last(&fake, TOE_OP_HOLD)->worker,
	        toe_owner(toe_tuple_hash(request->source, request->destination, 4,
	                          request->local_port, request->remote_port),
	                2));
	/* none is refused, and none is taken twice */
	for (uint32_t i = 0; i < MANY; i++) {
		atomic_store(&holds[i].done, 0);
		CU_ASSERT_EQUAL(chimney_release(fake.host[0], &holds[i]), 0);
		CU_ASSERT_EQUAL(chimney_release(fake.host[0], &holds[i]), -EALREADY);
	}
	CU_ASSERT_EQUAL(chimney_host_unregister(fake.host[0]), -EBUSY);
	fake_settle(&fake);
	for (uint32_t i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(atomic_load(&holds[i].done), 1 + OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RELEASE), MANY);
}

/* A full mailbox delays holds, and keeps their order: a release must not overtake its hold. */
static void
test_holds_in_order(void)
{
	static const struct fake_options options = {.workers = 1, .mailbox_size = 2};
	static struct chimney_hold holds[20];
	uint32_t n = 0;

	fake_end(&fake);
	fake_start(&fake, &options);
	memset(holds, 0, sizeof(holds));
	for (uint32_t i = 0; i < RTE_DIM(holds); i++) {
		holds[i].family = 4;
		holds[i].local_port = (uint16_t)i;
		CU_ASSERT_EQUAL(chimney_hold(fake.host[0], &holds[i]), 0);
	}
	fake_settle(&fake);
	for (uint32_t m = 0; m < fake.logged; m++) {
		const struct toe_message *message = &fake.log[m].message;

		if (message->op == TOE_OP_HOLD)
			CU_ASSERT_EQUAL(fake.log[m].hold_port, n++);
	}
	CU_ASSERT_EQUAL(n, RTE_DIM(holds));
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
WITH_FAKE(register)
WITH_FAKE(unregister)
WITH_FAKE(scope)
WITH_FAKE(full_rings)
WITH_FAKE(silent_host)
WITH_FAKE(order_of_records)
WITH_FAKE(sleep)
WITH_FAKE(stop)
WITH_FAKE(holds)
WITH_FAKE(holds_in_order)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"a host registers, with good parameters", run_register},
	        {"a host leaves when nothing of it is left", run_unregister},
	        {"TREE-8 handles of another host", run_scope},
	        {"INV-1 INV-2 full rings, each completion once and in order", run_full_rings},
	        {"INV-2 a host that does not read", run_silent_host},
	        {"INV-17 EVT-4 indications do not overtake completions", run_order_of_records},
	        {"a host that sleeps is woken, once", run_sleep},
	        {"INV-15 shutdown", run_stop},
	        {"holds of tuples go to their owners", run_holds},
	        {"C5 holds keep their order", run_holds_in_order},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("host", tests, RTE_DIM(tests));
}
