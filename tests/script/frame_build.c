/* SPDX-License-Identifier: BSD-3-Clause */
/* What the peer sends. */
#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "frames.h"
#include "service.h"

#define OPTIONS_MAX 40u
#define ROUTER_ALERT RTE_BE32(0x94040000)

static uint32_t
put_option_word(uint8_t *options, uint32_t at, uint32_t word)
{
	word = rte_cpu_to_be_32(word);
	memcpy(options + at, &word, sizeof(word));
	return at + (uint32_t)sizeof(word);
}

/* Timestamps, SACK blocks and what is broken; returns the length, a multiple of 4. */
static uint32_t
build_options(uint8_t *options, const struct frame_facts *facts, const struct segment_spec *segment)
{
	uint32_t at = 0;

	if (segment->listed & LISTED_TS) {
		at = put_option_word(options, at, 0x0101080A);
		at = put_option_word(options, at, segment->tsval);
		at = put_option_word(options, at, segment->tsecr);
	}
	if (segment->sacks > 0)
		at = put_option_word(options, at, 0x01010502 + 8 * segment->sacks);
	for (uint32_t i = 0; i < segment->sacks; i++) {
		at = put_option_word(options, at, facts->ours + (uint32_t)segment->sack[i].from);
		at = put_option_word(options, at, facts->ours + (uint32_t)segment->sack[i].to);
	}
	if (segment->damage == DAMAGE_OPTION)
		at = put_option_word(options, at, 0x01FE0A00);
	if (segment->damage == DAMAGE_ZERO_OPTION)
		at = put_option_word(options, at, 0x01FE0000);
	return at;
}

static uint32_t
build_ethernet(uint8_t *at, const struct frame_facts *facts, const struct segment_spec *segment)
{
	struct rte_ether_hdr *ethernet = (struct rte_ether_hdr *)at;
	struct rte_vlan_hdr *tag = (struct rte_vlan_hdr *)(ethernet + 1);
	rte_be16_t type =
	        facts->family == 4 ? RTE_BE16(RTE_ETHER_TYPE_IPV4) : RTE_BE16(RTE_ETHER_TYPE_IPV6);

	memset(at, 0x02, sizeof(*ethernet));
	memcpy(at, facts->own_mac, sizeof(facts->own_mac));
	at[5] ^= segment->other_mac;
	ethernet->ether_type = type;
	if (!(segment->listed & (LISTED_TAG | LISTED_PRIO)))
		return sizeof(*ethernet);
	ethernet->ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	tag->vlan_tci = rte_cpu_to_be_16((uint16_t)(segment->prio << 13 | segment->tag));
	tag->eth_proto = type;
	return sizeof(*ethernet) + sizeof(*tag);
}

static uint32_t
build_ipv4(uint8_t *at, const struct segment_spec *segment, uint32_t payload)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)at;
	uint32_t header = sizeof(*ip) + (segment->ip_options ? 4 : 0);
	uint32_t alert = ROUTER_ALERT;

	*ip = (struct rte_ipv4_hdr){
	        .version_ihl = (uint8_t)(0x40 | header / 4),
	        .type_of_service = segment->ecn,
	        .total_length = rte_cpu_to_be_16((uint16_t)(header + payload)),
	        .packet_id = RTE_BE16(77),
	        .fragment_offset = segment->fragment ? RTE_BE16(RTE_IPV4_HDR_MF_FLAG) : 0,
	        .time_to_live = 64,
	        .next_proto_id = IPPROTO_TCP,
	        .src_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 2)),
	        .dst_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 1)),
	};
	if (segment->ip_options)
		memcpy(ip + 1, &alert, sizeof(alert));
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, header);
	if (segment->damage == DAMAGE_IP_SUM)
		ip->hdr_checksum ^= 0x5555;
	return header;
}

