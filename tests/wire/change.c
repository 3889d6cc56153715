/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that are changed under way. */
#include "change.h"

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#define HEADERS_MAX 128u /* of a frame: what stays together when it is split */

uint32_t
change_ip_offset(const struct rte_mbuf *frame, bool *is_ipv4)
{
	const struct rte_ether_hdr *ethernet =
	        rte_pktmbuf_mtod(frame, const struct rte_ether_hdr *);
	uint32_t offset = sizeof(*ethernet);

	if (ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN))
		offset += sizeof(struct rte_vlan_hdr);
	*is_ipv4 = *rte_pktmbuf_mtod_offset(frame, const uint8_t *, offset) >> 4 == 4;
	return offset;
}

void
change_corrupt(struct rte_mbuf *frame, struct rng *rng)
{
	bool is_ipv4;
	uint32_t at = change_ip_offset(frame, &is_ipv4), first = is_ipv4 ? 0 : 4;
	uint32_t byte = rng_below(rng, frame->data_len - at - first) + first;

	if (!is_ipv4 && byte == 7)
		byte = 6;
	*rte_pktmbuf_mtod_offset(frame, uint8_t *, at + byte) ^= (uint8_t)rng_range(rng, 1, 255);
}

bool
change_mark(struct rte_mbuf *frame)
{
	bool is_ipv4;
	uint32_t at = change_ip_offset(frame, &is_ipv4);
	uint8_t *ip = rte_pktmbuf_mtod_offset(frame, uint8_t *, at);
	struct rte_ipv4_hdr *v4 = (struct rte_ipv4_hdr *)ip;

	if (is_ipv4) {
		if ((v4->type_of_service & 3) == 0)
			return false;
		v4->type_of_service |= 3;
		v4->hdr_checksum = 0;
		v4->hdr_checksum = rte_ipv4_cksum(v4);
	} else {
		if ((ip[1] >> 4 & 3) == 0)
			return false;
		ip[1] |= 3 << 4;
	}
	return true;
}

void
change_split(struct rte_mbuf *frame, struct rte_mempool *pool, struct rng *rng)
{
	struct rte_mbuf *rest;
	uint32_t cut;

	if (frame->data_len <= HEADERS_MAX + 1)
		return;
	rest = rte_pktmbuf_alloc(pool);
	if (rest == NULL)
		return;
	cut = rng_range(rng, HEADERS_MAX, frame->data_len - 1u);
	rest->data_len = (uint16_t)(frame->data_len - cut);
	memcpy(rte_pktmbuf_mtod(rest, uint8_t *), rte_pktmbuf_mtod_offset(frame, uint8_t *, cut),
	        rest->data_len);
	frame->data_len = (uint16_t)cut;
	frame->next = rest;
	frame->nb_segs = 2;
}

void
change_tamper(struct rte_mbuf *frame, const struct toe_segment *segment, uint64_t seq)
{
	uint8_t *bytes = rte_pktmbuf_mtod(frame, uint8_t *), *ip = bytes + RTE_ETHER_HDR_LEN;
	const struct rte_ether_hdr *ethernet = (const struct rte_ether_hdr *)bytes;
	uint32_t at = (uint32_t)seq - segment->seq;
	struct rte_tcp_hdr *tcp;

	if (at >= segment->length)
		return;
	if (ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN))
		ip += sizeof(struct rte_vlan_hdr);
	bytes[segment->data - bytes + at] ^= 1;
	if (segment->key.family == 4) {
		tcp = (struct rte_tcp_hdr *)(ip + sizeof(struct rte_ipv4_hdr));
		tcp->cksum = 0;
		tcp->cksum = rte_ipv4_udptcp_cksum((struct rte_ipv4_hdr *)ip, tcp);
	} else {
		tcp = (struct rte_tcp_hdr *)(ip + sizeof(struct rte_ipv6_hdr));
		tcp->cksum = 0;
		tcp->cksum = rte_ipv6_udptcp_cksum((struct rte_ipv6_hdr *)ip, tcp);
	}
}
