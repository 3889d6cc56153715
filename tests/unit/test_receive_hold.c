/* SPDX-License-Identifier: BSD-3-Clause */
/* Held tuples: frames wait both ways, and then go on in order or into the connection's input. */
#include <errno.h>

#include "held.h"
#include "receive_bed.h"

/* Bytes 0 to 99, then 100 to 149 of the peer's stream. */
static const struct raw_frame first = {.family = 4, .text = 100};

static size_t
second_build(uint8_t *bytes)
{
	struct raw_frame frame = {.family = 4, .text = 50};
	size_t length = raw_frame_build(&frame, bytes);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(bytes + 14);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + 1);

	tcp->sent_seq = htonl(RAW_SEQ + 100);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	return length;
}

/* A frame of the same tuple from the host; number it by its window. */
static size_t
host_build(uint8_t *bytes, uint8_t number)
{
	struct raw_frame frame = {.family = 4, .source_port = 2222, .destination_port = 1111};
	size_t length = raw_frame_build(&frame, bytes);

	memcpy(bytes + 26, raw_destination4, 4);
	memcpy(bytes + 30, raw_source4, 4);
	bytes[14 + 20 + 15] = number;
	return length;
}

static struct toe_hold_request
request_make(uint16_t local_port)
{
	struct toe_hold_request request = {
	        .local_port = htons(local_port),
	        .remote_port = htons(1111),
	        .family = 4,
	        .port = BED_WIRE,
	};

	memcpy(request.source, raw_destination4, 4);
	memcpy(request.destination, raw_source4, 4);
	return request;
}

static void
test_release(void)
{
	struct toe_hold_request request = request_make(2222);
	uint8_t bytes[3][RAW_FRAME_MAX];
	size_t length[3];
	struct bed bed;

	bed_open(&bed, 1, false);
	length[0] = host_build(bytes[0], 1);
	length[1] = second_build(bytes[1]);
	length[2] = host_build(bytes[2], 2);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), 0);
	bed_write(&bed, BED_WIRE, 0, &first);
	bed_write_bytes(&bed, BED_HOST, 0, bytes[0], length[0]);
	bed_turn(&bed);
	bed_write_bytes(&bed, BED_WIRE, 0, bytes[1], length[1]);
	bed_write_bytes(&bed, BED_HOST, 0, bytes[2], length[2]);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.held_frames, 4);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[0]) + test_port_waiting(&bed.port[1]), 0);

	CU_ASSERT_EQUAL(toe_hold_release(&bed.worker[0], &request), 0);
	bed_turn(&bed);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &first));
	CU_ASSERT(bed_read_is(&bed, BED_HOST, bytes[1], length[1]));
	CU_ASSERT(bed_read_is(&bed, BED_WIRE, bytes[0], length[0]));
	CU_ASSERT(bed_read_is(&bed, BED_WIRE, bytes[2], length[2]));
	/* The tuple is free again. */
	bed_write(&bed, BED_WIRE, 0, &first);
	bed_turn(&bed);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &first));
	CU_ASSERT_EQUAL(toe_hold_release(&bed.worker[0], &request), -ENOENT);
	for (uint32_t i = 0; i < 3 * BED_HOLDS; i++) {
		CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), 0);
		CU_ASSERT_EQUAL(toe_hold_release(&bed.worker[0], &request), 0);
	}
	bed_close(&bed);
}

/* Other tuples pass a hold unhindered. */
static void
test_others_pass(void)
{
	struct toe_hold_request request = request_make(2222);
	struct raw_frame other = first;
	struct bed bed;

	other.destination_port = 2223;
	bed_open(&bed, 1, false);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), 0);
	bed_write(&bed, BED_WIRE, 0, &first);
	bed_write(&bed, BED_WIRE, 0, &other);
	bed_turn(&bed);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &other));
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 0);
	bed_close(&bed); /* frees what is held */
}

