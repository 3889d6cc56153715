/* SPDX-License-Identifier: BSD-3-Clause */
/* The sending side against a script: windows, timeouts, acknowledgments, shortage of room. */
#include "script.h"
#include "service.h"
#include "tcp.h"
#include "test_mutant.h"
#include "unit.h"

static struct script script;

static void
test_windows(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.delegated.snd_wnd = 2500;
	script_open(&script, &params);
	/*
	 * Two full segments; the rest of the window is not worth a segment while data is in flight.
	 */
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	/* Nothing in flight: what fits is sent. */
	script_send(&script, (struct script_segment){.ack = 2000, .window = 300});
	CU_ASSERT(script_took_text(&script, 2000, 300, 0));
	/* A congestion window that is not used does not grow (RFC 7661). */
	CU_ASSERT_EQUAL(script_conn(&script)->cwnd, 100 * SCRIPT_MSS);
	/* The edge moves with the window, not with what is acknowledged. */
	script_send(&script, (struct script_segment){.ack = 2300, .no_window = true});
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.ack = 2300, .window = 1000});
	CU_ASSERT(script_took_text(&script, 2300, 1000, 0));
	/* The congestion window holds back as well. */
	script_conn(&script)->cwnd = 2000;
	script_send(&script, (struct script_segment){.ack = 2300, .window = 60000});
	CU_ASSERT(script_took_text(&script, 3300, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

static void
test_window_updates(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);

	params.delegated.snd_wnd = 1000;
	params.delegated.snd_wl1 = SCRIPT_PEER;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	/* Older segments do not change the window, SND.WL1 (RFC 9293 section 3.10.7.4). */
	script_send(&script, (struct script_segment){.seq = 0, .length = 10, .window = 900});
	CU_ASSERT_EQUAL(conn->snd_wnd, 1000);
	script_send(&script, (struct script_segment){.seq = 10, .length = 10, .window = 900});
	CU_ASSERT_EQUAL(conn->snd_wnd, 900);
	CU_ASSERT_EQUAL(conn->snd_wl1, SCRIPT_PEER + 10);
	/* The same segment again has the same window, and is not newer. */
	script_send(&script, (struct script_segment){.seq = 20, .ack = 1000, .window = 5000});
	CU_ASSERT_EQUAL(conn->snd_wnd, 5000);
	CU_ASSERT_EQUAL(script_waiting(&script), 5);
	script_send(&script, (struct script_segment){.seq = 20, .ack = 0, .window = 60000});
	CU_ASSERT_EQUAL(conn->snd_wnd, 5000);
	/* A retransmission that acknowledges more is newer than its sequence number says. */
	script_send(&script, (struct script_segment){.seq = 40, .ack = 1000, .window = 5000});
	script_send(&script,
	        (struct script_segment){.seq = 20, .ack = 2000, .length = 10, .window = 3000});
	CU_ASSERT_EQUAL(conn->snd_wnd, 3000);
	CU_ASSERT_EQUAL(conn->snd_wl1, SCRIPT_PEER + 40);
	CU_ASSERT_EQUAL(conn->max_snd_wnd, 5000);
	script_close(&script, NULL);
}

static void
test_ack_check(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);

	params.delegated.snd_wnd = 1000;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	/*
	 * What was never sent cannot be acknowledged: the text of such a segment is not taken
	 * either.
	 */
	script_send(&script, (struct script_segment){.ack = 1001, .length = 10});
	CU_ASSERT(script_took_ack(&script, 0));
	/* RFC 5961 section 5.2: nor can an ACK be older than the largest window. */
	script_send(&script, (struct script_segment){.ack = -1001, .length = 10});
	CU_ASSERT(script_took_ack(&script, 0));
	CU_ASSERT_EQUAL(conn->rcv_bytes, 0);
	CU_ASSERT_EQUAL(conn->snd_una, SCRIPT_OURS);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.rx_unacceptable, 2);
	/* An old duplicate is fine. */
	script_send(&script, (struct script_segment){.ack = -1000, .length = 10});
	CU_ASSERT_EQUAL(conn->rcv_bytes, 10);
	/* Without ACK: dropped in silence. */
	script_send(&script,
	        (struct script_segment){.seq = 10, .length = 10, .flags = RTE_TCP_PSH_FLAG});
	CU_ASSERT_EQUAL(conn->rcv_bytes, 10);
	script_close(&script, NULL);
}

