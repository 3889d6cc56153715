/* SPDX-License-Identifier: BSD-3-Clause */
/* The receiving side against a script: acceptance, timestamps, delayed ACK, windows. */
#include "script.h"
#include "service.h"
#include "tcp.h"
#include "tcp_facts.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;

static struct end_params
with_timestamps(enum offload_service service)
{
	struct end_params params = script_params(service);

	params.constant.flags = TCP_OPTION_TIMESTAMPS;
	params.delegated.ts_recent = 100;
	params.delegated.ts_time = 700;
	return params;
}

static void
test_delayed_ack(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	script_open(&script, &params);
	script_send(&script, (struct script_segment){.seq = 0, .length = 1000});
	script_pass(&script, TCP_DELACK_MS - 1);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_pass(&script, 1);
	CU_ASSERT(script_took_ack(&script, 1000));
	script_pass(&script, 1000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	/* The second segment is acknowledged at once, with the first. */
	script_send(&script, (struct script_segment){.seq = 1000, .length = 1000});
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.seq = 2000, .length = 1000});
	CU_ASSERT(script_took_ack(&script, 3000));
	script_pass(&script, 1000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

static void
test_out_of_order(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	script_open(&script, &params);
	script_send(&script, (struct script_segment){.seq = 1000, .length = 500});
	CU_ASSERT(script_took_ack(&script, 0));
	/* What fills a part of the gap is acknowledged at once; what fills it, with what waited behind it. */
	script_send(&script, (struct script_segment){.seq = 0, .length = 500});
	CU_ASSERT(script_took_ack(&script, 500));
	/* Partly old text: the new part is taken. */
	script_send(&script, (struct script_segment){.seq = 250, .length = 750});
	CU_ASSERT(script_took_ack(&script, 1500));
	/* Wholly old: answered at once. */
	script_send(&script, (struct script_segment){.seq = 500, .length = 1000});
	CU_ASSERT(script_took_ack(&script, 1500));
	/* A keepalive probe is old by one. */
	script_send(&script, (struct script_segment){.seq = 1499});
	CU_ASSERT(script_took_ack(&script, 1500));
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 1500);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.rx_out_of_order, 1);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.rx_duplicate, 2);
	script_close(&script, NULL);
}

static void
test_right_edge(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	params.delegated.rcv_wnd = 1500;
	script_open(&script, &params);
	/* Beyond the edge: nothing. At the edge: an ACK is understood, text is not taken. */
	script_send(&script, (struct script_segment){.seq = 1501, .length = 10});
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.rx_unacceptable, 1);
	script_send(&script, (struct script_segment){.seq = 0, .length = 1000});
	/* Text that crosses the edge is cut there, and a FIN behind it with it. */
	script_send(
	        &script, (struct script_segment){.seq = 1000, .length = 1000, .flags = ACK | FIN});
	CU_ASSERT(script_took_ack(&script, 1500));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_ESTABLISHED);
	CU_ASSERT_EQUAL(script.got.window, 1500);
	script_close(&script, NULL);
}

static void
test_host_takes_no_text(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);
	uint32_t max = script.end.worker.engine.host_buffers_max;

	script.end.worker.engine.host_buffers_max = 0;
	script_open(&script, &params);
	script_send(&script, (struct script_segment){.seq = 0, .length = 1000});
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT_EQUAL(script.got.window, SCRIPT_WINDOW);
	/* A FIN needs no buffer. */
	script_send(&script, (struct script_segment){.seq = 0, .flags = ACK | FIN});
	CU_ASSERT(script_took_ack(&script, 1));
	CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_CLOSE_WAIT);
	script.end.worker.engine.host_buffers_max = max;
	script_close(&script, NULL);
}

static void
test_zero_window(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);
	uint32_t max = script.end.worker.engine.host_buffers_max;

	script.end.worker.engine.host_buffers_max = 0;
	params.delegated.rcv_wnd = 0;
	params.delegated.snd_wnd = 100;
	script_open(&script, &params);
	/* RFC 9293 section 3.10.7.4: ACKs are valid in a window of zero, text is not. */
	script_send(&script, (struct script_segment){.seq = 0, .length = 1, .window = 777});
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT_EQUAL(script_conn(&script)->snd_wnd, 777);
	script_send(&script, (struct script_segment){.seq = 0, .flags = ACK | FIN});
	CU_ASSERT(script_took_ack(&script, 1));
	CU_ASSERT_EQUAL(script.got.window, 0);
	script.end.worker.engine.host_buffers_max = max;
	script_close(&script, NULL);
}

static void
test_paws(void)
{
	struct end_params params = with_timestamps(OFFLOAD_SERVICE_SINK);
	struct script_segment segment = {.length = 10, .timestamps = true, .tsval = 99};

	script_open(&script, &params);
	/* Older than ts_recent: dropped, answered. */
	script_send(&script, segment);
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT_EQUAL(script_conn(&script)->ts_recent, 100);
	CU_ASSERT_EQUAL(script.got.tsecr, 100);
	/* Without the option, though it was agreed: dropped in silence (RFC 7323 section 3.2). */
	segment.timestamps = false;
	script_send(&script, segment);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.rx_unacceptable, 2);
	/* After 24 days ts_recent says nothing any more (section 5.5). */
	segment.timestamps = true;
	script.now_us += UINT64_C(24) * 24 * 3600 * 1000 * 1000;
	script_pass(&script, 1);
	script_send(&script, segment);
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_bytes, 10);
	CU_ASSERT_EQUAL(script_conn(&script)->ts_recent, 99);
	script_close(&script, NULL);
}

