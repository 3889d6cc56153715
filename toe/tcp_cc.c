/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control: slow start, congestion avoidance, and the answer to a timeout (RFC 5681). */
#include "tcp.h"
#include "tcp_facts.h"

#define CWND_MAX (1u << 30) /* the largest window that RFC 7323 allows */

void
toe_cc_acked(struct toe_conn *conn, uint32_t bytes)
{
	uint32_t smss = tcp_smss(conn), step;

	if (conn->cwnd < conn->ssthresh) {
		step = RTE_MIN(bytes, smss); /* RFC 5681 (2) */
	} else {
		/* RFC 5681 (3): about one SMSS per round trip, and never nothing. */
		step = (uint32_t)((uint64_t)smss * smss / RTE_MAX(conn->cwnd, 1u));
		step = RTE_MAX(step, 1u);
	}
	conn->cwnd = RTE_MIN(conn->cwnd, CWND_MAX - step) + step;
}

void
toe_cc_timeout(struct toe_conn *conn)
{
	uint32_t smss = tcp_smss(conn);

	/* RFC 5681 (4): held constant when the same segment times out again. */
	if (conn->retransmit_count == 0)
		conn->ssthresh = RTE_MAX(tcp_flight(conn) / 2, 2 * smss);
	conn->cwnd = smss;
}
