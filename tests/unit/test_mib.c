/* SPDX-License-Identifier: BSD-3-Clause */
/* STAT-1: what each counter counts, by port and IP version; only offloaded connections count. */
#include "conn_mib.h"
#include "drain.h"
#include "receive_bed.h"
#include "tcp.h"
#include "timer_loop.h"

static struct bed bed;

static uint64_t
value(const char *name, uint8_t family)
{
	const struct toe_mib *m = toe_engine_mib(&bed.worker[0].engine, BED_WIRE, family);

#define TEST_VALUE(key, expression, help)                                                          \
	if (strcmp(name, #key) == 0)                                                               \
		return expression;
	TOE_MIB_LIST(TEST_VALUE)
#undef TEST_VALUE
	CU_FAIL("no such counter");
	return UINT64_MAX;
}

/* Every counter of both versions and ports but those named is 0. */
static void
others_are_zero(uint8_t family, const char *const *named, size_t n)
{
	static const char *const names[] = {
#define TEST_NAME(key, expression, help) #key,
	        TOE_MIB_LIST(TEST_NAME)
#undef TEST_NAME
	};
	static const struct toe_mib none;

	for (size_t i = 0; i < RTE_DIM(names); i++) {
		bool is_named = false;

		for (size_t k = 0; k < n; k++)
			is_named = is_named || strcmp(names[i], named[k]) == 0;
		if (!is_named && value(names[i], family) != 0) {
			CU_FAIL("a counter moved that should not");
			printf("%s is %ju\n", names[i], (uintmax_t)value(names[i], family));
		}
	}
	CU_ASSERT_EQUAL(memcmp(toe_engine_mib(&bed.worker[0].engine, BED_WIRE, 10 - family), &none,
	                        sizeof(none)),
	        0);
	for (uint8_t other = 4; other <= 6; other += 2)
		CU_ASSERT_EQUAL(memcmp(toe_engine_mib(&bed.worker[0].engine, BED_HOST, other),
		                        &none, sizeof(none)),
		        0);
}

#define EXPECT_ONLY(family, ...)                                                                   \
	do {                                                                                       \
		static const char *const expect_named[] = {__VA_ARGS__};                           \
		others_are_zero(family, expect_named, RTE_DIM(expect_named));                      \
	} while (0)

static void
open_one(uint32_t path, enum offload_service service, bool drop_bad)
{
	bed_open(&bed, 1, drop_bad);
	bed.worker[0].engine.now_us = 1;
	CU_ASSERT_EQUAL(bed_offload_as(&bed, 0, 0, path, 2222, 1111, service), OFFLOAD_SUCCESS);
}

static void
work(void)
{
	toe_worker_output(&bed.worker[0], TOE_OUTPUT_BUDGET);
	toe_worker_flush(&bed.worker[0]);
}

/* Two segments in, one ACK out. */
static void
check_in_and_out(uint8_t family)
{
	const struct raw_frame text = {.family = family, .text = 100};
	uint32_t headers = (family == 4 ? 20 : 40) + 20;

	open_one(family == 4 ? BED_PATH4 : BED_PATH6, OFFLOAD_SERVICE_SINK, false);
	CU_ASSERT_EQUAL(value("tcp_established", family), 1);
	for (uint32_t i = 0; i < 2; i++)
		bed_write(&bed, BED_WIRE, 0, &text); /* the second one is a duplicate: it counts */
	bed_turn(&bed);
	work();
	CU_ASSERT_EQUAL(value("tcp_in_segments", family), 2);
	CU_ASSERT_EQUAL(value("ip_in_receives", family), 2);
	CU_ASSERT_EQUAL(value("ip_in_delivers", family), 2);
	CU_ASSERT_EQUAL(value("ip_in_octets", family), 2 * (headers + 100));
	CU_ASSERT_EQUAL(value("tcp_out_segments", family), 1);
	CU_ASSERT_EQUAL(value("ip_out_requests", family), 1);
	CU_ASSERT_EQUAL(value("ip_out_octets", family), headers);
	EXPECT_ONLY(family, "tcp_established", "tcp_in_segments", "ip_in_receives",
	        "ip_in_delivers", "ip_in_octets", "tcp_out_segments", "ip_out_requests",
	        "ip_out_octets");
	bed_close(&bed);
}

static void
test_in_and_out(void)
{
	check_in_and_out(4);
	check_in_and_out(6);
}

/* A burst that goes through input in one pass counts like any other. */
static void
test_burst(void)
{
	struct raw_frame text = {.family = 4, .text = 100};

	open_one(BED_PATH4, OFFLOAD_SERVICE_SINK, false);
	for (uint32_t i = 0; i < 5; i++) {
		text.seq = 100 * i;
		bed_write(&bed, BED_WIRE, 0, &text);
	}
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_folded, 4);
	CU_ASSERT_EQUAL(value("tcp_in_segments", 4), 5);
	CU_ASSERT_EQUAL(value("ip_in_octets", 4), 5 * 140);
	bed_close(&bed);
}

/* What is not of an offloaded connection counts nowhere, even when it passes through. */
static void
test_others(void)
{
	const struct raw_frame other = {.family = 4, .source_port = 1112, .text = 10};
	const struct raw_frame bad = {.family = 4, .ethertype = RTE_ETHER_TYPE_IPV6};

	open_one(BED_PATH4, OFFLOAD_SERVICE_SINK, false);
	for (uint32_t port = BED_WIRE; port <= BED_HOST; port++) {
		bed_write(&bed, port, 0, &other);
		bed_write(&bed, port, 0, &bad); /* RX-5: passed to the host uncounted */
	}
	bed_turn(&bed);
	CU_ASSERT_EQUAL(test_port_waiting(&bed.port[BED_HOST]), 2);
	EXPECT_ONLY(4, "tcp_established");
	bed_close(&bed);
}

static size_t
bad_frame(unsigned int kind, uint8_t *bytes)
{
	const struct raw_frame text = {.family = 4, .text = 60};
	size_t length = raw_frame_build(&text, bytes);

	switch (kind) {
	case 0: /* text */
		bytes[length - 1] ^= 1;
		break;
	case 1: /* TCP header length */
		bytes[14 + 20 + 12] = 0x40;
		break;
	case 2: /* TTL: IP checksum */
		bytes[14 + 8] ^= 1;
		break;
	case 3: /* IP header length */
		bytes[14] = 0x44;
		break;
	default: /* truncated */
		length -= 1;
		break;
	}
	return length;
}

/* RX-5: in error, and dropped because the configuration says so; each counts in its place. */
static void
test_errors(void)
{
	uint8_t bytes[RAW_FRAME_MAX];

	open_one(BED_PATH4, OFFLOAD_SERVICE_SINK, true);
	for (unsigned int kind = 0; kind < 5; kind++)
		bed_write_bytes(&bed, BED_WIRE, 0, bytes, bad_frame(kind, bytes));
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[0].engine.stats.rx_bad_dropped, 5);
	CU_ASSERT_EQUAL(value("tcp_in_errors", 4), 2);
	CU_ASSERT_EQUAL(value("ip_in_header_errors", 4), 2);
	CU_ASSERT_EQUAL(value("ip_in_truncated", 4), 1);
	CU_ASSERT_EQUAL(value("tcp_in_segments", 4), 2);
	CU_ASSERT_EQUAL(value("ip_in_delivers", 4), 2);
	CU_ASSERT_EQUAL(value("ip_in_receives", 4), 5);
	CU_ASSERT_EQUAL(value("ip_in_octets", 4), 4 * 100 + 99);
	EXPECT_ONLY(4, "tcp_established", "tcp_in_errors", "ip_in_header_errors", "ip_in_truncated",
	        "tcp_in_segments", "ip_in_delivers", "ip_in_receives", "ip_in_octets");
	/* What the host sends is not received, bad or not. */
	for (unsigned int kind = 0; kind < 5; kind++)
		bed_write_bytes(&bed, BED_HOST, 0, bytes, bad_frame(kind, bytes));
	bed_turn(&bed);
	CU_ASSERT_EQUAL(value("ip_in_receives", 4), 5);
	bed_close(&bed);
}

