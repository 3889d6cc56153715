/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control: the table, and slow start, which is everybody's (RFC 5681 section 3.1). */
#include "tcp_cc.h"

#include "tcp_limits.h"
#include "tcp_types.h"

/*
 * Segments that one ACK may add in slow start. Peers that fold a burst into one ACK would be held back by the one
 * segment of RFC 5681; RFC 9406 section 4.2 gives this limit where sending is not paced. After a timeout it is
 * one (RFC 3465 section 2.3).
 */
#define SLOW_START_SEGMENTS 8u

const struct toe_cc *
toe_cc_of(const struct toe_conn *conn)
{
	static const struct toe_cc *const table[OFFLOAD_CC_COUNT] = {
	        [OFFLOAD_CC_DEFAULT] = &toe_cc_cubic,
	        [OFFLOAD_CC_CUBIC] = &toe_cc_cubic,
	        [OFFLOAD_CC_NEWRENO] = &toe_cc_newreno,
	        [OFFLOAD_CC_DCTCP] = &toe_cc_dctcp,
	};

	return table[conn->congestion];
}

void
toe_cc_acked(struct toe_conn *conn, struct toe_sender *sender, uint32_t bytes, uint32_t now_us,
        uint32_t mss)
{
	uint32_t limit = mss, step;

	if (conn->cwnd >= conn->ssthresh) {
		toe_cc_of(conn)->avoid(conn, sender, bytes, now_us, mss);
		return;
	}
	if (sender->phase != TOE_PHASE_LOSS)
		limit *= SLOW_START_SEGMENTS;
	step = RTE_MIN(bytes, limit);
	/* What goes beyond ssthresh in one step would have been congestion avoidance. */
	step = RTE_MIN(step, RTE_MAX(conn->ssthresh - conn->cwnd, mss));
	conn->cwnd = RTE_MIN(conn->cwnd, TCP_CWND_MAX - step) + step;
}

void
toe_cc_restart(struct toe_conn *conn, struct toe_sender *sender, uint32_t mss)
{
	const struct toe_cc *cc = toe_cc_of(conn);

	conn->cwnd = RTE_MIN(conn->cwnd, tcp_initial_window(mss));
	if (sender != NULL && cc->idle != NULL)
		cc->idle(sender);
}
