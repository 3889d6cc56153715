/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What follows from a connection's context, computed in one place for all files of the TCP engine:
 * what is left to send, where the FIN lies, deadlines, and the marks that make output run.
 */
#ifndef TOE_TCP_FACTS_H
#define TOE_TCP_FACTS_H

#include <rte_tcp.h>

#include "conn_mib.h"
#include "engine.h"
#include "frame.h"
#include "segment.h"
#include "tcp_types.h"

#define TCP_STATE_BIT(state) (1u << (state))

/* Data or our FIN may still be unacknowledged (RFC 9293 section 3.3.2). */
#define TCP_STATES_SENDING                                                                         \
	(TCP_STATE_BIT(TCP_ESTABLISHED) | TCP_STATE_BIT(TCP_CLOSE_WAIT) |                          \
	        TCP_STATE_BIT(TCP_FIN_WAIT_1) | TCP_STATE_BIT(TCP_CLOSING) |                       \
	        TCP_STATE_BIT(TCP_LAST_ACK))

/* The peer has not sent its FIN yet: text is accepted. */
#define TCP_STATES_RECEIVING                                                                       \
	(TCP_STATE_BIT(TCP_ESTABLISHED) | TCP_STATE_BIT(TCP_FIN_WAIT_1) |                          \
	        TCP_STATE_BIT(TCP_FIN_WAIT_2))

#define TCP_ANSWER_CLOCK 0xFFFFFFFu /* of toe_conn.answered */

/* The largest receive window that the connection offers: the host's limit, else the window that it handed over. */
static inline uint32_t
tcp_window_limit(const struct toe_conn *conn)
{
	return conn->initial_rcv_wnd ? conn->initial_rcv_wnd : conn->rcv_space;
}

static inline bool
tcp_is_sending(const struct toe_conn *conn)
{
	return (TCP_STATE_BIT(conn->state) & TCP_STATES_SENDING) != 0;
}

static inline bool
tcp_is_receiving(const struct toe_conn *conn)
{
	return (TCP_STATE_BIT(conn->state) & TCP_STATES_RECEIVING) != 0;
}

/*
 * Bytes of the stream from snd_una to its present end. Our FIN, if there is one, occupies the
 * sequence number snd_una + tcp_unacked: a fact, whatever was sent, taken back or sent again.
 */
static inline uint64_t
tcp_unacked(const struct toe_conn *conn)
{
	return tcp_is_sending(conn) ? conn->snd_limit - conn->snd_offset : 0;
}

/* A FIN follows the last byte and has not left. */
static inline bool
tcp_fin_pending(const struct toe_conn *conn)
{
	return (conn->flags & (TOE_CONN_FIN_QUEUED | TOE_CONN_FIN_SENT)) == TOE_CONN_FIN_QUEUED &&
	       tcp_is_sending(conn);
}

/* Sequence numbers sent and not acknowledged; a FIN is one of them. */
static inline uint32_t
tcp_outstanding(const struct toe_conn *conn)
{
	return conn->snd_nxt - conn->snd_una;
}

/* Bytes of the stream that have not left. */
static inline uint64_t
tcp_unsent(const struct toe_conn *conn)
{
	uint64_t unacked = tcp_unacked(conn);

	return unacked - RTE_MIN(unacked, (uint64_t)tcp_outstanding(conn));
}

/* Is there anything of the stream, or the FIN, that has not left? Windows apart. */
static inline bool
tcp_has_unsent(const struct toe_conn *conn)
{
	return tcp_unsent(conn) > 0 || tcp_fin_pending(conn);
}

/* An ACK has to go out with the next output. */
static inline void
tcp_owe_ack(struct toe_engine *engine, uint32_t index)
{
	engine->conns[index].flags |= TOE_CONN_ACK_NOW;
	toe_conn_ready(engine, index);
}

/* Sequence numbers that a segment takes: its text and its FIN. */
static inline uint32_t
tcp_span(const struct toe_segment *segment)
{
	return segment->length + (segment->tcp_flags & RTE_TCP_FIN_FLAG ? 1 : 0);
}

/*
 * A segment that is not acceptable is answered with an ACK (RFC 9293 section 3.10.7.4). Where it carries nothing that the peer
 * might send again, at most one in TCP_ANSWER_MS is: two ends out of step would answer each other for ever (RFC 5961
 * section 7).
 */
static inline void
tcp_answer(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t now = engine->now_ms & TCP_ANSWER_CLOCK;

	if (tcp_span(segment) == 0) {
		if (conn->answered != 0 &&
		        ((now - conn->answered) & TCP_ANSWER_CLOCK) < TCP_ANSWER_MS) {
			engine->stats.rx_unanswered++;
			return;
		}
		conn->answered = now ? now : 1;
	}
	tcp_owe_ack(engine, index);
}

/* It has something to send, and may not. */
static inline void
tcp_blocked(struct toe_engine *engine, struct toe_conn *conn)
{
	if (conn->flags & TOE_CONN_BLOCKED)
		return;
	conn->flags |= TOE_CONN_BLOCKED;
	if (!toe_route_valid(toe_route_read(engine->shared, conn->path)))
		toe_conn_mib(engine, conn)->no_routes++;
}

/* So many ms from now; never 0, which means that a timer does not run. */
static inline uint32_t
tcp_deadline(const struct toe_engine *engine, uint32_t ms)
{
	uint32_t due = engine->now_ms + ms;

	return due ? due : 1;
}

#endif
