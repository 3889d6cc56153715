/* SPDX-License-Identifier: BSD-3-Clause */
/* Text and FIN of acceptable segments. */
#include "tcp_text.h"

#include <rte_branch_prediction.h>
#include <rte_tcp.h>

#include "indicate.h"
#include "reassembly.h"
#include "tcp.h"
#include "tcp_arm.h"
#include "tcp_close.h"
#include "tcp_facts.h"
#include "tcp_reach.h"
#include "user.h"

#define ROUND_BYTES_MAX (1u << 30) /* the largest window (RFC 7323 section 2.3) */
#define ROUND_DEFAULT_MS 100u /* auto-sizing: a round trip, where none was measured */

/* Text in a chain of buffers: each becomes a buffer of its own before the service sees it. */
static __rte_noinline bool
deliver_chain(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf, uint32_t skip,
        uint32_t length, bool push)
{
	bool taken = false;

	for (struct rte_mbuf *at = mbuf, *next; at != NULL; at = next) {
		uint32_t begin = RTE_MIN(skip, (uint32_t)at->data_len);
		uint32_t part = RTE_MIN(length, at->data_len - begin);
		const uint8_t *text = rte_pktmbuf_mtod_offset(at, const uint8_t *, begin);
		bool keep = false;

		next = at->next;
		at->next = NULL;
		at->nb_segs = 1;
		at->pkt_len = at->data_len;
		if (part > 0)
			keep = toe_service_deliver(
			        engine, index, at, text, part, push && part == length);
		skip -= begin;
		length -= part;
		if (at == mbuf)
			taken = keep;
		else if (!keep)
			rte_pktmbuf_free_seg(at);
	}
	return taken;
}

/* `length` bytes, `offset` behind the beginning of the frame, are in order: true when the service took the frame. */
static inline bool
deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf, uint32_t offset,
        uint32_t length, bool push)
{
	struct toe_conn *conn = &engine->conns[index];

	conn->rcv_nxt += length;
	engine->stats.rx_bytes += length;
	if (likely(mbuf->nb_segs == 1))
		return toe_service_deliver(engine, index, mbuf,
		        rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, offset), length, push);
	return deliver_chain(engine, index, mbuf, offset, length, push);
}

/* The peer's FIN, all text before it delivered. The caller has checked that it can be indicated. */
static void
input_fin(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	conn->rcv_nxt++;
	/* A FIN takes no buffer: it is welcome in a window of zero. */
	if (seq_lt(conn->rcv_adv, conn->rcv_nxt))
		conn->rcv_adv = conn->rcv_nxt;
	conn->flags |= TOE_CONN_FIN_RCVD;
	if (conn->state == TCP_ESTABLISHED)
		conn->state = TCP_CLOSE_WAIT;
	else if (conn->state == TCP_FIN_WAIT_1)
		conn->state = TCP_CLOSING;
	else
		conn->state = TCP_TIME_WAIT;
	if (toe_service_fin(engine, index))
		toe_conn_tell(engine, index, TOE_EVENT_DISCONNECT, 0); /* EVT-1 */
	tcp_owe_ack(engine, index);
	if (conn->state == TCP_TIME_WAIT) {
		/* No more FIN_WAIT_2 */
		toe_wheel_clear(&engine->wheel, index, TOE_TIMER_RETRANSMIT);
		toe_tcp_offer(engine, index);
	}
}

/* What has waited and is in order now. */
static __rte_noinline void
pull(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sack repeated = {conn->rcv_nxt, conn->rcv_nxt};
	struct toe_piece *piece;

	while (conn->reassembly != TOE_INDEX_NONE && tcp_is_receiving(conn) &&
	        (piece = toe_reassembly_next(engine, conn)) != NULL) {
		uint32_t skip = conn->rcv_nxt - piece->seq, length;
		struct rte_mbuf *frame = piece->frame;
		bool fin = piece->fin, push = piece->push, taken = false;

		if (!toe_service_accepts(engine, conn))
			break; /* with the next segment */
		length = piece->length - RTE_MIN(skip, piece->length);
		skip += piece->offset;
		fin = fin && conn->rcv_nxt + length == piece->seq + piece->length;
		/* What came in order has this piece, or a part of it, once more. */
		if (skip > piece->offset)
			toe_sack_repeat(&repeated, piece->seq,
			        piece->seq + RTE_MIN(skip - piece->offset, piece->length));
		toe_reassembly_pop(engine, index);
		if (length > 0)
			taken = deliver(engine, index, frame, skip, length, push);
		if (!taken)
			rte_pktmbuf_free(frame);
		if (fin)
			input_fin(engine, index);
	}
	if (repeated.start != repeated.end && !(conn->flags & TOE_CONN_DSACK))
		toe_reassembly_duplicate(engine, index, repeated.start, repeated.end);
	if (conn->reassembly == TOE_INDEX_NONE)
		return;
	/* What lies behind a FIN is nobody's: neither kept nor reported. */
	if (tcp_is_receiving(conn))
		toe_reassembly_settle(engine, index);
	else
		toe_reassembly_drop(engine, index);
}

/*
 * The window aimed at follows what arrives in a round trip: twice that, so that the peer's congestion window is never held
 * back by it, up to what the host allows.
 */
