/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control in numbers: slow start, NewReno, CUBIC beside RFC 9438 in floating point, DCTCP. */
#include <math.h>

#include <rte_ethdev.h>

#include "rng.h"
#include "script.h"
#include "tcp_cc.h"
#include "test_mutant.h"
#include "unit.h"

#define MSS 1000u
#define ALPHA_ONE 1048576.0 /* fixed point of toe_dctcp.alpha */

static struct toe_conn
new_conn(enum offload_congestion congestion, uint32_t cwnd, uint32_t ssthresh)
{
	return (struct toe_conn){.mss = MSS,
	        .congestion = (uint8_t)congestion,
	        .cwnd = cwnd,
	        .ssthresh = ssthresh,
	        .options = TCP_OPTION_ECN};
}

static void
test_slow_start(void)
{
	struct toe_conn conn = new_conn(OFFLOAD_CC_NEWRENO, 10 * MSS, UINT32_MAX);
	struct toe_sender sender = {0};

	/* By what is acknowledged (RFC 3465), up to 8 segments for one ACK. */
	toe_cc_acked(&conn, &sender, 1, 0, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, 10 * MSS + 1);
	toe_cc_acked(&conn, &sender, 20 * MSS, 0, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, 18 * MSS + 1);
	/* After a timeout by one segment. */
	sender.phase = TOE_PHASE_LOSS;
	toe_cc_acked(&conn, &sender, 20 * MSS, 0, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, 19 * MSS + 1);
	/* Not far beyond ssthresh, never beyond what RFC 7323 allows. */
	sender.phase = TOE_PHASE_OPEN;
	conn.ssthresh = 20 * MSS;
	toe_cc_acked(&conn, &sender, 20 * MSS, 0, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, 20 * MSS + 1);
	conn.ssthresh = UINT32_MAX;
	conn.cwnd = TCP_CWND_MAX - 10;
	toe_cc_acked(&conn, &sender, 5 * MSS, 0, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, TCP_CWND_MAX);
	/* RFC 5681 section 4.1 */
	toe_cc_restart(&conn, &sender, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, 10 * MSS);
	conn.cwnd = 3 * MSS;
	toe_cc_restart(&conn, &sender, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, 3 * MSS);
}

static void
test_newreno(void)
{
	struct toe_conn conn = new_conn(OFFLOAD_CC_NEWRENO, 10 * MSS, 10 * MSS);
	const struct toe_cc *cc = toe_cc_of(&conn);
	struct toe_sender sender = {0};

	/* A segment for each window that was acknowledged, in whatever pieces. */
	for (uint32_t i = 0; i < 99; i++)
		toe_cc_acked(&conn, &sender, 100, 0, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, 10 * MSS);
	toe_cc_acked(&conn, &sender, 100, 0, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, 11 * MSS);
	toe_cc_acked(&conn, &sender, 11 * MSS + 300, 0, MSS); /* at most one for one ACK */
	CU_ASSERT_EQUAL(conn.cwnd, 12 * MSS);
	/* RFC 5681 (4) */
	CU_ASSERT_EQUAL(cc->lost(&conn, &sender, 12 * MSS, MSS), 6 * MSS);
	CU_ASSERT_EQUAL(cc->marked(&conn, &sender, 8 * MSS, MSS), 4 * MSS);
	CU_ASSERT_EQUAL(cc->lost(&conn, &sender, 3 * MSS, MSS), 2 * MSS);
}

/* RFC 9438 in segments and seconds. */
struct reference {
	double cwnd, prior, w_max, origin, k, w_est, epoch;
	bool running;
};

