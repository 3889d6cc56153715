/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments of a burst that continue each other go through input in one pass. Whatever the burst holds, the contexts
 * afterwards must be those of the same segments received one by one.
 */
#include <rte_ip.h>
#include <rte_tcp.h>

#include "raw_frame.h"
#include "receive_bed.h"
#include "rng.h"
#include "service.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"

#define BURSTS 8000u
/*
 * Stretches of bursts: in one of eight much is lost, in the others little, since after a gap nothing is folded for a while: ACKs
 * leave at once then.
 */
#define STRETCH 200u
#define STRETCHES 8u
#define FINS 100u /* of these, the last ones, which may hold the end of a stream */
#define CE 3u

/* Two sinks, one of them behind a VLAN, an echo, and a source that has text in flight. */
enum { CONN_SINK, CONN_VLAN, CONN_ECHO, CONN_SOURCE, CONNS };

/* A segment on its way to connection `conn`: offsets from the connection's first numbers. */
struct planned {
	uint32_t conn, seq, ack, length, tsval;
	uint16_t window, vlan;
	uint8_t flags, ecn;
	bool sack, other_mac;
};

struct burst {
	struct planned segment[TOE_RX_BURST];
	uint32_t n;
};

static struct bed bed;
static struct toe_conn after[BURSTS][CONNS]; /* one by one */
static struct toe_stats stats;
static uint64_t digest[CONNS];

/* What is the matter with a segment once in a while. rough: it may be lost by that. */
static void
plan_oddity(struct planned *segment, const struct planned *before, struct rng *rng, bool rough)
{
	const struct toe_conn *conn = &bed.worker[0].engine.conns[segment->conn];

	if (rng_chance(rng, 10))
		segment->flags |= RTE_TCP_PSH_FLAG;
	if (rng_chance(rng, 2))
		segment->flags |= RTE_TCP_ECE_FLAG;
	if (rng_chance(rng, 2))
		segment->flags |= RTE_TCP_CWR_FLAG;
	if (rng_chance(rng, 3))
		segment->ecn = CE;
	if (rough && rng_chance(rng, 3))
		segment->vlan ^= 1;
	segment->other_mac = rough && rng_chance(rng, 3);
	if (rough && rng_chance(rng, 10))
		segment->tsval -= rng_below(rng, 5); /* PAWS */
	if (rng_chance(rng, 5))
		segment->ack += rng_below(rng, conn->snd_max - conn->snd_una + 1 + rough);
	segment->sack = rng_chance(rng, 3);
	/* It goes on where another connection's segment ends, in everything but its tuple. */
	if (rough && before != NULL && before->conn != segment->conn && rng_chance(rng, 10)) {
		uint32_t conn = segment->conn;

		*segment = *before;
		segment->conn = conn;
		segment->seq = before->seq + before->length;
	}
}

/* Mostly runs of segments in order; now and then a gap, old text, another window or flag, a closed end. */
static void
plan_burst(struct burst *burst, struct rng *rng, uint32_t *next, uint32_t *clock, uint32_t number)
{
	bool lossy = number / STRETCH % STRETCHES == 0, fins = number >= BURSTS - FINS;
	uint32_t conn = rng_below(rng, CONNS);

	burst->n = rng_range(rng, 1, TOE_RX_BURST);
	for (uint32_t i = 0; i < burst->n; i++) {
		struct planned *segment = &burst->segment[i];
		bool rough = lossy || rng_chance(rng, 1);

		if (rng_chance(rng, 20))
			conn = rng_below(rng, CONNS);
		*segment = (struct planned){
		        .conn = conn,
		        .seq = next[conn],
		        .ack = bed.worker[0].engine.conns[conn].snd_una - RAW_ACK,
		        .length = rng_chance(rng, 10) ? 0 : rng_range(rng, 1, 1400),
		        .window = rng_chance(rng, 5) ? (uint16_t)rng_range(rng, 1, 60000) : 50000,
		        .flags = RTE_TCP_ACK_FLAG,
		        .tsval = *clock,
		        .vlan = conn == CONN_VLAN ? BED_VLAN : 0,
		};
		if (rng_chance(rng, 5))
			*clock += rng_below(rng, 3);
		if (rough && rng_chance(rng, 5))
			segment->seq += rng_below(rng, 3000); /* a gap, or beyond the window */
		else if (rng_chance(rng, 5))
			segment->seq -= rng_below(rng, 3000); /* old, in part or all of it */
		else
			next[conn] += segment->length;
		if (fins && rng_chance(rng, 2))
			segment->flags |= RTE_TCP_FIN_FLAG;
		plan_oddity(segment, i > 0 ? segment - 1 : NULL, rng, rough);
	}
}

static void
write_segment(const struct planned *segment)
{
	/* Timestamps, and the first byte in flight as a block. */
	uint32_t first = RAW_ACK + segment->ack + 1;
	uint32_t option[6] = {RTE_BE32(0x0101080A), rte_cpu_to_be_32(segment->tsval), 0,
	        RTE_BE32(0x0101050A), rte_cpu_to_be_32(first), rte_cpu_to_be_32(first + 1)};
	struct raw_frame frame = {
	        .family = 4,
	        .tagged = segment->vlan != 0,
	        .tci = segment->vlan,
	        .tcp_options = (const uint8_t *)option,
	        .tcp_options_length = segment->sack ? 24 : 12,
	        .text = (uint16_t)segment->length,
	        .source_port = 1111,
	        .destination_port = (uint16_t)(3000 + segment->conn),
	        .flags = segment->flags,
	        .seq = segment->seq,
	        .ack = segment->ack,
	        .other_mac = segment->other_mac,
	};
	uint8_t bytes[RAW_FRAME_MAX];
	size_t length = raw_frame_build(&frame, bytes);
	struct rte_ipv4_hdr *ip =
	        (struct rte_ipv4_hdr *)(bytes + RTE_ETHER_HDR_LEN + (segment->vlan ? 4 : 0));
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + 1);

	ip->type_of_service = segment->ecn;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	tcp->rx_win = rte_cpu_to_be_16(segment->window);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	bed_write_bytes(&bed, 0, 0, bytes, length);
}

