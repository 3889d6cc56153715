/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP engine's verbs, in the order a segment meets them: input validates and marks connections ready,
 * output runs each ready connection once per burst, timers re-check deadlines and mark ready.
 *
 * Scope now: in-order receive with window, delayed ACK, timestamps and PAWS (RFC 7323), out-of-order
 * segments dropped and answered with a duplicate ACK; sending within the peer's and the congestion window,
 * slow start and congestion avoidance (RFC 5681), RTO with back-off (RFC 6298), FIN both ways, acceptable RST.
 */
#ifndef TOE_TCP_H
#define TOE_TCP_H

#include "segment.h"
#include "worker.h"

#define TCP_DELACK_MS 40u /* RFC 1122 4.2.3.2: at most 500 ms; 40 as common practice */
#define TCP_RTO_MIN_MS 200u /* RFC 6298 (2.4) allows less than 1 s where the clock is fine */
#define TCP_RTO_MAX_MS 120000u /* RFC 6298 (2.5): at least 60 s */
#define TCP_RTO_INITIAL_MS 1000u /* RFC 6298 (2.1) */

/*
 * Process one segment for a live connection. Returns true when the mbuf was taken over (by a service), false
 * when the caller frees it. Sets ready and timers; never transmits.
 */
bool toe_tcp_input(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf);

/*
 * ACK processing (RFC 9293 3.10.7.4 fifth, RFC 5681, RFC 6298): frees send data, opens cwnd, restarts RTO.
 * Returns false when the segment must be dropped (ACK of something never sent).
 */
bool toe_tcp_ack(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment);

/* Congestion control, NewReno's part of it so far (RFC 5681 sections 3.1, 3.2). bytes newly acknowledged. */
void toe_cc_acked(struct toe_conn *conn, uint32_t bytes);
void toe_cc_timeout(struct toe_conn *conn);

/* RTT sample in ms (RFC 6298 section 2), and the timeout with back-off applied. */
void toe_rtt_sample(struct toe_conn *conn, uint32_t rtt_ms);
uint32_t toe_rto(const struct toe_conn *conn);

/* Largest text that a segment of this connection may carry on this route, options deducted. */
uint32_t toe_tcp_send_mss(const struct toe_conn *conn, struct toe_route route, uint8_t family);

/*
 * Send what may be sent of one connection: up to `frames` frames. Returns true when there is more to do (no
 * room, budget used up): the caller keeps it ready.
 */
bool toe_tcp_output(struct toe_worker *worker, uint32_t index, uint32_t frames);

/* Would output send anything now, if the route were valid? (ACK owed, data or FIN within the windows) */
bool toe_tcp_has_work(const struct toe_worker *worker, const struct toe_conn *conn);

/* A connection was resumed after a stop (relink): re-arm what the stop froze, mark ready what waits. */
void toe_tcp_resume(struct toe_worker *worker, uint32_t index);

#endif