static void
reference_acked(struct reference *cubic, double segments, double now, double rtt)
{
	double t, target;

	if (!cubic->running) {
		cubic->running = true;
		cubic->epoch = now;
		cubic->w_est = cubic->cwnd;
		cubic->origin = fmax(cubic->cwnd, cubic->w_max);
		cubic->k = cbrt((cubic->origin - cubic->cwnd) / 0.4); /* (2) */
	}
	t = now - cubic->epoch;
	/* 4.3, after a first tick of 4 ms as Linux does it */
	cubic->w_est += (cubic->w_est < cubic->prior && t > 0.0039 ? 9.0 / 17 : 1.0) * segments /
	                cubic->cwnd;
	if (0.4 * pow(t - cubic->k, 3) + cubic->origin < cubic->w_est) {
		cubic->cwnd = fmax(cubic->cwnd, cubic->w_est);
		return;
	}
	/* 4.4, 4.5 */
	target = 0.4 * pow(t + rtt - cubic->k, 3) + cubic->origin;
	target = fmin(fmax(target, cubic->cwnd), 1.5 * cubic->cwnd);
	cubic->cwnd += (target - cubic->cwnd) / cubic->cwnd * segments;
}

static void
reference_lost(struct reference *cubic)
{
	cubic->running = false;
	cubic->prior = cubic->cwnd;
	cubic->w_max = cubic->cwnd < cubic->w_max ? cubic->cwnd * 0.85 : cubic->cwnd; /* 4.7 */
	cubic->cwnd = fmax(cubic->cwnd * 0.7, 2); /* 4.6 */
}

/* A window after the other, with losses now and then; the clock wraps on the way. */
static bool
cubic_agrees(struct rng *rng)
{
	uint32_t rtt_ms = rng_range(rng, 2, 300), now_us = 0u - rng_below(rng, 60000000);
	struct toe_conn conn = new_conn(OFFLOAD_CC_CUBIC, rng_range(rng, 4, 300) * MSS, 2 * MSS);
	struct reference cubic = {.cwnd = conn.cwnd / (double)MSS};
	struct toe_sender sender = {0};
	double now = 0;

	conn.srtt = rtt_ms * 8000;
	for (uint32_t round = 0; round < 600; round++) {
		uint32_t acks = RTE_MAX(conn.cwnd / (2 * MSS), 1u);

		/* Not where rounding decides whether it got as far as last time (4.7). */
		if (rng_chance(rng, 2) && fabs(cubic.cwnd / cubic.w_max - 1) > 0.03) {
			conn.cwnd = conn.ssthresh =
			        toe_cc_of(&conn)->lost(&conn, &sender, conn.cwnd, MSS);
			reference_lost(&cubic);
		}
		for (uint32_t i = 0; i < acks; i++) {
			toe_cc_acked(&conn, &sender, 2 * MSS, now_us, MSS);
			reference_acked(&cubic, 2, now, rtt_ms / 1000.0);
		}
		now_us += rtt_ms * 1000;
		now += rtt_ms / 1000.0;
		if (fabs(conn.cwnd / (double)MSS - cubic.cwnd) > 0.02 * cubic.cwnd + 0.05)
			return false;
		if (cubic.cwnd > 2000)
			break;
	}
	return true;
}

static void
test_cubic(void)
{
	struct rng rng;
	uint32_t agreed = 0;

	rng_seed(&rng, 11);
	for (uint32_t i = 0; i < 100; i++)
		agreed += cubic_agrees(&rng);
	CU_ASSERT_EQUAL(agreed, 100);
}

/* Round trips far below a tick of Linux's: a segment per window in the tick that follows a loss, as there, then 9 / 17. */
static void
test_cubic_first_tick(void)
{
	struct toe_conn conn = new_conn(OFFLOAD_CC_CUBIC, 30 * MSS, 2 * MSS);
	struct toe_sender sender = {0};
	double first;

	conn.srtt = 8 * 200;
	conn.cwnd = conn.ssthresh = toe_cc_of(&conn)->lost(&conn, &sender, conn.cwnd, MSS);
	for (uint32_t i = 0; i < 4; i++)
		toe_cc_acked(&conn, &sender, conn.cwnd, 1000 * i, MSS);
	first = (conn.cwnd - 21.0 * MSS) / MSS;
	CU_ASSERT(fabs(first - 4) < 0.01);
	for (uint32_t i = 4; i < 8; i++)
		toe_cc_acked(&conn, &sender, conn.cwnd, 1000 * i, MSS);
	CU_ASSERT(fabs((conn.cwnd - 21.0 * MSS) / MSS - first - 4 * 9.0 / 17) < 0.01);
}