static uint32_t
build_ipv6(uint8_t *at, const struct segment_spec *segment, uint32_t payload)
{
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)at;
	static const uint8_t source[16] = {0xFD, [15] = 2}, destination[16] = {0xFD, [15] = 1};

	*ip = (struct rte_ipv6_hdr){
	        .vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)segment->ecn << 20),
	        .payload_len = rte_cpu_to_be_16((uint16_t)payload),
	        .proto = IPPROTO_TCP,
	        .hop_limits = 64,
	};
	memcpy(&ip->src_addr, source, 16);
	memcpy(&ip->dst_addr, destination, 16);
	return sizeof(*ip);
}

static void
build_tcp(struct rte_tcp_hdr *tcp, const struct frame_facts *facts,
        const struct segment_spec *segment, uint32_t header)
{
	*tcp = (struct rte_tcp_hdr){
	        .src_port = END_PORT_REMOTE,
	        .dst_port = segment->other_port ? END_PORT_LOCAL + 1 : END_PORT_LOCAL,
	        .sent_seq = rte_cpu_to_be_32(facts->peer + (uint32_t)segment->seq),
	        .recv_ack = segment->flags & RTE_TCP_ACK_FLAG
	                            ? rte_cpu_to_be_32(facts->ours + (uint32_t)segment->ack)
	                            : 0,
	        .data_off = (uint8_t)(header / 4 << 4),
	        .tcp_flags = segment->flags,
	        .rx_win = rte_cpu_to_be_16((uint16_t)(segment->window >> facts->scale_peer)),
	        .tcp_urp = rte_cpu_to_be_16(segment->urgent),
	};
	if (segment->damage == DAMAGE_OFFSET)
		tcp->data_off = 4 << 4;
	if (segment->damage == DAMAGE_LONG_OFFSET)
		tcp->data_off = 15 << 4;
}

/* The pattern at its offset, or something else. */
static void
build_text(uint8_t *text, const struct segment_spec *segment)
{
	for (uint32_t i = 0; i < segment->length; i++) {
		uint32_t offset = (uint32_t)segment->seq + i;

		text[i] = (uint8_t)(offset % TOE_PATTERN_PERIOD);
		if (segment->junk)
			text[i] ^= 0xFF;
	}
}

struct rte_mbuf *
frame_build(struct rte_mempool *pool, const struct frame_facts *facts,
        const struct segment_spec *segment)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(pool);
	uint8_t *bytes, *ip, *text, options[OPTIONS_MAX + 8];
	uint32_t payload, header, l2, l3;
	struct rte_tcp_hdr *tcp;

	if (frame == NULL)
		return NULL;
	header = (uint32_t)sizeof(*tcp) + build_options(options, facts, segment);
	payload = header + segment->length;
	bytes = (uint8_t *)rte_pktmbuf_append(frame, (uint16_t)(64 + payload));
	if (bytes == NULL) {
		rte_pktmbuf_free(frame);
		return NULL;
	}
	l2 = build_ethernet(bytes, facts, segment);
	ip = bytes + l2;
	l3 = facts->family == 4 ? build_ipv4(ip, segment, payload)
	                        : build_ipv6(ip, segment, payload);
	tcp = (struct rte_tcp_hdr *)(ip + l3);
	build_tcp(tcp, facts, segment, header);
	memcpy(tcp + 1, options, header - sizeof(*tcp));
	text = (uint8_t *)tcp + header;
	build_text(text, segment);
	tcp->cksum = facts->family == 4 ? rte_ipv4_udptcp_cksum((struct rte_ipv4_hdr *)ip, tcp)
	                                : rte_ipv6_udptcp_cksum((struct rte_ipv6_hdr *)ip, tcp);
	if (segment->damage == DAMAGE_TCP_SUM)
		tcp->cksum ^= 0x5555;
	frame->data_len = (uint16_t)(l2 + l3 + payload - (segment->damage == DAMAGE_SHORT ? 4 : 0));
	frame->pkt_len = frame->data_len;
	frame->port = 0;
	return frame;
}
