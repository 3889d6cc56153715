/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parsing of received frames: Ethernet, one VLAN tag, IPv4 or IPv6, TCP. Every read is checked against the
 * bytes that are there, so any frame is safe. The common frame (no options but timestamps) takes one straight
 * way through; what is rare is kept out of line.
 */
#include <netinet/in.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ether.h>

#include "checksum.h"
#include "segment.h"
#include "segment_options.h"

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define TCP_HEADER 20u
#define TCP_HEADER_TIMESTAMPS 32u
#define IPV4_FRAGMENT_BITS 0x3FFFu /* more fragments, fragment offset */
#define IPV6_MAX_EXTENSIONS 4u /* headers looked at before the host is asked to do it */

/* What is known of a frame. The headers must lie in its first mbuf segment, the text need not. */
struct frame {
	const struct rte_mbuf *mbuf;
	const uint8_t *bytes;
	uint32_t contiguous; /* bytes at `bytes` */
	uint32_t total; /* bytes of the whole frame */
	uint64_t port_flags; /* what the port has found out: RTE_MBUF_F_RX_... */
	bool check; /* verify here what the port did not */
};

/* Where TCP begins, how long it is, and the sum of the pseudo-header (RFC 9293 section 3.1). */
struct transport {
	uint32_t offset;
	uint32_t length;
	uint64_t pseudo_sum;
};

static inline enum toe_verdict
bad(const struct frame *frame, struct toe_segment *segment, enum toe_fault fault)
{
	segment->fault = (uint8_t)fault;
	segment->bad_sum = false;
	segment->octets = frame->total - RTE_MIN(frame->total, (uint32_t)RTE_ETHER_HDR_LEN);
	return TOE_SEGMENT_BAD;
}

static inline enum toe_verdict
bad_sum(const struct frame *frame, struct toe_segment *segment, enum toe_fault fault)
{
	bad(frame, segment, fault);
	segment->bad_sum = true;
	return TOE_SEGMENT_BAD;
}

/* The IPv4 header checksum; one of 20 bytes, for others go to the host unseen. */
static __rte_always_inline bool
ipv4_checksum_good(const struct frame *frame, const uint8_t *ip)
{
	uint64_t known = frame->port_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;

	if (known == RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN && frame->check)
		return toe_checksum_fold((uint64_t)load32(ip) + load32(ip + 4) + load32(ip + 8) +
		                         load32(ip + 12) + load32(ip + 16)) == 0xFFFF;
	return known != RTE_MBUF_F_RX_IP_CKSUM_BAD;
}

/* The sum over a chain from `offset` in its first part on. A part that begins at an odd byte counts with its bytes swapped. */
static __rte_noinline uint64_t
sum_chain(const struct rte_mbuf *mbuf, uint32_t offset, uint32_t length)
{
	uint64_t sum = 0;
	uint32_t done = 0;

	for (; done < length; mbuf = mbuf->next, offset = 0) {
		uint32_t part = RTE_MIN(mbuf->data_len - offset, length - done);
		uint16_t folded = toe_checksum_fold(toe_checksum_add(
		        0, rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, offset), part));

		sum += done & 1 ? rte_bswap16(folded) : folded;
		done += part;
	}
	return sum;
}

static __rte_always_inline bool
tcp_checksum_good(const struct frame *frame, const struct transport *transport)
{
	uint64_t known = frame->port_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	uint64_t sum = transport->pseudo_sum;

	if (known != RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN || !frame->check)
		return known != RTE_MBUF_F_RX_L4_CKSUM_BAD;
	if (likely(transport->length <= frame->contiguous - transport->offset))
		sum = toe_checksum_add(sum, frame->bytes + transport->offset, transport->length);
	else
		sum += sum_chain(frame->mbuf, transport->offset, transport->length);
	return toe_checksum_fold(sum) == 0xFFFF;
}

static __rte_always_inline enum toe_verdict
parse_tcp(const struct frame *frame, const struct transport *transport, struct toe_segment *segment)
{
	const uint8_t *tcp = frame->bytes + transport->offset;
	uint32_t here = frame->contiguous - transport->offset;
	uint32_t header;

	if (unlikely(here < TCP_HEADER))
		return bad(frame, segment, TOE_FAULT_TCP);
	header = (uint32_t)(tcp[12] >> 4) * 4;
	if (unlikely(header < TCP_HEADER || header > transport->length || header > here))
		return bad(frame, segment, TOE_FAULT_TCP);
	if (unlikely(!tcp_checksum_good(frame, transport)))
		return bad_sum(frame, segment, TOE_FAULT_TCP);

	segment->data = tcp + header;
	segment->length = transport->length - header;
	segment->seq = load_be32(tcp + 4);
	segment->ack = load_be32(tcp + 8);
	segment->window = rte_be_to_cpu_16(load16(tcp + 14));
	segment->header_offset = (uint16_t)transport->offset;
	segment->tcp_flags = tcp[13];
	segment->tsval = 0;
	segment->tsecr = 0;
	segment->has_timestamps = false;
	segment->sacks = 0;
	if (header >= TCP_HEADER_TIMESTAMPS &&
	        load32(tcp + TCP_HEADER) == RTE_BE32(0x0101080A)) { /* RFC 7323 appendix A */
		segment->has_timestamps = true;
		segment->tsval = load_be32(tcp + 24);
		segment->tsecr = load_be32(tcp + 28);
		if (unlikely(header > TCP_HEADER_TIMESTAMPS))
			toe_segment_options(tcp + TCP_HEADER_TIMESTAMPS,
			        header - TCP_HEADER_TIMESTAMPS, segment);
	} else if (header != TCP_HEADER) {
		toe_segment_options(tcp + TCP_HEADER, header - TCP_HEADER, segment);
	}
	return TOE_SEGMENT_OK;
}