static void
test_cubic_idle(void)
{
	struct toe_conn conn = new_conn(OFFLOAD_CC_DEFAULT, 50 * MSS, 2 * MSS);
	struct toe_sender sender = {0};

	CU_ASSERT_STRING_EQUAL(toe_cc_of(&conn)->name, "cubic");
	conn.srtt = 8 * 100000;
	conn.cwnd = conn.ssthresh = toe_cc_of(&conn)->lost(&conn, &sender, conn.cwnd, MSS);
	CU_ASSERT_EQUAL(conn.cwnd, 35 * MSS);
	toe_cc_acked(&conn, &sender, MSS, 1000000, MSS);
	CU_ASSERT(sender.cc.cubic.running);
	/* Time without sending does not count: ten minutes later the window has not jumped. */
	toe_cc_restart(&conn, &sender, MSS);
	conn.cwnd = 35 * MSS;
	toe_cc_acked(&conn, &sender, MSS, 601000000, MSS);
	CU_ASSERT(conn.cwnd < 36 * MSS);
}

/* RFC 8257 section 3.3 with floating point beside it. */
static void
test_dctcp(void)
{
	struct toe_conn conn = new_conn(OFFLOAD_CC_DCTCP, 100 * MSS, 50 * MSS);
	const struct toe_cc *cc = toe_cc_of(&conn);
	struct toe_sender sender = {0};
	double alpha = 1;
	struct rng rng;

	rng_seed(&rng, 4);
	CU_ASSERT_EQUAL(cc->lost(&conn, &sender, 100 * MSS, MSS), 50 * MSS);
	conn.snd_nxt = 10 * MSS;
	cc->count(&conn, &sender, 0, false);
	for (uint32_t round = 0; round < 500; round++) {
		uint32_t percent = round < 200 ? rng_below(&rng, 101) : round < 400 ? 0 : 100;
		double acked = 0, marked = 0;

		/* The window ends when more is acknowledged than had been sent when it began. */
		for (uint32_t i = 0; i < 11; i++) {
			bool ece = rng_chance(&rng, percent);

			conn.snd_una += MSS;
			conn.snd_nxt += MSS;
			acked += MSS;
			marked += ece ? MSS : 0;
			cc->count(&conn, &sender, MSS, ece);
		}
		alpha = alpha * 15 / 16 + marked / acked / 16;
		if (fabs(sender.cc.dctcp.alpha / ALPHA_ONE - alpha) > 0.002) {
			CU_FAIL("alpha leaves RFC 8257");
			return;
		}
		CU_ASSERT(fabs(cc->marked(&conn, &sender, 0, MSS) - conn.cwnd * (1 - alpha / 2)) <
		          200);
	}
}

/* An ACK for each byte brings no more than one for all of them (RFC 3465). */
static void
test_ack_division(void)
{
	struct end_params params;
	struct script script;

	CU_ASSERT_EQUAL_FATAL(script_init(&script), 0);
	for (uint32_t avoid = 0; avoid < 2; avoid++) {
		params = script_params(OFFLOAD_SERVICE_SOURCE);
		params.constant.congestion = OFFLOAD_CC_NEWRENO;
		params.delegated.cwnd = 10 * MSS;
		params.delegated.ssthresh = avoid ? 5 * MSS : 0;
		script_open(&script, &params);
		while (script_take(&script))
			;
		for (int32_t ack = 1; ack <= (int32_t)MSS; ack++)
			script_send(&script, (struct script_segment){.ack = ack});
		CU_ASSERT_EQUAL(script_conn(&script)->cwnd, (avoid ? 10 : 11) * MSS);
		script_close(&script, NULL);
	}
	script_fini(&script);
}

