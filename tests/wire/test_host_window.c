/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host receives, against a script: windows, bounds, rings that are full. */
#include <stdlib.h>

#include "handle.h"
#include "park.h"
#include "receiving.h"
#include "test_mutant.h"
#include "user.h"

/* RCV-2: the window closes as the buffer fills, and opens as it drains, when that pays. */
static void
test_window(void)
{
	uint32_t at = 0;

	begin();
	while (script_conn(&script)->rcv_adv != script_conn(&script)->rcv_nxt) {
		write_text((int32_t)at, RTE_MIN(1000u, 65535 - at), 0);
		script_pass(&script, 50); /* the delayed ACK */
		script_drop(&script);
		at += 1000;
		CU_ASSERT_FATAL(at < 70000);
	}
	script_drop(&script);
	CU_ASSERT(indicated(0, 1000));
	host_end_answer(&host, &record, 1000);
	CU_ASSERT(!script_take(&script));
	CU_ASSERT(indicated(1000, 64535));
	host_end_answer(&host, &record, 0);
	CU_ASSERT(!script_take(&script));
	host_end_post(&host, RECEIVE, 10000, 0);
	CU_ASSERT(received(&host.receive[0], OFFLOAD_SUCCESS, 1000, 10000));
	CU_ASSERT(script_take(&script));
	CU_ASSERT_EQUAL(script.got.window, 60000 - 54535);
	CU_ASSERT(indicated(11000, 54535));
	host_end_answer(&host, &record, 54535);
	CU_ASSERT(script_take(&script));
	CU_ASSERT_EQUAL(script.got.window, 60000);
	finish();
}

/* A peer of tiny segments pins few buffers (CHN-6). */
static void
test_small(void)
{
	begin();
	for (int32_t i = 0; i < 2000; i++) {
		write_text(i * 10, 10, 0);
		script_drop(&script);
	}
	CU_ASSERT(indicated(0, 10));
	CU_ASSERT(script.end.worker.engine.host_queued[1] < 20);
	host_end_answer(&host, &record, 10);
	CU_ASSERT(indicated(10, 19990));
	host_end_answer(&host, &record, 19990);
	finish();
}

/* CHN-3, CHN-5, CHN-6: what the channel may have is used up: nothing more is accepted; posted buffers still fill; then it recovers. */
static void
test_bound(void)
{
	struct toe_engine *engine = &script.end.worker.engine;
	uint32_t max = engine->host_buffers_max;

	engine->host_buffers_max = 8;
	begin();
	for (int32_t i = 0; i < 5; i++)
		write_text(i * 1400, 1400, 0);
	/* As many as are free for all others. */
	CU_ASSERT_EQUAL(engine->host_queued[1], 4);
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_nxt, SCRIPT_PEER + 5600);
	CU_ASSERT_EQUAL(toe_service_window(engine, script_conn(&script)), 0);
	CU_ASSERT(engine->stats.rx_no_room > 0);
	script_drop(&script);
	CU_ASSERT(indicated(0, 1400));
	host_end_answer(&host, &record, 1400);
	CU_ASSERT(indicated(1400, 4200));
	host_end_answer(&host, &record, 4200);
	script_pass(&script, 5);
	CU_ASSERT_EQUAL(engine->starved.first, TOE_INDEX_NONE);
	write_text(5600, 1400, 0);
	CU_ASSERT(indicated(5600, 1400));
	host_end_answer(&host, &record, 1400);
	engine->host_buffers_max = 0;
	host_end_post(&host, RECEIVE, 1000, 0);
	write_text(7000, 1000, 0);
	CU_ASSERT(received(&host.receive[0], OFFLOAD_SUCCESS, 7000, 1000));
	engine->host_buffers_max = max;
	finish();
}

/* The host does not read: indications wait, completions in front of them. */
static void
test_full_ring(void)
{
	begin();
	for (int32_t i = 0; i < 100; i++) {
		host_end_post(&host, RECEIVE, 10, 0);
		write_text(i * 10, 10, 0);
		script_drop(&script);
	}
	write_text(1000, 10, 0);
	for (uint32_t i = 0; i < 100; i++) {
		CU_ASSERT(received(&host.receive[i], OFFLOAD_SUCCESS, i * 10, 10));
		toe_worker_channels(&script.end.worker);
	}
	CU_ASSERT(indicated(1000, 10));
	host_end_answer(&host, &record, 10);
	finish();
}

/* CHN-3, CHN-4: a worker that is lost behind taking an answer out of its ring gives back the buffers that came with it. */
static void
test_lost(void)
{
	struct toe_worker *worker = &script.end.worker;
	struct toe_engine *engine = &worker->engine;

	begin();
	write_text(0, 100, 0);
	CU_ASSERT(indicated(0, 100));
	*host.own = (struct chimney_io){.op = TOE_FLOW_ANSWER,
	        .mbuf = record.data,
	        .handle = toe_handle_make(OFFLOAD_LAYER_TCP, 0, script.end.generation, 0)};
	CU_ASSERT(host_end_submit(&host, host.own));
	atomic_store(&worker->control.lost, 1);
	toe_worker_channels(worker);
	while (toe_worker_park(worker))
		;
	CU_ASSERT_EQUAL(test_pool_in_use(script.pool), 0);
	CU_ASSERT_EQUAL(engine->host_queued_all, 0);
	CU_ASSERT_EQUAL(engine->host_given_all, atomic_load(&engine->channels->returned_all));
	atomic_store(&worker->control.lost, 0);
	atomic_store(&worker->control.parked, 0);
	engine->life = 0;
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"RCV-2 window", test_window},
	        {"CHN-6 tiny segments", test_small},
	        {"CHN-3 CHN-5 CHN-6 bound of a channel", test_bound},
	        {"CHN-2 CHN-5 a host that does not read", test_full_ring},
	        {"CHN-4 lost behind an answer", test_lost},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0 ||
	        script_init(&script) != 0 || host_end_init(&host, &script.end, script.pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_host_window", tests, RTE_DIM(tests));
	host_end_fini(&host);
	script_fini(&script);
	return rc;
}
