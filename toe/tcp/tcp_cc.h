/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Congestion control: one table of operations per algorithm, chosen per connection (toe_conn.congestion). Slow start
 * is the same for all and lives in tcp_cc.c. Windows in bytes.
 */
#ifndef TOE_TCP_CC_H
#define TOE_TCP_CC_H

#include "engine.h"
#include "sender.h"

#define TCP_CWND_MAX (1u << 30) /* the largest window that RFC 7323 allows */

struct toe_cc {
	const char *name;
	/* Congestion avoidance: `bytes` were acknowledged while the window was in use. mss: SMSS, everywhere. */
	void (*avoid)(struct toe_conn *conn, struct toe_sender *sender, uint32_t bytes,
	        uint32_t now_us, uint32_t mss);
	/* Data was lost: the new ssthresh, before cwnd changes. flight: bytes in flight then. */
	uint32_t (*lost)(
	        struct toe_conn *conn, struct toe_sender *sender, uint32_t flight, uint32_t mss);
	/* Congestion was signalled by ECE: the new ssthresh. */
	uint32_t (*marked)(
	        struct toe_conn *conn, struct toe_sender *sender, uint32_t flight, uint32_t mss);
	/* Every ACK of new data on a connection with ECN; NULL: nothing to count. */
	void (*count)(struct toe_conn *conn, struct toe_sender *sender, uint32_t bytes, bool ece);
	/* The window was not in use, or nothing was sent: what depends on time starts anew; NULL: nothing does. */
	void (*idle)(struct toe_sender *sender);
};

extern const struct toe_cc toe_cc_newreno, toe_cc_cubic, toe_cc_dctcp;

const struct toe_cc *toe_cc_of(const struct toe_conn *conn);

/* `bytes` were newly acknowledged and the window may grow. */
void toe_cc_acked(struct toe_conn *conn, struct toe_sender *sender, uint32_t bytes, uint32_t now_us,
        uint32_t mss);
/* Something was newly acknowledged, and the window was not in use: time goes by that is none on a curve (RFC 9438 5.8). */
static inline void
toe_cc_limited(const struct toe_conn *conn, struct toe_sender *sender)
{
	const struct toe_cc *cc = toe_cc_of(conn);

	if (cc->idle != NULL)
		cc->idle(sender);
}
/* RFC 5681 section 4.1: after a pause of a retransmission timeout the window is what a new connection has. */
void toe_cc_restart(struct toe_conn *conn, struct toe_sender *sender, uint32_t mss);
/* NewReno's way of growing, which DCTCP shares (RFC 5681 (3), counted in bytes as in RFC 3465). */
void toe_newreno_avoid(struct toe_conn *conn, struct toe_sender *sender, uint32_t bytes,
        uint32_t now_us, uint32_t mss);
uint32_t toe_newreno_lost(
        struct toe_conn *conn, struct toe_sender *sender, uint32_t flight, uint32_t mss);

#endif
