/* SPDX-License-Identifier: BSD-3-Clause */
/* DCTCP (RFC 8257): the answer to marks is as large as the fraction of marked bytes; losses are answered like NewReno's. */
#include "tcp_cc.h"

#include "tcp_facts.h"

#define ALPHA_ONE (1u << 20)
#define GAIN_SHIFT 4u /* g = 1/16 (section 3.3) */

static void
dctcp_count(struct toe_conn *conn, struct toe_sender *sender, uint32_t bytes, bool ece)
{
	struct toe_dctcp *dctcp = &sender->cc.dctcp;
	uint32_t fraction;

	if (!dctcp->running) {
		dctcp->running = 1;
		dctcp->alpha = ALPHA_ONE; /* section 3.3: to begin with, as if all were marked */
		dctcp->window_end = conn->snd_nxt;
	}
	dctcp->acked += bytes;
	if (ece)
		dctcp->marked += bytes;
	/* Step 3: what was sent at its end is part of the next window. */
	if (seq_leq(conn->snd_una, dctcp->window_end))
		return;
	fraction =
	        dctcp->acked ? (uint32_t)((uint64_t)dctcp->marked * ALPHA_ONE / dctcp->acked) : 0;
	dctcp->alpha += (fraction >> GAIN_SHIFT) - (dctcp->alpha >> GAIN_SHIFT);
	dctcp->alpha = RTE_MIN(dctcp->alpha, ALPHA_ONE);
	dctcp->acked = dctcp->marked = 0;
	dctcp->window_end = conn->snd_nxt;
}

static uint32_t
dctcp_marked(struct toe_conn *conn, struct toe_sender *sender, uint32_t flight, uint32_t mss)
{
	uint64_t cut = (uint64_t)conn->cwnd * sender->cc.dctcp.alpha / (2 * ALPHA_ONE);

	return RTE_MAX(conn->cwnd - (uint32_t)cut, 2 * mss); /* (2) */
}

const struct toe_cc toe_cc_dctcp = {
        .name = "dctcp",
        .avoid = toe_newreno_avoid,
        .lost = toe_newreno_lost,
        .marked = dctcp_marked,
        .count = dctcp_count,
};
