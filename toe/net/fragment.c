/* SPDX-License-Identifier: BSD-3-Clause */
/* Cutting what a driver has joined. Rare: nothing here is on the way of other frames. */
#include "fragment.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_ip_frag.h>
#include <rte_udp.h>

#define ANY_FRAGMENT RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)
#define DONT_FRAGMENT RTE_BE16(RTE_IPV4_HDR_DF_FLAG)
#define TCP_HEADER 20u

/*
 * Is the checksum of TCP or UDP right, where there is one that says anything? Others have none, and of a fragment that was cut
 * again it cannot be told.
 */
static bool
transport_is_finished(const struct rte_ipv4_hdr *ip, uint32_t header, uint32_t total)
{
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)((const uint8_t *)ip + header);
	uint32_t length = total - header;

	if (ip->fragment_offset & ANY_FRAGMENT)
		return true;
	if (ip->next_proto_id == IPPROTO_TCP)
		return length >= TCP_HEADER && rte_ipv4_udptcp_cksum_verify(ip, udp) == 0;
	if (ip->next_proto_id != IPPROTO_UDP)
		return true;
	return length >= sizeof(*udp) && rte_be_to_cpu_16(udp->dgram_len) == length &&
	       (udp->dgram_cksum == 0 || rte_ipv4_udptcp_cksum_verify(ip, udp) == 0);
}

enum toe_joined
toe_fragment_check(struct rte_mbuf *mbuf, uint32_t headers, const struct toe_fragment_mtu *mtu)
{
	const struct rte_ipv4_hdr *ip;
	uint32_t there, header, total;

	if (mbuf->nb_segs > 1 && rte_pktmbuf_linearize(mbuf) != 0)
		return TOE_JOINED_NOT;
	ip = rte_pktmbuf_mtod_offset(mbuf, const struct rte_ipv4_hdr *, headers);
	there = mbuf->data_len - headers;
	if (there < sizeof(*ip))
		return TOE_JOINED_NOT;
	header = (uint32_t)(ip->version_ihl & RTE_IPV4_HDR_IHL_MASK) * RTE_IPV4_IHL_MULTIPLIER;
	total = rte_be_to_cpu_16(ip->total_length);
	/* Where padding, not the datagram, makes it too long, nothing was joined. */
	if (ip->version_ihl >> 4 != 4 || header < sizeof(*ip) || total <= mtu->to || header > there)
		return TOE_JOINED_NOT;
	if ((ip->fragment_offset & DONT_FRAGMENT) && total <= mtu->from)
		return TOE_JOINED_NOT;
	if (total > there)
		return TOE_JOINED_SHORT;
	return transport_is_finished(ip, header, total) ? TOE_JOINED : TOE_JOINED_NOT;
}

/* An Ethernet header of its own, a checksum, and nothing left to do for a port. */
static void
finish(struct rte_mbuf *fragment, const uint8_t *ethernet, uint32_t headers, rte_be16_t flags)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(fragment, struct rte_ipv4_hdr *);

	ip->fragment_offset |= flags;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	/* Buffers have more headroom than Ethernet and two tags need. */
	memcpy(rte_pktmbuf_prepend(fragment, (uint16_t)headers), ethernet, headers);
	fragment->ol_flags = 0;
	fragment->tx_offload = 0;
}

uint32_t
toe_fragment(struct rte_mbuf *mbuf, uint32_t headers, uint32_t mtu, struct rte_mempool *pool,
        struct rte_mbuf *fragment[TOE_FRAGMENTS_MAX])
{
	uint32_t room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
	uint8_t ethernet[sizeof(struct rte_ether_hdr) + 2 * sizeof(struct rte_vlan_hdr)];
	struct rte_ipv4_hdr *ip;
	uint32_t header;
	rte_be16_t flags;
	int32_t n;

	memcpy(ethernet, rte_pktmbuf_mtod(mbuf, const uint8_t *), headers);
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_adj(mbuf, (uint16_t)headers);
	rte_pktmbuf_trim(mbuf, (uint16_t)(mbuf->data_len - rte_be_to_cpu_16(ip->total_length)));
	flags = ip->fragment_offset & DONT_FRAGMENT;
	ip->fragment_offset &= (rte_be16_t)~DONT_FRAGMENT; /* the library would not do it */
	header = rte_ipv4_hdr_len(ip);
	mtu = header + RTE_ALIGN_FLOOR(RTE_MIN(mtu, room) - header, 8u);
	n = rte_ipv4_fragment_copy_nonseg_packet(
	        mbuf, fragment, TOE_FRAGMENTS_MAX, (uint16_t)mtu, pool);
	rte_pktmbuf_free(mbuf);
	for (int32_t i = 0; i < n; i++)
		finish(fragment[i], ethernet, headers, flags);
	return n > 0 ? (uint32_t)n : 0;
}
