/* SPDX-License-Identifier: BSD-3-Clause */
/* Constants of the TCP engine, and what its verbs answer. */
#ifndef TOE_TCP_TYPES_H
#define TOE_TCP_TYPES_H

#define TCP_DELACK_MS 40u /* RFC 1122 4.2.3.2: at most 500 ms; 40 as common practice */
#define TCP_RTO_MIN_MS 200u /* RFC 6298 (2.4) allows less than 1 s where the clock is fine */
#define TCP_RTO_MAX_MS 120000u /* RFC 6298 (2.5): at least 60 s */
#define TCP_RTO_INITIAL_MS 1000u /* RFC 6298 (2.1) */
#define TCP_FIN_WAIT_2_MS 120000u /* TMR-1 */
#define TCP_KEEPALIVE_PROBES 10u /* SEC-1: where the host says 0 */
#define TCP_KEEPALIVE_INTERVAL_MS 1000u
/* However short the host's times are: so many probes may follow each other at once, then one in an interval. */
#define TCP_KEEPALIVE_BURST 3u
#define TCP_KEEPALIVE_ARMED_MS 300000u /* SEC-1: after a suspicious segment */
#define TCP_ANSWER_MS 500u /* RFC 5961 section 7: between two answers to what says nothing */
#define TCP_SYN_CHALLENGE_MS 3000u /* SEC-1: at most one challenge ACK to a SYN in so long */
#define TCP_DUP_THRESHOLD 3u /* RFC 5681 section 3.2 */
/* Segments (RFC 6928); also the restart window of RFC 5681 section 4.1 */
/* RFC 6928: in segments, and in bytes where these are large; also the restart window of RFC 5681 section 4.1 */
#define TCP_INITIAL_WINDOW 10u
#define TCP_INITIAL_WINDOW_BYTES 14600u

/*
 * Segments of less text than this are small even where the path or the peer takes no larger ones: one is in flight at a time, or
 * a peer could have a window of text sent in headers (RFC 896).
 */
#define TCP_SEGMENT_SMALL 48u

/* Less text than this is copied into a frame, even where a port can send it from where it lies: that costs less. */
#define TCP_COPY_MAX 256u

#define TCP_RUN_MAX 4u /* frames of one connection, before the next ready one has its turn */

/* What becomes of a received segment's frame. */
enum toe_input {
	TOE_INPUT_DONE = 0, /* the caller frees it */
	TOE_INPUT_TAKEN, /* it is kept: by a service, or out of order */
	TOE_INPUT_TO_HOST, /* it is the host's (RX-3) */
};

/* What a run over a connection comes to. */
enum toe_output {
	TOE_OUTPUT_DONE = 0,
	TOE_OUTPUT_MORE, /* no room, or the budget is used up: the caller keeps it ready */
	TOE_OUTPUT_STOPPED, /* it has something to send, and may not */
};

#endif
