/* SPDX-License-Identifier: BSD-3-Clause */
/* Building one segment of a run and noting in the context that it has left. */
#ifndef TOE_TCP_EMIT_H
#define TOE_TCP_EMIT_H

#include "frame.h"
#include "tcp_plan.h"

/* What one run over a connection needs. */
struct tcp_run {
	struct toe_frame_route route;
	struct toe_txq *txq;
	struct toe_sender *sender; /* NULL: the connection has none yet */
	uint32_t index;
	struct tcp_plan_limits limits;
};

/* The sender and the record that a segment with text or FIN needs; false: there is no room for the record now. */
bool tcp_sender_ready(struct toe_worker *worker, struct tcp_run *run, const struct tcp_plan *plan);
/* Build the segment and put it into the transmit buffer. */
void tcp_emit(struct toe_worker *worker, const struct tcp_run *run, const struct tcp_plan *plan,
        struct rte_mbuf *mbuf);
/* Pacing: may the next segment go now? If not, the sender's timer makes the connection ready when it may. */
bool tcp_pace(struct toe_worker *worker, uint32_t index, struct toe_sender *sender);

#endif
