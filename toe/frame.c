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
#include "mutant.h"

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

/* IPv4 or IPv6 but for lengths, id and checksum; returns the length. */
static inline uint32_t
put_ip(uint8_t *at, const struct toe_path *path, const struct toe_conn *conn, uint8_t tos)
{
	uint8_t hops = conn->ttl ? conn->ttl : DEFAULT_HOPS;

	if (path->family == 4) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)at;

		ip->version_ihl = RTE_IPV4_VHL_DEF;
		ip->type_of_service = tos;
		ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
		ip->time_to_live = hops;
		ip->next_proto_id = IPPROTO_TCP;
		ip->hdr_checksum = 0;
		memcpy(&ip->src_addr, path->source, 4);
		memcpy(&ip->dst_addr, path->destination, 4);
		return sizeof(*ip);
	}
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)at;

	ip->vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)tos << 20 | conn->flow_label);
	ip->proto = IPPROTO_TCP;
	ip->hop_limits = hops;
	memcpy(ip->src_addr, path->source, 16);
	memcpy(ip->dst_addr, path->destination, 16);
	return sizeof(*ip);
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

void
toe_frame_begin(struct toe_frame_template *template, const struct toe_frame_route *route,
        const struct toe_conn *conn, const struct toe_frame_common *common)
{
	uint32_t l2 = put_ethernet(template->bytes, route, conn);
	uint8_t *ip = template->bytes + l2;
	uint32_t l3 = put_ip(ip, route->path, conn, common->tos);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + l3);
	uint32_t l4 = sizeof(*tcp);

	tcp->src_port = conn->local_port;
	tcp->dst_port = conn->remote_port;
	tcp->recv_ack = rte_cpu_to_be_32(common->ack);
	tcp->rx_win = rte_cpu_to_be_16(common->window);
	tcp->cksum = 0;
	tcp->tcp_urp = 0;
	if (conn->options & TCP_OPTION_TIMESTAMPS) {
		rte_be32_t option[3] = {RTE_BE32(TIMESTAMPS_PREFIX),
		        rte_cpu_to_be_32(common->tsval), rte_cpu_to_be_32(common->tsecr)};

		memcpy(tcp + 1, option, sizeof(option));
		l4 += TOE_FRAME_TIMESTAMPS;
	}
	if (unlikely(common->sacks > 0))
		l4 += put_sacks((uint8_t *)tcp + l4, common);
	tcp->data_off = TCP_WORDS(l4);
	template->l2 = (uint8_t)l2;
	template->l3 = (uint8_t)l3;
	template->l4 = (uint8_t)l4;
	template->is_ipv4 = route->path->family == 4;
	template->offloads = route->offloads;
	/* The addresses stand together in both IP versions. */
	template->pseudo_sum = RTE_BE16(IPPROTO_TCP);
	if (template->is_ipv4)
		template->pseudo_sum = toe_checksum_add(
		        template->pseudo_sum, ip + offsetof(struct rte_ipv4_hdr, src_addr), 8);
	else
		template->pseudo_sum = toe_checksum_add(
		        template->pseudo_sum, ip + offsetof(struct rte_ipv6_hdr, src_addr), 32);
}

/*
 * The id of the first of so many packets; a port that cuts a frame counts on from it, and all of them stay in the
 * target's half. The context holds the id of the last one.
 */
static inline uint16_t
take_ip_ids(struct toe_conn *conn, uint32_t segments)
{
	uint32_t first = conn->ip_id + 1u;

	if ((first + segments - 1 > UINT16_MAX && !TOE_MUTANT(IDS_RUN_OVER)) || first < IP_ID_FIRST)
		first = IP_ID_FIRST;
	if (TOE_MUTANT(TSO_IDS))
		segments = 1;
	if (!TOE_MUTANT(RUN_IDS))
		conn->ip_id = (uint16_t)(first + segments - 1);
	return (uint16_t)first;
}

/* The parts of the IP header that differ. ecn: added to the traffic class. */
static inline void
finish_ip(uint8_t *at, bool is_ipv4, struct toe_conn *conn, const struct toe_frame_fields *fields,
        uint32_t payload, uint32_t segments)
{
	if (TOE_MUTANT(RUN_LENGTH) && fields->length > 0)
		payload += fields->mss - RTE_MIN(fields->length, fields->mss);
	if (likely(is_ipv4)) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)at;

		ip->total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + payload));
		ip->packet_id = rte_cpu_to_be_16(take_ip_ids(conn, segments));
		ip->type_of_service |= fields->ecn;
	} else {
		struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)at;

		ip->payload_len = rte_cpu_to_be_16((uint16_t)payload);
		ip->vtc_flow |= rte_cpu_to_be_32((uint32_t)fields->ecn << 20);
	}
}

uint8_t *
toe_frame_put(const struct toe_frame_template *template, struct rte_mbuf *mbuf,
        struct toe_conn *conn, const struct toe_frame_fields *fields)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint32_t l2 = template->l2, l3 = template->l3, l4 = template->l4, segments = 1;
	uint32_t size = fields->mss;
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(frame + l2 + l3);

	if (unlikely(fields->length > fields->mss))
		segments = (fields->length + fields->mss - 1) / fields->mss;
	/* A fixed size is a few moves; what lies behind the headers is overwritten by the text. */
	memcpy(frame, template->bytes, HEADERS_USUAL);
	if (unlikely(l2 + l3 + l4 > HEADERS_USUAL))
		memcpy(frame + HEADERS_USUAL, template->bytes + HEADERS_USUAL,
		        TOE_FRAME_HEADERS_MAX - HEADERS_USUAL);
	finish_ip(frame + l2, template->is_ipv4, conn, fields, l4 + fields->length, segments);
	tcp->sent_seq = rte_cpu_to_be_32(fields->seq);
	tcp->tcp_flags = fields->flags;
	mbuf->data_len = (uint16_t)(l2 + l3 + l4 + fields->length);
	mbuf->pkt_len = l2 + l3 + l4 + fields->length;
	if (TOE_MUTANT(TSO_SIZE))
		size += l4 - sizeof(*tcp);
	mbuf->tx_offload = rte_mbuf_tx_offload(l2, l3, l4, segments > 1 ? size : 0, 0, 0, 0);
	if (unlikely(segments > 1))
		mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	return (uint8_t *)tcp + l4;
}

void
toe_frame_checksums(const struct toe_frame_template *template, struct rte_mbuf *mbuf,
        uint32_t length, uint64_t text_sum)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, template->l2);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + template->l3);
	bool cut = mbuf->ol_flags & RTE_MBUF_F_TX_TCP_SEG;
	uint64_t sum = template->pseudo_sum;

	/* A port that cuts the frame adds each segment's length itself. */
	if (!cut || TOE_MUTANT(TSO_SUM))
		sum += rte_cpu_to_be_16((uint16_t)(template->l4 + length));
	if (!toe_frame_wants_sum(template)) {
		/* The port wants the pseudo-header's sum, not complemented, in place. */
		tcp->cksum = toe_checksum_fold(sum);
		mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM |
		                  (template->is_ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6);
	} else {
		sum = toe_checksum_add(sum, tcp, template->l4) + toe_checksum_fold(text_sum);
		tcp->cksum = (uint16_t)~toe_checksum_fold(sum);
	}
	if (!template->is_ipv4)
		return;
	if (cut || (template->offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM)) {
		mbuf->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4;
	} else {
		struct rte_ipv4_hdr *header = (struct rte_ipv4_hdr *)ip;

		header->hdr_checksum =
		        (uint16_t)~toe_checksum_fold(toe_checksum_add(0, ip, sizeof(*header)));
	}
}
