/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion avoidance of RFC 5681, counted in bytes (RFC 3465): a segment per window, half of it after a loss. */
#include "tcp_cc.h"

#include "tcp_facts.h"

void
toe_newreno_avoid(struct toe_conn *conn, struct toe_sender *sender, uint32_t bytes, uint32_t now_us,
        uint32_t mss)
{
	uint32_t *rest = &sender->acked_rest;

	*rest += RTE_MIN(bytes, conn->cwnd);
	if (*rest < conn->cwnd)
		return;
	*rest -= conn->cwnd;
	conn->cwnd = RTE_MIN(conn->cwnd + mss, TCP_CWND_MAX);
}

uint32_t
toe_newreno_lost(struct toe_conn *conn, struct toe_sender *sender, uint32_t flight, uint32_t mss)
{
	sender->acked_rest = 0;
	return RTE_MAX(flight / 2, 2 * mss); /* RFC 5681 (4) */
}

const struct toe_cc toe_cc_newreno = {
        .name = "newreno",
        .avoid = toe_newreno_avoid,
        .lost = toe_newreno_lost,
        .marked = toe_newreno_lost,
};
