/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W8, W9: a port's MTU and link change under running workers. What is for a port that is down is dropped and counted, and
 * nothing of it comes out when it is up again; connections keep all they have to send.
 */
#include <rte_ethdev.h>

#include "receive_bed.h"
#include "test_mutant.h"

#define TURN_NS 100000u
#define SECOND_NS 1000000000u
#define LATE_PORT 7000u /* of frames from after the return of the link */

static struct bed bed;
static uint64_t now;

static void
turns(uint32_t n)
{
	while (n-- > 0)
		toe_worker_poll(&bed.worker[0], now += TURN_NS);
}

static void
open_bed(void)
{
	now = 0;
	bed_open(&bed, 1, false);
}

static void
set_down(uint32_t port, bool down)
{
	atomic_store(&bed.shared.ports[port].down, down);
}

static void
write_frames(uint32_t from, uint32_t n, uint16_t source_port)
{
	struct raw_frame frame = {.family = 4, .source_port = source_port, .text = 10};

	while (n-- > 0)
		bed_write(&bed, from, 0, &frame);
}

/* Reads a port; how many frames, and how many of them from LATE_PORT. */
static uint32_t
read_frames(uint32_t port, uint32_t *late)
{
	struct rte_mbuf *frame;
	uint32_t n = 0;

	for (*late = 0; test_port_read(&bed.port[port], &frame, 1) == 1; n++) {
		*late += rte_pktmbuf_mtod_offset(frame, struct rte_tcp_hdr *, 34)->src_port ==
		         htons(LATE_PORT);
		rte_pktmbuf_free(frame);
	}
	return n;
}

/* Either port is down: what is for it goes, the other way nothing is lost. */
static void
test_down(void)
{
	const struct toe_stats *stats = &bed.worker[0].engine.stats;
	uint32_t late;

	for (uint32_t to = 0; to < 2; to++) {
		const uint64_t *passed =
		        to == BED_WIRE ? &stats->exception_to_wire : &stats->exception_to_host;

		open_bed();
		set_down(to, true);
		write_frames(1 - to, 40, 5000);
		write_frames(to, 20, 5000);
		turns(10);
		CU_ASSERT_EQUAL(stats->tx_link_down, 40);
		CU_ASSERT_EQUAL(*passed, 0);
		CU_ASSERT_EQUAL(stats->exception_to_host + stats->exception_to_wire, 20);
		CU_ASSERT_EQUAL(read_frames(1 - to, &late), 20);
		set_down(to, false);
		write_frames(1 - to, 5, LATE_PORT);
		turns(1);
		CU_ASSERT_EQUAL(read_frames(to, &late), 5);
		CU_ASSERT_EQUAL(late, 5);
		CU_ASSERT_EQUAL(*passed, 5);
		bed_close(&bed);
	}
}

/* Frames that waited for a full port when its link went are gone too. */
static void
test_down_while_full(void)
{
	const struct toe_stats *stats = &bed.worker[0].engine.stats;
	uint32_t late, held;

	open_bed();
	for (uint32_t i = 0; i < BED_TX_RING; i += 16) {
		write_frames(BED_HOST, 16, 5000);
		turns(1);
	}
	write_frames(BED_HOST, 16, 5000);
	turns(2);
	held = bed.worker[0].engine.txq[BED_WIRE].count;
	CU_ASSERT(held > 0);
	set_down(BED_WIRE, true);
	turns(1);
	CU_ASSERT_EQUAL(stats->tx_link_down, held);
	CU_ASSERT_EQUAL(bed.worker[0].engine.txq[BED_WIRE].count, 0);
	CU_ASSERT_EQUAL(read_frames(BED_WIRE, &late), BED_TX_RING + 16 - held);
	set_down(BED_WIRE, false);
	now += 2 * (uint64_t)SECOND_NS;
	turns(2);
	CU_ASSERT_EQUAL(read_frames(BED_WIRE, &late), 0);
	CU_ASSERT_EQUAL(stats->exception_to_wire, BED_TX_RING + 16 - held);
	CU_ASSERT_EQUAL(stats->tx_stale, 0);
	bed_close(&bed);
}

/* The text of a connection that was dropped is sent again when the link is back. */
static void
test_connection(void)
{
	struct rte_mbuf *frame;
	uint32_t first = UINT32_MAX, seq;

	open_bed();
	set_down(BED_WIRE, true);
	CU_ASSERT_EQUAL(bed_offload_as(&bed, 0, 0, BED_PATH4, 2222, 1111, OFFLOAD_SERVICE_SOURCE),
	        OFFLOAD_SUCCESS);
	turns(4);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_WIRE]), 0);
	CU_ASSERT(bed.worker[0].engine.stats.tx_link_down > 0);
	CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].snd_una, RAW_ACK);
	set_down(BED_WIRE, false);
	turns(20000);
	while (test_port_read(&bed.port[BED_WIRE], &frame, 1) == 1) {
		seq = ntohl(rte_pktmbuf_mtod_offset(frame, struct rte_tcp_hdr *, 34)->sent_seq);
		first = RTE_MIN(first, seq - RAW_ACK);
		rte_pktmbuf_free(frame);
	}
	CU_ASSERT_EQUAL(first, 0);
	bed_close(&bed);
}

/* Bytes of the longest frame that comes out of the wire port now. */
static uint32_t
longest(void)
{
	struct rte_mbuf *frame;
	uint32_t length = 0;

	while (test_port_read(&bed.port[BED_WIRE], &frame, 1) == 1) {
		length = RTE_MAX(length, rte_pktmbuf_pkt_len(frame));
		rte_pktmbuf_free(frame);
	}
	return length;
}

/* Segments and the exception path keep to the MTU that a port has now, smaller or larger than before. */
static void
test_mtu(void)
{
	static const uint16_t mtus[] = {1500, 1000, 1400, 600};
	static uint8_t bytes[RAW_FRAME_MAX];

	open_bed();
	for (uint32_t i = 0; i < RTE_DIM(mtus); i++) {
		uint64_t too_long = bed.worker[0].engine.stats.tx_too_long;

		atomic_store(&bed.shared.ports[BED_WIRE].mtu, mtus[i]);
		CU_ASSERT_EQUAL(bed_offload_as(&bed, 0, i, BED_PATH4, (uint16_t)(2222 + i), 1111,
		                        OFFLOAD_SERVICE_SOURCE),
		        OFFLOAD_SUCCESS);
		turns(4);
		CU_ASSERT_EQUAL(longest(), mtus[i] + RTE_ETHER_HDR_LEN);
		bytes[12] = 0x88;
		bytes[13] = 0xB5;
		bed_write_bytes(&bed, BED_HOST, 0, bytes, mtus[i] + RTE_ETHER_HDR_LEN);
		bed_write_bytes(&bed, BED_HOST, 0, bytes, mtus[i] + RTE_ETHER_HDR_LEN + 1u);
		turns(2);
		CU_ASSERT_EQUAL(longest(), mtus[i] + RTE_ETHER_HDR_LEN);
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_too_long, too_long + 1);
	}
	bed_close(&bed);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"W9 a port that is down", test_down},
	        {"W9 a port whose link goes while it is full", test_down_while_full},
	        {"W9 a connection whose wire is down", test_connection},
	        {"W8 the limits follow a port's MTU", test_mtu},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0)
		return EXIT_FAILURE;
	return unit_run("port_change", tests, RTE_DIM(tests));
}
