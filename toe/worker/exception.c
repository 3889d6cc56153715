/* SPDX-License-Identifier: BSD-3-Clause */
/* The exception path: from one side of the bump to the other. */
#include "exception.h"

#include <rte_branch_prediction.h>
#include <rte_ether.h>

#include "fragment.h"

#define TAGS_MAX 2u /* that come on top of the MTU */

static inline bool
is_tag(rte_be16_t type)
{
	return type == RTE_BE16(RTE_ETHER_TYPE_VLAN) || type == RTE_BE16(RTE_ETHER_TYPE_QINQ);
}

/* Bytes of the Ethernet header and its tags, up to two; and the type of what follows. */
static __rte_noinline uint32_t
ethernet_headers(const struct rte_mbuf *mbuf, rte_be16_t *type)
{
	const struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);
	uint32_t headers = sizeof(*ethernet);

	*type = ethernet->ether_type;
	for (uint32_t tags = 0; tags < TAGS_MAX; tags++) {
		const struct rte_vlan_hdr *tag =
		        rte_pktmbuf_mtod_offset(mbuf, const struct rte_vlan_hdr *, headers);

		if (!is_tag(*type) || mbuf->data_len < headers + sizeof(*tag))
			break;
		headers += (uint32_t)sizeof(*tag);
		*type = tag->eth_proto;
	}
	return headers;
}

/* A frame for this port, when its transmit buffer has room. */
static inline void
put(struct toe_worker *worker, struct rte_mbuf *mbuf, uint32_t port)
{
	struct toe_engine *engine = &worker->engine;
	struct toe_txq *txq = &engine->txq[port];

	if (unlikely(toe_txq_room_others(txq) == 0))
		toe_txq_flush(txq);
	if (unlikely(toe_txq_room_others(txq) == 0)) {
		engine->stats.exception_dropped++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	toe_txq_put_other(txq, mbuf);
}

/* What a driver joined goes on as fragments. */
static void
put_fragments(struct toe_worker *worker, struct rte_mbuf *mbuf, uint32_t headers, uint32_t port)
{
	struct toe_engine *engine = &worker->engine;
	struct rte_mbuf *fragment[TOE_FRAGMENTS_MAX];
	uint32_t n = toe_fragment(mbuf, headers, toe_port_mtu(&engine->shared->ports[port]),
	        engine->mbuf_pool, fragment);

	if (n == 0) {
		engine->stats.joined_dropped++;
		return;
	}
	engine->stats.joined++;
	engine->stats.joined_fragments += n;
	for (uint32_t i = 0; i < n; i++)
		put(worker, fragment[i], port);
}

/* A frame longer than an untagged one of the MTU of `to`. */
static __rte_noinline void
put_long(struct toe_worker *worker, struct rte_mbuf *mbuf, uint32_t from, uint32_t to)
{
	struct toe_engine *engine = &worker->engine;
	struct toe_fragment_mtu mtu = {
	        .from = toe_port_mtu(&engine->shared->ports[from]),
	        .to = toe_port_mtu(&engine->shared->ports[to]),
	};
	rte_be16_t type;
	uint32_t headers = ethernet_headers(mbuf, &type);
	enum toe_joined joined = TOE_JOINED_NOT;

	if (rte_pktmbuf_pkt_len(mbuf) <= mtu.to + headers) {
		put(worker, mbuf, to);
		return;
	}
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		joined = toe_fragment_check(mbuf, headers, &mtu);
	if (joined == TOE_JOINED) {
		put_fragments(worker, mbuf, headers, to);
		return;
	}
	if (joined == TOE_JOINED_SHORT)
		engine->stats.joined_short++;
	else
		engine->stats.tx_too_long++;
	rte_pktmbuf_free(mbuf);
}

/* Two tags of 802.1Q: net_af_packet makes one of an outer 802.1ad tag, and does not say so. */
static inline bool
is_tagged_twice(const struct rte_mbuf *mbuf)
{
	const struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);
	const struct rte_vlan_hdr *tag = (const struct rte_vlan_hdr *)(ethernet + 1);

	return unlikely(mbuf->data_len >= sizeof(*ethernet) + 2 * sizeof(*tag) &&
	                ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN) &&
	                tag->eth_proto == RTE_BE16(RTE_ETHER_TYPE_VLAN));
}

void
toe_exception_forward(struct toe_worker *worker, struct rte_mbuf *mbuf, uint32_t port)
{
	struct toe_engine *engine = &worker->engine;
	uint8_t peer = engine->shared->ports[port].peer;

	if (unlikely(peer == UINT8_MAX)) {
		engine->stats.exception_dropped++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (is_tagged_twice(mbuf))
		engine->stats.exception_tagged_twice++;
	if (likely(rte_pktmbuf_pkt_len(mbuf) <=
	            toe_port_mtu(&engine->shared->ports[peer]) + sizeof(struct rte_ether_hdr)))
		put(worker, mbuf, peer);
	else
		put_long(worker, mbuf, port, peer);
}