static void
open_all(void)
{
	static const enum offload_service service[CONNS] = {[CONN_SINK] = OFFLOAD_SERVICE_SINK,
	        [CONN_VLAN] = OFFLOAD_SERVICE_SINK,
	        [CONN_ECHO] = OFFLOAD_SERVICE_ECHO,
	        [CONN_SOURCE] = OFFLOAD_SERVICE_SOURCE};

	bed_open(&bed, 1, false);
	bed.constant.flags = TCP_OPTION_TIMESTAMPS | TCP_OPTION_SACK | TCP_OPTION_ECN;
	for (uint32_t i = 0; i < CONNS; i++)
		CU_ASSERT_EQUAL_FATAL(
		        bed_offload_as(&bed, 0, i, i == CONN_VLAN ? BED_PATH_VLAN : BED_PATH4,
		                (uint16_t)(3000 + i), 1111, service[i]),
		        OFFLOAD_SUCCESS);
}

/* One by one: what is to be again. */
static void
keep_stats(const struct toe_worker *worker)
{
	stats = worker->engine.stats;
	for (uint32_t c = 0; c < CONNS; c++)
		digest[c] = toe_service_digest(&worker->engine, &worker->engine.conns[c]);
	CU_ASSERT_EQUAL(stats.rx_folded, 0);
	CU_ASSERT(stats.rx_out_of_order > 0 && stats.rx_duplicate > 0 &&
	          stats.rx_unacceptable > 0 && stats.vlan_mismatch > 0 && stats.rx_other_mac > 0);
}

static void
check_stats(const struct toe_worker *worker)
{
	CU_ASSERT(worker->engine.stats.rx_folded > BURSTS);
	CU_ASSERT_EQUAL(worker->engine.stats.rx_segments, stats.rx_segments);
	CU_ASSERT_EQUAL(worker->engine.stats.rx_bytes, stats.rx_bytes);
	CU_ASSERT_EQUAL(worker->engine.stats.rx_out_of_order, stats.rx_out_of_order);
	CU_ASSERT_EQUAL(worker->engine.stats.rx_duplicate, stats.rx_duplicate);
	CU_ASSERT_EQUAL(worker->engine.stats.rx_unacceptable, stats.rx_unacceptable);
	CU_ASSERT_EQUAL(worker->engine.stats.vlan_mismatch, stats.vlan_mismatch);
	CU_ASSERT_EQUAL(worker->engine.stats.rx_other_mac, stats.rx_other_mac);
	CU_ASSERT_EQUAL(worker->engine.stats.tx_segments, stats.tx_segments);
	for (uint32_t c = 0; c < CONNS; c++)
		CU_ASSERT_EQUAL(
		        toe_service_digest(&worker->engine, &worker->engine.conns[c]), digest[c]);
}

/* Play all bursts; each segment by itself, or each burst at once. */
static void
play(bool at_once)
{
	uint32_t next[CONNS] = {0}, clock = 100, different = 0;
	struct toe_worker *worker;
	struct rte_mbuf *frame;
	struct rng rng;

	rng_seed(&rng, 77);
	open_all();
	worker = &bed.worker[0];
	for (uint32_t i = 0; i < BURSTS; i++) {
		struct burst burst;

		plan_burst(&burst, &rng, next, &clock, i);
		toe_engine_clock(&worker->engine, (uint64_t)i * 5000000);
		for (uint32_t s = 0; s < burst.n; s++) {
			write_segment(&burst.segment[s]);
			if (!at_once)
				toe_worker_receive(worker);
		}
		if (at_once)
			toe_worker_receive(worker);
		if (at_once)
			for (uint32_t c = 0; c < CONNS; c++)
				different += memcmp(&after[i][c], &worker->engine.conns[c],
				                     sizeof(struct toe_conn)) != 0;
		else
			memcpy(after[i], worker->engine.conns, sizeof(after[i]));
		/* Now and then its ACKs are late, and the window is used up. */
		if (rng_chance(&rng, 60))
			toe_worker_output(worker, TOE_OUTPUT_BUDGET);
		toe_worker_flush(worker);
		while (test_port_read(&bed.port[0], &frame, 1) == 1)
			rte_pktmbuf_free(frame);
		/* What was lost comes again: the next burst begins where the receiver is. */
		for (uint32_t c = 0; c < CONNS; c++)
			next[c] = worker->engine.conns[c].rcv_nxt - RAW_SEQ;
	}
	CU_ASSERT_EQUAL(different, 0);
	if (at_once)
		check_stats(worker);
	else
		keep_stats(worker);
	for (uint32_t c = 0; c < CONNS; c++) {
		struct toe_message message = {.op = TOE_OP_TERMINATE, .tick_ms = 1};
		struct tcp_delegated delegated;
		struct toe_item item = {.delegated = &delegated, .index = c, .generation = 1};

		toe_item_terminate(worker, &message, &item);
	}
	bed_close(&bed);
}

static void
test_same_as_one_by_one(void)
{
	play(false);
	play(true);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"TCP-1 RX-6 a burst does what its segments do one by one",
	                test_same_as_one_by_one},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0)
		return EXIT_FAILURE;
	return unit_run("receive_fold", tests, RTE_DIM(tests));
}
