/* SPDX-License-Identifier: BSD-3-Clause */
/* Explicit congestion notification both ways (RFC 3168, RFC 8257), and urgent data (RX-4). */
#include "script.h"
#include "tcp.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"

#define CE 3u
#define ECT0 2u
#define ECE RTE_TCP_ECE_FLAG
#define CWR RTE_TCP_CWR_FLAG

static struct script script;

static struct end_params
with_ecn(enum offload_service service, enum offload_congestion congestion)
{
	struct end_params params = script_params(service);

	params.constant.flags = TCP_OPTION_ECN | TCP_OPTION_SACK;
	params.constant.congestion = (uint8_t)congestion;
	return params;
}

static bool
took_flags(uint8_t flags)
{
	return script_take(&script) && (script.got.tcp_flags & (ECE | CWR)) == flags;
}

/* Section 6.1.3: ECE in every ACK, from a mark until the sender has answered. */
static void
test_receiver(void)
{
	struct end_params params = with_ecn(OFFLOAD_SERVICE_SINK, OFFLOAD_CC_NEWRENO);
	struct script_segment segment = {.length = 1000, .ecn = ECT0};

	script_open(&script, &params);
	for (uint32_t i = 0; i < 8; i++) {
		segment.seq = (int32_t)i * 1000;
		segment.ecn = i == 2 ? CE : ECT0;
		segment.flags = ACK | (i == 6 ? CWR : 0);
		script_send(&script, segment);
		if (i % 2 == 1)
			CU_ASSERT(took_flags(i >= 3 && i < 6 ? ECE : 0));
	}
	/* A mark with CWR is a new one. */
	segment =
	        (struct script_segment){.seq = 8000, .length = 1000, .ecn = CE, .flags = ACK | CWR};
	script_send(&script, segment);
	script_pass(&script, TCP_DELACK_MS);
	CU_ASSERT(took_flags(ECE));
	script_close(&script, NULL);
}

/* One reduction a window, CWR with the next new data; ECT on new data only. */
static void
test_sender(void)
{
	struct end_params params = with_ecn(OFFLOAD_SERVICE_SOURCE, OFFLOAD_CC_NEWRENO);
	struct toe_conn *conn = script_conn(&script);

	params.delegated.cwnd = 10 * SCRIPT_MSS;
	params.delegated.ssthresh = 5 * SCRIPT_MSS;
	script_open(&script, &params);
	for (uint32_t i = 0; i < 10; i++)
		CU_ASSERT(took_flags(0) && script.got.ecn == ECT0);
	script_send(&script, (struct script_segment){.ack = 1000, .flags = ACK | ECE});
	CU_ASSERT_EQUAL(conn->ssthresh, 5 * SCRIPT_MSS);
	for (int32_t ack = 2000; ack < 10000; ack += 1000)
		script_send(&script, (struct script_segment){.ack = ack, .flags = ACK | ECE});
	script_send(&script, (struct script_segment){.ack = 10000});
	CU_ASSERT_EQUAL(conn->ssthresh, 5 * SCRIPT_MSS);
	CU_ASSERT(conn->cwnd >= 4 * SCRIPT_MSS && conn->cwnd <= 6 * SCRIPT_MSS);
	CU_ASSERT(took_flags(CWR) && script.got.ecn == ECT0);
	CU_ASSERT(took_flags(0));
	while (script_take(&script))
		CU_ASSERT_EQUAL(script.got.tcp_flags & CWR, 0);
	/* What is sent again is not marked as able to be marked (section 6.1.5). */
	script_pass(&script, 3 * TCP_RTO_INITIAL_MS);
	CU_ASSERT(script_take(&script));
	while (script.got.seq != 10000 && script_take(&script))
		;
	CU_ASSERT_EQUAL(script.got.seq, 10000);
	CU_ASSERT_EQUAL(script.got.ecn, 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.stats.recoveries, 0);
	script_close(&script, NULL);
}

