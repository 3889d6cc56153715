/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers and checksums of the frames of offloaded connections. */
#include "frame.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "checksum.h"

#define IP_ID_FIRST 0x8000u /* TCP-3: the upper half belongs to the target, the lower to the host */
#define TIMESTAMPS_PREFIX 0x0101080Au /* NOP, NOP, kind 8, length 10 */
#define SACK_PREFIX 0x01010500u /* NOP, NOP, kind 5; the length follows */
#define TCP_WORDS(bytes) ((uint8_t)((bytes) / 4 << 4))
#define DEFAULT_HOPS 64u
#define HEADERS_USUAL 66u /* Ethernet, IPv4, TCP with timestamps */

/* Ethernet and tag; returns their length. */
static inline uint32_t
put_ethernet(uint8_t *at, const struct toe_frame_route *route, const struct toe_conn *conn)
{
	const struct toe_neighbor *neighbor = route->neighbor;
	struct rte_ether_hdr *ethernet = (struct rte_ether_hdr *)at;
	uint64_t mac = rte_cpu_to_le_64(route->words.neighbor_word);
	rte_be16_t type = route->path->family == 4 ? RTE_BE16(RTE_ETHER_TYPE_IPV4)
	                                           : RTE_BE16(RTE_ETHER_TYPE_IPV6);
	struct rte_vlan_hdr *tag;

	memcpy(&ethernet->dst_addr, &mac, RTE_ETHER_ADDR_LEN);
	memcpy(&ethernet->src_addr, neighbor->source_mac, RTE_ETHER_ADDR_LEN);
	/* RX-6: without a VLAN of its own a neighbor gets a tag only to carry a priority. */
	if (likely(neighbor->vlan_id == 0 && conn->user_priority == 0)) {
		ethernet->ether_type = type;
		return sizeof(*ethernet);
	}
	ethernet->ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	tag = (struct rte_vlan_hdr *)(ethernet + 1);
	tag->vlan_tci = rte_cpu_to_be_16(
	        (uint16_t)((uint32_t)conn->user_priority << 13 | (neighbor->vlan_id & 0x0FFFu)));
	tag->eth_proto = type;
	return sizeof(*ethernet) + sizeof(*tag);
}

/*
 * IPv4 but for length, id and checksum, and the sum of what is there. Sums are made of the values, not by reading back what
 * was just written in other pieces.
 */
static inline uint64_t
put_ipv4(uint8_t *at, const struct toe_path *path, uint8_t hops, uint8_t tos)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)at;
	uint32_t source, destination;

	memcpy(&source, path->source, sizeof(source));
	memcpy(&destination, path->destination, sizeof(destination));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->type_of_service = tos;
	ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	ip->time_to_live = hops;
	ip->next_proto_id = IPPROTO_TCP;
	ip->src_addr = source;
	ip->dst_addr = destination;
	return (uint64_t)source + destination + RTE_BE16(RTE_IPV4_HDR_DF_FLAG) +
	       rte_cpu_to_be_16((uint16_t)(RTE_IPV4_VHL_DEF << 8 | tos)) +
	       rte_cpu_to_be_16((uint16_t)(hops << 8 | IPPROTO_TCP));
}

/* IPv6 but for the length. */
static inline void
put_ipv6(uint8_t *at, const struct toe_path *path, uint8_t hops, uint8_t tos, uint32_t flow_label)
{
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)at;

	ip->vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)tos << 20 | flow_label);
	ip->proto = IPPROTO_TCP;
	ip->hop_limits = hops;
	memcpy(&ip->src_addr, path->source, 16);
	memcpy(&ip->dst_addr, path->destination, 16);
}

/* The SACK option (RFC 2018 section 3), two NOPs before it; returns its length. */
static uint32_t
put_sacks(uint8_t *at, const struct toe_frame_common *common)
{
	uint32_t blocks = (uint32_t)(common->sacks * sizeof(common->sack[0]));
	rte_be32_t prefix = rte_cpu_to_be_32(SACK_PREFIX | (2 + blocks));

	memcpy(at, &prefix, sizeof(prefix));
	for (uint32_t i = 0; i < common->sacks; i++) {
		rte_be32_t edge[2] = {rte_cpu_to_be_32(common->sack[i].start),
		        rte_cpu_to_be_32(common->sack[i].end)};

		memcpy(at + sizeof(prefix) + i * sizeof(edge), edge, sizeof(edge));
	}
	return (uint32_t)sizeof(prefix) + blocks;
}

