/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP engine's verbs, in the order a segment meets them: input validates and marks connections ready,
 * output runs each ready connection once per burst, timers re-check deadlines and mark ready.
 *
 * Everything here is called by the worker that owns the connection.
 */
#ifndef TOE_TCP_H
#define TOE_TCP_H

#include "engine.h"
#include "segment.h"
#include "sender.h"

#define TCP_DELACK_MS 40u /* RFC 1122 4.2.3.2: at most 500 ms; 40 as common practice */
#define TCP_RTO_MIN_MS 200u /* RFC 6298 (2.4) allows less than 1 s where the clock is fine */
#define TCP_RTO_MAX_MS 120000u /* RFC 6298 (2.5): at least 60 s */
#define TCP_RTO_INITIAL_MS 1000u /* RFC 6298 (2.1) */
#define TCP_FIN_WAIT_2_MS 120000u /* TMR-1 */
#define TCP_KEEPALIVE_PROBES 10u /* SEC-1: where the host says 0 */
#define TCP_KEEPALIVE_INTERVAL_MS 1000u
#define TCP_KEEPALIVE_ARMED_MS 300000u /* SEC-1: after a suspicious segment */
#define TCP_SYN_CHALLENGE_MS 3000u /* SEC-1: at most one challenge ACK to a SYN in so long */
#define TCP_DUP_THRESHOLD 3u /* RFC 5681 section 3.2 */
#define TCP_INITIAL_WINDOW                                                                         \
	10u /* segments (RFC 6928); also the restart window of RFC 5681 section 4.1 */

/* What becomes of a received segment's frame. */
enum toe_input {
	TOE_INPUT_DONE = 0, /* the caller frees it */
	TOE_INPUT_TAKEN, /* it is kept: by a service, or out of order */
	TOE_INPUT_TO_HOST, /* it is the host's (RX-3) */
};

/* Process one segment for a live connection. Sets ready and timers; never transmits. */
enum toe_input toe_tcp_input(struct toe_engine *engine, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf);

/*
 * The same for a segment that directly follows the last one processed: same connection, port and burst, its
 * text behind that one's, and nothing else in its headers that is new. Cheaper, since that one's checks hold. False:
 * it needs all of them; nothing has been done.
 */
bool toe_tcp_input_next(struct toe_engine *engine, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf, enum toe_input *input);

/*
 * ACK processing (RFC 9293 3.10.7.4 fifth): frees send data, takes RTT samples, drives loss recovery and congestion
 * control, restarts timers. Returns false when the segment must be dropped (ACK of something never sent).
 */
bool toe_tcp_ack(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment);

/* RTT sample in us (RFC 6298 section 2), the timeout that follows, and that with back-off applied (ms). */
void toe_rtt_sample(struct toe_conn *conn, uint32_t rtt_us);
uint32_t toe_rto_base(const struct toe_conn *conn);
uint32_t toe_rto(const struct toe_conn *conn);

/* Largest text that a segment of this connection may carry on this route, timestamps deducted. */
uint32_t toe_tcp_send_mss(const struct toe_conn *conn, struct toe_route route, uint8_t family);

/* What a run over a connection comes to. */
enum toe_output {
	TOE_OUTPUT_DONE = 0,
	TOE_OUTPUT_MORE, /* no room, or the budget is used up: the caller keeps it ready */
	TOE_OUTPUT_STOPPED, /* it has something to send, and may not */
};

#define TCP_RUN_MAX 4u /* frames of one connection, before the next ready one has its turn */

/* Send what may be sent of one connection: up to `frames` frames. */
enum toe_output toe_tcp_output(struct toe_engine *engine, uint32_t index, uint32_t frames);

/* Send an ACK that is owed, delayed or not, and nothing else (TERM-3). A stopped connection sends none. */
void toe_tcp_acknowledge(struct toe_engine *engine, uint32_t index);

/* Would output send anything now, if the route were valid? (ACK owed, data or FIN within the windows) */
bool toe_tcp_has_work(const struct toe_engine *engine, const struct toe_conn *conn);

/* Its earliest deadline may have passed: each one that has acts, the rest is armed again. */
void toe_tcp_expired(struct toe_engine *engine, uint32_t index);
/* tcp_timer.c: what the retransmission timer has to do now, started anew (RFC 6298 (5.1) to (5.3), TMR-1). */
void toe_tcp_arm(struct toe_engine *engine, uint32_t index);
/* A connection was resumed after a stop (relink): re-arm what the stop froze, mark ready what waits. */
void toe_tcp_resume(struct toe_engine *engine, uint32_t index);

/* tcp_keepalive.c: start, stop or go on with keepalive as flags and cached values say; `restart`: idle from now. */
void toe_keepalive_start(struct toe_engine *engine, uint32_t index, bool restart);
/* An acceptable segment has arrived: idle from now. */
void toe_keepalive_touch(struct toe_engine *engine, uint32_t index);
/* Its timer has expired. */
void toe_keepalive_expired(struct toe_engine *engine, uint32_t index);
/* A suspicious segment: keepalive is due in 5 minutes at the latest (SEC-1). */
void toe_keepalive_arm(struct toe_engine *engine, uint32_t index);

/* tcp_close.c: the connection has ended: no timers, nothing owed. */
void toe_tcp_closed(struct toe_engine *engine, uint32_t index);
/* It is in TIME_WAIT (or CLOSED), or its timers gave up: indicate RETRIEVE, now or when there is room (TERM-7). */
void toe_tcp_offer(struct toe_engine *engine, uint32_t index);
/* RETRIEVE with this reason; from then on the connection is stopped. False: no room, try again. */
bool toe_tcp_give_up(struct toe_engine *engine, uint32_t index, enum retrieve_reason reason);
/* A RST or SYN (RFC 5961, RX-3). */
enum toe_input toe_tcp_reset(
        struct toe_engine *engine, uint32_t index, const struct toe_segment *segment);
enum toe_input toe_tcp_syn(
        struct toe_engine *engine, uint32_t index, const struct toe_segment *segment);

#endif
