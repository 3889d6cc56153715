/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W1: frames that a port will never take hold up neither the frames behind them nor the port, and a full port loses
 * nothing. W8: what was passed on is what the port took. The port's driver is played by a callback in front of it, which decides how many frames of a burst are taken.
 */
#define BED_TX_RING 32u
#include <rte_ethdev.h>

#include "receive_bed.h"
#include "test_mutant.h"

#define TURN_NS 10000u
#define SECOND_NS 1000000000u
#define ODD_PORT 9u /* of frames that the driver does not take */

static struct bed bed;
static uint64_t now;

/* What the driver does not take, ever. */
struct driver {
	bool odd; /* frames from ODD_PORT */
	bool cut; /* what it is to cut */
	bool any; /* anything at all */
};

static struct driver driver;

static bool
is_odd(struct rte_mbuf *frame)
{
	return rte_pktmbuf_mtod_offset(frame, struct rte_tcp_hdr *, 34)->src_port ==
	       htons(ODD_PORT);
}

static uint16_t
drive(uint16_t port, uint16_t queue, struct rte_mbuf *frames[], uint16_t n, void *context)
{
	(void)port;
	(void)queue;
	(void)context;
	for (uint16_t i = 0; i < n; i++)
		if (driver.any || (driver.odd && is_odd(frames[i])) ||
		        (driver.cut && (frames[i]->ol_flags & RTE_MBUF_F_TX_TCP_SEG)))
			return i;
	return n;
}

static void
open_driven(uint32_t port, struct driver what)
{
	now = 0;
	bed_open(&bed, 1, false);
	driver = what;
	CU_ASSERT_PTR_NOT_NULL_FATAL(
	        rte_eth_add_tx_callback(bed.port[port].ethdev, 0, drive, NULL));
}

static void
turns(uint32_t n)
{
	while (n-- > 0)
		toe_worker_poll(&bed.worker[0], now += TURN_NS);
}

/* Frames of the host for the wire. */
static void
host_writes(uint32_t n, uint16_t source_port)
{
	struct raw_frame frame = {.family = 4, .source_port = source_port, .text = 10};

	while (n-- > 0)
		bed_write(&bed, BED_HOST, 0, &frame);
}

/* Reads the wire; how many frames, of which none is one that the driver does not take. */
static uint32_t
wire_reads(void)
{
	struct rte_mbuf *frame;
	uint32_t n = 0;

	for (; test_port_read(&bed.port[BED_WIRE], &frame, 1) == 1; n++) {
		CU_ASSERT(!driver.odd || !is_odd(frame));
		rte_pktmbuf_free(frame);
	}
	return n;
}

/* A frame of so many bytes for the other side, with so many tags. */
static void
write_length(uint32_t port, size_t length, uint32_t tags)
{
	static uint8_t bytes[RAW_FRAME_MAX];

	memset(bytes, 0, sizeof(bytes));
	for (uint32_t i = 0; i < tags; i++)
		bytes[12 + 4 * i] = 0x81;
	bytes[12 + 4 * tags] = 0x88;
	bytes[13 + 4 * tags] = 0xB5;
	bed_write_bytes(&bed, port, 0, bytes, length);
}

/* Neither way does a frame that is longer than the other side's MTU enter its buffer; tags come on top of it. */
static void
test_lengths(void)
{
	struct rte_mbuf *frame;

	for (uint32_t from = 0; from < 2; from++) {
		uint32_t to = 1 - from, n = 0;

		open_driven(to, (struct driver){0});
		write_length(from, 1514, 0);
		write_length(from, 1515, 0); /* not */
		write_length(from, 1518, 1);
		write_length(from, 1519, 1); /* not */
		write_length(from, 1522, 2);
		write_length(from, 1523, 2); /* not */
		write_length(from, 1526, 3); /* not */
		write_length(from, 60, 0);
		turns(2);
		for (; test_port_read(&bed.port[to], &frame, 1) == 1; n++)
			rte_pktmbuf_free(frame);
		CU_ASSERT_EQUAL(n, 4);
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_too_long, 4);
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_refused, 0);
		bed_close(&bed);
	}
}

/* A path whose MTU is larger than its port's: segments are as long as the port takes. */
static void
test_own_lengths(void)
{
	struct rte_mbuf *frame;
	uint32_t longest = 0;

	open_driven(BED_WIRE, (struct driver){0});
	bed.shared.ports[BED_WIRE].mtu = 1000;
	CU_ASSERT_EQUAL(bed_offload_as(&bed, 0, 0, BED_PATH4, 2222, 1111, OFFLOAD_SERVICE_SOURCE),
	        OFFLOAD_SUCCESS);
	turns(4);
	while (test_port_read(&bed.port[BED_WIRE], &frame, 1) == 1) {
		longest = RTE_MAX(longest, rte_pktmbuf_pkt_len(frame));
		rte_pktmbuf_free(frame);
	}
	CU_ASSERT_EQUAL(longest, 1000 + RTE_ETHER_HDR_LEN);
	bed_close(&bed);
}

/* So many frames in a row that the driver does not take, with others before and behind. */
static void
refused_in_a_row(uint32_t n)
{
	uint32_t read;

	open_driven(BED_WIRE, (struct driver){.odd = true});
	host_writes(3, 5000);
	host_writes(n, ODD_PORT);
	host_writes(8, 5000);
	turns(1);
	read = wire_reads();
	CU_ASSERT_EQUAL(read, 3);
	for (uint32_t i = 0; i < 50; i++) {
		host_writes(1, 5000);
		turns(100);
		read += wire_reads();
	}
	CU_ASSERT_EQUAL(read, 3 + 8 + 50);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_refused, n);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_to_wire, 3 + 8 + 50);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_stale, 0);
	CU_ASSERT_EQUAL(bed.worker[0].engine.txq[BED_WIRE].count, 0);
	bed_close(&bed);
}

