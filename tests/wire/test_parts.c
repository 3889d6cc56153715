/* SPDX-License-Identifier: BSD-3-Clause */
/* Single parts of the engine: RTT, congestion control, frames, windows, services. */
#include <math.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "checksum.h"
#include "frame.h"
#include "rng.h"
#include "script.h"
#include "service.h"
#include "tcp.h"
#include "tcp_limits.h"
#include "tcp_rtt.h"
#include "test_mutant.h"
#include "unit.h"
#include "user.h"

static struct script script;

/* RFC 6298 in floating point beside the integers, over random samples. */
static void
test_rtt(void)
{
	struct toe_conn conn = {0};
	double srtt = 0, rttvar = 0;
	struct rng rng;

	rng_seed(&rng, 1);
	toe_rtt_sample(&conn, 0);
	CU_ASSERT_EQUAL(conn.srtt, 8); /* 1 us: 0 would mean no sample */
	CU_ASSERT_EQUAL(conn.rto, TCP_RTO_MIN_MS);
	conn.srtt = conn.rttvar = 0;
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t base = i < 10000 ? 50 : 2000, rtt = rng_range(&rng, base, 3 * base);
		double rto;

		toe_rtt_sample(&conn, rtt * 1000);
		rttvar = i == 0 ? rtt / 2.0 : 0.75 * rttvar + 0.25 * fabs(srtt - rtt);
		srtt = i == 0 ? rtt : 0.875 * srtt + 0.125 * rtt;
		rto = fmax(srtt + 4 * rttvar, TCP_RTO_MIN_MS);
		/* Integers round down: a us of srtt, a quarter of one of rttvar; the timeout up to a ms. */
		if (fabs(conn.srtt / 8000.0 - srtt) > 0.002 ||
		        fabs(conn.rttvar / 4000.0 - rttvar) > 0.004 || conn.rto < rto - 0.02 ||
		        conn.rto > rto + 1.02) {
			CU_FAIL("the integers leave RFC 6298");
			return;
		}
	}
	toe_rtt_sample(&conn, UINT32_MAX); /* nonsense from an echoed timestamp does no harm */
	for (uint32_t i = 0; i < 200; i++)
		toe_rtt_sample(&conn, UINT32_MAX);
	CU_ASSERT_EQUAL(conn.rto, TCP_RTO_MAX_MS);
	CU_ASSERT(conn.srtt <= TCP_RTO_MAX_MS * 1000 * 8);
}

static void
test_backoff(void)
{
	struct toe_conn conn = {.rto = 300};

	for (uint32_t i = 0; i < 256; i++) {
		uint64_t want = i < 20 ? UINT64_C(300) << i : TCP_RTO_MAX_MS;

		conn.retransmit_count = (uint8_t)i;
		CU_ASSERT_EQUAL(toe_rto(&conn), RTE_MIN(want, TCP_RTO_MAX_MS));
	}
}

static void
test_send_mss(void)
{
	struct toe_route route = {.path_word = toe_path_word(0, 1500, 1, true)};
	struct toe_conn conn = {.mss = 9000};

	CU_ASSERT_EQUAL(toe_tcp_send_mss(&conn, route, 4), 1460);
	CU_ASSERT_EQUAL(toe_tcp_send_mss(&conn, route, 6), 1440);
	conn.options = TCP_OPTION_TIMESTAMPS;
	CU_ASSERT_EQUAL(toe_tcp_send_mss(&conn, route, 4), 1448);
	conn.mss = 536;
	CU_ASSERT_EQUAL(toe_tcp_send_mss(&conn, route, 4), 524);
	conn.mss = 0;
	CU_ASSERT_EQUAL(toe_tcp_send_mss(&conn, route, 4), 524);
	route.path_word = toe_path_word(0, 68, 1, true);
	CU_ASSERT_EQUAL(toe_tcp_send_mss(&conn, route, 4), 16);
	route.path_word = toe_path_word(0, 10, 1, true); /* nonsense still yields a segment */
	CU_ASSERT_EQUAL(toe_tcp_send_mss(&conn, route, 6), 1);
}

