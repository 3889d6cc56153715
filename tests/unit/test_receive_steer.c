/* SPDX-License-Identifier: BSD-3-Clause */
/* Software steering between two workers (TCP-4), and frames in chained mbufs. */
#include "held.h"
#include "receive_bed.h"

/* A remote port with which the tuple belongs to this worker. */
static uint16_t
port_owned_by(const struct bed *bed, uint32_t worker, uint8_t family)
{
	uint16_t port = 1111;

	while (bed_owner(bed, family, 2222, port) != worker)
		port++;
	return port;
}

static struct raw_frame
frame_owned_by(const struct bed *bed, uint32_t worker, uint8_t family)
{
	struct raw_frame frame = {
	        .family = family,
	        .text = 100,
	        .source_port = port_owned_by(bed, worker, family),
	};

	return frame;
}

/* Whichever queue a frame arrives on, its owner processes it. */
static void
test_owner_processes(void)
{
	for (uint8_t family = 4; family <= 6; family += 2)
		for (uint32_t owner = 0; owner < 2; owner++)
			for (uint16_t queue = 0; queue < 2; queue++) {
				uint32_t path = family == 6 ? BED_PATH6 : BED_PATH4;
				struct raw_frame frame;
				struct bed bed;

				bed_open(&bed, 2, false);
				frame = frame_owned_by(&bed, owner, family);
				CU_ASSERT_EQUAL(
				        bed_offload(&bed, owner, 0, path, 2222, frame.source_port),
				        OFFLOAD_SUCCESS);
				bed_write(&bed, BED_WIRE, queue, &frame);
				bed_turn(&bed);
				bed_turn(&bed);
				CU_ASSERT_EQUAL(
				        bed.worker[owner].engine.conns[0].rcv_nxt, RAW_SEQ + 100);
				CU_ASSERT_EQUAL(bed.worker[owner].engine.stats.steered, 0);
				CU_ASSERT_EQUAL(
				        bed.worker[1 - owner].engine.stats.steered, queue != owner);
				CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_frames +
				                        bed.worker[1].engine.stats.rx_frames,
				        1);
				CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
				bed_close(&bed);
			}
}

/* TCP that nobody owns goes out once, by its owner, in the right direction; all else is not steered. */
static void
test_others_pass(void)
{
	struct raw_frame udp = {.family = 4, .protocol = IPPROTO_UDP};
	struct raw_frame frame;
	struct bed bed;

	bed_open(&bed, 2, false);
	frame = frame_owned_by(&bed, 1, 4);
	for (uint32_t from = 0; from < 2; from++) {
		bed_write(&bed, from, 0, &frame);
		bed_turn(&bed);
		bed_turn(&bed);
		CU_ASSERT_EQUAL(test_port_waiting(&bed.port[from]), 0);
		CU_ASSERT(bed_read_frame(&bed, 1 - from, &frame));
		CU_ASSERT_EQUAL(test_port_waiting(&bed.port[1 - from]), 0);
		bed_write(&bed, from, 0, &udp);
		bed_turn(&bed);
		CU_ASSERT(bed_read_frame(&bed, 1 - from, &udp));
	}
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.steered, 2);
	CU_ASSERT_EQUAL(bed.worker[1].engine.stats.exception_to_host, 1);
	CU_ASSERT_EQUAL(bed.worker[1].engine.stats.exception_to_wire, 1);
	bed_close(&bed);
}

