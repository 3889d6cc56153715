/* SPDX-License-Identifier: BSD-3-Clause */
/* A byte changed under way so that no checksum tells. */
#include "tamper.h"

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

void
tamper(struct rte_mbuf *frame, const struct toe_segment *segment, uint64_t seq)
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