static inline void
set_ports(struct toe_segment *segment, const uint8_t *tcp, bool from_host)
{
	segment->key.local_port = load16(tcp + (from_host ? 0 : 2));
	segment->key.remote_port = load16(tcp + (from_host ? 2 : 0));
}

static __rte_always_inline enum toe_verdict
parse_ipv4(const struct frame *frame, uint32_t offset, bool from_host, struct toe_segment *segment)
{
	const uint8_t *ip = frame->bytes + offset;
	struct transport transport;
	enum toe_verdict verdict;
	uint32_t header, total;

	if (unlikely(frame->contiguous - offset < IPV4_HEADER))
		return bad(frame, segment, TOE_FAULT_TRUNCATED);
	header = (uint32_t)(ip[0] & 15) * 4;
	total = rte_be_to_cpu_16(load16(ip + 2));
	if (unlikely(ip[0] >> 4 != 4 || header < IPV4_HEADER || total < header))
		return bad(frame, segment, TOE_FAULT_HEADER);
	if (unlikely(total > frame->total - offset))
		return bad(frame, segment, TOE_FAULT_TRUNCATED);
	if (unlikely(load16(ip + 6) & RTE_BE16(IPV4_FRAGMENT_BITS)))
		return TOE_SEGMENT_FRAGMENT;
	if (unlikely(ip[9] != IPPROTO_TCP))
		return TOE_SEGMENT_OTHER;
	if (unlikely(header != IPV4_HEADER))
		return TOE_SEGMENT_OPTIONS;
	if (unlikely(!ipv4_checksum_good(frame, ip)))
		return bad_sum(frame, segment, TOE_FAULT_HEADER);

	/* Padding of short Ethernet frames lies beyond `total` and is not looked at. */
	transport.offset = offset + IPV4_HEADER;
	transport.length = total - IPV4_HEADER;
	transport.pseudo_sum = (uint64_t)load32(ip + 12) + load32(ip + 16) + RTE_BE16(IPPROTO_TCP) +
	                       rte_cpu_to_be_16((uint16_t)transport.length);
	verdict = parse_tcp(frame, &transport, segment);
	if (likely(verdict == TOE_SEGMENT_OK)) {
		segment->ecn = ip[1] & 3;
		segment->octets = total;
		memset(&segment->key, 0, sizeof(segment->key));
		memcpy(segment->key.local, ip + (from_host ? 12 : 16), 4);
		memcpy(segment->key.remote, ip + (from_host ? 16 : 12), 4);
		segment->key.family = 4;
		set_ports(segment, ip + IPV4_HEADER, from_host);
	}
	return verdict;
}

/*
 * Does an extension header ask for nothing? Padding only (RFC 8200 section 4.2), or routing with no segments left (4.4).
 */
static bool
extension_is_idle(uint8_t type, const uint8_t *header, uint32_t length)
{
	uint32_t at = 2;

	if (type == IPPROTO_ROUTING)
		return header[3] == 0;
	while (at < length) {
		if (header[at] == 0) { /* Pad1 */
			at++;
		} else if (header[at] == 1 && at + 1 < length) { /* PadN */
			at += 2u + header[at + 1];
		} else {
			return false;
		}
	}
	return at == length;
}

/*
 * Step over extension headers that need no work. Offset and length (of what follows) are moved to the TCP
 * header when the verdict is OK; everything else about extensions is the host's (RX-2).
 */