/* The kernel's frames and held tuples find their owner as well; a bad checksum is never steered. */
static void
test_host_hold_and_bad(void)
{
	struct toe_hold_request request = {
	        .family = 4, .local_port = htons(2222), .port = BED_WIRE};
	struct raw_frame frame, from_host;
	uint8_t bytes[RAW_FRAME_MAX];
	struct bed bed;
	size_t length;

	bed_open(&bed, 2, false);
	frame = frame_owned_by(&bed, 1, 4);
	from_host = frame;
	from_host.source_port = 2222;
	from_host.destination_port = frame.source_port;
	memcpy(request.source, raw_destination4, 4);
	memcpy(request.destination, raw_source4, 4);
	request.remote_port = htons(frame.source_port);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[1], &request), 0);
	bed_write(&bed, BED_WIRE, 0, &frame);
	length = raw_frame_build(&from_host, bytes);
	memcpy(bytes + 26, raw_destination4, 4);
	memcpy(bytes + 30, raw_source4, 4);
	bed_write_bytes(&bed, BED_HOST, 0, bytes, length);
	bed_turn(&bed);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[1].engine.stats.held_frames, 2);
	CU_ASSERT_EQUAL(toe_hold_release(&bed.worker[1], &request), 0);
	bed_turn(&bed);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &frame));
	CU_ASSERT(bed_read_is(&bed, BED_WIRE, bytes, length));

	CU_ASSERT_EQUAL(
	        bed_offload(&bed, 1, 0, BED_PATH4, 2222, frame.source_port), OFFLOAD_SUCCESS);
	bed_write_bytes(&bed, BED_HOST, 0, bytes, length);
	bed_turn(&bed);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[1].engine.stats.host_filtered, 1);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.steered, 3);
	length = raw_frame_build(&frame, bytes);
	bytes[length - 1] ^= 1;
	bed_write_bytes(&bed, BED_WIRE, 0, bytes, length);
	bed_turn(&bed);
	CU_ASSERT(bed_read_is(&bed, BED_HOST, bytes, length));
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.steered, 3);
	CU_ASSERT_EQUAL(bed.worker[1].engine.conns[0].rcv_nxt, RAW_SEQ);
	bed_close(&bed);
}

/* An owner that does not come round: its ring fills, then frames are dropped and counted. */
static void
test_full_ring(void)
{
	struct raw_frame frame;
	uint32_t room, written = 0;
	struct bed bed;

	bed_open(&bed, 2, false);
	frame = frame_owned_by(&bed, 1, 4);
	room = rte_ring_get_capacity(bed.worker[1].steer.from[0]);
	for (; written < room + 20; written += 20) {
		for (uint32_t i = 0; i < 20; i++)
			bed_write(&bed, BED_WIRE, 0, &frame);
		toe_worker_receive(&bed.worker[0]);
	}
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.steered, room);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.steer_dropped, written - room);
	/* What was steered is processed in bounded turns. */
	CU_ASSERT_EQUAL(toe_worker_receive(&bed.worker[1]), TOE_RX_BURST);
	bed_close(&bed);
}

/* One frame in a chain whose first mbuf holds `cut` bytes. */
static void
write_chain(struct bed *bed, const struct raw_frame *frame, size_t cut)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(bed->pool), *tail = rte_pktmbuf_alloc(bed->pool);
	uint8_t bytes[RAW_FRAME_MAX];
	size_t length = raw_frame_build(frame, bytes);

	CU_ASSERT_FATAL(head != NULL && tail != NULL);
	memcpy(rte_pktmbuf_append(head, (uint16_t)cut), bytes, cut);
	memcpy(rte_pktmbuf_append(tail, (uint16_t)(length - cut)), bytes + cut, length - cut);
	CU_ASSERT_EQUAL_FATAL(rte_pktmbuf_chain(head, tail), 0);
	CU_ASSERT_FATAL(test_port_write(&bed->port[BED_WIRE], 0, head));
}

static void
test_chains(void)
{
	struct raw_frame frame = {.family = 4, .text = 400};
	struct raw_frame other = {.family = 4, .text = 400, .source_port = 9};

	for (size_t cut = 1; cut < 454; cut++) {
		struct rte_mbuf *mbuf;
		struct bed bed;

		if (cut > 64 && cut % 97 != 0)
			continue;
		bed_open(&bed, 1, false);
		CU_ASSERT_EQUAL(bed_offload(&bed, 0, 0, BED_PATH4, 2222, 1111), OFFLOAD_SUCCESS);
		write_chain(&bed, &frame, cut);
		write_chain(&bed, &other, cut);
		bed_turn(&bed);
		CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].rcv_nxt, RAW_SEQ + 400);
		CU_ASSERT_EQUAL_FATAL(test_port_read(&bed.port[BED_HOST], &mbuf, 1), 1);
		CU_ASSERT_EQUAL(rte_pktmbuf_pkt_len(mbuf), 454);
		rte_pktmbuf_free(mbuf);
		bed_close(&bed);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"TCP-4: the owner processes, whatever the queue", test_owner_processes},
	        {"RX-1 TCP-4: other frames pass once", test_others_pass},
	        {"TCP-4 RX-5: host frames, held tuples, bad frames", test_host_hold_and_bad},
	        {"TCP-4: a full steering ring drops and counts", test_full_ring},
	        {"CTX-3: frames in chained buffers", test_chains},
	};

	if (test_eal_start(64) != 0)
		return EXIT_FAILURE;
	return unit_run("receive-steer", tests, RTE_DIM(tests));
}
