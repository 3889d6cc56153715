/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams as a driver hands them over that joins IPv4 fragments, and what reads the fragments that they become: those are
 * put together by code of the test's own.
 */
#ifndef TESTS_JOINED_BED_H
#define TESTS_JOINED_BED_H

#include <rte_udp.h>

#include "receive_bed.h"

#define DATAGRAM_MAX 65000u
#define ETHERNET 14u
#define ID 0xBEEFu
#define SMALL_MTU 576u
#define UDP_PORT 4000u

/* A datagram as a driver hands it over, and what is unusual about it. */
struct joined {
	uint32_t total; /* bytes from the IPv4 header on */
	uint32_t tags;
	uint8_t protocol; /* usual UDP */
	uint16_t fragment; /* flags and offset, host order */
	const uint8_t *options;
	uint32_t options_length;
	uint32_t missing; /* bytes of its end */
	uint32_t padding; /* bytes behind it */
	uint32_t parts; /* of the chain that it comes in; 0: one */
	bool bad_sum; /* of UDP or TCP */
	bool no_sum;
};

static struct bed bed;
static uint8_t datagram[DATAGRAM_MAX + 64];
static uint8_t got[DATAGRAM_MAX + 64];

static void
free_bytes(void *address, void *opaque)
{
	free(address);
}

/* An mbuf over memory of exactly this size, which may be more than a buffer holds. */
static struct rte_mbuf *
mbuf_over(const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(bed.pool);
	uint8_t *memory = malloc(length + sizeof(struct rte_mbuf_ext_shared_info) + 8);
	uint16_t size = (uint16_t)(length + sizeof(struct rte_mbuf_ext_shared_info) + 8);
	struct rte_mbuf_ext_shared_info *info;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	memcpy(memory, bytes, length);
	info = rte_pktmbuf_ext_shinfo_init_helper(memory, &size, free_bytes, NULL);
	rte_pktmbuf_attach_extbuf(mbuf, memory, 0, size, info);
	mbuf->data_off = 0;
	mbuf->data_len = (uint16_t)length;
	mbuf->pkt_len = length;
	return mbuf;
}

static uint32_t
transport_build(const struct joined *joined, struct rte_ipv4_hdr *ip, uint32_t header)
{
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)((uint8_t *)ip + header);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)udp;
	uint32_t length = joined->total - header;

	for (uint32_t i = 0; i < length; i++)
		((uint8_t *)udp)[i] = (uint8_t)(i * 7 + (i >> 8));
	udp->src_port = udp->dst_port = htons(UDP_PORT);
	if (ip->next_proto_id == IPPROTO_UDP) {
		udp->dgram_len = htons((uint16_t)length);
		udp->dgram_cksum = 0;
		if (!joined->no_sum)
			udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp) ^ joined->bad_sum;
	} else if (ip->next_proto_id == IPPROTO_TCP) {
		tcp->data_off = 5 << 4;
		tcp->tcp_flags = RTE_TCP_ACK_FLAG;
		tcp->cksum = 0;
		tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp) ^ joined->bad_sum;
	}
	return length;
}

/* Builds it in `datagram`; the length of the whole frame. */
static uint32_t
build(const struct joined *joined)
{
	uint32_t at = 12, header = (uint32_t)sizeof(struct rte_ipv4_hdr) + joined->options_length;
	struct rte_ipv4_hdr *ip;

	memset(datagram, 0xEE, sizeof(datagram));
	for (uint32_t i = 0; i < 12; i++)
		datagram[i] = (uint8_t)(2 * i);
	for (uint32_t i = 0; i < joined->tags; i++, at += 4)
		memcpy(&datagram[at], (uint8_t[]){0x81, 0, 0, (uint8_t)(i + 5)}, 4);
	datagram[at++] = 0x08;
	datagram[at++] = 0x00;
	ip = (struct rte_ipv4_hdr *)&datagram[at];
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = (uint8_t)(0x40 | header / 4);
	ip->type_of_service = 0x2E;
	ip->total_length = htons((uint16_t)joined->total);
	ip->packet_id = htons(ID);
	ip->fragment_offset = htons(joined->fragment);
	ip->time_to_live = 61;
	ip->next_proto_id = joined->protocol ? joined->protocol : IPPROTO_UDP;
	memcpy(&ip->src_addr, raw_source4, 4);
	memcpy(&ip->dst_addr, raw_destination4, 4);
	if (joined->options_length)
		memcpy(ip + 1, joined->options, joined->options_length);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	transport_build(joined, ip, header);
	return at + joined->total - joined->missing + joined->padding;
}

