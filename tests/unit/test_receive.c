/* SPDX-License-Identifier: BSD-3-Clause */
/* Where received frames go: input, or unchanged to the other side of the bump. */
#include "receive_bed.h"
#include "tcp_close.h"

static const uint8_t router_alert[] = {IPPROTO_TCP, 0, 5, 2, 0, 0, 1, 0};
static const uint8_t fragment6[] = {IPPROTO_TCP, 0, 0, 1, 1, 2, 3, 4};
static const uint8_t nops[] = {1, 1, 1, 1};

/* What is no segment of an offloaded connection, beside one that is (ports 1111 and 2222). */
static const struct raw_frame others[] = {
        {.family = 4, .ethertype = RTE_ETHER_TYPE_ARP},
        {.family = 4, .ethertype = 0x88B5},
        {.family = 4, .ethertype = 60}, /* a length: LLC */
        {.family = 4, .protocol = IPPROTO_ICMP},
        {.family = 4, .protocol = IPPROTO_UDP, .text = 1400},
        {.family = 6, .protocol = IPPROTO_ICMPV6},
        {.family = 6, .protocol = IPPROTO_UDP, .tagged = true, .tci = 5},
        {.family = 4, .source_port = 1112}, /* other TCP, in each member of the tuple */
        {.family = 4, .destination_port = 2223, .flags = RTE_TCP_SYN_FLAG},
        {.family = 6, .source_port = 1112, .padding = 3},
        {.family = 4, .fragment = RTE_IPV4_HDR_MF_FLAG, .text = 8},
        {.family = 4, .fragment = 1, .text = 8},
        {.family = 6,
                .ip_extra = fragment6,
                .ip_extra_length = 8,
                .first_header = IPPROTO_FRAGMENT},
        {.family = 4, .ip_extra = nops, .ip_extra_length = 4},
        {.family = 6,
                .ip_extra = router_alert,
                .ip_extra_length = 8,
                .first_header = IPPROTO_HOPOPTS},
};

static const struct raw_frame data4 = {.family = 4, .text = 100};
static const struct raw_frame data6 = {.family = 6, .text = 100};
static const struct toe_message drain = {.op = TOE_OP_DRAIN, .request = 7};

static void
pass_both_ways(struct bed *bed)
{
	for (uint32_t from = 0; from < 2; from++) {
		for (size_t i = 0; i < RTE_DIM(others); i++)
			bed_write(bed, from, 0, &others[i]);
		bed_turn(bed);
		for (size_t i = 0; i < RTE_DIM(others); i++)
			CU_ASSERT(bed_read_frame(bed, 1 - from, &others[i]));
		CU_ASSERT_EQUAL(test_port_waiting(&bed->port[0]), 0);
		CU_ASSERT_EQUAL(test_port_waiting(&bed->port[1]), 0);
	}
}

static void
test_exception_path(void)
{
	struct bed bed;

	bed_open(&bed, 1, true);
	pass_both_ways(&bed);
	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 0, BED_PATH4, 2222, 1111), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 1, BED_PATH6, 2222, 1111), OFFLOAD_SUCCESS);
	pass_both_ways(&bed);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_to_host, 2 * RTE_DIM(others));
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_to_wire, 2 * RTE_DIM(others));
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_frames, 4 * RTE_DIM(others));
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_segments, 0);
	bed_close(&bed);
}

static void
test_multicast(void)
{
	uint8_t bytes[RAW_FRAME_MAX];
	struct bed bed;
	size_t length;

	bed_open(&bed, 1, true);
	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 0, BED_PATH4, 2222, 1111), OFFLOAD_SUCCESS);
	length = raw_frame_build(&data4, bytes);
	bytes[0] |= 1; /* the tuple fits, but a group address is nobody's connection */
	bed_write_bytes(&bed, BED_WIRE, 0, bytes, length);
	bed_turn(&bed);
	CU_ASSERT(bed_read_is(&bed, BED_HOST, bytes, length));
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_segments, 0);
	bed_close(&bed);
}

