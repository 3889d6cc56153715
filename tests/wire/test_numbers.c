/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers that come round (T9): sequence numbers after 2 to 4 GB, sums of ms after 49 days. What was noted of one
 * is forgotten, or refreshed, before it can be met again.
 */
#include "script.h"
#include "sender.h"
#include "tcp.h"
#include "tcp_types.h"
#include "test_mutant.h"
#include "unit.h"

#define DAY_MS 86400000u

static struct script script;

static struct end_params
sending(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);

	params.constant.service_bytes = OFFLOAD_SERVICE_UNLIMITED;
	params.constant.flags |= TCP_OPTION_SACK;
	params.delegated.cwnd = 20 * SCRIPT_MSS;
	params.delegated.ssthresh = 20 * SCRIPT_MSS;
	params.delegated.srtt = 100;
	params.delegated.rttvar = 50;
	params.cached.max_rt = UINT32_MAX;
	return params;
}

static struct toe_sender *
sender(void)
{
	return toe_sender_of(&script.end.worker.engine, script_conn(&script));
}

/* It works, and all that it sends arrives nowhere. */
static void
work(void)
{
	while (script_waiting(&script) > 0)
		script_drop(&script);
}

/* All that was sent is acknowledged, behind a window that closes; numbers are the offset `next` again. */
static void
come_round(uint32_t next)
{
	struct toe_conn *conn = script_conn(&script);

	script_send(&script, (struct script_segment){.seq = 1,
	                             .ack = (int32_t)(conn->snd_max - SCRIPT_OURS),
	                             .no_window = true});
	work();
	CU_ASSERT_EQUAL_FATAL(conn->snd_una, conn->snd_max);
	conn->snd_una = conn->snd_nxt = conn->snd_max = SCRIPT_OURS + next;
	script_send(&script, (struct script_segment){.seq = 1, .ack = (int32_t)next});
	work();
}

/* RFC 8985 section 6.2, step 4: one step for each round trip, whatever the number was at which the last one ended. */
static void
test_dsack_round(void)
{
	static const uint32_t begins[] = {0, 5000, 10000, 20000, 0, 15000, 40000};
	struct end_params params = sending();

	script_open(&script, &params);
	work();
	for (uint32_t round = 0; round < RTE_DIM(begins); round++) {
		uint32_t next = begins[round];

		come_round(next);
		CU_ASSERT_FALSE(sender()->dsack_seen);
		for (uint32_t n = 0; n < 3; n++) {
			script_send(&script, (struct script_segment){.seq = 1,
			                             .ack = (int32_t)next + 1000,
			                             .sacks = 1,
			                             .sack = {{next, next + 1000}}});
			CU_ASSERT_EQUAL(sender()->reo_wnd_mult, round + 2);
			work();
		}
		CU_ASSERT(sender()->dsack_seen);
	}
	script_close(&script, NULL);
}

/* A block with the numbers of one that was reported 4 GB ago reports something new. */
static void
test_blocks(void)
{
	struct end_params params = sending();

	script_open(&script, &params);
	work();
	for (uint32_t round = 0; round < 3; round++) {
		come_round(0);
		CU_ASSERT_EQUAL(sender()->sacked, 0);
		script_send(&script,
		        (struct script_segment){.seq = 1, .sacks = 1, .sack = {{5000, 7000}}});
		CU_ASSERT_EQUAL(sender()->sacked, 2000);
		work();
	}
	script_close(&script, NULL);
}

/* TMR-4: retransmitting for years the time spent on it stays the longest that can be told, and a limit set then is met. */
static void
test_total_time(void)
{
	struct end_params params = sending();
	struct tcp_delegated state;
	struct toe_event event;

	for (uint32_t limit = 0; limit < 2; limit++) {
		params.cached.max_rt = limit ? UINT32_MAX - 5 : UINT32_MAX;
		script_open(&script, &params);
		for (uint64_t ms = 0; ms < UINT64_C(60) * DAY_MS; ms += TCP_RTO_MAX_MS / 2) {
			script.now_us += TCP_RTO_MAX_MS / 2 * UINT64_C(1000);
			end_clock(&script.end, script.now_us);
			end_work(&script.end);
			script_drop(&script);
		}
		CU_ASSERT_EQUAL(end_event(&script.end, &event), limit == 1);
		CU_ASSERT(limit == 0 || event.detail == RETRIEVE_TIMEOUT_EXPIRATION);
		script_close(&script, &state);
		CU_ASSERT(state.total_rt >= 49 * DAY_MS);
	}
}

/* RCV-2: the window follows what arrives in a round trip, not what came while it was as large as it might be. */
static void
test_round_begins(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	int32_t seq = 0;

	params.cached.initial_rcv_wnd = 65535;
	script_open(&script, &params);
	for (uint32_t raised = 0; raised < 3; raised++) {
		for (uint32_t n = 0; n < 300; n++, seq += 1000) {
			script_send(&script, (struct script_segment){.seq = seq, .length = 1000});
			script_pass(&script, 150);
			script_drop(&script);
		}
		CU_ASSERT_EQUAL(script_conn(&script)->rcv_space, 65535);
		params.cached.initial_rcv_wnd *= 4;
		CU_ASSERT_EQUAL(end_update(&script.end, &params.cached, 1), OFFLOAD_SUCCESS);
	}
	script_close(&script, NULL);
}

/* 4 GB within one round trip are more than a window, not as little as is left of them modulo 2^32. */
static void
test_round_of_bytes(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct toe_conn *conn;
	uint32_t seq = 0;

	params.cached.initial_rcv_wnd = 1u << 20;
	params.delegated.rcv_wnd = 65535;
	params.delegated.srtt = 100000; /* the longest round trips */
	script_open(&script, &params);
	conn = script_conn(&script);
	for (uint64_t bytes = 0; bytes < (UINT64_C(1) << 32) + 30000; bytes += 1u << 24) {
		script_send(&script, (struct script_segment){.seq = (int32_t)seq, .length = 1000});
		script_drop(&script);
		/* As many more came in pieces like this one. */
		seq += 1u << 24;
		conn->rcv_nxt = SCRIPT_PEER + seq;
		conn->rcv_adv = conn->rcv_nxt + 65535;
	}
	CU_ASSERT_EQUAL(conn->rcv_space, 1u << 20);
	script_close(&script, NULL);
}

/* CTX-5: of whatever segment the host says that it changed the window last, the next one of the peer is newer. */
static void
test_window_handed_over(void)
{
	static const uint32_t wl1[] = {0, 1, 1000, 0x7FFF0000, 0x80000000, 0xC0000000, 0xFFFE0000};

	for (size_t i = 0; i < RTE_DIM(wl1); i++) {
		struct end_params params = sending();

		params.delegated.snd_wl1 = SCRIPT_PEER - wl1[i];
		script_open(&script, &params);
		script_send(&script, (struct script_segment){.seq = 1, .window = 3000});
		CU_ASSERT_EQUAL(script_conn(&script)->snd_wnd, 3000);
		script_drop(&script);
		script_close(&script, NULL);
	}
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"T9 RFC 8985 rounds of duplicates", test_dsack_round},
	        {"T9 RFC 2018 blocks", test_blocks},
	        {"T9 TMR-4 the time of retransmissions", test_total_time},
	        {"T9 RCV-2 a round begins with auto-sizing", test_round_begins},
	        {"T9 RCV-2 4 GB in a round", test_round_of_bytes},
	        {"T9 CTX-5 the segment of the last window", test_window_handed_over},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_numbers", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}
