/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of the frame parser. Input: a byte of switches, a byte that says where the frame is cut
 * into two mbufs, the frame. Each mbuf lies over a buffer of exactly its size, so that AddressSanitizer sees
 * every read past it. A frame that is taken for a segment must hold together.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

#include "segment.h"

#define FROM_HOST 1u
#define CHECK 2u

#define FRAME_MAX 9000u
#define PORT 5u

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

struct part {
	struct rte_mbuf mbuf;
	struct rte_mbuf_ext_shared_info info;
	uint8_t *bytes;
};

static void
no_free(void *address, void *opaque)
{
}

static void
part_init(struct part *part, const uint8_t *bytes, size_t length)
{
	memset(part, 0, sizeof(*part));
	part->bytes = malloc(length ? length : 1);
	REQUIRE(part->bytes != NULL);
	if (length)
		memcpy(part->bytes, bytes, length);
	part->info.free_cb = no_free;
	rte_mbuf_ext_refcnt_set(&part->info, 1);
	rte_mbuf_refcnt_set(&part->mbuf, 1);
	part->mbuf.nb_segs = 1;
	rte_pktmbuf_attach_extbuf(&part->mbuf, part->bytes, 0, (uint16_t)length, &part->info);
	part->mbuf.data_off = 0;
	part->mbuf.data_len = (uint16_t)length;
	part->mbuf.pkt_len = (uint32_t)length;
}

/* DPDK's own opinion of the checksums, where it can say: no extension headers. */
static bool
checksums_good(const uint8_t *frame, const struct toe_segment *segment)
{
	const uint8_t *ip = frame + RTE_ETHER_HDR_LEN + (segment->tagged ? RTE_VLAN_HLEN : 0);
	const uint8_t *tcp = frame + segment->header_offset;

	if (segment->key.family == 4)
		return rte_raw_cksum(ip, sizeof(struct rte_ipv4_hdr)) == 0xFFFF &&
		       rte_ipv4_udptcp_cksum_verify((const struct rte_ipv4_hdr *)ip, tcp) == 0;
	return tcp != ip + sizeof(struct rte_ipv6_hdr) ||
	       rte_ipv6_udptcp_cksum_verify((const struct rte_ipv6_hdr *)ip, tcp) == 0;
}

static void
check_segment(const struct part *part, size_t length, const struct toe_segment *segment, bool check)
{
	const uint8_t *frame = part->bytes;
	const uint8_t *tcp = frame + segment->header_offset;

	REQUIRE(segment->key.port == PORT && segment->key.zero == 0);
	REQUIRE(segment->key.family == 4 || segment->key.family == 6);
	REQUIRE(segment->header_offset >= RTE_ETHER_HDR_LEN + 20);
	REQUIRE(segment->data >= tcp + 20 && segment->data <= tcp + 60);
	REQUIRE(segment->data + segment->length <= frame + length);
	REQUIRE(segment->tagged || segment->vlan == 0);
	REQUIRE(segment->window <= UINT16_MAX);
	REQUIRE(segment->has_timestamps || (segment->tsval == 0 && segment->tsecr == 0));
	if (check)
		REQUIRE(checksums_good(frame, segment));
}

/* The other direction differs in who is local, and in nothing else. */
static void
check_direction(const struct part *part, bool from_host, bool check, struct toe_segment expected)
{
	struct toe_segment other;

	memset(&other, 0, sizeof(other));
	toe_segment_parse(&part->mbuf, PORT, !from_host, check, &other);
	REQUIRE(other.verdict == expected.verdict);
	if (other.verdict != TOE_SEGMENT_OK)
		return;
	REQUIRE(memcmp(other.key.local, expected.key.remote, sizeof(other.key.local)) == 0);
	REQUIRE(memcmp(other.key.remote, expected.key.local, sizeof(other.key.local)) == 0);
	REQUIRE(other.key.local_port == expected.key.remote_port);
	REQUIRE(other.key.remote_port == expected.key.local_port);
	REQUIRE(other.data == expected.data && other.length == expected.length);
}

/* Cut in two it is the same segment, or bad because the first part lacks headers. */
static void
check_chain(const uint8_t *frame, size_t length, size_t cut, bool check,
        const struct toe_segment *expected)
{
	struct part head, tail;
	struct toe_segment segment;

	part_init(&head, frame, cut);
	part_init(&tail, frame + cut, length - cut);
	head.mbuf.next = &tail.mbuf;
	head.mbuf.nb_segs = 2;
	head.mbuf.pkt_len = (uint32_t)length;
	toe_segment_parse(&head.mbuf, PORT, false, check, &segment);
	REQUIRE(segment.verdict == expected->verdict || segment.verdict == TOE_SEGMENT_BAD);
	if (segment.verdict == TOE_SEGMENT_OK) {
		REQUIRE(segment.data <= head.bytes + cut);
		REQUIRE(segment.length == expected->length && segment.seq == expected->seq);
		REQUIRE(segment.tsval == expected->tsval);
	}
	free(head.bytes);
	free(tail.bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	bool from_host, check;
	struct toe_segment segment;
	struct part part;
	size_t cut;

	if (size < 2 || size > FRAME_MAX)
		return 0;
	from_host = input[0] & FROM_HOST;
	check = input[0] & CHECK;
	cut = input[1];
	input += 2;
	size -= 2;
	memset(&segment, 0, sizeof(segment));
	part_init(&part, input, size);
	toe_segment_parse(&part.mbuf, PORT, from_host, check, &segment);
	if (segment.verdict == TOE_SEGMENT_OK)
		check_segment(&part, size, &segment, check);
	check_direction(&part, from_host, check, segment);
	if (cut <= size)
		check_chain(input, size, cut, check, &segment);
	free(part.bytes);
	return 0;
}
