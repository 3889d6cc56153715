/* SPDX-License-Identifier: BSD-3-Clause */
/* The exception path: from one side of the bump to the other. */
#include "exception.h"

#include <rte_branch_prediction.h>
#include <rte_ether.h>

/* Longer than an untagged frame of the MTU: tags come on top of it, up to two. */
static __rte_noinline bool
fits_with_tags(const struct rte_mbuf *mbuf, uint32_t mtu)
{
	const struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);
	uint32_t headers = sizeof(*ethernet);
	rte_be16_t type = ethernet->ether_type;

	for (uint32_t tags = 0; tags < 2; tags++) {
		const struct rte_vlan_hdr *tag =
		        rte_pktmbuf_mtod_offset(mbuf, const struct rte_vlan_hdr *, headers);

		if ((type != RTE_BE16(RTE_ETHER_TYPE_VLAN) &&
		            type != RTE_BE16(RTE_ETHER_TYPE_QINQ)) ||
		        mbuf->data_len < headers + sizeof(*tag))
			break;
		headers += (uint32_t)sizeof(*tag);
		type = tag->eth_proto;
	}
	return rte_pktmbuf_pkt_len(mbuf) <= mtu + headers;
}

static inline bool
fits(const struct rte_mbuf *mbuf, const struct toe_port *port)
{
	uint32_t mtu = toe_port_mtu(port);

	return likely(rte_pktmbuf_pkt_len(mbuf) <= mtu + sizeof(struct rte_ether_hdr)) ||
	       fits_with_tags(mbuf, mtu);
}

void
toe_exception_forward(struct toe_worker *worker, struct rte_mbuf *mbuf, uint32_t port)
{
	struct toe_engine *engine = &worker->engine;
	uint8_t peer = engine->shared->ports[port].peer;
	struct toe_txq *txq;

	if (unlikely(peer == UINT8_MAX))
		goto drop;
	if (unlikely(!fits(mbuf, &engine->shared->ports[peer]))) {
		engine->stats.tx_too_long++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	txq = &engine->txq[peer];
	if (unlikely(toe_txq_room_others(txq) == 0))
		toe_txq_flush(txq);
	if (unlikely(toe_txq_room_others(txq) == 0))
		goto drop;
	toe_txq_put_other(txq, mbuf);
	return;
drop:
	engine->stats.exception_dropped++;
	rte_pktmbuf_free(mbuf);
}