/* The time of each retransmission and the state behind it, to the millisecond. */
static void
test_backoff(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);
	uint32_t wait = TCP_RTO_INITIAL_MS;
	struct toe_event event;

	params.delegated.snd_wnd = 3000;
	params.constant.congestion = OFFLOAD_CC_NEWRENO;
	params.max_retransmit = 9;
	script_open(&script, &params);
	for (int32_t seq = 0; seq < 3000; seq += 1000)
		CU_ASSERT(script_took_text(&script, seq, 1000, 0));
	for (uint32_t i = 1; i <= 9; i++) {
		script_pass(&script, wait - 1);
		CU_ASSERT_EQUAL(script_waiting(&script), 0);
		script_pass(&script, 1);
		CU_ASSERT(script_took_text(&script, 0, 1000, 0));
		CU_ASSERT_EQUAL(script_waiting(&script), 0); /* RFC 5681: one SMSS */
		CU_ASSERT_EQUAL(conn->retransmit_count, i);
		CU_ASSERT_EQUAL(conn->cwnd, SCRIPT_MSS);
		CU_ASSERT_EQUAL(conn->ssthresh, 2 * SCRIPT_MSS);
		CU_ASSERT_EQUAL(conn->snd_max, SCRIPT_OURS + 3000);
		wait = RTE_MIN(2 * wait, TCP_RTO_MAX_MS);
	}
	/* TMR-2: at the limit the host is told, once, and nothing more is sent. */
	script_pass(&script, wait - 1);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	script_pass(&script, 1);
	CU_ASSERT_TRUE_FATAL(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(event.kind, TOE_EVENT_RETRIEVE);
	CU_ASSERT_EQUAL(event.detail, RETRIEVE_TIMEOUT_EXPIRATION);
	script_pass(&script, 3 * TCP_RTO_MAX_MS);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	/* D9: what arrives still frees send data. */
	script_send(&script, (struct script_segment){.ack = 3000});
	CU_ASSERT_EQUAL(conn->snd_una, SCRIPT_OURS + 3000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_close(&script, NULL);
}

static void
test_max_rt(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_event event;

	/* TMR-4: ms spent retransmitting: 1000 + 2000 + 4000 reach 7000. */
	params.cached.max_rt = 7000;
	params.max_retransmit = 1;
	params.delegated.snd_wnd = 1000;
	script_open(&script, &params);
	script_pass(&script, 6999);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(script_conn(&script)->total_rt, 3000);
	script_pass(&script, 1);
	CU_ASSERT_TRUE(end_event(&script.end, &event));
	script_close(&script, NULL);
	/* No limit. */
	params.cached.max_rt = UINT32_MAX;
	script_open(&script, &params);
	script_pass(&script, 2000000);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	CU_ASSERT(script_conn(&script)->retransmit_count > 15);
	script_close(&script, NULL);
}

/* After a timeout everything from SND.UNA is sent again, in slow start, and SND.MAX stays. */
static void
test_go_back(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);

	params.delegated.snd_wnd = 4000;
	script_open(&script, &params);
	for (int32_t seq = 0; seq < 4000; seq += 1000)
		CU_ASSERT(script_took_text(&script, seq, 1000, 0));
	script_pass(&script, TCP_RTO_INITIAL_MS);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 1000, .window = 4000});
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	CU_ASSERT(script_took_text(&script, 2000, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(conn->retransmit_count, 0);
	/*
	 * Karn: no sample from what was sent twice; the backed-off timeout stays (RFC 6298 section
	 * 5).
	 */
	CU_ASSERT_EQUAL(conn->srtt, 0);
	CU_ASSERT_EQUAL(conn->rto, 2 * TCP_RTO_INITIAL_MS);
	/* The peer had the rest all along: what it has is not sent again. */
	script_send(&script, (struct script_segment){.ack = 4000, .window = 2000});
	CU_ASSERT(script_took_text(&script, 4000, 1000, 0));
	CU_ASSERT(script_took_text(&script, 5000, 1000, 0));
	script_pass(&script, 70);
	script_send(&script, (struct script_segment){.ack = 5000, .no_window = true});
	CU_ASSERT_EQUAL(conn->srtt >> 3, 70000);
	CU_ASSERT_EQUAL(conn->rto, 70 + 4 * 35);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_retransmitted, 3);
	script_close(&script, NULL);
}

