/* SPDX-License-Identifier: BSD-3-Clause */
/* Peers that want to use up memory or time: each test shows the bound (TCP-2, RFC 2525, sockstress). */
#include "invariant.h"
#include "reassembly.h"
#include "rng.h"
#include "script.h"
#include "sender.h"
#include "tcp.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;
static struct invariant before;

static void
open_attacked(enum offload_service service, uint8_t options, uint32_t cwnd)
{
	struct end_params params = script_params(service);

	params.constant.flags = options;
	params.constant.congestion = OFFLOAD_CC_NEWRENO;
	params.delegated.cwnd = cwnd;
	script_open(&script, &params);
	invariant_init(&before, &script.end);
}

static void
check(void)
{
	const char *wrong = invariant_check(&before, &script.end);

	if (wrong == NULL)
		return;
	printf("\n    %s ", wrong);
	CU_FAIL_FATAL("an invariant does not hold");
}

/* Single bytes with a gap before each: as many pieces as a connection may have, and no more. */
static void
test_out_of_order_flood(void)
{
	struct toe_worker *worker = &script.end.worker;
	uint32_t most = 0;

	open_attacked(OFFLOAD_SERVICE_SINK, TCP_OPTION_SACK, 0);
	worker->engine.reassembly_buffers_max = 2 * TOE_REASSEMBLY_PIECES;
	for (uint32_t i = 0; i < 1600; i++) {
		script_send(&script,
		        (struct script_segment){.seq = (int32_t)(40000 - 2 * i), .length = 1});
		while (script_take(&script))
			;
		most = RTE_MAX(most, worker->engine.pieces.used);
	}
	CU_ASSERT_EQUAL(most, TOE_REASSEMBLY_PIECES);
	CU_ASSERT_EQUAL(worker->engine.stats.rx_reassembly_full, 1600 - TOE_REASSEMBLY_PIECES);
	CU_ASSERT_EQUAL(test_pool_in_use(script.pool), TOE_REASSEMBLY_PIECES);
	check();
	script_close(&script, NULL);
}

/* All connections of a worker share a part of its buffers: the rest is for receiving. */
static void
test_buffers_of_all(void)
{
	struct toe_worker *worker = &script.end.worker;

	open_attacked(OFFLOAD_SERVICE_SINK, 0, 0);
	worker->engine.reassembly_buffers_max = script.pool->size / 4;
	for (uint32_t i = 0; i < 900; i++) {
		script_send(&script,
		        (struct script_segment){.seq = (int32_t)(1 + 60 * i), .length = 50});
		while (script_take(&script))
			;
	}
	CU_ASSERT_EQUAL(worker->engine.reassembly_buffers, worker->engine.reassembly_buffers_max);
	CU_ASSERT(test_pool_in_use(script.pool) <= script.pool->size / 4);
	check();
	script_close(&script, NULL);
}

/* Small segments in order behind a gap share a buffer. */
static void
test_tiny_segments(void)
{
	struct toe_worker *worker = &script.end.worker;

	open_attacked(OFFLOAD_SERVICE_SINK, TCP_OPTION_SACK, 0);
	for (int32_t seq = 10; seq < 5010; seq++) {
		script_send(&script, (struct script_segment){.seq = seq, .length = 1});
		while (script_take(&script))
			;
	}
	CU_ASSERT(worker->engine.reassembly_buffers <= 10);
	check();
	script_close(&script, NULL);
	/* An echo's likewise, and it does not answer each of them. */
	open_attacked(OFFLOAD_SERVICE_ECHO, 0, SCRIPT_MSS);
	for (int32_t seq = 0; seq < 5000; seq++)
		script_send(&script, (struct script_segment){.seq = seq, .length = 1});
	CU_ASSERT(test_pool_in_use(script.pool) <= 10);
	CU_ASSERT(script_waiting(&script) <= 6);
	check();
	script_close(&script, NULL);
}

