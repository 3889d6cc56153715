/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W7: what a driver joined from IPv4 fragments goes on as fragments, which are put together here by code of the test's own;
 * what cannot go on is dropped and counted by name; frames that only look like that are left as they are (RX-1, RX-2).
 */
#include "joined_bed.h"
#include "test_mutant.h"

static const struct toe_stats *
stats(void)
{
	return &bed.worker[0].engine.stats;
}

/* Both ways, all lengths about the edges, with and without tags. */
static void
test_cut(void)
{
	static const uint32_t totals[] = {1501, 1502, 1508, 2000, 2976, 2980, 2981, 4460, 8192};

	bed_open(&bed, 1, false);
	for (uint32_t from = 0; from < 2; from++)
		for (uint32_t tags = 0; tags < 3; tags++)
			for (uint32_t i = 0; i < RTE_DIM(totals); i++) {
				struct joined joined = {.total = totals[i], .tags = tags};
				uint64_t before = stats()->joined_fragments, n;

				comes(from, &joined);
				n = goes_on(1 - from, &joined, 1500);
				CU_ASSERT_EQUAL(n, (totals[i] - 20 + 1479) / 1480);
				CU_ASSERT_EQUAL(stats()->joined_fragments, before + n);
			}
	CU_ASSERT_EQUAL(stats()->joined, 6 * RTE_DIM(totals));
	CU_ASSERT_EQUAL(
	        stats()->joined_fragments, stats()->exception_to_host + stats()->exception_to_wire);
	CU_ASSERT_EQUAL(stats()->tx_too_long, 0);
	bed_close(&bed);
}

/* The longest; and a port whose MTU makes too many of it. */
static void
test_longest(void)
{
	struct joined joined = {.total = DATAGRAM_MAX, .protocol = IPPROTO_ICMP};

	bed_open(&bed, 1, false);
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 44);
	bed.shared.ports[BED_HOST].mtu = SMALL_MTU;
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, SMALL_MTU), 0);
	CU_ASSERT_EQUAL(stats()->joined, 1);
	CU_ASSERT_EQUAL(stats()->joined_dropped, 1);
	/* An MTU longer than a buffer: as long as that */
	bed.shared.ports[BED_HOST].mtu = 9000;
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 2048), 33);
	bed_close(&bed);
}

/* DF: what is longer than any frame of the port was joined, and its fragments had it; what may have come whole is not cut. */
static void
test_dont_fragment(void)
{
	struct joined joined = {.total = 1501, .fragment = RTE_IPV4_HDR_DF_FLAG};

	bed_open(&bed, 1, false);
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 2);
	bed.shared.ports[BED_HOST].mtu = SMALL_MTU;
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, SMALL_MTU), 3);
	joined.total = 1500;
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, SMALL_MTU), 0);
	CU_ASSERT_EQUAL(stats()->tx_too_long, 1);
	/* Without it any router may cut it. */
	joined.fragment = 0;
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, SMALL_MTU), 3);
	CU_ASSERT_EQUAL(stats()->tx_too_long, 1);
	bed_close(&bed);
}

/* A fragment that is too long for this port is cut as well: flags and offset go on from its own. */
static void
test_cut_again(void)
{
	struct joined joined = {.total = 1500, .fragment = RTE_IPV4_HDR_MF_FLAG | 185};

	bed_open(&bed, 1, false);
	bed.shared.ports[BED_WIRE].mtu = SMALL_MTU;
	comes(BED_HOST, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_WIRE, &joined, SMALL_MTU), 3);
	joined.fragment = 185;
	comes(BED_HOST, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_WIRE, &joined, SMALL_MTU), 3);
	bed_close(&bed);
}

/* Options: what is to be copied is in every fragment, the rest in the first (RFC 791 3.1). */
static void
test_options(void)
{
	static const uint8_t options[] = {0x94, 4, 0, 0, /* router alert: copied */
	        7, 7, 4, 0, 0, 0, 0, 0}; /* record route: not */
	struct joined joined = {
	        .total = 4000, .options = options, .options_length = sizeof(options)};
	struct rte_mbuf *mbuf[8];
	uint32_t n;

	bed_open(&bed, 1, false);
	comes(BED_WIRE, &joined);
	n = test_port_read(&bed.port[BED_HOST], mbuf, RTE_DIM(mbuf));
	CU_ASSERT_EQUAL(n, 3);
	for (uint32_t i = 0; i < n; i++) {
		const struct rte_ipv4_hdr *ip =
		        rte_pktmbuf_mtod_offset(mbuf[i], const struct rte_ipv4_hdr *, ETHERNET);

		CU_ASSERT_EQUAL(rte_ipv4_cksum(ip), 0);
		CU_ASSERT_EQUAL(rte_ipv4_hdr_len(ip), i == 0 ? 32 : 24);
		CU_ASSERT_EQUAL(memcmp(ip + 1, options, 4), 0);
		rte_pktmbuf_free(mbuf[i]);
	}
	bed_close(&bed);
}

/* Devices with GRO or TSO make frames as long, with checksums that are not finished: no datagrams, and not cut. */
static void
test_super_frames(void)
{
	static const struct joined frames[] = {
	        {.total = 4000, .bad_sum = true},
	        {.total = 4000, .protocol = IPPROTO_TCP, .bad_sum = true},
	        {.total = 4000,
	                .protocol = IPPROTO_TCP,
	                .bad_sum = true,
	                .fragment = RTE_IPV4_HDR_DF_FLAG},
	};
	struct joined joined = {.total = 4000, .no_sum = true};

	bed_open(&bed, 1, false);
	for (uint32_t i = 0; i < RTE_DIM(frames); i++) {
		comes(BED_WIRE, &frames[i]);
		CU_ASSERT_EQUAL(goes_on(BED_HOST, &frames[i], 1500), 0);
		CU_ASSERT_EQUAL(stats()->tx_too_long, i + 1);
	}
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 3);
	joined = (struct joined){.total = 4000, .protocol = IPPROTO_TCP};
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 3);
	CU_ASSERT_EQUAL(stats()->joined, 2);
	bed_close(&bed);
}