/* A peer that takes its window back still gets what was sent within it (RFC 7323 section 2.4). */
static void
test_shrunk_window(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.delegated.snd_wnd = 3000;
	script_open(&script, &params);
	for (int32_t seq = 0; seq < 3000; seq += 1000)
		CU_ASSERT(script_took_text(&script, seq, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 1000, .no_window = true});
	script_pass(&script, TCP_RTO_MIN_MS);
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	/* And what was not sent yet waits behind a probe of one byte. */
	script_send(&script, (struct script_segment){.ack = 3000, .no_window = true});
	script_pass(&script, 10000);
	CU_ASSERT(script_took_text(&script, 3000, 1, 0));
	script_close(&script, NULL);
}

/* TMR-1: rounds of window probes; a peer that refuses the probe's byte gets it before what follows. */
static void
test_persist(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(&script);

	params.delegated.snd_wnd = 1000;
	params.delegated.srtt = 8 * 100;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 1000, .no_window = true});
	for (uint32_t round = 0; round < 4; round++) {
		script_pass(&script, (conn->rto << round) - 1);
		CU_ASSERT_EQUAL(script_waiting(&script), 0);
		script_pass(&script, 1);
		CU_ASSERT(script_took_text(&script, 1000, 1, 0));
		/* Once not answered: the same round, backed off. */
		script_pass(&script, conn->rto << 1);
		CU_ASSERT(script_took_text(&script, 1000, 1, 0));
		/* RCV-2: an ACK in between is not beyond the closed window. */
		script_send(
		        &script, (struct script_segment){
		                         .seq = 5000, .ack = 1000, .length = 1, .no_window = true});
		CU_ASSERT(script_took_ack(&script, 0));
		CU_ASSERT_EQUAL(script.got.seq, 1000);
		CU_ASSERT_EQUAL(conn->snd_wnd_probe_count, round + 1);
		CU_ASSERT_EQUAL(conn->retransmit_count, 0);
	}
	script_send(&script, (struct script_segment){.ack = 1000, .window = 2500});
	CU_ASSERT(script_took_text(&script, 1000, 1, 0));
	CU_ASSERT(script_took_text(&script, 1001, 1000, 0));
	CU_ASSERT_EQUAL(conn->snd_wnd_probe_count, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.tx_timeouts, 0);
	script_close(&script, NULL);
}

