/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parser says of well-formed frames: fields of TCP segments, verdicts of everything else. */
#include "raw_frame.h"
#include "segment.h"
#include "unit.h"

static const uint8_t timestamps[] = {1, 1, 8, 10, 0xA0, 0xA1, 0xA2, 0xA3, 0xB0, 0xB1, 0xB2, 0xB3};

/* Parse a frame over an exact-size buffer; `raw` keeps it readable for the segment's data pointer. */
static void
parse(const struct raw_frame *frame, bool from_host, struct raw_mbuf *raw,
        struct toe_segment *segment)
{
	uint8_t bytes[RAW_FRAME_MAX];

	memset(segment, 0xAA, sizeof(*segment));
	toe_segment_parse(raw_mbuf_init(raw, bytes, raw_frame_build(frame, bytes)), 3, from_host,
	        true, segment);
}

static enum toe_verdict
verdict_of(const struct raw_frame *frame)
{
	struct toe_segment segment;
	struct raw_mbuf raw;

	parse(frame, false, &raw, &segment);
	raw_mbuf_free(&raw);
	return (enum toe_verdict)segment.verdict;
}

static void
check_key(const struct toe_flow_key *key, const struct raw_frame *frame, bool from_host)
{
	const uint8_t *source = frame->family == 6 ? raw_source6 : raw_source4;
	const uint8_t *destination = frame->family == 6 ? raw_destination6 : raw_destination4;
	struct toe_flow_key expected = {.port = 3, .family = frame->family};
	size_t size = frame->family == 6 ? 16 : 4;

	memcpy(expected.local, from_host ? source : destination, size);
	memcpy(expected.remote, from_host ? destination : source, size);
	expected.local_port = htons(from_host ? 1111 : 2222);
	expected.remote_port = htons(from_host ? 2222 : 1111);
	CU_ASSERT_EQUAL(memcmp(key, &expected, sizeof(expected)), 0);
}

static void
check_fields(const struct raw_frame *frame, bool from_host)
{
	struct toe_segment segment;
	struct raw_mbuf raw;
	size_t ip = frame->tagged ? 18 : 14;
	size_t tcp = ip + (frame->family == 6 ? 40 : 20) + frame->ip_extra_length;

	parse(frame, from_host, &raw, &segment);
	CU_ASSERT_EQUAL_FATAL(segment.verdict, TOE_SEGMENT_OK);
	check_key(&segment.key, frame, from_host);
	CU_ASSERT_EQUAL(segment.seq, RAW_SEQ);
	CU_ASSERT_EQUAL(segment.ack, RAW_ACK);
	CU_ASSERT_EQUAL(segment.window, RAW_WINDOW);
	CU_ASSERT_EQUAL(segment.tcp_flags, frame->flags ? frame->flags : RTE_TCP_ACK_FLAG);
	CU_ASSERT_EQUAL(segment.header_offset, tcp);
	CU_ASSERT_EQUAL(segment.length, frame->text);
	CU_ASSERT_PTR_EQUAL(segment.data, raw.bytes + tcp + 20 + frame->tcp_options_length);
	CU_ASSERT_EQUAL(segment.tagged, frame->tagged);
	CU_ASSERT_EQUAL(segment.vlan, frame->tagged ? frame->tci : 0);
	CU_ASSERT_EQUAL(segment.has_timestamps, frame->tcp_options == timestamps);
	CU_ASSERT_EQUAL(segment.tsval, segment.has_timestamps ? 0xA0A1A2A3 : 0);
	CU_ASSERT_EQUAL(segment.tsecr, segment.has_timestamps ? 0xB0B1B2B3 : 0);
	raw_mbuf_free(&raw);
}

/* Every kind of frame, with every length of text that the checksum treats in its own way. */
static void
test_fields(void)
{
	for (unsigned int kind = 0; kind < 32; kind++) {
		struct raw_frame frame = {
		        .family = kind & 1 ? 6 : 4,
		        .tagged = kind & 2,
		        .tci = 0xA123,
		        .tcp_options = kind & 4 ? timestamps : NULL,
		        .tcp_options_length = kind & 4 ? sizeof(timestamps) : 0,
		        .padding = kind & 8 ? 17 : 0,
		};

		for (frame.text = 0; frame.text < 140; frame.text++)
			check_fields(&frame, kind & 16);
		frame.text = 1448;
		check_fields(&frame, kind & 16);
		frame.flags = RTE_TCP_FIN_FLAG | RTE_TCP_RST_FLAG | RTE_TCP_CWR_FLAG;
		check_fields(&frame, kind & 16);
	}
}

/* Ethernet pads to 60 bytes and more may follow; IP's length says where the segment ends. */
static void
test_padding(void)
{
	for (unsigned int i = 0; i < 200; i++) {
		struct raw_frame frame = {
		        .family = i & 1 ? 6 : 4, .text = (uint16_t)(i % 7), .padding = (uint16_t)i};

		check_fields(&frame, false);
	}
}