/* TCP but for sequence number, flags and checksum; sets the template's l4, and returns the sum of what is there. */
static inline uint64_t
put_tcp(struct rte_tcp_hdr *tcp, struct toe_frame_template *template, const struct toe_conn *conn,
        const struct toe_frame_common *common)
{
	rte_be32_t ack = rte_cpu_to_be_32(common->ack);
	rte_be16_t window = rte_cpu_to_be_16(common->window);
	uint64_t sum = (uint64_t)conn->local_port + conn->remote_port + ack + window;
	uint32_t length = sizeof(*tcp);

	tcp->src_port = conn->local_port;
	tcp->dst_port = conn->remote_port;
	tcp->recv_ack = ack;
	tcp->rx_win = window;
	tcp->tcp_urp = 0;
	if (conn->options & TCP_OPTION_TIMESTAMPS) {
		rte_be32_t option[3] = {RTE_BE32(TIMESTAMPS_PREFIX),
		        rte_cpu_to_be_32(common->tsval), rte_cpu_to_be_32(common->tsecr)};

		memcpy(tcp + 1, option, sizeof(option));
		sum += (uint64_t)option[0] + option[1] + option[2];
		length += TOE_FRAME_TIMESTAMPS;
	}
	if (unlikely(common->sacks > 0)) {
		uint32_t sacks = put_sacks((uint8_t *)tcp + length, common);

		sum = toe_checksum_add(sum, (uint8_t *)tcp + length, sacks);
		length += sacks;
	}
	tcp->data_off = TCP_WORDS(length);
	template->l4 = (uint8_t)length;
	return sum + rte_cpu_to_be_16((uint16_t)(TCP_WORDS(length) << 8));
}

void
toe_frame_begin(struct toe_frame_template *template, const struct toe_frame_route *route,
        const struct toe_conn *conn, const struct toe_frame_common *common)
{
	const struct toe_path *path = route->path;
	uint32_t l2 = put_ethernet(template->bytes, route, conn);
	uint8_t *ip = template->bytes + l2;
	uint8_t hops = conn->ttl ? conn->ttl : DEFAULT_HOPS;
	uint64_t pseudo_sum = RTE_BE16(IPPROTO_TCP), tcp_sum;

	template->l2 = (uint8_t)l2;
	template->is_ipv4 = path->family == 4;
	template->offloads = route->offloads;
	/* The addresses stand together in both IP versions. */
	if (likely(template->is_ipv4)) {
		template->l3 = sizeof(struct rte_ipv4_hdr);
		template->ip_sum = put_ipv4(ip, path, hops, common->tos);
		pseudo_sum = toe_checksum_add(
		        pseudo_sum, ip + offsetof(struct rte_ipv4_hdr, src_addr), 8);
	} else {
		template->l3 = sizeof(struct rte_ipv6_hdr);
		put_ipv6(ip, path, hops, common->tos, conn->flow_label);
		pseudo_sum = toe_checksum_add(
		        pseudo_sum, ip + offsetof(struct rte_ipv6_hdr, src_addr), 32);
	}
	tcp_sum = put_tcp((struct rte_tcp_hdr *)(ip + template->l3), template, conn, common);
	/* A port that makes the checksum wants the pseudo-header's sum, not complemented, in place. */
	template->tcp_sum = pseudo_sum + (toe_frame_wants_sum(template) ? tcp_sum : 0);
}

/*
 * The id of the first of so many packets; a port that cuts a frame counts on from it, and all of them stay in the
 * target's half. The context holds the id of the last one.
 */
static inline uint16_t
take_ip_ids(struct toe_conn *conn, uint32_t segments)
{
	uint32_t first = conn->ip_id + 1u;

	if (first + segments - 1 > UINT16_MAX || first < IP_ID_FIRST)
		first = IP_ID_FIRST;
	conn->ip_id = (uint16_t)(first + segments - 1);
	return (uint16_t)first;
}