static __rte_noinline enum toe_verdict
skip_extensions(
        const struct frame *frame, uint8_t next, struct transport *at, struct toe_segment *segment)
{
	for (uint32_t i = 0; i < IPV6_MAX_EXTENSIONS; i++) {
		const uint8_t *header = frame->bytes + at->offset;
		uint32_t here = frame->contiguous - at->offset;
		uint32_t size;

		switch (next) {
		case IPPROTO_TCP:
			return TOE_SEGMENT_OK;
		case IPPROTO_FRAGMENT:
			return TOE_SEGMENT_FRAGMENT;
		case IPPROTO_HOPOPTS:
			if (i > 0) /* only the first header may be one (RFC 8200 section 4.1) */
				return TOE_SEGMENT_OPTIONS;
			break;
		case IPPROTO_DSTOPTS:
		case IPPROTO_ROUTING:
			break;
		case IPPROTO_ESP:
		case IPPROTO_AH:
		case IPPROTO_MH:
			return TOE_SEGMENT_OPTIONS;
		default:
			return TOE_SEGMENT_OTHER;
		}
		if (here < 8)
			return bad(frame, segment, TOE_FAULT_TRUNCATED);
		size = ((uint32_t)header[1] + 1) * 8;
		if (size > at->length || size > here)
			return bad(frame, segment, TOE_FAULT_HEADER);
		if (!extension_is_idle(next, header, size))
			return TOE_SEGMENT_OPTIONS;
		next = header[0];
		at->offset += size;
		at->length -= size;
	}
	return next == IPPROTO_TCP ? TOE_SEGMENT_OK : TOE_SEGMENT_OPTIONS;
}

static __rte_always_inline enum toe_verdict
parse_ipv6(const struct frame *frame, uint32_t offset, bool from_host, struct toe_segment *segment)
{
	const uint8_t *ip = frame->bytes + offset;
	struct transport transport;
	enum toe_verdict verdict;

	if (unlikely(frame->contiguous - offset < IPV6_HEADER))
		return bad(frame, segment, TOE_FAULT_TRUNCATED);
	transport.offset = offset + IPV6_HEADER;
	transport.length = rte_be_to_cpu_16(load16(ip + 4));
	if (unlikely(ip[0] >> 4 != 6 || transport.length > frame->total - transport.offset))
		return bad(
		        frame, segment, ip[0] >> 4 != 6 ? TOE_FAULT_HEADER : TOE_FAULT_TRUNCATED);
	segment->octets = IPV6_HEADER + transport.length;
	if (unlikely(ip[6] != IPPROTO_TCP)) {
		verdict = skip_extensions(frame, ip[6], &transport, segment);
		if (verdict != TOE_SEGMENT_OK)
			return verdict;
	}
	transport.pseudo_sum = RTE_BE16(IPPROTO_TCP) + rte_cpu_to_be_16((uint16_t)transport.length);
	if (frame->check)
		transport.pseudo_sum = toe_checksum_add(transport.pseudo_sum, ip + 8, 32);
	verdict = parse_tcp(frame, &transport, segment);
	if (likely(verdict == TOE_SEGMENT_OK)) {
		segment->ecn = ip[1] >> 4 & 3;
		memcpy(segment->key.local, ip + (from_host ? 8 : 24), 16);
		memcpy(segment->key.remote, ip + (from_host ? 24 : 8), 16);
		segment->key.zero = 0;
		set_ports(segment, frame->bytes + transport.offset, from_host);
	}
	return verdict;
}

static __rte_always_inline enum toe_verdict
parse_frame(const struct frame *frame, bool from_host, struct toe_segment *segment)
{
	uint32_t offset = RTE_ETHER_HDR_LEN;
	uint16_t type;

	segment->tagged = false;
	segment->vlan = 0;
	segment->key.family = 0;
	if (unlikely(frame->contiguous < offset))
		return bad(frame, segment, TOE_FAULT_TRUNCATED);
	if (unlikely(frame->bytes[0] & RTE_ETHER_GROUP_ADDR))
		return TOE_SEGMENT_OTHER;
	segment->destination = toe_mac_word(frame->bytes);
	type = load16(frame->bytes + 12);
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		if (unlikely(frame->contiguous < offset + RTE_VLAN_HLEN))
			return bad(frame, segment, TOE_FAULT_TRUNCATED);
		segment->tagged = true;
		segment->vlan = rte_be_to_cpu_16(load16(frame->bytes + offset));
		type = load16(frame->bytes + offset + 2);
		offset += RTE_VLAN_HLEN;
	}
	segment->key.family = type == RTE_BE16(RTE_ETHER_TYPE_IPV4) ? 4 : 6;
	if (likely(type == RTE_BE16(RTE_ETHER_TYPE_IPV4)))
		return parse_ipv4(frame, offset, from_host, segment);
	if (likely(type == RTE_BE16(RTE_ETHER_TYPE_IPV6)))
		return parse_ipv6(frame, offset, from_host, segment);
	return TOE_SEGMENT_OTHER;
}

void
toe_segment_parse(const struct rte_mbuf *mbuf, uint16_t port, bool from_host, bool check,
        struct toe_segment *segment)
{
	struct frame frame = {
	        .mbuf = mbuf,
	        .bytes = rte_pktmbuf_mtod(mbuf, const uint8_t *),
	        .contiguous = mbuf->data_len,
	        .total = mbuf->nb_segs == 1 ? mbuf->data_len : mbuf->pkt_len,
	        .port_flags = mbuf->ol_flags,
	        .check = check,
	};

	segment->verdict = (uint8_t)parse_frame(&frame, from_host, segment);
	segment->key.port = port;
}