/* Comes from the wire, or from the host. */
static void
comes(uint32_t from, const struct joined *joined)
{
	uint32_t length = build(joined), parts = RTE_MAX(joined->parts, 1u);
	struct rte_mbuf *first = NULL;

	for (uint32_t i = 0; i < parts; i++) {
		uint32_t begin = length * i / parts, end = length * (i + 1) / parts;
		struct rte_mbuf *mbuf = mbuf_over(datagram + begin, end - begin);

		if (first == NULL)
			first = mbuf;
		else
			CU_ASSERT_EQUAL(rte_pktmbuf_chain(first, mbuf), 0);
	}
	/* What a driver left there must not go on. */
	first->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM;
	first->l3_len = 77;
	CU_ASSERT_FATAL(test_port_write(&bed.port[from], 0, first));
	bed_turn(&bed);
}

/* One fragment is as it must be; its text goes to its place in `got`. Its offset behind its end, 0: it is wrong. */
static uint32_t
place(const struct joined *joined, const struct rte_mbuf *mbuf, uint32_t mtu, uint32_t expected,
        bool *last)
{
	uint32_t headers = ETHERNET + 4 * joined->tags;
	const struct rte_ipv4_hdr *ip =
	        rte_pktmbuf_mtod_offset(mbuf, const struct rte_ipv4_hdr *, headers);
	uint32_t total = ntohs(ip->total_length), header = rte_ipv4_hdr_len(ip);
	uint32_t field = ntohs(ip->fragment_offset);
	uint32_t offset = (field & RTE_IPV4_HDR_OFFSET_MASK) * 8;
	const struct rte_ipv4_hdr *was = (const struct rte_ipv4_hdr *)&datagram[headers];

	*last = !(field & RTE_IPV4_HDR_MF_FLAG);
	CU_ASSERT_EQUAL(mbuf->nb_segs, 1);
	CU_ASSERT_EQUAL(mbuf->ol_flags, 0);
	CU_ASSERT_EQUAL(mbuf->tx_offload, 0);
	CU_ASSERT_EQUAL(mbuf->pkt_len, mbuf->data_len);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(mbuf, uint8_t *), datagram, headers), 0);
	CU_ASSERT(total <= mtu);
	CU_ASSERT_EQUAL(mbuf->pkt_len, headers + total);
	CU_ASSERT_EQUAL(rte_ipv4_cksum(ip), 0);
	CU_ASSERT_EQUAL(ip->packet_id, was->packet_id);
	CU_ASSERT_EQUAL(ip->time_to_live, was->time_to_live);
	CU_ASSERT_EQUAL(ip->type_of_service, was->type_of_service);
	CU_ASSERT_EQUAL(ip->next_proto_id, was->next_proto_id);
	CU_ASSERT_EQUAL(memcmp(&ip->src_addr, &was->src_addr, 8), 0);
	CU_ASSERT_EQUAL(field & RTE_IPV4_HDR_DF_FLAG, joined->fragment & RTE_IPV4_HDR_DF_FLAG);
	CU_ASSERT_EQUAL_FATAL(offset, expected);
	CU_ASSERT(*last || (total - header) % 8 == 0);
	memcpy(got + offset, (const uint8_t *)ip + header, total - header);
	return offset + total - header;
}

/* Reads fragments that are the datagram; how many, 0 when they are not. */
static uint32_t
goes_on(uint32_t to, const struct joined *joined, uint32_t mtu)
{
	uint32_t begin = (joined->fragment & RTE_IPV4_HDR_OFFSET_MASK) * 8, end = begin, n = 0;
	uint32_t header = (uint32_t)sizeof(struct rte_ipv4_hdr) + joined->options_length;
	uint32_t at = ETHERNET + 4 * joined->tags + header, length = joined->total - header;
	struct rte_mbuf *mbuf;
	bool last = false;

	while (test_port_read(&bed.port[to], &mbuf, 1) == 1) {
		CU_ASSERT(!last);
		end = place(joined, mbuf, mtu, end, &last);
		rte_pktmbuf_free(mbuf);
		n++;
	}
	/* Of a fragment that was cut again, others follow. */
	CU_ASSERT_EQUAL(n > 0 && last, n > 0 && !(joined->fragment & RTE_IPV4_HDR_MF_FLAG));
	return n > 0 && end - begin == length && memcmp(got + begin, datagram + at, length) == 0
	               ? n
	               : 0;
}

#endif
