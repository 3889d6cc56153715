/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss recovery against a script: SACK, RACK, the tail loss probe, proportional rate, NewReno, undoing. */
#include "script.h"
#include "sender.h"
#include "tcp.h"
#include "test_mutant.h"
#include "unit.h"

#define RTT_MS 100u

static struct script script;
static uint32_t peer_window; /* in what the peer sends */

/* Segments in flight for a round trip, as many as `cwnd` and the window let go; srtt is RTT_MS. */
static void
open_flight(uint8_t options, uint32_t window, uint32_t cwnd)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.flags = options;
	params.constant.congestion = OFFLOAD_CC_NEWRENO;
	params.delegated.cwnd = cwnd;
	params.delegated.srtt = 8 * RTT_MS;
	params.delegated.rttvar = 4 * 50;
	params.delegated.snd_wnd = window;
	peer_window = window;
	script_open(&script, &params);
	for (int32_t seq = 0; seq < (int32_t)RTE_MIN(window, cwnd); seq += (int32_t)SCRIPT_MSS)
		CU_ASSERT(script_took_text(&script, seq, SCRIPT_MSS, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_pass(&script, RTT_MS);
}

static void
open_ten(uint8_t options, uint32_t window)
{
	open_flight(options, window, 10 * SCRIPT_MSS);
}

/* The peer has everything up to `ack`, and [start, end). */
static void
sack(int32_t ack, uint32_t start, uint32_t end)
{
	script_send(&script,
	        (struct script_segment){
	                .ack = ack, .window = peer_window, .sacks = 1, .sack = {{start, end}}});
}

/* Three segments behind a hole: the hole is filled at once, then one segment goes for two that arrive. */
static void
test_sack_recovery(void)
{
	struct toe_conn *conn = script_conn(&script);

	open_flight(TCP_OPTION_SACK, SCRIPT_WINDOW, 20 * SCRIPT_MSS);
	/* RFC 3042: what has left the network lets new data go. */
	sack(0, 1000, 2000);
	CU_ASSERT(script_took_text(&script, 20000, 1000, 0));
	sack(0, 1000, 3000);
	CU_ASSERT(script_took_text(&script, 21000, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	sack(0, 1000, 4000);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.recoveries, 1);
	/* RFC 5681 section 3.2, step 2: without what limited transmit has sent. */
	CU_ASSERT_EQUAL(conn->ssthresh, 10000);
	/* RFC 6937: 10 of 22 that are delivered, from the beginning. */
	for (uint32_t end = 5000, sent = 1; end <= 20000; end += 1000) {
		uint32_t before = sent;

		sack(0, 1000, end);
		while (script_take(&script)) {
			CU_ASSERT_EQUAL(script.got.seq, 21000 + sent * 1000);
			sent++;
		}
		CU_ASSERT(sent <= before + 1);
		CU_ASSERT(sent <= (end - 3000) / 2000 + 1);
		if (end == 9000)
			CU_ASSERT_EQUAL(sent, 2); /* long before the pipe is down to ssthresh */
	}
	script_send(&script, (struct script_segment){.ack = 22000});
	CU_ASSERT_EQUAL(conn->cwnd, 10000); /* RFC 6937 section 3: ssthresh, and nothing more */
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_timeouts, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_retransmitted, 1);
	script_close(&script, NULL);
}

/* One segment behind two that are missing: they are lost a quarter of a round trip later (RFC 8985), and only they. */
static void
test_rack(void)
{
	open_ten(TCP_OPTION_SACK, 4000);
	sack(0, 2000, 3000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(toe_sender_of(&script.end.worker.engine, script_conn(&script))->reo_wnd,
	        RTT_MS * 1000 / 4);
	script_pass(&script, RTT_MS / 4 - 1);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_pass(&script, 2);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	sack(1000, 2000, 3000);
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 3000, .window = 1000});
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_retransmitted, 2);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_timeouts, 0);
	script_close(&script, NULL);
}

/* Reordering that resolves itself in time costs nothing. */
static void
test_reordering(void)
{
	open_ten(TCP_OPTION_SACK, 4000);
	sack(0, 1000, 2000);
	script_pass(&script, RTT_MS / 8);
	script_send(&script, (struct script_segment){.ack = 2000, .window = 2000});
	script_pass(&script, RTT_MS);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_retransmitted, 0);
	CU_ASSERT_EQUAL(script_conn(&script)->cwnd, 10 * SCRIPT_MSS);
	script_close(&script, NULL);
}