/* What cwnd grows by in three rounds with the whole window in use, after so many rounds in which two segments were. */
static uint32_t
growth_after(struct script *script, uint32_t limited_rounds)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	struct toe_conn *conn = script_conn(script);
	uint32_t before = 0, acked = 0;

	params.constant.flags = TCP_OPTION_WINDOW_SCALE;
	params.constant.snd_wnd_scale = 7;
	params.delegated.snd_wnd = 20000;
	params.delegated.max_snd_wnd = 1000000;
	params.delegated.cwnd = params.delegated.ssthresh = 20000;
	params.delegated.srtt = 800;
	params.delegated.rttvar = 200;
	script_open(script, &params);
	for (uint32_t round = 0; round < 1 + limited_rounds + 3; round++) {
		bool limited = round + 1 < 1 + limited_rounds;

		while (script_take(script))
			acked += script->got.length;
		script_pass(script, 100);
		script_send(script, (struct script_segment){.ack = (int32_t)acked,
		                            .window = (limited ? 2000 : 500000) >> 7});
		if (round == limited_rounds)
			before = conn->cwnd;
	}
	before = conn->cwnd - before;
	while (script_take(script))
		;
	script_close(script, NULL);
	return before;
}

/* RFC 9438 sections 4.2 and 5.8, T12: time in which the window was not in use is none on the curve. */
static void
test_cubic_limited(void)
{
	struct script script;
	uint32_t plain;

	CU_ASSERT_EQUAL_FATAL(script_init(&script), 0);
	plain = growth_after(&script, 0);
	CU_ASSERT(plain > 0);
	CU_ASSERT(growth_after(&script, 300) <= plain * 3);
	script_fini(&script);
}

/* Bytes that an echo sends at once of 2,500 that came, with Nagle's algorithm. */
static uint32_t
nagle_bytes(struct script *script, uint64_t offloads)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);
	struct rte_mbuf *frame;
	uint32_t bytes = 0;

	params.offloads = offloads;
	params.cached.flags = TCP_CACHED_NAGLE;
	params.cached.initial_rcv_wnd = 0;
	script_open(script, &params);
	for (uint32_t seq = 0; seq < 2500; seq += 1000)
		script_send(script, (struct script_segment){.seq = (int32_t)seq,
		                            .length = seq == 2000 ? 500 : 1000});
	end_work(&script->end);
	while (end_take(&script->end, &frame, 1) > 0) {
		bytes += frame->pkt_len - 54;
		rte_pktmbuf_free(frame);
	}
	script_close(script, NULL);
	return bytes;
}

/* RFC 896, T12: what waits where segments are cut here waits where the port cuts them. */
static void
test_nagle(void)
{
	const uint64_t cuts = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
	                      RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	struct script script;

	CU_ASSERT_EQUAL_FATAL(script_init(&script), 0);
	CU_ASSERT_EQUAL(nagle_bytes(&script, 0), 2000);
	CU_ASSERT_EQUAL(nagle_bytes(&script, cuts), 2000);
	script_fini(&script);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TCP-1 RFC 5681 slow start and restart", test_slow_start},
	        {"TCP-1 RFC 5681 NewReno", test_newreno},
	        {"TCP-1 RFC 9438 CUBIC", test_cubic},
	        {"TCP-1 RFC 9438 CUBIC in its first tick", test_cubic_first_tick},
	        {"TCP-1 RFC 9438 CUBIC after idle time", test_cubic_idle},
	        {"TCP-1 RFC 9438 5.8 T12 CUBIC with a window not in use", test_cubic_limited},
	        {"TCP-1 RFC 8257 DCTCP", test_dctcp},
	        {"TCP-1 ACK division", test_ack_division},
	        {"RFC 896 T12 TSO and Nagle", test_nagle},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("wire_congestion", tests, RTE_DIM(tests));
}