static void
test_segments_reach_input(void)
{
	struct bed bed;

	bed_open(&bed, 1, false);
	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 3, BED_PATH4, 2222, 1111), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 5, BED_PATH6, 2222, 1111), OFFLOAD_SUCCESS);
	bed_write(&bed, BED_WIRE, 0, &data4);
	bed_write(&bed, BED_WIRE, 0, &data6);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[0].engine.conns[3].rcv_nxt, RAW_SEQ + 100);
	CU_ASSERT_EQUAL(bed.worker[0].engine.conns[5].rcv_nxt, RAW_SEQ + 100);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_segments, 2);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
	bed_close(&bed);
}

/* The kernel's own segments for an offloaded tuple must not reach the wire; all its others do. */
static void
test_host_is_filtered(void)
{
	struct raw_frame reset = {.family = 4,
	        .source_port = 2222,
	        .destination_port = 1111,
	        .flags = RTE_TCP_RST_FLAG};
	struct bed bed;
	uint8_t bytes[RAW_FRAME_MAX];
	size_t length = raw_frame_build(&reset, bytes);

	/* From the host the addresses are the other way round; the checksum stays right. */
	memcpy(bytes + 26, raw_destination4, 4);
	memcpy(bytes + 30, raw_source4, 4);
	bed_open(&bed, 1, false);
	bed_write_bytes(&bed, BED_HOST, 0, bytes, length);
	bed_turn(&bed);
	CU_ASSERT(bed_read_is(&bed, BED_WIRE, bytes, length));
	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 0, BED_PATH4, 2222, 1111), OFFLOAD_SUCCESS);
	bed_write_bytes(&bed, BED_HOST, 0, bytes, length);
	bytes[40] ^= 1; /* a checksum is not looked at: the tuple decides */
	bed_write_bytes(&bed, BED_HOST, 0, bytes, length);
	bed_write(&bed, BED_HOST, 0, &data4); /* a tuple as from the wire: not ours */
	bed_turn(&bed);
	CU_ASSERT(bed_read_frame(&bed, BED_WIRE, &data4));
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_WIRE]), 0);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.host_filtered, 2);
	CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].rcv_nxt, RAW_SEQ);
	bed_close(&bed);
}

/* Frames with one thing wrong, on the tuple of an offloaded connection. */
static size_t
bad_build(unsigned int kind, uint8_t *bytes)
{
	size_t length = raw_frame_build(&data4, bytes);

	if (kind == 0)
		bytes[length - 1] ^= 1; /* text */
	else if (kind == 1)
		bytes[14 + 8] ^= 1; /* TTL */
	else if (kind == 2)
		bytes[14 + 20 + 12] = 0x40; /* TCP header length */
	else
		length -= 1;
	return length;
}

static void
test_bad_frames(void)
{
	uint8_t bytes[RAW_FRAME_MAX];
	struct bed bed;

	for (unsigned int drop = 0; drop < 2; drop++) {
		bed_open(&bed, 1, drop);
		for (unsigned int offloaded = 0; offloaded < 2; offloaded++) {
			for (unsigned int kind = 0; kind < 4; kind++) {
				size_t length = bad_build(kind, bytes);

				bed_write_bytes(&bed, BED_WIRE, 0, bytes, length);
				bed_turn(&bed);
				/* Always the host's where nothing is offloaded. */
				if (!drop || !offloaded)
					CU_ASSERT(bed_read_is(&bed, BED_HOST, bytes, length));
				CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
			}
			if (!offloaded)
				CU_ASSERT_EQUAL(bed_offload(&bed, 0, 0, BED_PATH4, 2222, 1111),
				        OFFLOAD_SUCCESS);
		}
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_bad_dropped, drop ? 4 : 0);
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_segments, 0);
		CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].rcv_nxt, RAW_SEQ);
		bed_close(&bed);
	}
}

static void
test_vlan(void)
{
	static const struct {
		uint32_t path;
		bool tagged;
		uint16_t tci;
		bool accepted;
	} cases[] = {
	        {BED_PATH4, false, 0, true},
	        {BED_PATH4, true, 0xE000, true}, /* priority tag */
	        {BED_PATH4, true, 77, true},
	        {BED_PATH_VLAN, true, BED_VLAN, true},
	        {BED_PATH_VLAN, true, 0xE000 | BED_VLAN, true},
	        {BED_PATH_VLAN, true, BED_VLAN + 1, false},
	        {BED_PATH_VLAN, true, 0, false},
	        {BED_PATH_VLAN, false, 0, false},
	};
	struct bed bed;

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct raw_frame frame = data4;

		frame.tagged = cases[i].tagged;
		frame.tci = cases[i].tci;
		bed_open(&bed, 1, false);
		CU_ASSERT_EQUAL(
		        bed_offload(&bed, 0, 0, cases[i].path, 2222, 1111), OFFLOAD_SUCCESS);
		bed_write(&bed, BED_WIRE, 0, &frame);
		bed_turn(&bed);
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.vlan_mismatch, !cases[i].accepted);
		CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].rcv_nxt,
		        RAW_SEQ + (cases[i].accepted ? 100 : 0));
		CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
		bed_close(&bed);
	}
}

