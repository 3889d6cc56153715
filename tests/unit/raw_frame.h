/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames described field by field, wrong ones too, and mbufs over buffers of exactly their size, so that
 * AddressSanitizer sees every read past a frame's end. Checksums are DPDK's, not the engine's own.
 */
#ifndef TESTS_RAW_FRAME_H
#define TESTS_RAW_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#define RAW_FRAME_MAX 2048u

/* Zero means: the usual value. Lengths in bytes. */
struct raw_frame {
	uint8_t family; /* 4 or 6 */
	bool tagged;
	uint16_t tci;
	uint16_t ethertype; /* instead of that of the family */
	uint8_t protocol; /* of the payload; instead of TCP */
	uint16_t fragment; /* IPv4: flags and offset */
	const uint8_t
	        *ip_extra; /* IPv4 options or IPv6 extension headers; their next header is theirs */
	uint8_t ip_extra_length;
	uint8_t first_header; /* IPv6: next header of the fixed header */
	const uint8_t *tcp_options;
	uint8_t tcp_options_length; /* a multiple of 4 */
	uint16_t text; /* bytes of text: 0, 1, 2, ... */
	uint16_t padding; /* bytes of 0xEE after the packet */
	uint16_t source_port, destination_port; /* host order; usual 1111, 2222 */
	uint8_t flags; /* usual ACK */
	uint32_t seq; /* behind RAW_SEQ */
	uint32_t ack; /* behind RAW_ACK */
	uint16_t urgent; /* pointer */
	bool closed; /* its window is */
	uint8_t other_mac; /* added to the last byte of the destination address */
};

#define RAW_SEQ 0x11223344u
#define RAW_ACK 0x55667788u
#define RAW_WINDOW 0x9ABCu

/* The usual destination address. */
static const uint8_t raw_mac[RTE_ETHER_ADDR_LEN] = {0, 2, 4, 6, 8, 10};

static const uint8_t raw_source4[4] = {192, 0, 2, 1};
static const uint8_t raw_destination4[4] = {198, 51, 100, 2};
static const uint8_t raw_source6[16] = {0x20, 1, 0xD, 0xB8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t raw_destination6[16] = {
        0x20, 1, 0xD, 0xB8, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 99};

static inline size_t
raw_tcp_build(const struct raw_frame *frame, uint8_t *at)
{
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)at;
	size_t header = sizeof(*tcp) + frame->tcp_options_length;

	memset(tcp, 0, sizeof(*tcp));
	tcp->src_port = htons(frame->source_port ? frame->source_port : 1111);
	tcp->dst_port = htons(frame->destination_port ? frame->destination_port : 2222);
	tcp->sent_seq = htonl(RAW_SEQ + frame->seq);
	tcp->recv_ack = htonl(RAW_ACK + frame->ack);
	tcp->data_off = (uint8_t)(header / 4 << 4);
	tcp->tcp_flags = frame->flags ? frame->flags : RTE_TCP_ACK_FLAG;
	tcp->rx_win = htons(frame->closed ? 0 : RAW_WINDOW);
	tcp->tcp_urp = htons(frame->urgent);
	if (frame->tcp_options_length)
		memcpy(tcp + 1, frame->tcp_options, frame->tcp_options_length);
	for (uint16_t i = 0; i < frame->text; i++)
		at[header + i] = (uint8_t)i;
	return header + frame->text;
}

static inline size_t
raw_ipv4_build(const struct raw_frame *frame, uint8_t *at)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)at;
	size_t header = sizeof(*ip) + frame->ip_extra_length;
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(at + header);
	size_t length = header + raw_tcp_build(frame, at + header);

	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = (uint8_t)(0x40 | header / 4);
	ip->total_length = htons((uint16_t)length);
	ip->fragment_offset = htons(frame->fragment);
	ip->time_to_live = 64;
	ip->next_proto_id = frame->protocol ? frame->protocol : IPPROTO_TCP;
	memcpy(&ip->src_addr, raw_source4, 4);
	memcpy(&ip->dst_addr, raw_destination4, 4);
	if (frame->ip_extra_length)
		memcpy(ip + 1, frame->ip_extra, frame->ip_extra_length);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	return length;
}