/* A peer that takes one byte at a time: a byte for each of its ACKs, records as many as are in flight. */
static void
test_tiny_windows(void)
{
	uint32_t sent = 0;

	open_attacked(OFFLOAD_SERVICE_SOURCE, TCP_OPTION_SACK, 10 * SCRIPT_MSS);
	while (script_take(&script))
		sent += script.got.length;
	script_send(&script, (struct script_segment){.ack = (int32_t)sent, .window = 1});
	for (uint32_t i = 0; i < 3000; i++) {
		while (script_take(&script)) {
			CU_ASSERT_FATAL(script.got.length <= 1);
			sent += script.got.length;
		}
		script_send(&script, (struct script_segment){.ack = (int32_t)sent, .window = 1});
		CU_ASSERT_FATAL(script.end.worker.engine.sent.used <= 2);
	}
	check();
	script_close(&script, NULL);
}

/* Every second byte is said to have arrived: records stay within their bound, and so does what an ACK costs. */
static void
test_sack_flood(void)
{
	struct toe_worker *worker = &script.end.worker;
	uint32_t most = 0;
	struct rng rng;

	rng_seed(&rng, 1);
	open_attacked(OFFLOAD_SERVICE_SOURCE, TCP_OPTION_SACK, 65 * SCRIPT_MSS);
	while (script_take(&script))
		;
	for (uint32_t i = 0; i < 12000; i++) {
		struct script_segment ack = {.sacks = 4};

		for (uint32_t j = 0; j < 4; j++) {
			ack.sack[j].start = 1 + 2 * rng_below(&rng, 30000);
			ack.sack[j].end = ack.sack[j].start + 1;
		}
		script_send(&script, ack);
		while (script_take(&script))
			;
		most = RTE_MAX(most, worker->engine.sent.used);
		if (i % 256 == 0)
			check();
	}
	CU_ASSERT(most <= 2 * TOE_SENDER_RECORDS_MAX + 1);
	/* It is still possible to finish. */
	script_send(
	        &script, (struct script_segment){
	                         .ack = (int32_t)(script_conn(&script)->snd_max - SCRIPT_OURS)});
	check();
	script_close(&script, NULL);
	CU_ASSERT_EQUAL(worker->engine.sent.used + worker->engine.senders.used, 0);
}

/* A window that stays closed: one byte, then one probe a round, further and further apart (TMR-1). */
static void
test_zero_window(void)
{
	struct toe_worker *worker = &script.end.worker;
	uint32_t probes = 0;

	open_attacked(OFFLOAD_SERVICE_SOURCE, 0, 10 * SCRIPT_MSS);
	while (script_take(&script))
		;
	script_send(&script, (struct script_segment){.ack = 10000, .no_window = true});
	for (uint32_t second = 0; second < 1200; second++) {
		script_pass(&script, 1000);
		while (script_take(&script)) {
			CU_ASSERT_FATAL(script.got.length <= 1);
			probes++;
			script_send(
			        &script, (struct script_segment){.ack = 10000, .no_window = true});
		}
		CU_ASSERT_FATAL(
		        worker->engine.sent.used <= 1 && test_pool_in_use(script.pool) == 0);
	}
	CU_ASSERT(probes > 10 && probes < 30);
	check();
	script_close(&script, NULL);
}

/* ACKs of what is not there: no work that grows, one ACK for all that come in one burst. */
static void
test_ack_storm(void)
{
	open_attacked(OFFLOAD_SERVICE_SINK, 0, 0);
	for (uint32_t i = 0; i < 5000; i++)
		script_send(&script, (struct script_segment){.ack = 1000000});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.rx_unacceptable, 5000);
	for (uint32_t i = 0; i < 5000; i++) /* duplicates without anything in flight */
		script_send(&script, (struct script_segment){.ack = 0});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
	check();
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TCP-2 out-of-order flood", test_out_of_order_flood},
	        {"TCP-2 buffers of all connections", test_buffers_of_all},
	        {"TCP-2 tiny segments", test_tiny_segments},
	        {"TCP-1 tiny windows", test_tiny_windows},
	        {"TCP-1 SACK flood", test_sack_flood},
	        {"TMR-1 a window that stays closed", test_zero_window},
	        {"SEC-1 ACK storm", test_ack_storm},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_attack", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}
