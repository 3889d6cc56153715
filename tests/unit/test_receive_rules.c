/* SPDX-License-Identifier: BSD-3-Clause */
/* What is not plain data on an offloaded connection (RX-3, RX-4, RX-6, RX-7), up to the ports on both sides. */
#include "receive_bed.h"
#include "tcp.h"
#include "timer_loop.h"

#define ACK RTE_TCP_ACK_FLAG
#define FIN RTE_TCP_FIN_FLAG
#define SYN RTE_TCP_SYN_FLAG
#define URG RTE_TCP_URG_FLAG

static struct bed bed;

static void
open_state(enum tcp_state state, uint32_t path, uint8_t priority)
{
	bed_open(&bed, 1, false);
	bed.delegated.state = state;
	bed.cached.user_priority = priority;
	CU_ASSERT_EQUAL_FATAL(bed_offload(&bed, 0, 0, path, 2222, 1111), OFFLOAD_SUCCESS);
}

static struct toe_conn *
conn(void)
{
	return &bed.worker[0].engine.conns[0];
}

/* Receive, answer, transmit. */
static void
turn(void)
{
	toe_worker_receive(&bed.worker[0]);
	toe_worker_output(&bed.worker[0], TOE_OUTPUT_BUDGET);
	toe_worker_flush(&bed.worker[0]);
}

static void
receive(struct raw_frame frame)
{
	frame.family = bed.shared.paths[conn()->path].family;
	bed_write(&bed, BED_WIRE, 0, &frame);
	turn();
}

static enum offload_status
terminate(void)
{
	struct toe_message message = {.op = TOE_OP_TERMINATE, .tick_ms = 1};
	struct toe_item item = {.generation = 1, .delegated = &bed.delegated};

	toe_item_terminate(&bed.worker[0], &message, &item);
	toe_worker_flush(&bed.worker[0]);
	return (enum offload_status)item.status;
}

/* The indications so far: exactly one, of this kind and reason. */
static bool
indicated_once(enum toe_event_kind kind, uint8_t detail)
{
	const struct toe_backlog *backlog = &bed.worker[0].engine.backlog[0];
	uint32_t found = 0;

	for (uint32_t i = 0; i < backlog->count; i++)
		found += backlog->event[i].kind == kind && backlog->event[i].detail == detail;
	return found == 1;
}

/* What came out of the wire port, if anything: its first bytes. */
static size_t
take(uint8_t bytes[RAW_FRAME_MAX])
{
	struct rte_mbuf *mbuf;
	size_t length;

	if (test_port_read(&bed.port[BED_WIRE], &mbuf, 1) == 0)
		return 0;
	length = rte_pktmbuf_pkt_len(mbuf);
	memcpy(bytes, rte_pktmbuf_mtod(mbuf, uint8_t *), length);
	rte_pktmbuf_free(mbuf);
	return length;
}

/* RX-3: in TIME_WAIT a SYN begins something new, which is the host's; a FIN sent again is acknowledged. */
static void
test_syn_in_time_wait(void)
{
	const struct raw_frame fin = {.family = 4, .flags = FIN | ACK};
	const struct raw_frame data = {.family = 4, .text = 50, .seq = 0x40000001};
	struct raw_frame syn = {.family = 4, .flags = SYN};
	const struct raw_frame answer = {
	        .family = 4, .source_port = 2222, .destination_port = 1111, .flags = SYN | ACK};
	size_t length;
	uint8_t bytes[RAW_FRAME_MAX];

	open_state(TCP_FIN_WAIT_2, BED_PATH4, 0);
	receive(fin);
	CU_ASSERT_EQUAL(conn()->state, TCP_TIME_WAIT);
	CU_ASSERT(indicated_once(TOE_EVENT_RETRIEVE, RETRIEVE_UPLOAD_REQUESTED));
	CU_ASSERT_NOT_EQUAL(take(bytes), 0);
	receive(fin);
	CU_ASSERT_NOT_EQUAL(take(bytes), 0);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
	/* T15: at rcv_nxt, in the window, far away: from the SYN on the tuple is the host's, both ways. */
	for (uint32_t i = 0; i < 3; i++) {
		syn.seq = i == 0 ? 1 : i == 1 ? 1000 : 0x40000000;
		receive(syn);
		CU_ASSERT(bed_read_frame(&bed, BED_HOST, &syn));
		CU_ASSERT_EQUAL(take(bytes), 0);
	}
	CU_ASSERT_EQUAL(conn()->state, TCP_TIME_WAIT);
	length = raw_frame_build(&answer, bytes);
	memcpy(bytes + 26, raw_destination4, 4);
	memcpy(bytes + 30, raw_source4, 4);
	bed_write_bytes(&bed, BED_HOST, 0, bytes, length);
	turn();
	CU_ASSERT(bed_read_is(&bed, BED_WIRE, bytes, length));
	receive(data);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &data));
	CU_ASSERT_EQUAL(take(bytes), 0);
	CU_ASSERT_EQUAL(terminate(), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(bed.delegated.state, TCP_TIME_WAIT);
	bed_close(&bed);
}