/* Its end is missing: the ring of the driver had no room for it. */
static void
test_short(void)
{
	struct joined joined = {.total = 4000, .missing = 1};

	bed_open(&bed, 1, false);
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 0);
	joined.missing = 2050;
	comes(BED_HOST, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_WIRE, &joined, 1500), 0);
	CU_ASSERT_EQUAL(stats()->joined_short, 2);
	CU_ASSERT_EQUAL(stats()->tx_too_long, 0);
	/* Bytes behind its end are not its own. */
	joined = (struct joined){.total = 4000, .padding = 40};
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 3);
	joined = (struct joined){.total = 1490, .padding = 40};
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 0);
	CU_ASSERT_EQUAL(stats()->tx_too_long, 1);
	bed_close(&bed);
}

/* A chain that one buffer has room for is made one; another is dropped, and counted. */
static void
test_chain(void)
{
	struct joined joined = {.total = 1900, .parts = 3};
	struct rte_mbuf *mbuf, *rest;

	bed_open(&bed, 1, false);
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 0);
	CU_ASSERT_EQUAL(stats()->tx_too_long, 1);
	joined.parts = 1;
	mbuf = rte_pktmbuf_alloc(bed.pool);
	rest = rte_pktmbuf_alloc(bed.pool);
	memcpy(rte_pktmbuf_append(mbuf, 500), datagram, 500);
	memcpy(rte_pktmbuf_append(rest, (uint16_t)(build(&joined) - 500)), datagram + 500,
	        build(&joined) - 500);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(mbuf, rest), 0);
	CU_ASSERT_FATAL(test_port_write(&bed.port[BED_WIRE], 0, mbuf));
	bed_turn(&bed);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 2);
	bed_close(&bed);
}

/* Without buffers datagrams are dropped and counted; with them all goes on. The port's room bounds what waits. */
static void
test_no_buffers(void)
{
	static struct rte_mbuf *taken[2048];
	struct joined joined = {.total = 8192};
	struct rte_mbuf *mbuf;
	uint32_t n = 0;

	bed_open(&bed, 1, false);
	mbuf = mbuf_over(datagram, build(&joined));
	for (; (taken[n] = rte_pktmbuf_alloc(bed.pool)) != NULL; n++)
		;
	rte_pktmbuf_free(taken[--n]);
	rte_pktmbuf_free(taken[--n]);
	CU_ASSERT_FATAL(test_port_write(&bed.port[BED_WIRE], 0, mbuf));
	bed_turn(&bed);
	CU_ASSERT_EQUAL(stats()->joined_dropped, 1);
	CU_ASSERT_EQUAL(stats()->joined, 0);
	rte_pktmbuf_free_bulk(taken, n);
	comes(BED_WIRE, &joined);
	CU_ASSERT_EQUAL(goes_on(BED_HOST, &joined, 1500), 6);
	bed_close(&bed);
}

/* More than a full port takes: the rest of the fragments is dropped, and counted. */
static void
test_full_port(void)
{
	struct joined joined = {.total = DATAGRAM_MAX};
	struct rte_mbuf *mbuf;
	uint32_t read = 0;

	bed_open(&bed, 1, false);
	for (uint32_t i = 0; i < 20; i++)
		comes(BED_HOST, &joined);
	CU_ASSERT_EQUAL(stats()->joined_fragments, 20 * 44);
	CU_ASSERT_EQUAL(stats()->exception_dropped, 20 * 44 - BED_TX_RING - TOE_TXQ_OTHERS_MAX);
	for (; test_port_read(&bed.port[BED_WIRE], &mbuf, 1) == 1; read++) {
		rte_pktmbuf_free(mbuf);
		bed_turn(&bed);
	}
	CU_ASSERT_EQUAL(read, BED_TX_RING + TOE_TXQ_OTHERS_MAX);
	CU_ASSERT_EQUAL(stats()->exception_to_wire, read);
	bed_close(&bed);
}

/* net_af_packet makes a tag of 802.1Q of an outer 802.1ad tag: frames with two of the former are counted, and go on as they are. */
static void
test_tagged_twice(void)
{
	bed_open(&bed, 1, false);
	for (uint32_t tags = 0; tags < 4; tags++) {
		struct joined joined = {.total = 100, .tags = tags};
		uint32_t length = build(&joined);

		bed_write_bytes(&bed, BED_WIRE, 0, datagram, length);
		bed_turn(&bed);
		CU_ASSERT(bed_read_is(&bed, BED_HOST, datagram, length));
		CU_ASSERT_EQUAL(stats()->exception_tagged_twice, tags < 2 ? 0 : tags - 1);
	}
	bed_close(&bed);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"W7 RX-2 joined datagrams go on as fragments", test_cut},
	        {"W7 the longest, and too many fragments", test_longest},
	        {"W7 joined datagrams with DF", test_dont_fragment},
	        {"W7 fragments that are too long", test_cut_again},
	        {"W7 options", test_options},
	        {"W7 frames of GRO and TSO", test_super_frames},
	        {"W7 datagrams without their end", test_short},
	        {"W7 chains", test_chain},
	        {"W7 CHN-6 no buffers", test_no_buffers},
	        {"W7 a full port", test_full_port},
	        {"W7 two tags", test_tagged_twice},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0)
		return EXIT_FAILURE;
	return unit_run("joined", tests, RTE_DIM(tests));
}
