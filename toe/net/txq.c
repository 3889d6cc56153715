/* SPDX-License-Identifier: BSD-3-Clause */
/* Handing frames to a port. */
#include "txq.h"

#include <string.h>

#include <rte_ethdev.h>

void
toe_txq_flush(struct toe_txq *txq)
{
	uint32_t done = 0;

	while (done < txq->count) {
		uint16_t burst = (uint16_t)RTE_MIN(txq->count - done, TOE_TXQ_BURST);
		uint64_t bytes = 0;
		uint16_t taken;

		for (uint16_t i = 0; i < burst; i++)
			bytes += rte_pktmbuf_pkt_len(txq->frame[done + i]);
		taken = rte_eth_tx_burst(txq->ethdev, txq->queue, &txq->frame[done], burst);
		done += taken;
		txq->sent += taken;
		if (taken < burst) {
			for (uint16_t i = taken; i < burst; i++)
				bytes -= rte_pktmbuf_pkt_len(txq->frame[done + i - taken]);
			txq->bytes += bytes;
			txq->refused++;
			break;
		}
		txq->bytes += bytes;
	}
	if (done == 0)
		return;
	txq->count -= done;
	memmove(txq->frame, &txq->frame[done], txq->count * sizeof(struct rte_mbuf *));
	memmove(txq->tag, &txq->tag[done], txq->count * sizeof(txq->tag[0]));
}
