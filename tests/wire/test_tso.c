/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP-3: frames that the port cuts into segments (TSO). The test plays the port: it cuts each frame as the driver's
 * contract says, and the segments are held against those that the same connection sends without TSO.
 */
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "conn_mib.h"
#include "end.h"
#include "frame.h"
#include "service.h"
#include "tcp.h"
#include "tcp_ack.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"

#define TSO_PORT                                                                                   \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |                            \
	        RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)
#define STREAM 300000u
#define MTU 1500u
#define OURS 5000u
#define PEER 90000u

static struct end end;
static struct rte_mempool *pool;
static uint8_t seen[STREAM]; /* what has arrived, by stream offset */
static uint64_t now_us = 1000;

struct seen_run {
	uint32_t frames, cut; /* frames of the target; of these, cut by the port */
	uint32_t segments;
	uint32_t last_id, wraps; /* IPv4 */
	bool fin, push;
};

static struct end_params
make_params(uint8_t family, uint64_t offloads)
{
	return (struct end_params){
	        .family = family,
	        .offloads = offloads,
	        .constant = {.service = OFFLOAD_SERVICE_SOURCE,
	                .flags = TCP_OPTION_TIMESTAMPS | TCP_OPTION_WINDOW_SCALE,
	                .snd_wnd_scale = 7,
	                .remote_mss = 1460,
	                .service_bytes = STREAM},
	        .delegated = {.state = TCP_ESTABLISHED,
	                .rcv_nxt = PEER,
	                .rcv_wnd = 65535,
	                .snd_una = OURS,
	                .snd_wnd = 200000,
	                .snd_wl1 = PEER,
	                .cwnd = 150000},
	};
}

/* One segment as it would be on the wire: headers in place, text appended, checksums done by `sum` over it all. */
static void
check_segment(struct seen_run *run, uint8_t *frame, uint32_t l2, uint32_t l3, uint32_t l4,
        uint32_t length, bool is_ipv4)
{
	struct rte_ipv4_hdr *v4 = (struct rte_ipv4_hdr *)(frame + l2);
	struct rte_ipv6_hdr *v6 = (struct rte_ipv6_hdr *)(frame + l2);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(frame + l2 + l3);
	uint32_t offset = rte_be_to_cpu_32(tcp->sent_seq) - OURS;
	const uint8_t *text = (const uint8_t *)tcp + l4;

	if (is_ipv4) {
		uint32_t id = rte_be_to_cpu_16(v4->packet_id);

		CU_ASSERT_FATAL(rte_be_to_cpu_16(v4->total_length) == l3 + l4 + length);
		CU_ASSERT_FATAL(id >= 0x8000);
		if (run->segments > 0 && id != run->last_id + 1) {
			CU_ASSERT_FATAL(id == 0x8000); /* the lower half is the host's */
			run->wraps++;
		}
		CU_ASSERT_FATAL(v4->fragment_offset == RTE_BE16(RTE_IPV4_HDR_DF_FLAG));
		run->last_id = id;
	} else {
		CU_ASSERT_FATAL(rte_be_to_cpu_16(v6->payload_len) == l4 + length);
	}
	CU_ASSERT_FATAL(offset + length <= STREAM);
	/* Full segments, options deducted; only the stream's last one is short, and says so. */
	CU_ASSERT_FATAL(
	        length == MTU - l3 - l4 || (length < MTU - l3 - l4 && offset + length == STREAM));
	CU_ASSERT_FATAL(!(tcp->tcp_flags & (RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG)) ==
	                (offset + length < STREAM));
	for (uint32_t i = 0; i < length; i++)
		CU_ASSERT_FATAL(text[i] == (offset + i) % TOE_PATTERN_PERIOD);
	memset(seen + offset, 1, length);
	run->segments++;
	run->fin |= tcp->tcp_flags & RTE_TCP_FIN_FLAG;
	run->push |= tcp->tcp_flags & RTE_TCP_PSH_FLAG;
}

/*
 * The port: a frame with TCP_SEG becomes segments of tso_segsz bytes of text; the pseudo-header in place holds no length. FIN and
 * PSH belong to the last of them.
 */
