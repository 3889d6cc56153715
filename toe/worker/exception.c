/* SPDX-License-Identifier: BSD-3-Clause */
/* The exception path: from one side of the bump to the other. */
#include "exception.h"

#include <rte_branch_prediction.h>

void
toe_exception_forward(struct toe_worker *worker, struct rte_mbuf *mbuf, uint32_t port)
{
	struct toe_engine *engine = &worker->engine;
	uint8_t peer = engine->shared->ports[port].peer;
	struct toe_txq *txq;

	if (unlikely(peer == UINT8_MAX))
		goto drop;
	txq = &engine->txq[peer];
	if (unlikely(toe_txq_room(txq) == 0))
		toe_txq_flush(txq);
	if (unlikely(toe_txq_room(txq) == 0))
		goto drop;
	toe_txq_put(txq, mbuf);
	if (engine->shared->ports[peer].role == TOE_PORT_HOST)
		engine->stats.exception_to_host++;
	else
		engine->stats.exception_to_wire++;
	return;
drop:
	engine->stats.exception_dropped++;
	rte_pktmbuf_free(mbuf);
}