/* A connection that is CLOSED, or was reset by the peer, takes nothing: its segments pass, both ways. */
static void
test_closed(void)
{
	struct raw_frame reset = {.family = 4, .flags = RTE_TCP_RST_FLAG};
	uint8_t bytes[RAW_FRAME_MAX];
	struct bed bed;

	for (unsigned int aborted = 0; aborted < 2; aborted++) {
		size_t length = raw_frame_build(&data4, bytes);

		bed_open(&bed, 1, false);
		CU_ASSERT_EQUAL(bed_offload(&bed, 0, 0, BED_PATH4, 2222, 1111), OFFLOAD_SUCCESS);
		if (aborted)
			bed.worker[0].engine.conns[0].flags |= TOE_CONN_ABORTED;
		else
			toe_tcp_closed(&bed.worker[0].engine, 0);
		bed_write(&bed, BED_WIRE, 0, &data4);
		bed_write(&bed, BED_WIRE, 0, &reset);
		/* The same tuple from the host. */
		memcpy(bytes + 26, raw_destination4, 4);
		memcpy(bytes + 30, raw_source4, 4);
		bytes[34] = 2222 >> 8, bytes[35] = 2222 & 0xFF;
		bytes[36] = 1111 >> 8, bytes[37] = 1111 & 0xFF;
		bed_write_bytes(&bed, BED_HOST, 0, bytes, length);
		bed_turn(&bed);
		CU_ASSERT(bed_read_frame(&bed, BED_HOST, &data4));
		CU_ASSERT(bed_read_frame(&bed, BED_HOST, &reset));
		CU_ASSERT(bed_read_is(&bed, BED_WIRE, bytes, length));
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_segments, 0);
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.host_filtered, 0);
		bed_close(&bed);
	}
}

/* A port that takes nothing: its buffer fills, then frames are dropped and counted; none leaks. */
static void
test_no_room(void)
{
	struct bed bed;
	uint32_t written = 0, fit = BED_TX_RING + TOE_TXQ_SIZE;

	bed_open(&bed, 1, false);
	for (; written < fit + 40; written += 20) {
		for (uint32_t i = 0; i < 20; i++)
			bed_write(&bed, BED_WIRE, 0, &data4);
		bed_turn(&bed);
	}
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_to_host, BED_TX_RING);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_dropped, written - fit);
	bed_close(&bed);
	/* A long turn does not drop what the port would take. */
	bed_open(&bed, 1, false);
	for (written = 0; written < BED_TX_RING; written += TOE_RX_BURST) {
		for (uint32_t i = 0; i < TOE_RX_BURST; i++)
			bed_write(&bed, BED_WIRE, 0, &data4);
		toe_worker_receive(&bed.worker[0]);
	}
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_dropped, 0);
	bed_close(&bed);
	/* No other side at all. */
	bed_open(&bed, 1, false);
	bed.shared.ports[BED_WIRE].peer = UINT8_MAX;
	bed_write(&bed, BED_WIRE, 0, &data4);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.exception_dropped, 1);
	bed_close(&bed);
}

/* Start-up order: a port on hold is not polled, nor is a queue that the port does not have. */
static void
test_port_hold(void)
{
	struct bed bed;

	bed_open(&bed, 2, false);
	atomic_store(&bed.shared.ports[BED_WIRE].hold, 1);
	bed_write(&bed, BED_WIRE, 0, &data4);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(test_port_unread(&bed.port[BED_WIRE]), 1);
	atomic_store(&bed.shared.ports[BED_WIRE].hold, 0);
	bed.shared.ports[BED_WIRE].rx_queues = 1;
	bed_write(&bed, BED_WIRE, 1, &data4);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(test_port_unread(&bed.port[BED_WIRE]), 1);
	bed_close(&bed);
}