static void
size_window(struct toe_engine *engine, struct toe_conn *conn)
{
	uint32_t limit = tcp_window_limit(conn), arrived = conn->rcv_nxt - conn->rcv_round_start;
	uint32_t round = conn->srtt ? RTE_MAX((conn->srtt >> 3) / 1000, 1u) : ROUND_DEFAULT_MS;

	/* More than any window: there is no need to wait, and the count would come round. */
	if (likely(conn->rcv_space >= limit) ||
	        (engine->now_ms - conn->rcv_round_ms < round && arrived < ROUND_BYTES_MAX))
		return;
	if (arrived > conn->rcv_space / 2)
		conn->rcv_space = RTE_MIN(limit, RTE_MIN(arrived, UINT32_MAX / 4) * 2);
	conn->rcv_round_start = conn->rcv_nxt;
	conn->rcv_round_ms = engine->now_ms;
}

enum toe_input
tcp_text_next(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf)
{
	uint32_t offset = (uint32_t)(segment->data - rte_pktmbuf_mtod(mbuf, uint8_t *));
	struct toe_conn *conn = &engine->conns[index];

	/* Its window is the one before's, which it confirms (RFC 9293 section 3.10.7.4). */
	if (seq_lt(conn->snd_wl1, segment->seq))
		conn->snd_wl1 = segment->seq;
	tcp_delay_ack(engine, index, 1);
	return deliver(engine, index, mbuf, offset, segment->length,
	               segment->tcp_flags & RTE_TCP_PSH_FLAG)
	               ? TOE_INPUT_TAKEN
	               : TOE_INPUT_DONE;
}

/*
 * A path that loses text loses ACKs too, and of one ACK for a whole burst the loss stops a small window until a timer runs out.
 * After text out of order the first segments in order are acknowledged each, as the peer may have few of them in flight, and
 * all of these within the burst.
 */
#define QUICK_SEGMENTS 240u
#define QUICK_EACH 16u

static void
quick_acks_begin(struct toe_conn *conn)
{
	conn->flags |= TOE_CONN_QUICK_ACK;
	conn->quick_acks = QUICK_SEGMENTS;
}

/* A segment in order while they last. */
static void
quick_acks_count(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (--conn->quick_acks == 0)
		conn->flags &= ~TOE_CONN_QUICK_ACK;
	if (conn->quick_acks >= QUICK_SEGMENTS - QUICK_EACH)
		tcp_owe_ack(engine, index);
}

/*
 * What few connections need to know of text in order. It is not asked for what follows in the same burst (tcp_text_next): that
 * is of the same moment.
 */
static __rte_noinline void
in_order(struct toe_engine *engine, uint32_t index)
{
	const struct toe_conn *conn = &engine->conns[index];

	if (conn->flags & TOE_CONN_QUICK_ACK)
		quick_acks_count(engine, index);
	if (conn->flags & TOE_CONN_REACH)
		tcp_reach_progress(engine, conn);
}

/* An ACK that is owed leaves now. The caller has digested the segment whole. */
static __rte_noinline void
quick_ack(struct toe_engine *engine, uint32_t index)
{
	if (engine->conns[index].flags & TOE_CONN_ACK_NOW)
		toe_tcp_output(engine, index, 1);
}

static enum toe_input
out_of_order(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &engine->conns[index];
	bool taken;

	engine->stats.rx_out_of_order++;
	toe_survey_out_of_order(engine, index);
	taken = toe_reassembly_add(engine, index, segment, mbuf);
	if (conn->reassembly != TOE_INDEX_NONE)
		toe_reassembly_settle(engine, index);
	tcp_owe_ack(engine, index); /* RFC 5681 section 4.2: at once */
	quick_acks_begin(conn);
	quick_ack(engine, index);
	return taken ? TOE_INPUT_TAKEN : TOE_INPUT_DONE;
}

enum toe_input
tcp_text_input(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t skip = conn->rcv_nxt - segment->seq; /* received before */
	uint32_t room = conn->rcv_adv - conn->rcv_nxt;
	bool fin = segment->tcp_flags & RTE_TCP_FIN_FLAG, taken = false;
	bool push = segment->tcp_flags & RTE_TCP_PSH_FLAG;
	uint32_t length = segment->length - skip;

	if (unlikely(!tcp_is_receiving(conn))) {
		tcp_owe_ack(engine, index);
		return TOE_INPUT_DONE;
	}
	if (unlikely(seq_lt(conn->rcv_nxt, segment->seq)))
		return out_of_order(engine, index, segment, mbuf);
	if (unlikely(length > 0 && !toe_service_accepts(engine, conn))) {
		engine->stats.rx_no_room++;
		toe_service_refused(engine, index);
		tcp_owe_ack(engine, index);
		return TOE_INPUT_DONE;
	}
	if (unlikely(skip > 0))
		toe_reassembly_duplicate(engine, index, segment->seq, conn->rcv_nxt);
	if (unlikely(length > room)) {
		length = room;
		fin = push = false;
		tcp_owe_ack(engine, index);
	}
	if (length > 0) {
		conn->flags &= ~TOE_CONN_CHALLENGED;
		tcp_delay_ack(engine, index, 1);
		skip += (uint32_t)(segment->data - rte_pktmbuf_mtod(mbuf, uint8_t *));
		taken = deliver(engine, index, mbuf, skip, length, push);
		size_window(engine, conn);
		if (unlikely(conn->flags & (TOE_CONN_QUICK_ACK | TOE_CONN_REACH)))
			in_order(engine, index);
	}
	if (fin)
		input_fin(engine, index);
	if (unlikely(conn->reassembly != TOE_INDEX_NONE)) {
		tcp_owe_ack(
		        engine, index); /* RFC 5681 section 4.2: a gap is filled, or part of one */
		pull(engine, index);
	}
	if (unlikely(conn->flags & TOE_CONN_QUICK_ACK))
		quick_ack(engine, index);
	return taken ? TOE_INPUT_TAKEN : TOE_INPUT_DONE;
}