static void
play_port(struct seen_run *run, const struct rte_mbuf *mbuf, bool is_ipv4)
{
	uint32_t headers = mbuf->l2_len + mbuf->l3_len + (uint32_t)mbuf->l4_len, left, at = headers;
	bool cut = mbuf->ol_flags & RTE_MBUF_F_TX_TCP_SEG;
	uint32_t size = cut ? mbuf->tso_segsz : mbuf->pkt_len - headers, part = 0;
	uint8_t frame[2048], all[40000];

	CU_ASSERT_FATAL(mbuf->pkt_len <= sizeof(all));
	for (const struct rte_mbuf *m = mbuf; m != NULL; part += m->data_len, m = m->next)
		memcpy(all + part, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
	CU_ASSERT_FATAL(part == mbuf->pkt_len);
	left = mbuf->pkt_len - headers;
	run->frames++;
	run->cut += cut;
	if (cut) {
		uint16_t sum;

		CU_ASSERT(!is_ipv4 || (mbuf->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0);
		sum = is_ipv4 ? rte_ipv4_phdr_cksum(
		                        (struct rte_ipv4_hdr *)(all + mbuf->l2_len), mbuf->ol_flags)
		              : rte_ipv6_phdr_cksum((struct rte_ipv6_hdr *)(all + mbuf->l2_len),
		                        mbuf->ol_flags);
		CU_ASSERT_EQUAL(
		        ((struct rte_tcp_hdr *)(all + mbuf->l2_len + mbuf->l3_len))->cksum, sum);
	}
	for (uint32_t n = 0; left > 0 || n == 0; n++) {
		uint32_t length = RTE_MIN(left, size);
		struct rte_tcp_hdr *tcp =
		        (struct rte_tcp_hdr *)(frame + mbuf->l2_len + mbuf->l3_len);

		memcpy(frame, all, headers);
		memcpy(frame + headers, all + at, length);
		tcp->sent_seq = rte_cpu_to_be_32(rte_be_to_cpu_32(tcp->sent_seq) + n * size);
		if (length < left)
			tcp->tcp_flags &= (uint8_t) ~(RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG);
		if (!cut) {
			/* As it is. */
		} else if (is_ipv4) {
			struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + mbuf->l2_len);

			ip->packet_id =
			        rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(ip->packet_id) + n));
			ip->total_length =
			        rte_cpu_to_be_16((uint16_t)(mbuf->l3_len + mbuf->l4_len + length));
		} else {
			((struct rte_ipv6_hdr *)(frame + mbuf->l2_len))->payload_len =
			        rte_cpu_to_be_16((uint16_t)(mbuf->l4_len + length));
		}
		check_segment(
		        run, frame, mbuf->l2_len, mbuf->l3_len, mbuf->l4_len, length, is_ipv4);
		at += length;
		left -= length;
	}
}

/* The peer acknowledges all that was sent so far. */
static void
acknowledge(void)
{
	struct toe_conn *conn = end_conn(&end);
	struct toe_segment ack = {
	        .seq = PEER,
	        .ack = conn->snd_max,
	        .window = 200000 >> 7,
	        .tcp_flags = RTE_TCP_ACK_FLAG,
	        .has_timestamps = true,
	        .tsval = 1,
	};

	toe_tcp_ack(&end.worker.engine, 0, &ack);
}

/* STAT-1: what a port cuts counts as the segments that it becomes. */
static void
check_counters(const struct seen_run *run, uint8_t family)
{
	const struct toe_mib *mib = toe_engine_mib(&end.worker.engine, 0, family);
	uint32_t headers = (family == 4 ? 20 : 40) + 20 + TOE_FRAME_TIMESTAMPS;

	CU_ASSERT_EQUAL(end.worker.engine.stats.tx_segments, run->segments);
	CU_ASSERT_EQUAL(end_conn(&end)->segments_out, run->segments);
	CU_ASSERT_EQUAL(mib->segments_out, run->segments);
	CU_ASSERT_EQUAL(mib->octets_out, STREAM + (uint64_t)run->segments * headers);
}

/* A whole stream; what came over the wire of it. id: of the last frame before it (IPv4). */
static struct seen_run
run_stream(uint8_t family, uint64_t offloads, uint16_t id)
{
	struct end_params params = make_params(family, offloads);
	struct seen_run run = {0};
	struct rte_mbuf *frame;

	memset(seen, 0, sizeof(seen));
	memset(toe_engine_mib(&end.worker.engine, 0, family), 0, sizeof(struct toe_mib));
	CU_ASSERT_EQUAL_FATAL(end_open(&end, &params), OFFLOAD_SUCCESS);
	end_conn(&end)->ip_id = id;
	for (uint32_t turn = 0; turn < 200 && !run.fin; turn++) {
		now_us += 1000;
		end_clock(&end, now_us);
		end_work(&end);
		while (end_take(&end, &frame, 1) == 1) {
			play_port(&run, frame, family == 4);
			rte_pktmbuf_free(frame);
			end_work(&end);
		}
		acknowledge();
	}
	CU_ASSERT(run.fin && run.push);
	CU_ASSERT_PTR_NULL(memchr(seen, 0, sizeof(seen)));
	check_counters(&run, family);
	end_close(&end, NULL);
	CU_ASSERT_EQUAL(test_pool_in_use(pool), 0);
	return run;
}