/* One frame with random contents, checksums done; false when a check of DPDK's disagrees. */
static bool
frame_agrees(struct rng *rng, struct rte_mbuf *mbuf, bool is_ipv4, uint64_t offloads)
{
	struct toe_path path = {.family = is_ipv4 ? 4 : 6};
	struct toe_neighbor neighbor = {.vlan_id = (uint16_t)rng_below(rng, 2)};
	struct toe_frame_route route = {.path = &path, .neighbor = &neighbor, .offloads = offloads};
	struct toe_conn conn = {.options = (uint8_t)rng_below(rng, 2),
	        .ttl = 9,
	        .local_port = (uint16_t)rng_next(rng),
	        .remote_port = (uint16_t)rng_next(rng)};
	struct toe_frame_common common = {.ack = (uint32_t)rng_next(rng),
	        .tsval = (uint32_t)rng_next(rng),
	        .tos = (uint8_t)(rng_below(rng, 64) << 2),
	        .sacks = (uint8_t)rng_below(rng, 4),
	        .window = (uint16_t)rng_next(rng)};
	struct toe_frame_fields fields = {.seq = (uint32_t)rng_next(rng),
	        .length = rng_below(rng, 1700),
	        .mss = 65535,
	        .flags = (uint8_t)rng_next(rng),
	        .ecn = (uint8_t)rng_below(rng, 4)};
	struct toe_frame_template template;
	struct rte_tcp_hdr *tcp;
	uint16_t cksum;
	uint8_t *text;
	void *ip;

	for (uint32_t i = 0; i < 16; i++) {
		path.source[i] = (uint8_t)rng_next(rng);
		path.destination[i] = (uint8_t)rng_next(rng);
	}
	for (uint32_t i = 0; i < common.sacks; i++)
		common.sack[i] =
		        (struct toe_sack){(uint32_t)rng_next(rng), (uint32_t)rng_next(rng)};
	rte_pktmbuf_reset(mbuf);
	toe_frame_begin(&template, &route, &conn, &common);
	text = toe_frame_put(&template, mbuf, &conn, &fields);
	for (uint32_t i = 0; i < fields.length; i++)
		text[i] = (uint8_t)rng_next(rng);
	toe_frame_checksum(&template, mbuf, &fields, toe_checksum_add(0, text, fields.length));
	ip = rte_pktmbuf_mtod_offset(mbuf, void *, mbuf->l2_len);
	tcp = (struct rte_tcp_hdr *)((uint8_t *)ip + mbuf->l3_len);
	if (text + fields.length != rte_pktmbuf_mtod_offset(mbuf, uint8_t *, mbuf->data_len))
		return false;
	if (is_ipv4 && !(offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) && rte_ipv4_cksum(ip) != 0)
		return false;
	cksum = tcp->cksum;
	if (offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
		return cksum == (is_ipv4 ? rte_ipv4_phdr_cksum(ip, 0) : rte_ipv6_phdr_cksum(ip, 0));
	tcp->cksum = 0;
	return cksum == (is_ipv4 ? rte_ipv4_udptcp_cksum(ip, tcp) : rte_ipv6_udptcp_cksum(ip, tcp));
}

static void
test_frames(void)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(script.pool);
	struct rng rng;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	rng_seed(&rng, 7);
	for (uint32_t i = 0; i < 20000; i++)
		if (!frame_agrees(&rng, mbuf, i & 1,
		            (i & 2 ? RTE_ETH_TX_OFFLOAD_TCP_CKSUM : 0) |
		                    (i & 4 ? RTE_ETH_TX_OFFLOAD_IPV4_CKSUM : 0))) {
			CU_FAIL("DPDK computes another checksum");
			break;
		}
	rte_pktmbuf_free(mbuf);
}

/* The edge announced never moves left, whatever the scale and the service's window do. */
static void
test_edge(void)
{
	struct rng rng;

	rng_seed(&rng, 3);
	for (uint32_t round = 0; round < 200; round++) {
		struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);
		uint32_t edge, seq = 0;

		params.constant.flags = TCP_OPTION_WINDOW_SCALE;
		params.constant.rcv_wnd_scale = (uint8_t)rng_below(&rng, 15);
		params.delegated.rcv_wnd = rng_range(&rng, 0, 60000);
		params.delegated.snd_wnd = rng_below(&rng, 20000);
		params.cached.initial_rcv_wnd = rng_range(&rng, 1, 60000);
		edge = params.delegated.rcv_wnd;
		script_open(&script, &params);
		for (uint32_t i = 0; i < 60; i++) {
			struct toe_conn *conn = script_conn(&script);
			uint32_t sent = conn->snd_nxt - SCRIPT_OURS;
			uint32_t room = conn->rcv_adv - conn->rcv_nxt;
			uint32_t length = RTE_MIN(rng_below(&rng, 1500), room);

			script_send(
			        &script, (struct script_segment){.seq = (int32_t)seq,
			                         .ack = rng_chance(&rng, 30) ? (int32_t)sent : 0,
			                         .length = length});
			seq += length;
			if (rng_chance(&rng, 20)) /* an old segment draws an ACK */
				script_send(&script, (struct script_segment){.seq = -1});
			while (script_take(&script)) {
				uint32_t now = script.got.ack +
				               (script.got.window << params.constant.rcv_wnd_scale);

				CU_ASSERT_FATAL((int32_t)(now - edge) >= 0);
				CU_ASSERT_FATAL(conn->rcv_adv - SCRIPT_PEER == now);
				edge = now;
			}
		}
		script_close(&script, NULL);
	}
}