static void
test_ts_recent(void)
{
	struct end_params params = with_timestamps(OFFLOAD_SERVICE_SINK);
	struct script_segment segment = {.length = 1000, .timestamps = true};

	script_open(&script, &params);
	/* Of two segments under one ACK, the timestamp of the first is echoed. */
	segment.seq = 0;
	segment.tsval = 110;
	script_send(&script, segment);
	segment.seq = 1000;
	segment.tsval = 120;
	script_send(&script, segment);
	CU_ASSERT(script_took_ack(&script, 2000));
	CU_ASSERT_EQUAL(script.got.tsecr, 110);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	/* TS-1: what is sent is the time handed over, going on. */
	CU_ASSERT_EQUAL(script.got.tsval, 700);
	script_pass(&script, 250);
	segment.seq = 0;
	segment.tsval = 140;
	script_send(&script, segment);
	CU_ASSERT(script_took_ack(&script, 2000));
	CU_ASSERT_EQUAL(script.got.tsval, 950);
	CU_ASSERT_EQUAL(script.got.tsecr, 110); /* an old segment tells nothing */
	/* The segment that the last ACK waited for is the next one; out of order, a timestamp is not echoed. */
	segment.seq = 2000;
	segment.tsval = 150;
	script_send(&script, segment);
	segment.seq = 4000;
	segment.tsval = 160;
	script_send(&script, segment);
	CU_ASSERT(script_took_ack(&script, 3000));
	CU_ASSERT_EQUAL(script.got.tsecr, 150);
	/* What fills the gap in part: its own is. */
	segment.seq = 3000;
	segment.length = 500;
	segment.tsval = 170;
	script_send(&script, segment);
	CU_ASSERT(script_took_ack(&script, 3500));
	CU_ASSERT_EQUAL(script.got.tsecr, 170);
	script_close(&script, NULL);
}

/*
 * The peer's text is taken, but the window may not be what was handed over: initial_rcv_wnd rules.
 */
static void
test_window_smaller_than_offered(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	uint32_t seq = 0, edge = SCRIPT_WINDOW;

	params.cached.initial_rcv_wnd = 8000;
	script_open(&script, &params);
	while (seq < 80000) {
		script_send(&script, (struct script_segment){.seq = (int32_t)seq, .length = 500});
		script_send(
		        &script, (struct script_segment){.seq = (int32_t)seq + 500, .length = 500});
		seq += 1000;
		CU_ASSERT_FATAL(script_took_ack(&script, (int32_t)seq));
		CU_ASSERT_FATAL(seq + script.got.window >= edge);
		edge = seq + script.got.window;
		if (seq > SCRIPT_WINDOW - 8000)
			CU_ASSERT_FATAL(script.got.window > 7000 && script.got.window <= 8000);
	}
	script_close(&script, NULL);
}

static void
test_window_in_steps(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	uint32_t edge = SCRIPT_WINDOW;

	/* RFC 9293 section 3.8.6.2.2: the edge moves by a full segment, or not at all. */
	script_open(&script, &params);
	for (uint32_t seq = 0; seq < 5000; seq += 100) {
		script_send(&script, (struct script_segment){.seq = (int32_t)seq, .length = 50});
		script_send(
		        &script, (struct script_segment){.seq = (int32_t)seq + 50, .length = 50});
		CU_ASSERT_FATAL(script_took_ack(&script, (int32_t)seq + 100));
		if (seq + 100 + script.got.window != edge) {
			CU_ASSERT(seq + 100 + script.got.window - edge >= SCRIPT_MSS);
			edge = seq + 100 + script.got.window;
		}
	}
	CU_ASSERT_EQUAL(edge, SCRIPT_WINDOW + 5000);
	script_close(&script, NULL);
}

static void
test_echo_window(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);
	uint32_t seq = 0;

	params.cached.initial_rcv_wnd = 6000;
	params.delegated.rcv_wnd = 6000;
	script_open(&script, &params);
	/* The peer acknowledges nothing: the window closes as the queue fills, and not before. */
	for (; seq < 6000; seq += 1000)
		script_send(&script, (struct script_segment){.seq = (int32_t)seq, .length = 1000});
	for (uint32_t i = 0; i < 6; i++)
		CU_ASSERT(script_took_text(&script, (int32_t)i * 1000, 1000, 0));
	CU_ASSERT_EQUAL(script.got.window, 0);
	CU_ASSERT_EQUAL(script_conn(&script)->rcv_adv, SCRIPT_PEER + 6000);
	script_send(&script, (struct script_segment){.seq = 6000, .ack = 500});
	CU_ASSERT_EQUAL(script_waiting(&script), 0); /* not worth an update */
	script_send(&script, (struct script_segment){.seq = 6000, .ack = 2000});
	CU_ASSERT(script_took_ack(&script, 6000));
	CU_ASSERT_EQUAL(script.got.window, 2000);
	CU_ASSERT_EQUAL(tcp_unacked(script_conn(&script)), 4000);
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TMR-1 delayed ACK", test_delayed_ack},
	        {"TCP-1 text out of order, and old text", test_out_of_order},
	        {"TCP-1 the right edge of the window", test_right_edge},
	        {"TCP-1 INV-11 what nobody takes is not acknowledged", test_host_takes_no_text},
	        {"TCP-1 a window of zero", test_zero_window},
	        {"TCP-1 RFC 7323 PAWS", test_paws},
	        {"TCP-1 TS-1 RFC 7323 which timestamp is echoed", test_ts_recent},
	        {"TCP-1 the window shrinks without its edge", test_window_smaller_than_offered},
	        {"TCP-1 silly window avoidance of the receiver", test_window_in_steps},
	        {"TCP-1 RCV-2 an echo's window", test_echo_window},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_receive", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}