static void
test_discards(void)
{
	const struct raw_frame text = {.family = 4, .text = 100};
	struct toe_neighbor *neighbor;
	uint64_t word;

	/* In: the wrong VLAN. */
	open_one(BED_PATH_VLAN, OFFLOAD_SERVICE_SOURCE, false);
	bed_write(&bed, BED_WIRE, 0, &text);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(value("ip_in_discards", 4), 1);
	CU_ASSERT_EQUAL(value("ip_in_receives", 4), 1);
	CU_ASSERT_EQUAL(value("ip_in_octets", 4), 140);
	EXPECT_ONLY(4, "tcp_established", "ip_in_discards", "ip_in_receives", "ip_in_octets");
	/* Out: built, and taken back by a stop; then there is no route, which counts once a stop. */
	toe_worker_output(&bed.worker[0], 1);
	CU_ASSERT_EQUAL(value("ip_out_requests", 4), 4);
	neighbor = &bed.shared.neighbors[1];
	word = atomic_load(&neighbor->word);
	atomic_store(&neighbor->word,
	        toe_neighbor_word(neighbor->source_mac, toe_word_epoch(word) + 1, false));
	CU_ASSERT_EQUAL(toe_worker_drain(&bed.worker[0]), 4);
	CU_ASSERT_EQUAL(value("ip_out_discards", 4), 4);
	for (uint32_t i = 0; i < 3; i++) {
		toe_conn_ready(&bed.worker[0].engine, 0);
		toe_worker_output(&bed.worker[0], 8);
	}
	CU_ASSERT_EQUAL(value("ip_out_no_routes", 4), 1);
	CU_ASSERT_EQUAL(value("ip_out_requests", 4), 4);
	CU_ASSERT_EQUAL(value("tcp_retransmitted", 4), 0);
	bed_close(&bed);
}

