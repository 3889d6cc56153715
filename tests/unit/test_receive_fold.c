/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments of a burst that continue each other go through input in one pass. Whatever the burst holds, the contexts
 * afterwards must be those of the same segments received one by one.
 */
#include <rte_tcp.h>

#include "raw_frame.h"
#include "receive_bed.h"
#include "rng.h"
#include "test_eal.h"
#include "unit.h"

#define BURSTS 2000u
#define CONNS 3u
#define TCP_AT 34u /* offset of the TCP header */

/* A segment on its way to connection `conn`: offsets from the connection's first numbers. */
struct planned {
	uint32_t conn, seq, length, tsval;
	uint16_t window;
	uint8_t flags;
};

struct burst {
	struct planned segment[TOE_RX_BURST];
	uint32_t n;
};

static struct bed bed;
static struct toe_conn after[BURSTS][CONNS]; /* one by one */
static struct toe_stats stats;

/* Mostly runs of segments in order; now and then a gap, old text, another window or flag, a closed end. */
static void
plan_burst(struct burst *burst, struct rng *rng, uint32_t *next, uint32_t *clock)
{
	uint32_t conn = rng_below(rng, CONNS);

	burst->n = rng_range(rng, 1, TOE_RX_BURST);
	for (uint32_t i = 0; i < burst->n; i++) {
		struct planned *segment = &burst->segment[i];

		if (rng_chance(rng, 20))
			conn = rng_below(rng, CONNS);
		*segment = (struct planned){
		        .conn = conn,
		        .seq = next[conn],
		        .length = rng_chance(rng, 10) ? 0 : rng_range(rng, 1, 1400),
		        .window = rng_chance(rng, 5) ? (uint16_t)rng_range(rng, 1, 60000) : 50000,
		        .flags = RTE_TCP_ACK_FLAG,
		        .tsval = *clock,
		};
		if (rng_chance(rng, 5))
			segment->seq += rng_below(rng, 3000); /* a gap, or beyond the window */
		else if (rng_chance(rng, 5))
			segment->seq -= rng_below(rng, 3000); /* old, in part or all of it */
		else
			next[conn] += segment->length;
		if (rng_chance(rng, 10))
			segment->flags |= RTE_TCP_PSH_FLAG;
		if (rng_chance(rng, 5))
			*clock += rng_below(rng, 3);
		if (rng_chance(rng, 2))
			segment->tsval -= rng_below(rng, 5); /* PAWS */
	}
}

static void
write_segment(const struct planned *segment)
{
	uint32_t option[3] = {RTE_BE32(0x0101080A), rte_cpu_to_be_32(segment->tsval), 0};
	struct raw_frame frame = {
	        .family = 4,
	        .tcp_options = (const uint8_t *)option,
	        .tcp_options_length = sizeof(option),
	        .text = (uint16_t)segment->length,
	        .source_port = 1111,
	        .destination_port = (uint16_t)(3000 + segment->conn),
	        .flags = segment->flags,
	};
	uint8_t bytes[RAW_FRAME_MAX];
	size_t length = raw_frame_build(&frame, bytes);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(bytes + TCP_AT);

	tcp->sent_seq = rte_cpu_to_be_32(RAW_SEQ + segment->seq);
	tcp->rx_win = rte_cpu_to_be_16(segment->window);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum((struct rte_ipv4_hdr *)(bytes + 14), tcp);
	bed_write_bytes(&bed, 0, 0, bytes, length);
}

static void
open_all(void)
{
	bed_open(&bed, 1, false);
	bed.constant.flags = TCP_OPTION_TIMESTAMPS | TCP_OPTION_SACK;
	for (uint32_t i = 0; i < CONNS; i++)
		CU_ASSERT_EQUAL_FATAL(
		        bed_offload(&bed, 0, i, BED_PATH4, (uint16_t)(3000 + i), 1111),
		        OFFLOAD_SUCCESS);
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

		plan_burst(&burst, &rng, next, &clock);
		toe_worker_clock(worker, (uint64_t)i * 5000000);
		for (uint32_t s = 0; s < burst.n; s++) {
			write_segment(&burst.segment[s]);
			if (!at_once)
				toe_worker_receive(worker);
		}
		if (at_once)
			toe_worker_receive(worker);
		if (at_once)
			for (uint32_t c = 0; c < CONNS; c++)
				different += memcmp(&after[i][c], &worker->conns[c],
				                     sizeof(struct toe_conn)) != 0;
		else
			memcpy(after[i], worker->conns, sizeof(after[i]));
		toe_worker_output(worker, TOE_OUTPUT_BUDGET);
		toe_worker_flush(worker);
		while (test_port_read(&bed.port[0], &frame, 1) == 1)
			rte_pktmbuf_free(frame);
		/* What was lost comes again: the next burst begins where the receiver is. */
		for (uint32_t c = 0; c < CONNS; c++)
			next[c] = worker->conns[c].rcv_nxt - RAW_SEQ;
	}
	CU_ASSERT_EQUAL(different, 0);
	if (at_once) {
		CU_ASSERT(worker->stats.rx_folded > BURSTS);
		CU_ASSERT_EQUAL(worker->stats.rx_segments, stats.rx_segments);
		CU_ASSERT_EQUAL(worker->stats.rx_bytes, stats.rx_bytes);
		CU_ASSERT_EQUAL(worker->stats.rx_out_of_order, stats.rx_out_of_order);
		CU_ASSERT_EQUAL(worker->stats.rx_duplicate, stats.rx_duplicate);
		CU_ASSERT_EQUAL(worker->stats.rx_unacceptable, stats.rx_unacceptable);
	} else {
		stats = worker->stats;
		CU_ASSERT_EQUAL(stats.rx_folded, 0);
		CU_ASSERT(stats.rx_out_of_order > 0 && stats.rx_duplicate > 0 &&
		          stats.rx_unacceptable > 0);
	}
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
main(void)
{
	static const struct unit_test tests[] = {
	        {"TCP-1 a burst does what its segments do one by one", test_same_as_one_by_one},
	};

	if (test_eal_start(128) != 0)
		return EXIT_FAILURE;
	return unit_run("receive_fold", tests, RTE_DIM(tests));
}
