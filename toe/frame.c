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
 * The id of the first of so many packets, that of the frame before being given; a port that cuts the frame counts on from
 * it, and all of them stay in the target's half. The context holds the id of the last one.
 */
static inline uint16_t
first_ip_id(uint16_t last, uint32_t segments)
{
	uint32_t first = last + 1u;

	if (first + segments - 1 > UINT16_MAX || first < IP_ID_FIRST)
		first = IP_ID_FIRST;
	return (uint16_t)first;
}

/* IPv4 or IPv6 for `payload` bytes of TCP; returns the length. */
static inline uint32_t
put_ip(uint8_t *at, const struct toe_path *path, struct toe_conn *conn, uint8_t tos,
        uint32_t payload, uint32_t segments)
{
	uint8_t hops = conn->ttl ? conn->ttl : DEFAULT_HOPS;

	if (path->family == 4) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)at;

		uint16_t id = first_ip_id(conn->ip_id, segments);

		conn->ip_id = (uint16_t)(id + segments - 1);
		ip->version_ihl = RTE_IPV4_VHL_DEF;
		ip->type_of_service = tos;
		ip->total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + payload));
		ip->packet_id = rte_cpu_to_be_16(id);
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
	ip->payload_len = rte_cpu_to_be_16((uint16_t)payload);
	ip->proto = IPPROTO_TCP;
	ip->hop_limits = hops;
	memcpy(ip->src_addr, path->source, 16);
	memcpy(ip->dst_addr, path->destination, 16);
	return sizeof(*ip);
}

/* The SACK option (RFC 2018 section 3) in front of `end`, two NOPs before it. */
static void
put_sacks(uint8_t *end, const struct toe_frame_fields *fields)
{
	uint8_t *at = end - fields->sacks * sizeof(fields->sack[0]) - 4;
	uint32_t length = (uint32_t)(2 + fields->sacks * sizeof(fields->sack[0]));
	rte_be32_t prefix = rte_cpu_to_be_32(SACK_PREFIX | length);

	memcpy(at, &prefix, sizeof(prefix));
	for (uint32_t i = 0; i < fields->sacks; i++) {
		rte_be32_t edge[2] = {rte_cpu_to_be_32(fields->sack[i].start),
		        rte_cpu_to_be_32(fields->sack[i].end)};

		memcpy(at + 4 + i * sizeof(edge), edge, sizeof(edge));
	}
}

uint8_t *
toe_frame_headers(struct rte_mbuf *mbuf, const struct toe_frame_route *route, struct toe_conn *conn,
        const struct toe_frame_fields *fields)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint32_t tcp_length = sizeof(struct rte_tcp_hdr), l2, l3, segments = 1;
	struct rte_tcp_hdr *tcp;

	if (conn->options & TCP_OPTION_TIMESTAMPS)
		tcp_length += TOE_FRAME_TIMESTAMPS;
	if (unlikely(fields->sacks > 0))
		tcp_length += (uint32_t)(4 + fields->sacks * sizeof(fields->sack[0]));
	if (unlikely(fields->length > fields->mss))
		segments = (fields->length + fields->mss - 1) / fields->mss;
	l2 = put_ethernet(frame, route, conn);
	l3 = put_ip(
	        frame + l2, route->path, conn, fields->tos, tcp_length + fields->length, segments);
	tcp = (struct rte_tcp_hdr *)(frame + l2 + l3);
	tcp->src_port = conn->local_port;
	tcp->dst_port = conn->remote_port;
	tcp->sent_seq = rte_cpu_to_be_32(fields->seq);
	tcp->recv_ack = rte_cpu_to_be_32(fields->ack);
	tcp->data_off = TCP_WORDS(tcp_length);
	tcp->tcp_flags = fields->flags;
	tcp->rx_win = rte_cpu_to_be_16(fields->window);
	tcp->cksum = 0;
	tcp->tcp_urp = 0;
	if (conn->options & TCP_OPTION_TIMESTAMPS) {
		rte_be32_t option[3] = {RTE_BE32(TIMESTAMPS_PREFIX),
		        rte_cpu_to_be_32(fields->tsval), rte_cpu_to_be_32(fields->tsecr)};

		memcpy(tcp + 1, option, sizeof(option));
	}
	if (unlikely(fields->sacks > 0))
		put_sacks((uint8_t *)tcp + tcp_length, fields);
	mbuf->data_len = (uint16_t)(l2 + l3 + tcp_length + fields->length);
	mbuf->pkt_len = mbuf->data_len;
	mbuf->tx_offload =
	        rte_mbuf_tx_offload(l2, l3, tcp_length, segments > 1 ? fields->mss : 0, 0, 0, 0);
	if (unlikely(segments > 1))
		mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	return (uint8_t *)tcp + tcp_length;
}

/*
 * The pseudo-header (RFC 9293 section 3.1), not folded: the addresses stand together in both IP
 * versions.
 */
static inline uint64_t
pseudo_header(const uint8_t *ip, bool is_ipv4, uint32_t tcp_length)
{
	uint64_t sum = RTE_BE16(IPPROTO_TCP) + (uint64_t)rte_cpu_to_be_16((uint16_t)tcp_length);

	return is_ipv4 ? toe_checksum_add(sum, ip + offsetof(struct rte_ipv4_hdr, src_addr), 8)
	               : toe_checksum_add(sum, ip + offsetof(struct rte_ipv6_hdr, src_addr), 32);
}

void
toe_frame_checksums(struct rte_mbuf *mbuf, const struct toe_frame_route *route)
{
	bool is_ipv4 = route->path->family == 4;
	uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, mbuf->l2_len);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + mbuf->l3_len);
	uint32_t length = mbuf->data_len - (uint32_t)mbuf->l2_len - (uint32_t)mbuf->l3_len;
	bool cut = mbuf->ol_flags & RTE_MBUF_F_TX_TCP_SEG;
	/* A port that cuts the frame adds each segment's length itself. */
	uint64_t sum = pseudo_header(ip, is_ipv4, cut ? 0 : length);

	if (cut || (route->offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM)) {
		/* The port wants the pseudo-header's sum, not complemented, in place. */
		tcp->cksum = toe_checksum_fold(sum);
		mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM |
		                  (is_ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6);
	} else {
		tcp->cksum = (uint16_t)~toe_checksum_fold(toe_checksum_add(sum, tcp, length));
	}
	if (!is_ipv4)
		return;
	if (cut || (route->offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM)) {
		mbuf->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4;
	} else {
		struct rte_ipv4_hdr *header = (struct rte_ipv4_hdr *)ip;

		header->hdr_checksum =
		        (uint16_t)~toe_checksum_fold(toe_checksum_add(0, ip, sizeof(*header)));
	}
}