/* What is sent again is told from what is new. */
static void
test_retransmitted(void)
{
	struct toe_worker *worker = &bed.worker[0];
	uint64_t sent;

	open_one(BED_PATH4, OFFLOAD_SERVICE_SOURCE, false);
	while (worker->engine.ready_head != TOE_INDEX_NONE)
		work();
	sent = value("tcp_out_segments", 4);
	CU_ASSERT_EQUAL(sent, 10); /* cwnd */
	toe_engine_clock(&worker->engine, worker->engine.start + UINT64_C(1500000000));
	CU_ASSERT_EQUAL(toe_worker_timers(worker), 1);
	work();
	CU_ASSERT_EQUAL(value("tcp_retransmitted", 4), 1);
	CU_ASSERT_EQUAL(value("tcp_out_segments", 4), sent);
	CU_ASSERT_EQUAL(value("ip_out_requests", 4), sent + 1);
	CU_ASSERT_EQUAL(value("ip_out_octets", 4), (sent + 1) * 1500);
	bed_close(&bed);
}

/* ESTABLISHED and CLOSE_WAIT count as established (RFC 4022), a reset ends that; so does a FIN of ours. */
static void
test_established(void)
{
	const struct raw_frame reset = {.family = 4, .flags = RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG};
	const struct raw_frame fin = {.family = 4, .flags = RTE_TCP_FIN_FLAG | RTE_TCP_ACK_FLAG};
	struct toe_message message = {.op = TOE_OP_TERMINATE, .tick_ms = 1};
	struct toe_item item = {.generation = 1, .delegated = &bed.delegated};

	open_one(BED_PATH4, OFFLOAD_SERVICE_SINK, false);
	bed_write(&bed, BED_WIRE, 0, &fin);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].state, TCP_CLOSE_WAIT);
	CU_ASSERT_EQUAL(value("tcp_established", 4), 1);
	work(); /* a sink answers a FIN with its own */
	CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].state, TCP_LAST_ACK);
	CU_ASSERT_EQUAL(value("tcp_established", 4), 0);
	toe_item_terminate(&bed.worker[0], &message, &item);
	CU_ASSERT_EQUAL(value("tcp_established", 4), 0);
	CU_ASSERT_EQUAL(value("tcp_established_resets", 4), 0);
	bed_close(&bed);

	open_one(BED_PATH4, OFFLOAD_SERVICE_SINK, false);
	bed_write(&bed, BED_WIRE, 0, &reset);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(bed.worker[0].engine.conns[0].state, TCP_CLOSED);
	CU_ASSERT_EQUAL(value("tcp_established", 4), 0);
	CU_ASSERT_EQUAL(value("tcp_established_resets", 4), 1);
	CU_ASSERT_EQUAL(value("tcp_in_segments", 4), 1);
	/* RX-7: what comes for it now is the host's, and does not count. */
	bed_write(&bed, BED_WIRE, 0, &reset);
	bed_turn(&bed);
	CU_ASSERT_EQUAL(value("tcp_in_segments", 4), 1);
	toe_item_terminate(&bed.worker[0], &message, &item);
	CU_ASSERT_EQUAL(value("tcp_established", 4), 0);
	CU_ASSERT_EQUAL(value("tcp_out_resets", 4), 0); /* none is sent before DSC-2 */
	bed_close(&bed);
}

/* An upload ends it too; a connection offloaded behind its FIN never counts as established. */
static void
test_terminate(void)
{
	struct toe_message message = {.op = TOE_OP_TERMINATE, .tick_ms = 1};
	struct toe_item item = {.generation = 1, .delegated = &bed.delegated};

	open_one(BED_PATH6, OFFLOAD_SERVICE_SINK, false);
	CU_ASSERT_EQUAL(value("tcp_established", 6), 1);
	toe_item_terminate(&bed.worker[0], &message, &item);
	CU_ASSERT_EQUAL(item.status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(value("tcp_established", 6), 0);
	CU_ASSERT_EQUAL(value("tcp_established_resets", 6), 0);
	bed_close(&bed);
}

/* RX-3: a SYN that goes to the host is counted there. */
static void
test_syn_to_host(void)
{
	const struct raw_frame syn = {.family = 4, .flags = RTE_TCP_SYN_FLAG};

	open_one(BED_PATH4, OFFLOAD_SERVICE_SINK, false);
	bed_write(&bed, BED_WIRE, 0, &syn);
	bed_turn(&bed);
	CU_ASSERT(bed_read_frame(&bed, BED_HOST, &syn));
	CU_ASSERT_EQUAL(value("tcp_established_resets", 4), 1);
	EXPECT_ONLY(4, "tcp_established_resets");
	bed_close(&bed);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"STAT-1 segments, packets, octets", test_in_and_out},
	        {"STAT-1 a burst in one pass", test_burst},
	        {"STAT-1 only offloaded connections count", test_others},
	        {"STAT-1 RX-5 errors", test_errors},
	        {"STAT-1 discards, and no route", test_discards},
	        {"STAT-1 retransmissions", test_retransmitted},
	        {"STAT-1 current established, resets", test_established},
	        {"STAT-1 uploads", test_terminate},
	        {"STAT-1 RX-3 a SYN for the host", test_syn_to_host},
	};

	if (test_eal_start(64) != 0)
		return EXIT_FAILURE;
	return unit_run("mib", tests, RTE_DIM(tests));
}
