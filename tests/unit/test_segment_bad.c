/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parser says of damaged frames: none of them is ever OK (RX-5), and no byte past the end of the
 * frame is read, which AddressSanitizer watches over buffers of exact size.
 */
#include "raw_frame.h"
#include "rng.h"
#include "segment.h"
#include "unit.h"

static const uint8_t timestamps[] = {1, 1, 8, 10, 0xA0, 0xA1, 0xA2, 0xA3, 0xB0, 0xB1, 0xB2, 0xB3};
static const uint8_t padded[] = {IPPROTO_TCP, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

/* Frames of every shape that is OK. */
#define SHAPES 16u
static size_t
shape_build(unsigned int shape, uint8_t *bytes)
{
	struct raw_frame frame = {
	        .family = shape & 1 ? 6 : 4,
	        .tagged = shape & 2,
	        .tci = 0x0123,
	        .tcp_options = shape & 4 ? timestamps : NULL,
	        .tcp_options_length = shape & 4 ? sizeof(timestamps) : 0,
	        .text = shape & 8 ? 101 : 0,
	};

	if ((shape & 9) == 9) {
		frame.ip_extra = padded;
		frame.ip_extra_length = sizeof(padded);
		frame.first_header = IPPROTO_DSTOPTS;
	}
	return raw_frame_build(&frame, bytes);
}

static enum toe_verdict
parse_flags(const uint8_t *bytes, size_t length, bool check, uint64_t port_flags)
{
	struct toe_segment segment;
	struct raw_mbuf raw;

	raw_mbuf_init(&raw, bytes, length);
	raw.mbuf.ol_flags |= port_flags;
	toe_segment_parse(&raw.mbuf, 0, false, check, &segment);
	if (segment.verdict == TOE_SEGMENT_OK) {
		CU_ASSERT(segment.data >= raw.bytes + 54);
		CU_ASSERT(segment.data + segment.length <= raw.bytes + length);
	}
	raw_mbuf_free(&raw);
	return (enum toe_verdict)segment.verdict;
}

static enum toe_verdict
parse(const uint8_t *bytes, size_t length, bool check)
{
	return parse_flags(bytes, length, check, 0);
}

static void
test_truncation(void)
{
	uint8_t bytes[RAW_FRAME_MAX];

	for (unsigned int shape = 0; shape < SHAPES; shape++) {
		size_t length = shape_build(shape, bytes);

		CU_ASSERT_EQUAL(parse(bytes, length, true), TOE_SEGMENT_OK);
		for (size_t n = 0; n < length; n++) {
			CU_ASSERT_EQUAL(parse(bytes, n, true), TOE_SEGMENT_BAD);
			CU_ASSERT_EQUAL(parse(bytes, n, false), TOE_SEGMENT_BAD);
		}
	}
}

/* One wrong bit anywhere that a checksum covers. IPv6 has no checksum of its own first 8 bytes. */
static void
test_bit_errors(void)
{
	uint8_t bytes[RAW_FRAME_MAX];

	for (unsigned int shape = 0; shape < SHAPES; shape++) {
		size_t length = shape_build(shape, bytes);
		size_t first = (shape & 2 ? 18 : 14) + (shape & 1 ? 8 : 0);

		if ((shape & 9) == 9) /* nor do extension headers */
			continue;
		for (size_t bit = first * 8; bit < length * 8; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
			CU_ASSERT_NOT_EQUAL(parse(bytes, length, true), TOE_SEGMENT_OK);
			bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		}
		CU_ASSERT_EQUAL(parse(bytes, length, true), TOE_SEGMENT_OK);
	}
}

static void
test_header_lengths(void)
{
	uint8_t bytes[RAW_FRAME_MAX];
	size_t length = shape_build(8, bytes); /* IPv4, 101 bytes of text */
	uint16_t total = (uint16_t)(length - 14);

	for (unsigned int words = 0; words < 16; words++) {
		bytes[14] = (uint8_t)(0x40 | words);
		CU_ASSERT_EQUAL(parse(bytes, length, false), words < 5    ? TOE_SEGMENT_BAD
		                                             : words == 5 ? TOE_SEGMENT_OK
		                                                          : TOE_SEGMENT_OPTIONS);
	}
	for (unsigned int version = 0; version < 16; version++) {
		bytes[14] = (uint8_t)(version << 4 | 5);
		CU_ASSERT_EQUAL(parse(bytes, length, false),
		        version == 4 ? TOE_SEGMENT_OK : TOE_SEGMENT_BAD);
	}
	bytes[14] = 0x45;
	for (unsigned int words = 0; words < 16; words++) {
		bytes[14 + 20 + 12] = (uint8_t)(words << 4);
		CU_ASSERT_EQUAL(
		        parse(bytes, length, false), words < 5 ? TOE_SEGMENT_BAD : TOE_SEGMENT_OK);
	}
	bytes[14 + 20 + 12] = 5 << 4;
	for (uint32_t claimed = 0; claimed < 65536; claimed++) {
		bytes[16] = (uint8_t)(claimed >> 8);
		bytes[17] = (uint8_t)claimed;
		CU_ASSERT_EQUAL(parse(bytes, length, false),
		        claimed < 40 || claimed > total ? TOE_SEGMENT_BAD : TOE_SEGMENT_OK);
	}
	/* A TCP header longer than the packet. */
	length = shape_build(0, bytes);
	bytes[14 + 20 + 12] = 6 << 4;
	CU_ASSERT_EQUAL(parse(bytes, length, false), TOE_SEGMENT_BAD);
	/* IPv6: the version, and every payload length. */
	length = shape_build(1, bytes);
	for (uint32_t claimed = 0; claimed < 65536; claimed++) {
		bytes[18] = (uint8_t)(claimed >> 8);
		bytes[19] = (uint8_t)claimed;
		CU_ASSERT_EQUAL(parse(bytes, length, false),
		        claimed == 20 ? TOE_SEGMENT_OK : TOE_SEGMENT_BAD);
	}
	bytes[18] = 0;
	bytes[19] = 20;
	bytes[14] = 0x50;
	CU_ASSERT_EQUAL(parse(bytes, length, false), TOE_SEGMENT_BAD);
}

/* Extension headers that end with the frame, or claim to go on past it. */
static void
test_extension_lengths(void)
{
	uint8_t bytes[RAW_FRAME_MAX];
	size_t end = 14 + 40 + 8;

	for (unsigned int next = 0; next < 256; next++)
		for (unsigned int last = 0; last < 256; last++) {
			shape_build(9, bytes);
			bytes[14 + 4] = 0;
			bytes[14 + 5] = 8;
			bytes[end - 8] = (uint8_t)next;
			bytes[end - 7] = last == 7; /* words of 8 bytes, but one */
			bytes[end - 6] = 1; /* PadN of 3 */
			bytes[end - 5] = 3;
			bytes[end - 1] = (uint8_t)last; /* 1: PadN without its length */
			CU_ASSERT_NOT_EQUAL(parse(bytes, end, false), TOE_SEGMENT_OK);
		}
}

/* What the port says of a checksum overrides what the software would find. */
static void
test_port_verdicts(void)
{
	uint8_t bytes[RAW_FRAME_MAX];
	size_t length = shape_build(8, bytes);

	CU_ASSERT_EQUAL(
	        parse_flags(bytes, length, false, RTE_MBUF_F_RX_IP_CKSUM_BAD), TOE_SEGMENT_BAD);
	CU_ASSERT_EQUAL(
	        parse_flags(bytes, length, false, RTE_MBUF_F_RX_L4_CKSUM_BAD), TOE_SEGMENT_BAD);
	bytes[length - 1] ^= 1; /* text */
	CU_ASSERT_EQUAL(parse_flags(bytes, length, true, 0), TOE_SEGMENT_BAD);
	CU_ASSERT_EQUAL(parse_flags(bytes, length, false, 0), TOE_SEGMENT_OK);
	CU_ASSERT_EQUAL(
	        parse_flags(bytes, length, true, RTE_MBUF_F_RX_L4_CKSUM_GOOD), TOE_SEGMENT_OK);
	CU_ASSERT_EQUAL(
	        parse_flags(bytes, length, true, RTE_MBUF_F_RX_L4_CKSUM_NONE), TOE_SEGMENT_OK);
	bytes[14 + 8] ^= 1; /* TTL */
	CU_ASSERT_EQUAL(
	        parse_flags(bytes, length, true, RTE_MBUF_F_RX_L4_CKSUM_GOOD), TOE_SEGMENT_BAD);
	CU_ASSERT_EQUAL(parse_flags(bytes, length, true,
	                        RTE_MBUF_F_RX_L4_CKSUM_GOOD | RTE_MBUF_F_RX_IP_CKSUM_GOOD),
	        TOE_SEGMENT_OK);
}

/* A frame in two mbuf segments, cut at every place: as good as in one, if the first has all headers. */
static void
test_chains(void)
{
	uint8_t bytes[RAW_FRAME_MAX];

	for (unsigned int shape = 0; shape < SHAPES; shape++) {
		size_t length = shape_build(shape, bytes);
		size_t text = shape & 8 ? 101 : 0;

		for (unsigned int wrong = 0; wrong < 2; wrong++) {
			bytes[length - 1] ^= (uint8_t)wrong;
			for (size_t cut = 0; cut <= length; cut++) {
				struct toe_segment segment;
				struct raw_mbuf first, second;

				raw_mbuf_init(&first, bytes, cut);
				raw_mbuf_init(&second, bytes + cut, length - cut);
				first.mbuf.next = &second.mbuf;
				first.mbuf.nb_segs = 2;
				first.mbuf.pkt_len = (uint32_t)length;
				toe_segment_parse(&first.mbuf, 0, false, true, &segment);
				CU_ASSERT_EQUAL(segment.verdict, cut < length - text || wrong
				                                         ? TOE_SEGMENT_BAD
				                                         : TOE_SEGMENT_OK);
				if (segment.verdict == TOE_SEGMENT_OK) {
					CU_ASSERT_EQUAL(segment.length, text);
					CU_ASSERT_PTR_EQUAL(
					        segment.data, first.bytes + length - text);
				}
				raw_mbuf_free(&first);
				raw_mbuf_free(&second);
			}
		}
	}
}

/* Good frames with a few random bytes and a random end: any verdict, but never a read past the end. */
static void
test_random_damage(void)
{
	uint32_t verdicts[5] = {0};
	uint8_t bytes[RAW_FRAME_MAX];
	struct rng rng;

	rng_seed(&rng, 1);
	for (unsigned int i = 0; i < 200000; i++) {
		size_t length = shape_build(rng_below(&rng, SHAPES), bytes);
		enum toe_verdict verdict;

		for (uint32_t n = rng_below(&rng, 4); n > 0; n--)
			bytes[rng_below(&rng, RTE_MIN((uint32_t)length, 90u))] =
			        (uint8_t)rng_next(&rng);
		if (rng_chance(&rng, 30))
			length = rng_below(&rng, (uint32_t)length + 1);
		verdict = parse(bytes, length, rng_chance(&rng, 50));
		CU_ASSERT_FATAL(verdict < RTE_DIM(verdicts));
		verdicts[verdict]++;
	}
	for (size_t i = 0; i < RTE_DIM(verdicts); i++)
		CU_ASSERT(verdicts[i] > 0);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"RX-5: truncation at every byte", test_truncation},
	        {"RX-5: every single bit error", test_bit_errors},
	        {"RX-5: header lengths", test_header_lengths},
	        {"RX-5: IPv6 extension headers at the end of the frame", test_extension_lengths},
	        {"RX-5: checksums verified by the port", test_port_verdicts},
	        {"RX-5: chained frames cut at every byte", test_chains},
	        {"RX-5: random damage", test_random_damage},
	};

	return unit_run("segment-bad", tests, RTE_DIM(tests));
}