/* RX-3: a SYN at RcvNxt: upload in CLOSED, the SYN and what follows it are the host's. Elsewhere: SEC-1. */
static void
test_syn(void)
{
	const struct raw_frame at = {.family = 6, .flags = SYN},
	                       elsewhere = {.family = 6, .flags = SYN, .seq = 77},
	                       data = {.family = 6, .text = 50};
	uint8_t bytes[RAW_FRAME_MAX];

	open_state(TCP_ESTABLISHED, BED_PATH6, 0);
	receive(elsewhere);
	CU_ASSERT_EQUAL(take(bytes), 14 + 40 + 20); /* a challenge ACK */
	CU_ASSERT_EQUAL(conn()->state, TCP_ESTABLISHED);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
	receive(at);
	CU_ASSERT_EQUAL(conn()->state, TCP_CLOSED);
	CU_ASSERT(indicated_once(TOE_EVENT_RETRIEVE, RETRIEVE_UPLOAD_REQUESTED));
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &at));
	receive(data);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &data));
	CU_ASSERT_EQUAL(take(bytes), 0);
	CU_ASSERT_EQUAL(terminate(), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(bed.delegated.state, TCP_CLOSED);
	bed_close(&bed);
}

/*
 * RX-4: RETRIEVE once, no ACK from then on, and at termination the frames go to the host as they came, in order, those
 * behind the urgent one included; none of them was delivered.
 */
static void
test_urgent(void)
{
	const struct raw_frame before = {.family = 4, .text = 10},
	                       urgent = {.family = 4,
	                               .text = 20,
	                               .seq = 10,
	                               .flags = URG | ACK,
	                               .urgent = 5},
	                       behind = {.family = 4, .text = 30, .seq = 30},
	                       pure = {.family = 4, .seq = 60};
	uint8_t bytes[RAW_FRAME_MAX];

	open_state(TCP_ESTABLISHED, BED_PATH4, 0);
	receive(before);
	receive(urgent);
	receive(urgent);
	receive(behind);
	receive(pure);
	CU_ASSERT(indicated_once(TOE_EVENT_RETRIEVE, RETRIEVE_RECEIVED_URGENT_DATA));
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_urgent, 1);
	toe_engine_clock(&bed.worker[0].engine, bed.worker[0].engine.start + UINT64_C(1000000000));
	toe_worker_timers(&bed.worker[0]);
	turn();
	CU_ASSERT_EQUAL(take(bytes), 0);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
	CU_ASSERT_EQUAL(terminate(), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(bed.delegated.rcv_nxt, RAW_SEQ + 10);
	CU_ASSERT_PTR_NULL(bed.delegated.buffered_data);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &urgent));
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &urgent));
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &behind));
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &pure));
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
	/* TERM-5: and what comes now as well. */
	bed_write(&bed, BED_WIRE, 0, &urgent);
	turn();
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &urgent));
	bed_close(&bed);
}

/* RX-4: an urgent pointer in a segment that is not acceptable means nothing. */
static void
test_urgent_unacceptable(void)
{
	const struct raw_frame urgent = {
	        .family = 4, .text = 20, .seq = 0x40000000, .flags = URG | ACK, .urgent = 5};

	open_state(TCP_ESTABLISHED, BED_PATH4, 0);
	receive(urgent);
	CU_ASSERT_EQUAL(bed.worker[0].engine.backlog[0].count, 0);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_urgent, 0);
	CU_ASSERT_FALSE(conn()->flags & TOE_CONN_URGENT);
	bed_close(&bed);
}