/* The urgent mailbox is looked at between bursts (INV-7: a drain does not wait for a long turn). */
static void
test_urgent_between_bursts(void)
{
	struct toe_reply reply;
	struct bed bed;

	bed_open(&bed, 1, false);
	bed_write(&bed, BED_WIRE, 0, &data4);
	CU_ASSERT(toe_mailbox_send(&bed.worker[0].control.urgent, &drain));
	toe_worker_receive(&bed.worker[0]);
	CU_ASSERT_EQUAL(toe_mailbox_replies(&bed.worker[0].control.urgent, &reply, 1), 1);
	CU_ASSERT_EQUAL(reply.request, 7);
	bed_close(&bed);
}

/* Nor for the rest of a burst: a frame that it has to discard would leave with the next one that finds no room. */
static void
test_urgent_inside_burst(void)
{
	struct raw_frame text = data4;
	struct toe_reply reply;
	struct toe_txq *txq;
	struct bed bed;

	bed_open(&bed, 1, true);
	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 3, BED_PATH4, 2222, 1111), OFFLOAD_SUCCESS);
	txq = &bed.worker[0].engine.txq[BED_HOST];
	while (toe_txq_room(txq) > 2) {
		struct toe_tx_tag *tag = toe_txq_put(txq, rte_pktmbuf_alloc(bed.pool));

		if (txq->count == 1)
			*tag = (struct toe_tx_tag){.conn = 3, .generation = UINT32_MAX};
	}
	/* As many as go by without a look, in one fold; then some that find room for two. */
	for (uint32_t i = 0; i < TOE_LOOK_FRAMES; i++) {
		text.seq = i * text.text;
		bed_write(&bed, BED_WIRE, 0, &text);
	}
	for (uint32_t i = 0; i < TOE_LOOK_FRAMES; i++)
		bed_write(&bed, BED_WIRE, 0, &others[0]);
	CU_ASSERT(toe_mailbox_send(&bed.worker[0].control.urgent, &drain));
	toe_worker_receive(&bed.worker[0]);
	CU_ASSERT_EQUAL(toe_mailbox_replies(&bed.worker[0].control.urgent, &reply, 1), 1);
	CU_ASSERT_EQUAL(reply.count, 1);
	CU_ASSERT_EQUAL(
	        bed.worker[0].engine.conns[3].rcv_nxt, RAW_SEQ + TOE_LOOK_FRAMES * text.text);
	bed_close(&bed);
}

/* Nor for all connections that output has to run. */
static void
test_urgent_between_runs(void)
{
	struct toe_reply reply;
	struct bed bed;

	bed_open(&bed, 1, false);
	for (uint16_t i = 0; i < TOE_LOOK_RUNS + 1; i++) {
		bed_offload(&bed, 0, i, BED_PATH4, 2222, 1111 + i);
		toe_conn_ready(&bed.worker[0].engine, i);
	}
	CU_ASSERT(toe_mailbox_send(&bed.worker[0].control.urgent, &drain));
	CU_ASSERT_EQUAL(toe_worker_output(&bed.worker[0], TOE_OUTPUT_BUDGET), TOE_LOOK_RUNS + 1);
	CU_ASSERT_EQUAL(toe_mailbox_replies(&bed.worker[0].control.urgent, &reply, 1), 1);
	bed_close(&bed);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"RX-1 RX-2: all else passes both ways unchanged, in order", test_exception_path},
	        {"RX-1: multicast", test_multicast},
	        {"CTX-3: segments reach the connection of their tuple", test_segments_reach_input},
	        {"RX-1: the host's frames of offloaded tuples are filtered", test_host_is_filtered},
	        {"RX-5: bad frames are never processed", test_bad_frames},
	        {"RX-6: VLAN tags", test_vlan},
	        {"RX-7 TERM-5: closed and aborted connections take nothing", test_closed},
	        {"RX-1: no room on the other side", test_no_room},
	        {"RX-1: ports on hold", test_port_hold},
	        {"INV-7: urgent messages between bursts", test_urgent_between_bursts},
	        {"INV-7: urgent messages inside a burst", test_urgent_inside_burst},
	        {"INV-7: urgent messages between runs", test_urgent_between_runs},
	};

	if (test_eal_start(64) != 0)
		return EXIT_FAILURE;
	return unit_run("receive", tests, RTE_DIM(tests));
}
