/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is silent, who only seems to be because control slept, and who waits for a CPU (INV-14). */
#include "control.h"
#include "fake_target.h"
#include "lost_bed.h"
#include "test_mutant.h"

#define DEADLINE_MS 1000u /* the default */

/* C1: a process that is stopped and continued: the first turn of control comes before any of the workers. */
static void
test_stopped_process(void)
{
	for (uint32_t i = 0; i < 50; i++) {
		struct offload_block_list *root =
		        fake_neighbor(&fake, i % 2, OFFLOAD_NEIGHBOR_BLOCK);

		CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
		fake_control(&fake); /* the drains are sent */
		fake_sleep_ms(&fake, DEADLINE_MS + 300);
		fake_control(&fake);
		CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 0);
		CU_ASSERT(fake_completed(&fake, root));
		CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	}
}

/* C1: many short pauses of control are no silence of others either. */
static void
test_control_starved(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);

	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	for (uint32_t i = 0; i < 100; i++) {
		fake_control(&fake);
		fake_sleep_ms(&fake, DEADLINE_MS / 10);
	}
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 0);
	fake.stalled[DEAD] = false;
	CU_ASSERT(fake_completed(&fake, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
}

/* C1: D2 gives the host time to relink; time in which neither ran is none. */
static void
test_retrieve_delay(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);

	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, root));
	fake_sleep_ms(&fake, CHIMNEY_RETRIEVE_DELAY_DEFAULT_MS + 100);
	fake_settle(&fake);
	CU_ASSERT_EQUAL(fake_count(&fake, TOE_OP_RETRIEVE_PATH), 0);
	fake_advance_ms(&fake, CHIMNEY_RETRIEVE_DELAY_DEFAULT_MS);
	fake_settle(&fake);
	CU_ASSERT(fake_count(&fake, TOE_OP_RETRIEVE_PATH) > 0);
}

/* Nobody is lost who was not asked: also where its urgent mailbox has no room for another question. */
static void
test_asked(void)
{
	struct offload_block_list *query =
	        fake_tcp(&fake, a_connection_of(DEAD), OFFLOAD_TCP_DELEGATED);

	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, query), 0);
	fake_advance_ms(&fake, DEADLINE_MS / 4 + 2);
	fake.stalled[DEAD] = false;
	CU_ASSERT_FATAL(fake_work_one(&fake, DEAD, true));
	CU_ASSERT_EQUAL(fake_last(&fake, TOE_OP_PING)->worker, DEAD);
	/* that was an answer: the rest of its silence is forgotten */
	fake.stalled[DEAD] = true;
	fake_advance_ms(&fake, DEADLINE_MS - 10);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 0);
	fake_advance_ms(&fake, 20);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 1);
}

/* Time passes, in which the dead worker's thread ran and waited for so many percent of it. */
static void
pass_with_cpu(uint32_t ms, uint32_t ran, uint32_t waited)
{
	for (uint32_t i = 0; i < ms; i++) {
		fake.cpu[DEAD].ran += FAKE_MS * ran / 100;
		fake.cpu[DEAD].waited += FAKE_MS * waited / 100;
		fake_advance_ms(&fake, 1);
		fake_work(&fake);
	}
}

static struct offload_block_list *
silent(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);

	fake.cpu_known = true;
	fake.cpu[DEAD] = (struct chimney_cpu_time){.ran = 5000 * FAKE_MS, .waited = 9000 * FAKE_MS};
	fake.stalled[DEAD] = true;
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), 0);
	return root;
}

static void
test_starved(void)
{
	struct offload_block_list *root = silent();
	struct chimney_worker_view view;

	pass_with_cpu(DEADLINE_MS - 10, 2, 95);
	chimney_worker_look(fake.target, DEAD, &view);
	CU_ASSERT_EQUAL(view.condition, CHIMNEY_WORKER_RUNNING);
	CU_ASSERT(chimney_sleep_prepare(fake.host[0]));
	pass_with_cpu(20, 2, 95);
	chimney_worker_look(fake.target, DEAD, &view);
	CU_ASSERT_EQUAL(view.condition, CHIMNEY_WORKER_STARVED);
	/* the host is woken to hear of it */
	CU_ASSERT_EQUAL(atomic_load(&fake.host[0]->bell.asleep), 2);
	chimney_sleep_done(fake.host[0]);
	pass_with_cpu(8 * DEADLINE_MS, 2, 95);
	chimney_worker_look(fake.target, DEAD, &view);
	CU_ASSERT_EQUAL(view.starved, 1); /* told once */
	CU_ASSERT_EQUAL(view.lost, 0);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_PENDING);
	fake.stalled[DEAD] = false;
	CU_ASSERT(fake_completed(&fake, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	chimney_worker_look(fake.target, DEAD, &view);
	CU_ASSERT_EQUAL(view.condition, CHIMNEY_WORKER_RUNNING);
	CU_ASSERT_EQUAL(view.returned, 0); /* it was never away */
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->starved_workers, 1);
}

static void
test_starved_for_ever(void)
{
	struct offload_block_list *root = silent();

	pass_with_cpu(10 * DEADLINE_MS - 10, 2, 95);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 0);
	pass_with_cpu(20, 2, 95);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 1);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->starved_workers, 1);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
}

/* What it does while it does not answer, in percent of the time. */
static void
is_silent_that(uint32_t ran, uint32_t waited)
{
	struct offload_block_list *root = silent();

	pass_with_cpu(DEADLINE_MS - 10, ran, waited);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 0);
	pass_with_cpu(20, ran, waited);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->starved_workers, 0);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->lost_workers, 1);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
}

static void
test_blocked(void)
{
	is_silent_that(0, 0);
}

/* A loop in a driver, which shares its CPU with somebody else. */
static void
test_busy(void)
{
	is_silent_that(50, 50);
}

/* It sleeps and wakes up all the time: its short waits are not what keeps it from answering. */
static void
test_naps(void)
{
	is_silent_that(1, 10);
}

WITH_LOST_BED(stopped_process)
WITH_LOST_BED(control_starved)
WITH_LOST_BED(retrieve_delay)
WITH_LOST_BED(asked)
WITH_LOST_BED(starved)
WITH_LOST_BED(starved_for_ever)
WITH_LOST_BED(blocked)
WITH_LOST_BED(busy)
WITH_LOST_BED(naps)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C1 INV-14 a process that is stopped and continued loses nobody",
	                run_stopped_process},
	        {"C1 INV-14 a control lcore that sleeps finds nobody silent", run_control_starved},
	        {"C1 INV-9 D2 a pause is no time to relink", run_retrieve_delay},
	        {"C1 INV-14 an answer to the question is one", run_asked},
	        {"C1 INV-14 a starved worker is told once and waited for", run_starved},
	        {"C1 INV-14 for ten deadlines", run_starved_for_ever},
	        {"C1 INV-14 blocked is silent", run_blocked},
	        {"C1 INV-14 busy without an answer is silent", run_busy},
	        {"C1 INV-14 naps are silent", run_naps},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("watch", tests, RTE_DIM(tests));
}
