/* SPDX-License-Identifier: BSD-3-Clause */
/* Parser and builder of TCP frames at the peer's end. */
#include "peer_frame.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

static const char *
read_ip4(const uint8_t *at, uint32_t left, struct peer_frame *frame)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)at;

	if (left < sizeof(*ip) || ip->version_ihl != 0x45)
		return "IPv4 header is cut off or has options";
	if (ip->next_proto_id != IPPROTO_TCP)
		return "not TCP";
	if (rte_raw_cksum(ip, sizeof(*ip)) != 0xFFFF)
		return "wrong IPv4 header checksum";
	frame->family = 4;
	frame->ip_length = rte_be_to_cpu_16(ip->total_length);
	frame->ip_id = rte_be_to_cpu_16(ip->packet_id);
	frame->dont_fragment = ip->fragment_offset == rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG);
	frame->ttl = ip->time_to_live;
	frame->tos = ip->type_of_service;
	memcpy(frame->source, &ip->src_addr, 4);
	memcpy(frame->destination, &ip->dst_addr, 4);
	if (frame->ip_length != left)
		return "IPv4 total length is not that of the frame";
	if (rte_ipv4_udptcp_cksum_verify(ip, ip + 1) != 0)
		return "wrong TCP checksum over IPv4";
	return NULL;
}

static const char *
read_ip6(const uint8_t *at, uint32_t left, struct peer_frame *frame)
{
	const struct rte_ipv6_hdr *ip = (const struct rte_ipv6_hdr *)at;
	uint32_t first;

	if (left < sizeof(*ip) || at[0] >> 4 != 6)
		return "IPv6 header is cut off or has a wrong version";
	if (ip->proto != IPPROTO_TCP)
		return "not TCP";
	first = rte_be_to_cpu_32(ip->vtc_flow);
	frame->family = 6;
	frame->ip_length = (uint16_t)(rte_be_to_cpu_16(ip->payload_len) + sizeof(*ip));
	frame->ttl = ip->hop_limits;
	frame->tos = (uint8_t)(first >> 20);
	memcpy(frame->source, &ip->src_addr, 16);
	memcpy(frame->destination, &ip->dst_addr, 16);
	if (frame->ip_length != left)
		return "IPv6 payload length is not that of the frame";
	if (rte_ipv6_udptcp_cksum_verify(ip, ip + 1) != 0)
		return "wrong TCP checksum over IPv6";
	return NULL;
}

static void
read_options(const uint8_t *option, const uint8_t *end, struct peer_frame *frame)
{
	while (option < end && *option != 0) {
		if (*option == 1) {
			option++;
			continue;
		}
		if (end - option < 2 || option[1] < 2 || option + option[1] > end)
			return;
		if (option[0] == 8 && option[1] == 10) {
			uint32_t words[2];

			memcpy(words, option + 2, 8);
			frame->has_timestamps = true;
			frame->tsval = rte_be_to_cpu_32(words[0]);
			frame->tsecr = rte_be_to_cpu_32(words[1]);
		}
		option += option[1];
	}
}

static const char *
read_tcp(const uint8_t *at, uint32_t left, struct peer_frame *frame)
{
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)at;
	uint32_t header;

	if (left < sizeof(*tcp))
		return "TCP header is cut off";
	header = (uint32_t)(tcp->data_off >> 4) * 4;
	if (header < sizeof(*tcp) || header > left)
		return "wrong TCP data offset";
	frame->source_port = rte_be_to_cpu_16(tcp->src_port);
	frame->destination_port = rte_be_to_cpu_16(tcp->dst_port);
	frame->seq = rte_be_to_cpu_32(tcp->sent_seq);
	frame->ack = rte_be_to_cpu_32(tcp->recv_ack);
	frame->flags = tcp->tcp_flags;
	frame->window = rte_be_to_cpu_16(tcp->rx_win);
	frame->data = at + header;
	frame->length = left - header;
	read_options(at + sizeof(*tcp), at + header, frame);
	return NULL;
}

const char *
peer_frame_read(const struct rte_mbuf *mbuf, struct peer_frame *frame)
{
	const uint8_t *at = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint32_t left = rte_pktmbuf_pkt_len(mbuf);
	uint32_t ip_header;
	uint16_t type;
	const char *wrong;

	memset(frame, 0, sizeof(*frame));
	if (mbuf->nb_segs != 1)
		return "frame in several mbufs";
	if (left < 18)
		return "frame too short";
	memcpy(frame->destination_mac, at, 6);
	memcpy(frame->source_mac, at + 6, 6);
	type = (uint16_t)(at[12] << 8 | at[13]);
	at += 14;
	left -= 14;
	if (type == RTE_ETHER_TYPE_VLAN) {
		frame->tagged = true;
		frame->vlan = (uint16_t)(at[0] << 8 | at[1]);
		type = (uint16_t)(at[2] << 8 | at[3]);
		at += 4;
		left -= 4;
	}
	if (type == RTE_ETHER_TYPE_IPV4)
		wrong = read_ip4(at, left, frame);
	else if (type == RTE_ETHER_TYPE_IPV6)
		wrong = read_ip6(at, left, frame);
	else
		return "neither IPv4 nor IPv6";
	if (wrong != NULL)
		return wrong;
	ip_header = frame->family == 4 ? sizeof(struct rte_ipv4_hdr) : sizeof(struct rte_ipv6_hdr);
	return read_tcp(at + ip_header, left - ip_header, frame);
}

