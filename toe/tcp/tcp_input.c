/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One received segment of a live connection, in the order of RFC 9293 section 3.10.7.4: reset, SYN,
 * timestamps, sequence, acknowledgment, urgent data, then text and FIN (tcp_text.c). Nothing is sent here: what has
 * to be sent is marked.
 */
#include <rte_branch_prediction.h>
#include <rte_tcp.h>

#include "reassembly.h"
#include "tcp.h"
#include "tcp_ack.h"
#include "tcp_arm.h"
#include "tcp_close.h"
#include "tcp_facts.h"
#include "tcp_keepalive.h"
#include "tcp_reset.h"
#include "tcp_text.h"

#define PAWS_IDLE_MS (24u * 24 * 3600 * 1000) /* RFC 7323 section 5.5: 24 days */
#define ECN_CE 3u /* RFC 3168 section 5 */

static void
refuse(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	engine->stats.rx_unacceptable++;
	tcp_answer(engine, index, segment);
}

/*
 * What comes with an old timestamp is most often text that was overtaken and has been sent again: it is reported like
 * any duplicate (RFC 2883), which tells the peer that it was not lost.
 */
static __rte_noinline void
refuse_old(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	uint32_t end = segment->seq + tcp_span(segment);

	if (end != segment->seq && seq_leq(end, engine->conns[index].rcv_nxt))
		toe_reassembly_duplicate(engine, index, segment->seq, end);
	refuse(engine, index, segment);
}

/* RFC 7323 sections 3.2 and 5.3. False: the segment is dropped. */
static inline bool
accept_timestamps(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &engine->conns[index];

	if (!(conn->options & TCP_OPTION_TIMESTAMPS))
		return true;
	if (unlikely(!segment->has_timestamps)) {
		engine->stats.rx_unacceptable++;
		return false;
	}
	/* A TS.Recent of 0 is not known: the kernel does not tell it, and the first acceptable segment does. */
	if (unlikely(seq_lt(segment->tsval, conn->ts_recent)) && conn->ts_recent != 0 &&
	        engine->now_ms - conn->ts_recent_age <= PAWS_IDLE_MS) {
		refuse_old(engine, index, segment);
		return false;
	}
	return true;
}

/*
 * Table 6 of RFC 9293, but for the right edge: a peer that has used up its window sends its ACKs
 * with the sequence number at the edge, and these are to be understood. Text there is cut off
 * later.
 */
static inline bool
accept_sequence(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	const struct toe_conn *conn = &engine->conns[index];
	uint32_t span = tcp_span(segment);

	if (unlikely(seq_lt(conn->rcv_adv, segment->seq))) {
		refuse(engine, index, segment);
		return false;
	}
	/* Something of it, if only its empty place, must lie at RCV.NXT or after it. */
	if (unlikely(seq_lt(segment->seq + span, conn->rcv_nxt + (span > 0)))) {
		engine->stats.rx_duplicate++;
		if (span > 0)
			toe_reassembly_duplicate(engine, index, segment->seq, segment->seq + span);
		tcp_answer(engine, index, segment);
		return false;
	}
	return true;
}

/*
 * Congestion marks. RFC 3168 section 6.1.3: ECE from a CE mark until the sender's CWR. With DCTCP (RFC 8257 section
 * 3.2) ECE says what the last segment said, and a change is told at once.
 */
static __rte_noinline void
receive_ecn(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &engine->conns[index];
	bool ce = segment->ecn == ECN_CE;

	if (conn->congestion != OFFLOAD_CC_DCTCP) {
		if (segment->tcp_flags & RTE_TCP_CWR_FLAG)
			conn->flags &= ~TOE_CONN_ECN_ECHO;
		if (ce && segment->length > 0)
			conn->flags |= TOE_CONN_ECN_ECHO;
		return;
	}
	if (segment->length == 0 || ce == !!(conn->flags & TOE_CONN_ECN_ECHO))
		return;
	/* What was received before is acknowledged with its own mark: the one ACK that cannot wait for the burst. */
	if (conn->flags & (TOE_CONN_ACK_DELAYED | TOE_CONN_ACK_NOW)) {
		conn->flags |= TOE_CONN_ACK_NOW;
		toe_tcp_output(engine, index, 1);
	}
	conn->flags ^= TOE_CONN_ECN_ECHO;
	tcp_owe_ack(engine, index);
}