/* RFC 8257 section 3.2: a change of marks is acknowledged at once, what came before with its own. */
static void
test_dctcp_receiver(void)
{
	struct end_params params = with_ecn(OFFLOAD_SERVICE_SINK, OFFLOAD_CC_DCTCP);

	script_open(&script, &params);
	script_send(&script, (struct script_segment){.length = 1000, .ecn = ECT0});
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.seq = 1000, .length = 1000, .ecn = CE});
	CU_ASSERT(took_flags(0));
	CU_ASSERT_EQUAL(script.got.ack, 1000);
	CU_ASSERT(took_flags(ECE));
	CU_ASSERT_EQUAL(script.got.ack, 2000);
	script_send(&script, (struct script_segment){.seq = 2000, .length = 1000, .ecn = CE});
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	script_send(&script, (struct script_segment){.seq = 3000, .length = 1000, .ecn = ECT0});
	CU_ASSERT(took_flags(ECE));
	CU_ASSERT_EQUAL(script.got.ack, 3000);
	CU_ASSERT(took_flags(0));
	CU_ASSERT_EQUAL(script.got.ack, 4000);
	script_close(&script, NULL);
}

/* RX-4: the host is told, nothing is acknowledged any more, the frames are the host's when it is over. */
static void
test_urgent(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct rte_mbuf *frames[4];
	struct tcp_delegated state;
	struct toe_event event;
	uint32_t n;

	script_open(&script, &params);
	script_send(&script, (struct script_segment){.length = 100});
	script_send(&script,
	        (struct script_segment){
	                .seq = 100, .length = 50, .flags = ACK | RTE_TCP_URG_FLAG, .urgent = 5});
	CU_ASSERT(end_event(&script.end, &event) && event.kind == TOE_EVENT_RETRIEVE &&
	          event.detail == RETRIEVE_RECEIVED_URGENT_DATA);
	script_send(&script, (struct script_segment){.seq = 150, .length = 50});
	script_pass(&script, 10000);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.reassembly_buffers, 2);
	CU_ASSERT_FALSE(end_event(&script.end, &event));
	CU_ASSERT_EQUAL(end_terminate(&script.end, &state, 1), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(state.rcv_nxt, SCRIPT_PEER + 100);
	n = end_take_host(&script.end, frames, RTE_DIM(frames));
	CU_ASSERT_EQUAL(n, 2);
	rte_pktmbuf_free_bulk(frames, n);
	CU_ASSERT_EQUAL(script.end.worker.engine.reassembly_buffers, 0);
	CU_ASSERT_EQUAL(test_pool_in_use(script.pool), 0);
}

/* RFC 3168 6.1.2, INV-7, T11: the peer learns of a reduction, though the frame that said so was taken back by a drain. */
static void
test_cwr_drained(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SOURCE);
	bool told = false;

	params.constant.flags = TCP_OPTION_ECN;
	params.constant.congestion = OFFLOAD_CC_NEWRENO;
	params.delegated.cwnd = params.delegated.ssthresh = 10 * SCRIPT_MSS;
	script_open(&script, &params);
	script_drop(&script);
	script_pass(&script, 10);
	script_send(&script, (struct script_segment){.ack = 8000, .flags = ACK | RTE_TCP_ECE_FLAG});
	CU_ASSERT(script_waiting(&script) > 0);
	CU_ASSERT(end_set_mtu(&script.end, 1400) > 0);
	for (uint32_t round = 0; round < 4; round++) {
		while (script_take(&script))
			told = told || (script.got.tcp_flags & RTE_TCP_CWR_FLAG);
		script_pass(&script, 10);
		script_send(&script,
		        (struct script_segment){
		                .ack = (int32_t)(script_conn(&script)->snd_max - SCRIPT_OURS)});
	}
	CU_ASSERT(told);
	script_drop(&script);
	script_close(&script, NULL);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TCP-1 RFC 3168 marks are echoed", test_receiver},
	        {"TCP-1 RFC 3168 echoes are answered", test_sender},
	        {"TCP-1 RFC 8257 marks are echoed", test_dctcp_receiver},
	        {"RX-4 urgent data", test_urgent},
	        {"T11 INV-7 a reduction told by a frame that is drained", test_cwr_drained},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	end_connect_host(&script.end);
	rc = unit_run("wire_ecn", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}
