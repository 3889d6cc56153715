/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a timer was set for may be over before what it asked for has left: the port takes nothing for a while, and the
 * peer goes on (T3).
 */
#include "script.h"
#include "sender.h"
#include "tcp.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;

/* Four segments in flight, all that the window holds; a tail loss probe is due after 201 ms, the timeout after 300. */
static void
open_four(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.flags = TCP_OPTION_SACK;
	params.constant.congestion = OFFLOAD_CC_NEWRENO;
	params.delegated.snd_wnd = 4000;
	params.delegated.srtt = 8 * 100;
	params.delegated.rttvar = 4 * 50;
	script_open(&script, &params);
	for (int32_t seq = 0; seq < 4000; seq += 1000)
		CU_ASSERT(script_took_text(&script, seq, 1000, 0));
	script_fill(&script);
}

static bool
probe_waits(void)
{
	return script_conn(&script)->flags & TOE_CONN_PROBE;
}

/* All that a tail loss probe asked for is acknowledged: what follows is a whole segment, not a byte. */
static void
test_tail_probe_acknowledged(void)
{
	open_four();
	script_pass(&script, 205);
	CU_ASSERT(probe_waits());
	script_send(&script, (struct script_segment){.ack = 4000, .window = 4000});
	script_drop(&script);
	for (int32_t seq = 4000; seq < 8000; seq += 1000)
		CU_ASSERT(script_took_text(&script, seq, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* Part of it is acknowledged: the question has been answered, and is asked anew a probe's time later. */
static void
test_tail_probe_answered(void)
{
	open_four();
	script_pass(&script, 205);
	script_send(&script, (struct script_segment){.ack = 2000, .window = 2000});
	CU_ASSERT_FALSE(probe_waits());
	script_drop(&script);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_pass(&script, 190);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_pass(&script, 60);
	CU_ASSERT(script_took_text(&script, 3000, 1000, 0));
	script_close(&script, NULL);
}

/* Selective ACKs have begun a recovery: the probe would send what is reported to be there (RFC 2018). */
static void
test_tail_probe_sacked(void)
{
	open_four();
	script_pass(&script, 205);
	script_send(&script,
	        (struct script_segment){.window = 4000, .sacks = 1, .sack = {{1000, 4000}}});
	script_drop(&script);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* The window closes: what goes next is a window probe, in its time. */
static void
test_tail_probe_window_closes(void)
{
	open_four();
	script_pass(&script, 205);
	script_send(&script, (struct script_segment){.seq = 1, .ack = 1000, .no_window = true});
	CU_ASSERT_FALSE(probe_waits());
	script_drop(&script);
	script_pass(&script, 150);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* A timeout that runs out behind it: the head goes, and goes once. */
static void
test_tail_probe_timeout(void)
{
	open_four();
	script_pass(&script, 205 + 320);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_timeouts, 1);
	script_drop(&script);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* What a timeout sends late has a whole timeout to be acknowledged in. */
static void
test_late_retransmission(void)
{
	open_four();
	script_pass(&script, 201 + 300 + 550); /* probe, timeout, most of the doubled one */
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_timeouts, 1);
	script_drop(&script);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	script_pass(&script, 590);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_pass(&script, 15);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	script_close(&script, NULL);
}

/* The window opens before its probe has left: a whole segment goes, not a byte. */
static void
test_window_probe(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.delegated.snd_wnd = 1000;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 1000, .no_window = true});
	script_fill(&script);
	script_pass(&script, 2000);
	CU_ASSERT(probe_waits());
	script_send(&script, (struct script_segment){.ack = 1000, .window = 3000});
	CU_ASSERT_FALSE(probe_waits());
	script_drop(&script);
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	CU_ASSERT(script_took_text(&script, 2000, 1000, 0));
	CU_ASSERT(script_took_text(&script, 3000, 1000, 0));
	script_close(&script, NULL);
}

/* A keepalive probe that was due when keepalive was switched off. */
static void
test_keepalive_off(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);

	params.cached.flags = TCP_CACHED_KEEPALIVE;
	params.cached.ka_timeout = 5000;
	script_open(&script, &params);
	script_fill(&script);
	script_pass(&script, 5000);
	CU_ASSERT(script_conn(&script)->flags & TOE_CONN_KEEPALIVE_DUE);
	params.cached.flags = 0;
	end_update(&script.end, &params.cached, 1);
	script_drop(&script);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* Of 40 segments the first is lost, and the peer has reported four; its retransmission is built. */
static void
lose_first(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.flags = TCP_OPTION_SACK;
	params.delegated.snd_wnd = params.delegated.cwnd = params.delegated.ssthresh = 40000;
	params.delegated.srtt = 800;
	params.delegated.rttvar = 200;
	script_open(&script, &params);
	CU_ASSERT_EQUAL(script_waiting(&script), 40);
	script_drop(&script);
	script_pass(&script, 100);
	script_send(&script,
	        (struct script_segment){.window = 40000, .sacks = 1, .sack = {{1000, 5000}}});
	CU_ASSERT_EQUAL(script_waiting(&script), 1);
}

/* All but the first are reported: its retransmission left behind them, and is not lost. */
static void
check_order(void)
{
	script_pass(&script, 150);
	script_send(&script,
	        (struct script_segment){.window = 40000, .sacks = 1, .sack = {{1000, 40000}}});
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

/* INV-10: a stop lets the order stand in which things have left, before it and at the relink. */
static void
test_order(void)
{
	lose_first();
	script_drop(&script);
	CU_ASSERT_EQUAL(end_stop(&script.end), 0);
	end_relink(&script.end);
	check_order();
	lose_first();
	CU_ASSERT_EQUAL(end_stop(&script.end), 1);
	end_relink(&script.end);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	check_order();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"INV-10 T11 RFC 8985 the order over a stop", test_order},
	        {"T3 RFC 8985 7.3 a tail loss probe after its ACK", test_tail_probe_acknowledged},
	        {"T3 RFC 8985 7.2 a tail loss probe after an ACK of a part",
	                test_tail_probe_answered},
	        {"T3 RFC 8985 7.2 RFC 2018 a tail loss probe in a recovery",
	                test_tail_probe_sacked},
	        {"T3 TMR-1 a tail loss probe into a closed window", test_tail_probe_window_closes},
	        {"T3 RFC 6298 a tail loss probe behind a timeout", test_tail_probe_timeout},
	        {"T3 RFC 6298 5.6 a timeout's retransmission leaves late",
	                test_late_retransmission},
	        {"T3 TMR-1 a window probe into an open window", test_window_probe},
	        {"T3 UPD-3 a keepalive probe that is not wanted", test_keepalive_off},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_rearm", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}