/* RFC 8985 section 7: the last segment again after two round trips, or new data where there is room. */
static void
test_tail_loss_probe(void)
{
	struct toe_conn *conn = script_conn(&script);

	open_ten(TCP_OPTION_SACK, 3000);
	script_pass(&script, RTT_MS);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_pass(&script, 3);
	CU_ASSERT(script_took_text(&script, 2000, 1000, 0));
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_probes, 1);
	/* The peer had it: a duplicate is reported, nothing was lost. */
	script_send(
	        &script, (struct script_segment){
	                         .ack = 3000, .window = 3000, .sacks = 1, .sack = {{2000, 3000}}});
	CU_ASSERT_EQUAL(conn->cwnd, 10 * SCRIPT_MSS);
	while (script_take(&script))
		;
	script_close(&script, NULL);

	open_ten(TCP_OPTION_SACK, SCRIPT_WINDOW);
	script_pass(&script, RTT_MS + 3);
	CU_ASSERT(script_took_text(&script, 10000, 1000, 0));
	/* What it brings back starts a recovery without a timeout. */
	script_pass(&script, RTT_MS);
	sack(9000, 10000, 11000);
	script_pass(&script, RTT_MS / 4 + 1);
	CU_ASSERT(script_took_text(&script, 11000, 1000, 0) ||
	          script.got.seq == 9000); /* cwnd has room */
	while (script_take(&script))
		;
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_timeouts, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.recoveries, 1);
	script_close(&script, NULL);
}

/* What turns out to have been there already: the window is given back (RFC 2883, RFC 3708). */
static void
test_undo(void)
{
	struct toe_conn *conn = script_conn(&script);

	open_ten(TCP_OPTION_SACK, 10000);
	sack(0, 1000, 4000);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT(conn->cwnd < 10 * SCRIPT_MSS);
	script_send(&script, (struct script_segment){
	                             .ack = 4000, .window = 6000, .sacks = 1, .sack = {{0, 1000}}});
	CU_ASSERT(conn->cwnd >= 10 * SCRIPT_MSS);
	CU_ASSERT_EQUAL(conn->ssthresh, UINT32_MAX);
	script_close(&script, NULL);
}

/* RFC 6582: three duplicates, then every partial ACK shows the next hole. */
static void
test_newreno(void)
{
	struct toe_conn *conn = script_conn(&script);

	open_ten(0, SCRIPT_WINDOW);
	for (uint32_t i = 0; i < 2; i++) {
		script_send(&script, (struct script_segment){.ack = 0});
		CU_ASSERT(script_took_text(&script, (int32_t)(10000 + i * 1000), 1000, 0));
	}
	script_send(&script, (struct script_segment){.ack = 0});
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT_EQUAL(conn->ssthresh, 5000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.ack = 3000});
	CU_ASSERT(script_took_text(&script, 3000, 1000, 0));
	while (script_take(&script))
		CU_ASSERT(script.got.seq >= 12000);
	script_send(&script, (struct script_segment){.ack = 12000});
	CU_ASSERT(conn->cwnd >= 5000 && conn->cwnd <= 6000);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_retransmitted, 2);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_timeouts, 0);
	script_close(&script, NULL);
}

/* A peer that reports nonsense changes nothing. */
static void
test_blocks_of_nonsense(void)
{
	const struct toe_sender *sender;

	open_ten(TCP_OPTION_SACK, 10000);
	sack(0, 9000, 12000); /* never sent */
	sack(0, 4000, 3000);
	sack(0, 0u - 5000, 0u - 1000);
	sack(0, 5000, 5000);
	sender = toe_sender_of(&script.end.worker.engine, script_conn(&script));
	CU_ASSERT_EQUAL(sender->sacked, 0);
	CU_ASSERT_EQUAL(sender->lost, 0);
	CU_ASSERT_EQUAL(sender->records, 1);
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TCP-1 RFC 6675 RFC 6937 RFC 3042 recovery with SACK", test_sack_recovery},
	        {"TCP-1 RFC 8985 lost by time", test_rack},
	        {"TCP-1 RFC 8985 reordered, not lost", test_reordering},
	        {"TCP-1 RFC 8985 tail loss probe", test_tail_loss_probe},
	        {"TCP-1 RFC 2883 a recovery for nothing", test_undo},
	        {"TCP-1 RFC 6582 RFC 3042 recovery without SACK", test_newreno},
	        {"TCP-1 RFC 2018 blocks of nonsense", test_blocks_of_nonsense},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_recovery", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}