static void
test_rtt_from_timestamps(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct script_segment ack = {.ack = 988, .window = 988, .timestamps = true, .tsval = 5};
	struct toe_conn *conn = script_conn(&script);

	params.constant.flags = TCP_OPTION_TIMESTAMPS;
	params.delegated.ts_time = 0u - 20;
	params.delegated.snd_wnd = 988;
	script_open(&script, &params);
	CU_ASSERT(script_took_text(&script, 0, 988, 0));
	CU_ASSERT_EQUAL(script.got.tsval, 0u - 20);
	script_pass(&script, 300);
	ack.tsecr = 0u - 20;
	script_send(&script, ack);
	CU_ASSERT_EQUAL(conn->srtt, 300000 * 8);
	/*
	 * An ACK of nothing new is no sample, nor is an echo of the future (RFC 7323 section 4.1).
	 */
	script_pass(&script, 100);
	script_send(&script, ack);
	CU_ASSERT_EQUAL(conn->srtt, 300000 * 8);
	CU_ASSERT(script_took_text(&script, 988, 988, 0));
	script_pass(&script, 2 * TCP_RTO_INITIAL_MS);
	CU_ASSERT(script_took_text(&script, 988, 988, 0));
	ack.ack = 2 * 988;
	ack.tsecr = 100000;
	script_send(&script, ack);
	CU_ASSERT_EQUAL(conn->srtt, 300000 * 8);
	script_close(&script, NULL);
}

static void
test_nagle(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);

	params.cached.flags = TCP_CACHED_NAGLE;
	script_open(&script, &params);
	script_send(&script, (struct script_segment){.length = 100});
	CU_ASSERT(script_took_text(&script, 0, 100, 0));
	CU_ASSERT(script.got.tcp_flags & RTE_TCP_PSH_FLAG);
	script_send(&script, (struct script_segment){.seq = 100, .length = 100});
	script_send(&script, (struct script_segment){.seq = 200, .length = 100});
	CU_ASSERT(script_took_ack(&script, 300));
	script_send(&script, (struct script_segment){.seq = 300, .ack = 100});
	CU_ASSERT(script_took_text(&script, 100, 200, 0));
	script_close(&script, NULL);
	/* Without Nagle every piece goes out at once. */
	params.cached.flags = 0;
	script_open(&script, &params);
	script_send(&script, (struct script_segment){.length = 100});
	CU_ASSERT(script_took_text(&script, 0, 100, 0));
	script_send(&script, (struct script_segment){.seq = 100, .length = 100});
	CU_ASSERT(script_took_text(&script, 100, 100, 0));
	script_close(&script, NULL);
}

/* Without mbufs, or with a full transmit buffer, a connection stays ready and loses nothing. */
static void
test_shortage(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct rte_mbuf *taken[2047];
	uint32_t n = 0, sent = 0;

	params.constant.remote_mss = 200;
	script_open(&script, &params);
	while (n < RTE_DIM(taken) && (taken[n] = rte_pktmbuf_alloc(script.pool)) != NULL)
		n++;
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT(script.end.worker.engine.stats.tx_no_mbuf > 0);
	CU_ASSERT(script_conn(&script)->flags & TOE_CONN_READY);
	rte_pktmbuf_free_bulk(taken, n);
	/* 327 segments fit into the window, 254 or 255 into the transmit buffer. */
	CU_ASSERT_EQUAL(script_waiting(&script), TOE_TXQ_SIZE - 1);
	CU_ASSERT(script_conn(&script)->flags & TOE_CONN_READY);
	while (script_take(&script)) {
		CU_ASSERT_EQUAL(script.got.seq, sent);
		sent += script.got.length;
	}
	CU_ASSERT(sent > SCRIPT_WINDOW - 200);
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TCP-1 sending within both windows", test_windows},
	        {"TCP-1 which segments change the window", test_window_updates},
	        {"TCP-1 SEC-1 acceptable acknowledgments", test_ack_check},
	        {"TCP-1 TMR-2 back-off to the millisecond, and the limit", test_backoff},
	        {"TMR-4 MaxRT", test_max_rt},
	        {"TCP-1 after a timeout", test_go_back},
	        {"TCP-1 a window that shrinks", test_shrunk_window},
	        {"TMR-1 window probes", test_persist},
	        {"TCP-1 round-trip time from timestamps", test_rtt_from_timestamps},
	        {"TCP-1 Nagle, and PSH on the last segment", test_nagle},
	        {"INV-7 no mbuf, no room", test_shortage},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_send", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}