/* initiate of a held tuple: wire frames are the connection's, those of the host are filtered. */
static void
test_deliver(void)
{
	struct toe_hold_request request = request_make(2222);
	uint8_t bytes[RAW_FRAME_MAX];
	struct bed bed;
	size_t length;

	bed_open(&bed, 1, false);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), 0);
	bed_write(&bed, BED_WIRE, 0, &first);
	length = second_build(bytes);
	bed_write_bytes(&bed, BED_WIRE, 0, bytes, length);
	length = host_build(bytes, 1);
	bed_write_bytes(&bed, BED_HOST, 0, bytes, length);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.held_frames, 3);

	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 2, BED_PATH4, 2222, 1111), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(bed.worker[0].engine.conns[2].rcv_nxt, RAW_SEQ + 150);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.host_filtered, 1);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[0]) + test_port_waiting(&bed.port[1]), 0);
	/* The hold is gone: it cannot be released, its place is free, the tuple is offloaded. */
	CU_ASSERT_EQUAL(toe_hold_release(&bed.worker[0], &request), -ENOENT);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), -EEXIST);
	for (uint16_t i = 0; i < BED_HOLDS; i++) {
		request = request_make((uint16_t)(3000 + i));
		CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), 0);
	}
	bed_close(&bed);
}

/* An initiate that fails leaves the hold and its frames as they were. */
static void
test_failed_initiate(void)
{
	struct toe_hold_request request = request_make(2222);
	struct bed bed;

	bed_open(&bed, 1, false);
	/* No attached block is left for a sink. */
	bed.worker[0].engine.attached.capacity = 0;
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), 0);
	bed_write(&bed, BED_WIRE, 0, &first);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 0, BED_PATH4, 2222, 1111), OFFLOAD_TCP_RCV_BUFFER);
	CU_ASSERT_EQUAL(toe_hold_release(&bed.worker[0], &request), 0);
	bed_turn(&bed);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &first));
	bed_close(&bed);
}

static void
test_limits(void)
{
	struct toe_hold_request request = request_make(2222);
	uint32_t read = 0;
	struct rte_mbuf *mbuf;
	struct bed bed;

	bed_open(&bed, 1, false);
	CU_ASSERT_EQUAL(bed_offload(&bed, 0, 0, BED_PATH4, 2000, 1111), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), 0);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), -EEXIST);
	request = request_make(2000);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), -EEXIST); /* offloaded */
	CU_ASSERT_EQUAL(toe_hold_release(&bed.worker[0], &request), -ENOENT);
	request = request_make(2223);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), 0);
	request = request_make(2224);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), -ENOSPC);
	request = request_make(2222);
	CU_ASSERT_EQUAL(toe_hold_add(&bed.worker[0], &request), -EEXIST); /* rather than full */
	/* A full queue drops the newest frames and counts them. */
	for (uint32_t i = 0; i < TOE_HOLD_FRAMES + 32; i += 32) {
		for (uint32_t j = 0; j < 32; j++)
			bed_write(&bed, BED_WIRE, 0, &first);
		bed_turn(&bed);
	}
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.held_frames, TOE_HOLD_FRAMES);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.held_dropped, 32);
	CU_ASSERT_EQUAL(toe_hold_release(&bed.worker[0], &request), 0);
	bed_turn(&bed);
	for (; test_port_read(&bed.port[BED_HOST], &mbuf, 1) == 1; read++)
		rte_pktmbuf_free(mbuf);
	CU_ASSERT_EQUAL(read, TOE_HOLD_FRAMES);
	bed_close(&bed);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"RX-1 hold: frames wait both ways, release keeps their order", test_release},
	        {"RX-1 hold: other tuples pass", test_others_pass},
	        {"INIT-2 hold: initiate takes the wire's frames over", test_deliver},
	        {"INIT-3 hold: a failed initiate keeps them", test_failed_initiate},
	        {"CTX-3 hold: limits", test_limits},
	};

	if (test_eal_start(64) != 0)
		return EXIT_FAILURE;
	return unit_run("receive-hold", tests, RTE_DIM(tests));
}