static uint8_t *
build_ether(uint8_t *at, const struct peer_frame *frame)
{
	uint16_t type = frame->family == 6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4;

	memcpy(at, frame->destination_mac, 6);
	memcpy(at + 6, frame->source_mac, 6);
	at += 12;
	if (frame->tagged) {
		const uint8_t tag[4] = {
		        0x81, 0x00, (uint8_t)(frame->vlan >> 8), (uint8_t)frame->vlan};

		memcpy(at, tag, sizeof(tag));
		at += sizeof(tag);
	}
	*at++ = (uint8_t)(type >> 8);
	*at++ = (uint8_t)type;
	return at;
}

static uint8_t *
build_ip(uint8_t *at, const struct peer_frame *frame, uint32_t tcp_length)
{
	if (frame->family == 6) {
		struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)at;

		ip->vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)frame->tos << 20);
		ip->payload_len = rte_cpu_to_be_16((uint16_t)tcp_length);
		ip->proto = IPPROTO_TCP;
		ip->hop_limits = frame->ttl ? frame->ttl : 64;
		memcpy(&ip->src_addr, frame->source, 16);
		memcpy(&ip->dst_addr, frame->destination, 16);
		return at + sizeof(*ip);
	}
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)at;

	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = 0x45;
	ip->type_of_service = frame->tos;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(tcp_length + sizeof(*ip)));
	ip->packet_id = rte_cpu_to_be_16(frame->ip_id);
	ip->fragment_offset = rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG);
	ip->time_to_live = frame->ttl ? frame->ttl : 64;
	ip->next_proto_id = IPPROTO_TCP;
	memcpy(&ip->src_addr, frame->source, 4);
	memcpy(&ip->dst_addr, frame->destination, 4);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return at + sizeof(*ip);
}

static void
build_tcp(uint8_t *at, const struct peer_frame *frame, uint32_t header)
{
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)at;

	memset(tcp, 0, header);
	tcp->src_port = rte_cpu_to_be_16(frame->source_port);
	tcp->dst_port = rte_cpu_to_be_16(frame->destination_port);
	tcp->sent_seq = rte_cpu_to_be_32(frame->seq);
	tcp->recv_ack = rte_cpu_to_be_32(frame->ack);
	tcp->data_off = (uint8_t)(header / 4 << 4);
	tcp->tcp_flags = frame->flags;
	tcp->rx_win = rte_cpu_to_be_16(frame->window);
	if (frame->has_timestamps) {
		const uint8_t kind[4] = {1, 1, 8, 10};
		uint32_t words[2] = {
		        rte_cpu_to_be_32(frame->tsval), rte_cpu_to_be_32(frame->tsecr)};

		memcpy(at + sizeof(*tcp), kind, 4);
		memcpy(at + sizeof(*tcp) + 4, words, 8);
	}
	if (frame->data != NULL)
		memcpy(at + header, frame->data, frame->length);
	else
		memset(at + header, 0, frame->length);
}

struct rte_mbuf *
peer_frame_build(struct rte_mempool *pool, const struct peer_frame *frame)
{
	uint32_t header = sizeof(struct rte_tcp_hdr) + (frame->has_timestamps ? 12 : 0);
	uint32_t tcp_length = header + frame->length;
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	uint8_t *start, *ip, *tcp;

	if (mbuf == NULL)
		return NULL;
	start = rte_pktmbuf_mtod(mbuf, uint8_t *);
	ip = build_ether(start, frame);
	tcp = build_ip(ip, frame, tcp_length);
	build_tcp(tcp, frame, header);
	if (frame->family == 6)
		((struct rte_tcp_hdr *)tcp)->cksum =
		        rte_ipv6_udptcp_cksum((struct rte_ipv6_hdr *)ip, tcp);
	else
		((struct rte_tcp_hdr *)tcp)->cksum =
		        rte_ipv4_udptcp_cksum((struct rte_ipv4_hdr *)ip, tcp);
	mbuf->data_len = (uint16_t)(tcp + tcp_length - start);
	mbuf->pkt_len = mbuf->data_len;
	return mbuf;
}