static void
test_cut_by_port(void)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct seen_run plain = run_stream(family, 0, 0);
		struct seen_run tso = run_stream(family, TSO_PORT, 0);

		CU_ASSERT_EQUAL(plain.cut, 0);
		CU_ASSERT_EQUAL(plain.frames, plain.segments);
		CU_ASSERT(tso.cut > 0 && tso.frames * 8 < tso.segments);
		/* The windows end elsewhere, so a few segments more. */
		CU_ASSERT(tso.segments <= plain.segments + 10);
	}
}

/* The IP ids of a connection stay in the target's half, those that a port counts on from a frame's too. */
static void
test_ids(void)
{
	for (uint32_t before = 0xFFC0; before <= UINT16_MAX; before++) {
		struct seen_run plain = run_stream(4, 0, (uint16_t)before);
		struct seen_run tso = run_stream(4, TSO_PORT, (uint16_t)before);

		CU_ASSERT_EQUAL(plain.wraps, before < UINT16_MAX);
		/* One that would run over begins anew. */
		CU_ASSERT(tso.wraps <= 1);
	}
	CU_ASSERT_EQUAL(run_stream(4, TSO_PORT, 0xFFF0).wraps, 0); /* the first one already */
	CU_ASSERT_EQUAL(run_stream(4, TSO_PORT, 0xFFC0).wraps, 1);
}

/* A drain takes a whole frame back, and after the relink all of it comes again (INV-7). */
static void
test_taken_back(void)
{
	struct end_params params = make_params(4, TSO_PORT);
	struct seen_run run = {0};
	struct rte_mbuf *frame;

	memset(seen, 0, sizeof(seen));
	CU_ASSERT_EQUAL_FATAL(end_open(&end, &params), OFFLOAD_SUCCESS);
	end_work(&end);
	CU_ASSERT(end.worker.engine.txq[0].count > 0);
	CU_ASSERT(end_stop(&end) > 0);
	CU_ASSERT_EQUAL(test_pool_in_use(pool), 0);
	end_relink(&end);
	for (uint32_t turn = 0; turn < 200 && !run.fin; turn++) {
		now_us += 1000;
		end_clock(&end, now_us);
		end_work(&end);
		while (end_take(&end, &frame, 1) == 1) {
			play_port(&run, frame, true);
			rte_pktmbuf_free(frame);
			end_work(&end);
		}
		acknowledge();
	}
	CU_ASSERT(run.fin);
	CU_ASSERT_PTR_NULL(memchr(seen, 0, sizeof(seen)));
	end_close(&end, NULL);
}

/* Buffers run out in the middle of a frame: nothing leaks, and sending goes on later. */
static void
test_no_buffers(void)
{
	struct end_params params = make_params(4, TSO_PORT);
	struct rte_mbuf *taken[4096];
	uint32_t n = 0;

	CU_ASSERT_EQUAL_FATAL(end_open(&end, &params), OFFLOAD_SUCCESS);
	while (n < RTE_DIM(taken) && (taken[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	for (uint32_t i = 0; i < 5; i++)
		rte_pktmbuf_free(taken[--n]);
	end_work(&end);
	CU_ASSERT_EQUAL(end.worker.engine.txq[0].count, 0);
	CU_ASSERT(end.worker.engine.stats.tx_no_mbuf > 0);
	CU_ASSERT_EQUAL(test_pool_in_use(pool), n);
	rte_pktmbuf_free_bulk(taken, n);
	end_work(&end);
	CU_ASSERT(end.worker.engine.txq[0].count > 0);
	end_close(&end, NULL);
	CU_ASSERT_EQUAL(test_pool_in_use(pool), 0);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TCP-3 STAT-1 segments cut by the port are those cut in software",
	                test_cut_by_port},
	        {"TCP-3 IP ids of the target's half", test_ids},
	        {"TCP-3 INV-7 a large frame taken back", test_taken_back},
	        {"TCP-3 buffers run out in a large frame", test_no_buffers},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || test_eal_start(64) != 0 ||
	        (pool = test_pool_create("tso", 2047)) == NULL)
		return EXIT_FAILURE;
	if (end_init(&end, pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_tso", tests, RTE_DIM(tests));
	end_fini(&end);
	rte_mempool_free(pool);
	return rc;
}