static void
test_options(void)
{
	static const struct {
		uint8_t bytes[40];
		uint8_t length;
		bool found; /* timestamps, value 0x01020304, echo 0x05060708 */
	} cases[] = {
	        {{1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, 12, true},
	        {{8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}, 12, true},
	        {{1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 0}, 12, true},
	        {{1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8}, 24,
	                true},
	        {{1, 1, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, 24,
	                true},
	        {{2, 4, 5, 180, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 3, 3}, 16, true},
	        {{254, 4, 9, 9, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0}, 16, true},
	        {{0, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, 12, false}, /* after the end of options */
	        {{8, 9, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0}, 12, false}, /* wrong length */
	        {{8, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0}, 12, false},
	        {{1, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7}, 12, false}, /* past the header */
	        {{2, 0, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, 12,
	                false}, /* illegal lengths end the walk */
	        {{2, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, 12, false},
	        {{2, 255, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, 12, false},
	        {{1, 1, 1, 2}, 4, false},
	        {{1, 1, 1, 8}, 4, false},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct raw_frame frame = {
		        .family = 4,
		        .tcp_options = cases[i].bytes,
		        .tcp_options_length = cases[i].length,
		};
		struct toe_segment segment;
		struct raw_mbuf raw;

		parse(&frame, false, &raw, &segment);
		CU_ASSERT_EQUAL(segment.verdict, TOE_SEGMENT_OK);
		CU_ASSERT_EQUAL(segment.has_timestamps, cases[i].found);
		CU_ASSERT_EQUAL(segment.tsval, cases[i].found ? 0x01020304 : 0);
		CU_ASSERT_EQUAL(segment.tsecr, cases[i].found ? 0x05060708 : 0);
		raw_mbuf_free(&raw);
	}
}

static void
test_other(void)
{
	static const uint8_t protocols[] = {IPPROTO_ICMP, IPPROTO_IGMP, IPPROTO_UDP, IPPROTO_GRE,
	        IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_NONE, IPPROTO_RAW};
	static const uint16_t ethertypes[] = {RTE_ETHER_TYPE_ARP, RTE_ETHER_TYPE_RARP,
	        RTE_ETHER_TYPE_QINQ, RTE_ETHER_TYPE_LLDP, RTE_ETHER_TYPE_MPLS, 46, 1500, 0xFFFF};
	uint8_t bytes[RAW_FRAME_MAX];
	struct toe_segment segment;
	struct raw_mbuf raw;

	for (uint8_t family = 4; family <= 6; family += 2)
		for (unsigned int tagged = 0; tagged < 2; tagged++) {
			struct raw_frame frame = {.family = family, .tagged = tagged, .tci = 7};

			for (size_t i = 0; i < RTE_DIM(protocols); i++) {
				frame.protocol = protocols[i];
				CU_ASSERT_EQUAL(verdict_of(&frame), TOE_SEGMENT_OTHER);
			}
			frame.protocol = 0;
			for (size_t i = 0; i < RTE_DIM(ethertypes); i++) {
				frame.ethertype = ethertypes[i];
				CU_ASSERT_EQUAL(verdict_of(&frame), TOE_SEGMENT_OTHER);
			}
			if (tagged) { /* a second tag */
				frame.ethertype = RTE_ETHER_TYPE_VLAN;
				CU_ASSERT_EQUAL(verdict_of(&frame), TOE_SEGMENT_OTHER);
			}
		}
	/* TCP to a group address is no segment of a connection. */
	for (unsigned int i = 0; i < 2; i++) {
		struct raw_frame frame = {.family = i ? 6 : 4};
		size_t length = raw_frame_build(&frame, bytes);

		bytes[0] |= 1;
		toe_segment_parse(raw_mbuf_init(&raw, bytes, length), 0, false, true, &segment);
		CU_ASSERT_EQUAL(segment.verdict, TOE_SEGMENT_OTHER);
		raw_mbuf_free(&raw);
	}
}

static void
test_fragments(void)
{
	static const uint8_t fragment6[8] = {IPPROTO_TCP, 0, 0, 1, 1, 2, 3, 4};
	struct raw_frame frame = {.family = 4, .text = 8};
	struct raw_frame six = {
	        .family = 6,
	        .text = 8,
	        .ip_extra = fragment6,
	        .ip_extra_length = sizeof(fragment6),
	        .first_header = IPPROTO_FRAGMENT,
	};

	frame.fragment = RTE_IPV4_HDR_MF_FLAG;
	CU_ASSERT_EQUAL(verdict_of(&frame), TOE_SEGMENT_FRAGMENT);
	for (uint16_t offset = 1; offset < 0x2000; offset <<= 1) {
		frame.fragment = offset;
		CU_ASSERT_EQUAL(verdict_of(&frame), TOE_SEGMENT_FRAGMENT);
		frame.fragment = offset | RTE_IPV4_HDR_DF_FLAG;
		CU_ASSERT_EQUAL(verdict_of(&frame), TOE_SEGMENT_FRAGMENT);
	}
	frame.fragment = RTE_IPV4_HDR_DF_FLAG;
	CU_ASSERT_EQUAL(verdict_of(&frame), TOE_SEGMENT_OK);
	CU_ASSERT_EQUAL(verdict_of(&six), TOE_SEGMENT_FRAGMENT);
}

static void
test_ipv4_options(void)
{
	static const uint8_t nops[40] = {1, 1, 1, 1};
	struct raw_frame frame = {.family = 4, .text = 3, .ip_extra = nops};

	for (uint8_t length = 4; length <= 40; length += 4) {
		frame.ip_extra_length = length;
		CU_ASSERT_EQUAL(verdict_of(&frame), TOE_SEGMENT_OPTIONS);
	}
}

static void
test_extension_headers(void)
{
	static const struct {
		uint8_t first;
		uint8_t bytes[48];
		uint8_t length;
		enum toe_verdict verdict;
	} cases[] = {
	        /* nothing to do: padding, or a routing header that has served */
	        {IPPROTO_HOPOPTS, {6, 0, 1, 4, 0, 0, 0, 0}, 8, TOE_SEGMENT_OK},
	        {IPPROTO_DSTOPTS, {6, 0, 0, 0, 0, 0, 0, 0}, 8, TOE_SEGMENT_OK},
	        {IPPROTO_DSTOPTS, {6, 1, 1, 12}, 16, TOE_SEGMENT_OK},
	        {IPPROTO_DSTOPTS, {6, 0, 1, 2, 0, 0, 1, 0}, 8, TOE_SEGMENT_OK},
	        {IPPROTO_ROUTING, {6, 0, 2, 0, 0, 0, 0, 0}, 8, TOE_SEGMENT_OK},
	        {IPPROTO_HOPOPTS, {60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0}, 16,
	                TOE_SEGMENT_OK},
	        /* work */
	        {IPPROTO_HOPOPTS, {6, 0, 5, 2, 0, 0, 1, 0}, 8,
	                TOE_SEGMENT_OPTIONS}, /* router alert */
	        {IPPROTO_DSTOPTS, {6, 0, 4, 4, 1, 2, 3, 4}, 8, TOE_SEGMENT_OPTIONS},
	        {IPPROTO_ROUTING, {6, 0, 2, 1, 0, 0, 0, 0}, 8, TOE_SEGMENT_OPTIONS},
	        {IPPROTO_AH, {6, 4}, 24, TOE_SEGMENT_OPTIONS},
	        {IPPROTO_ESP, {6, 4}, 24, TOE_SEGMENT_OPTIONS},
	        {IPPROTO_DSTOPTS, {6, 0, 1, 5, 0, 0, 0, 0}, 8,
	                TOE_SEGMENT_OPTIONS}, /* pads too far */
	        {IPPROTO_DSTOPTS, {6, 0, 0, 0, 0, 0, 0, 1}, 8, TOE_SEGMENT_OPTIONS},
	        {IPPROTO_DSTOPTS, {0, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0}, 16,
	                TOE_SEGMENT_OPTIONS}, /* hop-by-hop options not first */
	        {IPPROTO_HOPOPTS,
	                {60, 0, 1, 4, 0, 0, 0, 0, 60, 0, 1, 4, 0, 0, 0, 0, 60, 0, 1, 4, 0, 0, 0, 0,
	                        60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0},
	                40, TOE_SEGMENT_OPTIONS}, /* more than are looked at */
	        /* what lies behind */
	        {IPPROTO_HOPOPTS, {58, 0, 1, 4, 0, 0, 0, 0}, 8, TOE_SEGMENT_OTHER},
	        {IPPROTO_HOPOPTS, {44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1}, 16, TOE_SEGMENT_FRAGMENT},
	        /* lengths */
	        {IPPROTO_HOPOPTS, {6, 255, 1, 4, 0, 0, 0, 0}, 8, TOE_SEGMENT_BAD},
	        {IPPROTO_DSTOPTS, {60, 4, 1, 36}, 8, TOE_SEGMENT_BAD},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct raw_frame frame = {
		        .family = 6,
		        .ip_extra = cases[i].bytes,
		        .ip_extra_length = cases[i].length,
		        .first_header = cases[i].first,
		        .text = 5,
		};

		CU_ASSERT_EQUAL(verdict_of(&frame), cases[i].verdict);
		if (cases[i].verdict == TOE_SEGMENT_OK)
			check_fields(&frame, false);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"CTX-3: fields of a segment, both families and directions", test_fields},
	        {"CTX-3: Ethernet padding is no text", test_padding},
	        {"TCP-1: options in any order, illegal lengths", test_options},
	        {"RX-1: everything that is not TCP over IP", test_other},
	        {"RX-2: fragments", test_fragments},
	        {"RX-2: IPv4 options", test_ipv4_options},
	        {"RX-2: IPv6 extension headers that need work", test_extension_headers},
	};

	return unit_run("segment", tests, RTE_DIM(tests));
}