/* The parts of the IP header that differ, and its checksum. ecn: added to the traffic class. */
static inline void
finish_ip(const struct toe_frame_template *template, uint8_t *at, struct rte_mbuf *mbuf,
        struct toe_conn *conn, const struct toe_frame_fields *fields, uint32_t segments)
{
	uint16_t payload = (uint16_t)(template->l4 + fields->length);

	if (likely(template->is_ipv4)) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)at;
		rte_be16_t length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + payload));
		rte_be16_t id = rte_cpu_to_be_16(take_ip_ids(conn, segments));

		ip->total_length = length;
		ip->packet_id = id;
		ip->type_of_service |= fields->ecn;
		if (segments > 1 || (template->offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM)) {
			ip->hdr_checksum = 0;
			mbuf->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4;
		} else {
			ip->hdr_checksum = (uint16_t)~toe_checksum_fold(
			        template->ip_sum + length + id + rte_cpu_to_be_16(fields->ecn));
		}
	} else {
		struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)at;

		ip->payload_len = rte_cpu_to_be_16(payload);
		ip->vtc_flow |= rte_cpu_to_be_32((uint32_t)fields->ecn << 20);
	}
}

uint8_t *
toe_frame_put(const struct toe_frame_template *template, struct rte_mbuf *mbuf,
        struct toe_conn *conn, const struct toe_frame_fields *fields)
{
	uint32_t l2 = template->l2, l3 = template->l3, l4 = template->l4, segments = 1;
	uint32_t size = fields->mss;
	struct rte_tcp_hdr *tcp;
	uint8_t *frame;

	mbuf->data_off = (uint16_t)(mbuf->data_off + (-(l2 + l3 + l4) & (TOE_FRAME_ALIGN - 1)));
	frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	tcp = (struct rte_tcp_hdr *)(frame + l2 + l3);

	if (unlikely(fields->length > fields->mss))
		segments = (fields->length + fields->mss - 1) / fields->mss;
	/* A fixed size is a few moves; what lies behind the headers is overwritten by the text. */
	memcpy(frame, template->bytes, HEADERS_USUAL);
	if (unlikely(l2 + l3 + l4 > HEADERS_USUAL))
		memcpy(frame + HEADERS_USUAL, template->bytes + HEADERS_USUAL,
		        TOE_FRAME_HEADERS_MAX - HEADERS_USUAL);
	finish_ip(template, frame + l2, mbuf, conn, fields, segments);
	tcp->sent_seq = rte_cpu_to_be_32(fields->seq);
	tcp->tcp_flags = fields->flags;
	mbuf->data_len = (uint16_t)(l2 + l3 + l4 + fields->length);
	mbuf->pkt_len = l2 + l3 + l4 + fields->length;
	mbuf->tx_offload = rte_mbuf_tx_offload(l2, l3, l4, segments > 1 ? size : 0, 0, 0, 0);
	if (unlikely(segments > 1))
		mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	return (uint8_t *)tcp + l4;
}

void
toe_frame_checksum(const struct toe_frame_template *template, struct rte_mbuf *mbuf,
        const struct toe_frame_fields *fields, uint64_t text_sum)
{
	struct rte_tcp_hdr *tcp =
	        rte_pktmbuf_mtod_offset(mbuf, struct rte_tcp_hdr *, template->l2 + template->l3);
	uint64_t sum = template->tcp_sum;

	/* A port that cuts the frame adds each segment's length itself. */
	if (!(mbuf->ol_flags & RTE_MBUF_F_TX_TCP_SEG))
		sum += rte_cpu_to_be_16((uint16_t)(template->l4 + fields->length));
	if (!toe_frame_wants_sum(template)) {
		tcp->cksum = toe_checksum_fold(sum);
		mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM |
		                  (template->is_ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6);
		return;
	}
	sum += rte_cpu_to_be_32(fields->seq);
	sum += rte_cpu_to_be_16(fields->flags);
	tcp->cksum = (uint16_t)~toe_checksum_fold(sum + text_sum);
}
