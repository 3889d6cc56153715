/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's part of EVT-2: forward progress is noted, and a stale neighbor is asked for before something is sent. */
#include <rte_ring_elem.h>

#include "script.h"
#include "test_mutant.h"
#include "unit.h"

#define STALE_MS 500u
#define NS_PER_MS INT64_C(1000000)

static struct script script;

static struct toe_reach *
reach(void)
{
	struct toe_route route = toe_route_read(&script.end.shared, script_conn(&script)->path);

	return &script.end.worker.control.reach.neighbors[toe_path_word_neighbor(route.path_word)];
}

/* How often control is asked for a query. */
static uint32_t
asked(void)
{
	uint32_t index, n = 0;

	for (; rte_ring_sc_dequeue_elem(
	               script.end.worker.control.reach.asked, &index, sizeof(index)) == 0;
	        n++)
		CU_ASSERT_PTR_EQUAL(&script.end.worker.control.reach.neighbors[index], reach());
	return n;
}

static void
open_with(enum offload_service service, uint32_t stale_ms)
{
	struct end_params params = script_params(service);

	asked();
	script.end.worker.control.events[0].stale = stale_ms * NS_PER_MS;
	script_open(&script, &params);
	atomic_store(&reach()->progress, -1);
	script_pass(&script, 1);
}

/* What the peer sends in order, and what it acknowledges anew, is progress; what it repeats is none. */
static void
test_progress(void)
{
	int64_t seen;

	open_with(OFFLOAD_SERVICE_ECHO, STALE_MS);
	script_send(&script, (struct script_segment){.length = 100});
	seen = atomic_load(&reach()->progress);
	CU_ASSERT_EQUAL(seen, (int64_t)script.end.worker.engine.now);
	script_pass(&script, 5);
	script_send(&script, (struct script_segment){.length = 100});
	CU_ASSERT_EQUAL(atomic_load(&reach()->progress), seen); /* received before */
	script_send(&script, (struct script_segment){.seq = 200, .length = 100});
	CU_ASSERT_EQUAL(atomic_load(&reach()->progress), seen); /* behind a gap */
	script_send(&script, (struct script_segment){.seq = 100, .ack = 100});
	CU_ASSERT_EQUAL(atomic_load(&reach()->progress), (int64_t)script.end.worker.engine.now);
	script_drop(&script);
	script_close(&script, NULL);
}

/* Before something is sent, when both times are old, and not more often than it helps. */
static void
test_asks(void)
{
	struct toe_neighbor *neighbor;

	open_with(OFFLOAD_SERVICE_ECHO, STALE_MS);
	neighbor =
	        &script.end.shared.neighbors[reach() - script.end.worker.control.reach.neighbors];
	atomic_store(&neighbor->host_reached, (int64_t)script.end.worker.engine.now);
	script_pass(&script, 2 * STALE_MS);
	CU_ASSERT_EQUAL(asked(), 0); /* nothing is sent */
	script_send(&script, (struct script_segment){.length = 100});
	while (script_take(&script))
		continue;
	CU_ASSERT_EQUAL(asked(), 0); /* just now there was progress */
	for (uint32_t ms = 0; script_waiting(&script) == 0 && ms < 10000; ms++)
		script_pass(&script, 1); /* nothing is acknowledged: a timeout */
	CU_ASSERT(script_waiting(&script) > 0);
	CU_ASSERT_EQUAL(asked(), 1);
	script_drop(&script);
	script_pass(&script, 4 * STALE_MS);
	CU_ASSERT(asked() >= 1);
	script_drop(&script);
	atomic_store(
	        &neighbor->host_reached, (int64_t)script.end.worker.engine.now + 60000 * NS_PER_MS);
	asked();
	script_pass(&script, 10 * STALE_MS);
	CU_ASSERT(script_waiting(&script) > 0);
	CU_ASSERT_EQUAL(asked(), 0); /* the host knows it to be reachable */
	atomic_store(&neighbor->host_reached, 0);
	script_drop(&script);
	script_close(&script, NULL);
}

static void
test_never(void)
{
	open_with(OFFLOAD_SERVICE_ECHO, 0);
	script_send(&script, (struct script_segment){.length = 100});
	script_pass(&script, 10 * STALE_MS);
	CU_ASSERT(script_waiting(&script) > 0);
	CU_ASSERT_EQUAL(asked(), 0);
	CU_ASSERT_EQUAL(atomic_load(&reach()->progress), -1);
	script_drop(&script);
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"EVT-2 forward progress", test_progress},
	        {"EVT-2 asked for before sending", test_asks},
	        {"EVT-2 0 ticks: never", test_never},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_reach", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}
