/* SPDX-License-Identifier: BSD-3-Clause */
/* Building one segment of a run and noting in the context that it has left. */
#ifndef TOE_TCP_EMIT_H
#define TOE_TCP_EMIT_H

#include "frame.h"
#include "tcp_plan.h"
#include "txq.h"

/* What one run over a connection needs. */
struct tcp_run {
	struct toe_frame_route route;
	struct toe_txq *txq;
	struct toe_sender *sender; /* NULL: the connection has none yet */
	uint32_t index;
	bool open; /* the members below hold: something is being sent */
	bool rearm; /* the retransmission timer is to be decided again */
	uint32_t smss; /* RFC 5681: of this route, before blocks are deducted */
	struct tcp_plan_limits limits;
	struct toe_frame_template template;
};

/*
 * Build the segment, and `count` - 1 like it behind it, and put them into the transmit buffer, which has room. False: no
 * buffers are left, nothing was sent.
 */
bool tcp_emit(struct toe_engine *engine, struct tcp_run *run, const struct tcp_plan *plan,
        uint32_t count);
/* Pacing: may the next segment go now? If not, the sender's timer makes the connection ready when it may. */
bool tcp_pace(struct toe_engine *engine, uint32_t index, struct toe_sender *sender);

#endif