/* RX-6, sending: the tag of the neighbor's VLAN; without one a tag only to carry a priority, with id 0. */
static void
test_vlan_sent(void)
{
	static const struct {
		uint32_t path;
		uint8_t priority;
		int tci; /* -1: no tag */
	} cases[] = {
	        {BED_PATH4, 0, -1},
	        {BED_PATH4, 5, 5 << 13},
	        {BED_PATH6, 0, -1},
	        {BED_PATH6, 7, 7 << 13},
	        {BED_PATH_VLAN, 0, BED_VLAN},
	        {BED_PATH_VLAN, 3, 3 << 13 | BED_VLAN},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct raw_frame fin = {.flags = FIN | ACK, .tagged = true, .tci = BED_VLAN};
		uint8_t bytes[RAW_FRAME_MAX];
		size_t header = cases[i].path == BED_PATH6 ? 60 : 40;
		int tci = -1;

		open_state(TCP_ESTABLISHED, cases[i].path, cases[i].priority);
		receive(fin); /* a sink answers with its own FIN */
		CU_ASSERT_EQUAL(take(bytes), 14 + (cases[i].tci < 0 ? 0 : 4) + header);
		if (bytes[12] == 0x81 && bytes[13] == 0)
			tci = bytes[14] << 8 | bytes[15];
		CU_ASSERT_EQUAL(tci, cases[i].tci);
		bed_close(&bed);
	}
}

/* RX-7: when the last ACK has come it is CLOSED: data then is the host's, and nothing is answered. */
static void
test_data_on_closed(void)
{
	const struct raw_frame data = {.family = 4, .text = 100},
	                       ack_of_fin = {.family = 4, .ack = 1};
	uint8_t bytes[RAW_FRAME_MAX];

	bed_open(&bed, 1, false);
	bed.delegated.state = TCP_LAST_ACK;
	bed.fin_outstanding = true;
	CU_ASSERT_EQUAL_FATAL(bed_offload(&bed, 0, 0, BED_PATH4, 2222, 1111), OFFLOAD_SUCCESS);
	receive(ack_of_fin);
	CU_ASSERT_EQUAL(conn()->state, TCP_CLOSED);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
	receive(data);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &data));
	CU_ASSERT_EQUAL(take(bytes), 0);
	bed_close(&bed);
}

/* T16, RX-1: a promiscuous port sees frames for others; those are not the connection's, though the tuple is. */
static void
test_other_mac(void)
{
	static const uint8_t paths[] = {BED_PATH4, BED_PATH6, BED_PATH_VLAN};
	for (size_t i = 0; i < RTE_DIM(paths); i++) {
		struct raw_frame frame = {.text = 100};
		uint8_t *source;

		bed_open(&bed, 1, false);
		CU_ASSERT_EQUAL(bed_offload(&bed, 0, 0, paths[i], 2222, 1111), OFFLOAD_SUCCESS);
		source = bed.shared.neighbors[paths[i] == BED_PATH_VLAN].source_mac;
		frame.family = bed.shared.paths[paths[i]].family;
		frame.tagged = paths[i] == BED_PATH_VLAN;
		frame.tci = BED_VLAN;
		frame.other_mac = 1;
		bed_write(&bed, BED_WIRE, 0, &frame);
		bed_turn(&bed);
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_other_mac, 1);
		CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].rcv_nxt, RAW_SEQ);
		CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 1);
		/* Every byte of the address counts. */
		for (uint32_t byte = 0; byte < 6; byte++) {
			frame.other_mac = 0;
			source[byte] ^= 0x40;
			bed_write(&bed, BED_WIRE, 0, &frame);
			bed_turn(&bed);
			source[byte] ^= 0x40;
		}
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_other_mac, 7);
		bed_write(&bed, BED_WIRE, 0, &frame);
		bed_turn(&bed);
		CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_other_mac, 7);
		CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].rcv_nxt, RAW_SEQ + 100);
		bed_close(&bed);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"T16 RX-1: frames for another station are not ours", test_other_mac},
	        {"RX-3 a SYN in TIME_WAIT goes to the host", test_syn_in_time_wait},
	        {"RX-3 SEC-1 a SYN at RcvNxt, and elsewhere", test_syn},
	        {"RX-4 urgent data", test_urgent},
	        {"RX-4 only with a valid sequence number", test_urgent_unacceptable},
	        {"RX-6 tags of what is sent", test_vlan_sent},
	        {"RX-7 data on a CLOSED connection goes to the host", test_data_on_closed},
	};

	if (test_eal_start(64) != 0)
		return EXIT_FAILURE;
	return unit_run("receive_rules", tests, RTE_DIM(tests));
}
