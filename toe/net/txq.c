/* SPDX-License-Identifier: BSD-3-Clause */
/* Handing frames to a port. */
#include "txq.h"

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_ethdev.h>

void
toe_txq_take_out(struct toe_txq *txq, uint32_t at, uint32_t n)
{
	for (uint32_t i = at; i < at + n && txq->others > 0; i++)
		txq->others -= txq->tag[i].conn == TOE_INDEX_NONE;
	txq->count -= n;
	if (likely(txq->count == at))
		return;
	memmove(&txq->frame[at], &txq->frame[at + n],
	        (txq->count - at) * sizeof(struct rte_mbuf *));
	memmove(&txq->tag[at], &txq->tag[at + n], (txq->count - at) * sizeof(txq->tag[0]));
}

/* The driver will never take this one. The caller takes it out. */
static void
refuse(struct toe_txq *txq, struct rte_mbuf *frame)
{
	if (frame->ol_flags & RTE_MBUF_F_TX_TCP_SEG)
		txq->no_tso = true;
	rte_pktmbuf_free(frame);
	(*txq->dropped)++;
}

/*
 * The port has taken nothing for a while. Is its ring full, or is it the first frame that it does not take? That shows
 * when others are offered, another one each time. Should the ring have become free only just now, one frame goes out of
 * order.
 */
static __rte_noinline void
overtake(struct toe_txq *txq)
{
	uint32_t at = 1 + (txq->stuck / TOE_TXQ_STUCK) % (txq->count - 1), length;
	bool other = txq->tag[at].conn == TOE_INDEX_NONE;

	length = rte_pktmbuf_pkt_len(txq->frame[at]);
	if (rte_eth_tx_prepare(txq->ethdev, txq->queue, &txq->frame[at], 1) == 0 ||
	        rte_eth_tx_burst(txq->ethdev, txq->queue, &txq->frame[at], 1) == 0)
		return;
	toe_txq_take_out(txq, at, 1);
	*txq->others_sent += other;
	txq->sent++;
	txq->bytes += length;
	if (++txq->overtaken < TOE_TXQ_OVERTAKEN)
		return;
	refuse(txq, txq->frame[0]);
	toe_txq_take_out(txq, 0, 1);
	txq->stuck = txq->overtaken = 0;
	txq->stuck_since = 0;
}

/* Frames from `at` on that the driver can take, TOE_TXQ_BURST at most; 0: the first of them it never will. */
static inline uint16_t
prepare(struct toe_txq *txq, uint32_t at)
{
	return rte_eth_tx_prepare(txq->ethdev, txq->queue, &txq->frame[at],
	        (uint16_t)RTE_MIN(txq->count - at, TOE_TXQ_BURST));
}

void
toe_txq_flush(struct toe_txq *txq)
{
	uint32_t done = 0, others = txq->others, refused = 0;

	if (unlikely(toe_port_is_down(txq->port))) {
		*txq->dropped_down += toe_txq_drop_all(txq);
		return;
	}
	while (done < txq->count) {
		uint16_t burst = prepare(txq, done), taken;
		uint64_t bytes = 0;

		if (unlikely(burst == 0)) {
			refused += txq->tag[done].conn == TOE_INDEX_NONE;
			refuse(txq, txq->frame[done++]);
			continue;
		}
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
	if (done > 0) {
		txq->stuck = txq->overtaken = 0;
		txq->stuck_since = 0;
		toe_txq_take_out(txq, 0, done);
		*txq->others_sent += others - refused - txq->others;
	} else if (unlikely(++txq->stuck % TOE_TXQ_STUCK == 0) && txq->count > 1) {
		overtake(txq);
	}
}

uint32_t
toe_txq_drop_all(struct toe_txq *txq)
{
	uint32_t count = txq->count;

	rte_pktmbuf_free_bulk(txq->frame, count);
	txq->count = txq->others = txq->stuck = txq->overtaken = 0;
	txq->stuck_since = 0;
	return count;
}