static void
test_refused(void)
{
	refused_in_a_row(1);
	refused_in_a_row(2);
	refused_in_a_row(9);
}

/* As a driver that looks at frames before it takes them. */
static uint16_t
prepare(void *queue, struct rte_mbuf **frames, uint16_t n)
{
	(void)queue;
	for (uint16_t i = 0; i < n; i++)
		if (is_odd(frames[i]))
			return i;
	return n;
}

/* What rte_eth_tx_prepare refuses goes at once, and was not passed on. */
static void
test_prepare(void)
{
	open_driven(BED_WIRE, (struct driver){.odd = true});
	rte_eth_fp_ops[bed.port[BED_WIRE].ethdev].tx_pkt_prepare = prepare;
	host_writes(3, 5000);
	host_writes(2, ODD_PORT);
	host_writes(4, 5000);
	host_writes(1, ODD_PORT);
	turns(1);
	CU_ASSERT_EQUAL(wire_reads(), 7);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_refused, 3);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_to_wire, 7);
	bed_close(&bed);
}

/* Nothing but frames that it does not take: they go when they have waited for a second, and the port works. */
static void
test_nothing_else(void)
{
	open_driven(BED_WIRE, (struct driver){.odd = true});
	host_writes(20, ODD_PORT);
	turns(2);
	now += SECOND_NS / 2;
	turns(1);
	CU_ASSERT_EQUAL(bed.worker[0].engine.txq[BED_WIRE].count, 20);
	now += SECOND_NS / 2;
	turns(1);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_stale, 20);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_to_wire, 0);
	host_writes(1, 5000);
	turns(1);
	CU_ASSERT_EQUAL(wire_reads(), 1);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_to_wire, 1);
	bed_close(&bed);
}

/* A full port keeps its frames, in order, however often it is asked. */
static void
test_full(void)
{
	struct raw_frame frame = {.family = 4, .text = 10};
	uint32_t sent = 0, read = 0;

	open_driven(BED_WIRE, (struct driver){0});
	for (; sent < BED_TX_RING + 20; sent++) {
		frame.source_port = (uint16_t)(1000 + sent);
		bed_write(&bed, BED_HOST, 0, &frame);
		turns(1);
	}
	turns(5000);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_to_wire,
	        test_port_waiting(&bed.port[BED_WIRE]));
	for (; read < sent; read++) {
		frame.source_port = (uint16_t)(1000 + read);
		CU_ASSERT(bed_read_frame(&bed, BED_WIRE, &frame));
		/* Room for one, and long pauses between */
		turns(read % 3 == 0 ? 100 : 1);
	}
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_refused, 0);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_stale, 0);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_to_wire, sent);
	bed_close(&bed);
}

/* A second counts from when the port took something last, not from when it was full before. */
static void
test_full_again(void)
{
	open_driven(BED_WIRE, (struct driver){.any = true});
	host_writes(2, 5000);
	turns(3);
	now += SECOND_NS / 10 * 9;
	driver.any = false;
	turns(1);
	CU_ASSERT_EQUAL(wire_reads(), 2);
	now += SECOND_NS;
	turns(1);
	driver.any = true;
	host_writes(2, 5000);
	turns(3);
	CU_ASSERT_EQUAL(bed.worker[0].engine.txq[BED_WIRE].count, 2);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.tx_stale, 0);
	bed_close(&bed);
}

/* A driver that says that it cuts frames, and refuses them: connections go on with frames of one segment. */
static void
test_refuses_to_cut(void)
{
	struct rte_mbuf *frame;
	uint32_t text = 0;

	open_driven(BED_WIRE, (struct driver){.cut = true});
	bed.shared.ports[BED_WIRE].tx_offloads =
	        RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
	        RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	CU_ASSERT_EQUAL(bed_offload_as(&bed, 0, 0, BED_PATH4, 2222, 1111, OFFLOAD_SERVICE_SOURCE),
	        OFFLOAD_SUCCESS);
	turns(2);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_WIRE]), 0);
	host_writes(8, 5000);
	turns(200);
	CU_ASSERT_EQUAL(wire_reads(), 8);
	CU_ASSERT(bed.worker[0].engine.stats.tx_refused > 0);
	CU_ASSERT_EQUAL(bed_offload_as(&bed, 0, 1, BED_PATH4, 2223, 1111, OFFLOAD_SERVICE_SOURCE),
	        OFFLOAD_SUCCESS);
	turns(4);
	while (test_port_read(&bed.port[BED_WIRE], &frame, 1) == 1) {
		CU_ASSERT(!(frame->ol_flags & RTE_MBUF_F_TX_TCP_SEG));
		text += rte_pktmbuf_pkt_len(frame) - 54;
		rte_pktmbuf_free(frame);
	}
	CU_ASSERT_EQUAL(text, 14600);
	bed_close(&bed);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"W1 frames longer than the port's MTU", test_lengths},
	        {"W1 segments for a port with a smaller MTU than the path", test_own_lengths},
	        {"W1 W8 frames that a driver never takes", test_refused},
	        {"W1 W8 frames that a driver refuses at once", test_prepare},
	        {"W1 W8 nothing but such frames", test_nothing_else},
	        {"W1 W8 a full port loses nothing", test_full},
	        {"W1 a port that is full again", test_full_again},
	        {"W1 TCP-3 a driver that refuses to cut", test_refuses_to_cut},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0)
		return EXIT_FAILURE;
	return unit_run("refused", tests, RTE_DIM(tests));
}