static inline size_t
raw_ipv6_build(const struct raw_frame *frame, uint8_t *at)
{
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)at;
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(at + sizeof(*ip) + frame->ip_extra_length);
	size_t length = raw_tcp_build(frame, (uint8_t *)tcp);

	memset(ip, 0, sizeof(*ip));
	ip->vtc_flow = htonl(6u << 28);
	ip->hop_limits = 64;
	ip->proto = IPPROTO_TCP;
	memcpy(&ip->src_addr, raw_source6, 16);
	memcpy(&ip->dst_addr, raw_destination6, 16);
	/* The pseudo-header holds the length of TCP alone and the number of TCP. */
	ip->payload_len = htons((uint16_t)length);
	tcp->cksum = rte_ipv6_udptcp_cksum(ip, tcp);
	if (frame->protocol)
		ip->proto = frame->protocol;
	if (frame->ip_extra_length) {
		memcpy(ip + 1, frame->ip_extra, frame->ip_extra_length);
		ip->proto = frame->first_header;
		ip->payload_len = htons((uint16_t)(length + frame->ip_extra_length));
	}
	return sizeof(*ip) + frame->ip_extra_length + length;
}

/* Write the frame to `bytes`, RAW_FRAME_MAX of them; its length is returned. */
static inline size_t
raw_frame_build(const struct raw_frame *frame, uint8_t *bytes)
{
	uint16_t type = frame->ethertype     ? frame->ethertype
	                : frame->family == 6 ? RTE_ETHER_TYPE_IPV6
	                                     : RTE_ETHER_TYPE_IPV4;
	size_t at = 12;

	for (size_t i = 0; i < 12; i++)
		bytes[i] = (uint8_t)(2 * i);
	bytes[RTE_ETHER_ADDR_LEN - 1] += frame->other_mac;
	if (frame->tagged) {
		bytes[at++] = RTE_ETHER_TYPE_VLAN >> 8;
		bytes[at++] = RTE_ETHER_TYPE_VLAN & 0xFF;
		bytes[at++] = (uint8_t)(frame->tci >> 8);
		bytes[at++] = (uint8_t)frame->tci;
	}
	bytes[at++] = (uint8_t)(type >> 8);
	bytes[at++] = (uint8_t)type;
	at += frame->family == 6 ? raw_ipv6_build(frame, bytes + at)
	                         : raw_ipv4_build(frame, bytes + at);
	memset(bytes + at, 0xEE, frame->padding);
	return at + frame->padding;
}

/* An mbuf over a malloc'd copy of exactly `length` bytes. Belongs to no pool; undo with raw_mbuf_free. */
struct raw_mbuf {
	struct rte_mbuf mbuf;
	struct rte_mbuf_ext_shared_info info;
	uint8_t *bytes;
};

static inline void
raw_mbuf_no_free(void *address, void *opaque)
{
}

static inline struct rte_mbuf *
raw_mbuf_init(struct raw_mbuf *raw, const uint8_t *bytes, size_t length)
{
	memset(raw, 0, sizeof(*raw));
	raw->bytes = malloc(length ? length : 1);
	if (raw->bytes == NULL)
		abort();
	if (length)
		memcpy(raw->bytes, bytes, length);
	raw->info.free_cb = raw_mbuf_no_free;
	rte_mbuf_ext_refcnt_set(&raw->info, 1);
	rte_mbuf_refcnt_set(&raw->mbuf, 1);
	raw->mbuf.nb_segs = 1;
	rte_pktmbuf_attach_extbuf(&raw->mbuf, raw->bytes, 0, (uint16_t)length, &raw->info);
	raw->mbuf.data_off = 0;
	raw->mbuf.data_len = (uint16_t)length;
	raw->mbuf.pkt_len = (uint32_t)length;
	return &raw->mbuf;
}

static inline void
raw_mbuf_free(struct raw_mbuf *raw)
{
	free(raw->bytes);
	raw->bytes = NULL;
}

#endif