static void
test_source_pattern(void)
{
	struct toe_conn conn = {.service = OFFLOAD_SERVICE_SOURCE};
	uint8_t text[4000];
	struct rng rng;
	uint64_t sum;

	rng_seed(&rng, 5);
	for (uint32_t i = 0; i < 5000; i++) {
		uint64_t offset = i < 600 ? i : rng_next(&rng);
		uint32_t length = rng_below(&rng, sizeof(text) - 1), at;

		text[length] = 0xEE;
		sum = toe_service_copy(
		        &script.end.worker.engine, &conn, offset, text, length, true);
		CU_ASSERT_FATAL(toe_checksum_fold(sum) ==
		                toe_checksum_fold(toe_checksum_add(0, text, length)));
		for (at = 0; at < length; at++)
			if (text[at] != (offset + at) % TOE_PATTERN_PERIOD)
				break;
		CU_ASSERT_FATAL(at == length && text[length] == 0xEE);
	}
}

/*
 * Small pieces share a buffer; the number of buffers is bounded; what is not taken is not
 * acknowledged.
 */
static void
test_echo_queue(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_ECHO);
	struct toe_attached *attached;
	uint32_t seq = 0;

	params.constant.flags = TCP_OPTION_WINDOW_SCALE;
	params.constant.rcv_wnd_scale = 8;
	params.delegated.rcv_wnd = 4u << 20;
	params.delegated.snd_wnd = 0;
	script_open(&script, &params);
	/* The bound of one, not of all (tests/unit/test_kept.c) */
	script.end.worker.engine.echo_buffers_max = 4 * TOE_ECHO_MAX_SEGMENTS;
	attached = toe_pool_at(&script.end.worker.engine.attached, script_conn(&script)->attached);
	for (; seq < 300; seq++)
		script_send(&script, (struct script_segment){
		                             .seq = (int32_t)seq, .length = 1, .no_window = true});
	CU_ASSERT_EQUAL(attached->queue_segments, 1);
	CU_ASSERT_EQUAL(attached->queue_bytes, 300);
	for (uint32_t i = 0; i < TOE_ECHO_MAX_SEGMENTS + 50; i++) {
		script_send(
		        &script, (struct script_segment){
		                         .seq = (int32_t)seq, .length = 1400, .no_window = true});
		seq = script_conn(&script)->rcv_nxt - SCRIPT_PEER;
		while (script_take(&script))
			;
	}
	CU_ASSERT_EQUAL(attached->queue_segments, TOE_ECHO_MAX_SEGMENTS);
	CU_ASSERT_EQUAL(toe_service_window(&script.end.worker.engine, script_conn(&script)), 0);
	CU_ASSERT_EQUAL(attached->queue_bytes, seq);
	/* All of it comes back. */
	for (uint32_t acked = 0; acked < seq;) {
		script_send(&script,
		        (struct script_segment){.seq = (int32_t)seq, .ack = (int32_t)acked});
		while (script_take(&script)) {
			for (uint32_t i = 0; i < script.got.length; i++)
				CU_ASSERT_FATAL(script.text[i] ==
				                (script.got.seq + i) % TOE_PATTERN_PERIOD);
			acked += script.got.length;
		}
	}
	script_send(&script, (struct script_segment){.seq = (int32_t)seq, .ack = (int32_t)seq});
	CU_ASSERT_EQUAL(attached->queue_segments, 0);
	CU_ASSERT_EQUAL(attached->queue_bytes, 0);
	while (script_take(&script))
		;
	script_close(&script, NULL);
}

static void
test_attached_blocks(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_SINK);
	struct toe_worker *worker = &script.end.worker;
	uint32_t only = toe_pool_take(&worker->engine.attached);

	CU_ASSERT_EQUAL(toe_pool_left(&worker->engine.attached), 0);
	CU_ASSERT_EQUAL(end_open(&script.end, &params), OFFLOAD_TCP_RCV_BUFFER);
	CU_ASSERT_EQUAL(worker->engine.sent.used + worker->engine.senders.used, 0);
	toe_pool_give(&worker->engine.attached, only);
	script_open(&script, &params);
	CU_ASSERT_EQUAL(toe_pool_left(&worker->engine.attached), 0);
	script_close(&script, NULL);
	CU_ASSERT_EQUAL(worker->engine.attached.used, 0);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TCP-1 RFC 6298 round-trip time", test_rtt},
	        {"TCP-1 RFC 6298 back-off", test_backoff},
	        {"TCP-1 UPD-4 segment size", test_send_mss},
	        {"TCP-3 checksums agree with DPDK's", test_frames},
	        {"TCP-1 the right edge never moves left", test_edge},
	        {"SND-1 the source's pattern", test_source_pattern},
	        {"RCV-2 an echo's queue", test_echo_queue},
	        {"INIT-4 attached blocks run out", test_attached_blocks},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_parts", tests, RTE_DIM(tests));
	script_fini(&script);
	return rc;
}