/*
 * RX-4: urgent data is the host's business. From here on nothing is acknowledged, and what arrives waits for the
 * terminate, after which it goes to the host as it came.
 */
static enum toe_input
input_urgent(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &engine->conns[index];

	if (!(conn->flags & TOE_CONN_URGENT)) {
		toe_tcp_give_up(engine, index, RETRIEVE_RECEIVED_URGENT_DATA);
		conn->flags |= TOE_CONN_URGENT;
		conn->flags &= ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED);
		engine->stats.rx_urgent++;
	}
	return toe_reassembly_urgent(engine, index, mbuf) ? TOE_INPUT_TAKEN : TOE_INPUT_DONE;
}

/* An acceptable segment undoes and restarts what depends on the peer being alive. */
static inline void
note_alive(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (unlikely((conn->flags & TOE_CONN_KEEPALIVE_ARMED) ||
	             (conn->cached_flags & TCP_CACHED_KEEPALIVE)))
		toe_keepalive_touch(engine, index);
	if (unlikely(conn->state == TCP_FIN_WAIT_2))
		tcp_restart_timer(conn); /* TMR-3 */
}

enum toe_input
toe_tcp_input(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &engine->conns[index];

	engine->stats.rx_segments++;
	conn->segments_in++;
	/* DSC-4: behind an abortive disconnect nothing is received but the peer's own reset. */
	if (unlikely(conn->flags & (TOE_CONN_ENDED | TOE_CONN_RESET_DUE)) &&
	        ((conn->flags & TOE_CONN_ENDED) || !(segment->tcp_flags & RTE_TCP_RST_FLAG)))
		return TOE_INPUT_DONE;
	if (unlikely(segment->tcp_flags & RTE_TCP_RST_FLAG))
		return toe_tcp_reset(engine, index, segment);
	if (unlikely(segment->tcp_flags & RTE_TCP_SYN_FLAG))
		return toe_tcp_syn(engine, index, segment);
	if (!accept_timestamps(engine, index, segment) || !accept_sequence(engine, index, segment))
		return TOE_INPUT_DONE;
	if (unlikely(!(segment->tcp_flags & RTE_TCP_ACK_FLAG)))
		return TOE_INPUT_DONE;
	if (!toe_tcp_ack(engine, index, segment))
		return TOE_INPUT_DONE;
	/*
	 * RFC 7323 section 4.3: the timestamp to echo is that of the segment that the last ACK
	 * waited for. It is not older than ts_recent, or ts_recent has expired: accept_timestamps
	 * saw to that. Nothing is kept of a segment before its ACK has been checked, too (RFC 5961 section 5.2).
	 */
	if (segment->has_timestamps && seq_leq(segment->seq, conn->last_ack_sent)) {
		conn->ts_recent = segment->tsval;
		conn->ts_recent_age = engine->now_ms;
	}
	note_alive(engine, index);
	if (conn->flags & TOE_CONN_REARM)
		toe_tcp_arm(engine, index);
	if (unlikely((segment->tcp_flags & RTE_TCP_URG_FLAG) || (conn->flags & TOE_CONN_URGENT)))
		return input_urgent(engine, index, mbuf);
	if (conn->options & TCP_OPTION_ECN)
		receive_ecn(engine, index, segment);
	if (segment->length == 0 && !(segment->tcp_flags & RTE_TCP_FIN_FLAG))
		return TOE_INPUT_DONE;
	return tcp_text_input(engine, index, segment, mbuf);
}

bool
toe_tcp_input_next(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf, enum toe_input *input)
{
	struct toe_conn *conn = &engine->conns[index];

	if (unlikely(!tcp_text_follows(engine, conn, segment)))
		return false;
	engine->stats.rx_segments++;
	engine->stats.rx_folded++;
	conn->segments_in++;
	*input = tcp_text_next(engine, index, segment, mbuf);
	return true;
}
