/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One received segment of a live connection, in the order of RFC 9293 section 3.10.7.4: reset,
 * timestamps, sequence, SYN, acknowledgment, text, FIN. Nothing is sent here: what has to be sent
 * is marked.
 */
#include <rte_branch_prediction.h>
#include <rte_tcp.h>

#include "mutant.h"
#include "tcp.h"
#include "tcp_facts.h"

#define PAWS_IDLE_MS (24u * 24 * 3600 * 1000) /* RFC 7323 section 5.5: 24 days */
#define ACK_EVERY 2u /* segments with text (RFC 9293 section 3.8.6.3) */

static void
refuse(struct toe_worker *worker, uint32_t index)
{
	worker->stats.rx_unacceptable++;
	tcp_owe_ack(worker, index);
}

/* RFC 5961 section 3.2: only a reset at RCV.NXT is one. */
static __rte_noinline void
input_reset(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &worker->conns[index];

	if (segment->seq != conn->rcv_nxt) {
		if (seq_lt(conn->rcv_nxt, segment->seq) && seq_lt(segment->seq, conn->rcv_adv))
			refuse(worker, index); /* in the window: challenge ACK */
		else
			worker->stats.rx_unacceptable++;
		return;
	}
	/*
	 * No room to tell the host: as if lost on the way. The peer answers our next segment with
	 * another.
	 */
	if (!toe_worker_indicate(worker, conn, TOE_EVENT_ABORT, 0))
		return;
	worker->stats.rx_resets++;
	conn->state = TCP_CLOSED;
	conn->flags |= TOE_CONN_ABORTED;
	conn->flags &= (uint16_t) ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED);
	toe_wheel_remove(&worker->wheel, index);
}

/* RFC 7323 sections 3.2 and 5.3. False: the segment is dropped. */
static inline bool
accept_timestamps(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &worker->conns[index];

	if (!(conn->options & TCP_OPTION_TIMESTAMPS))
		return true;
	if (unlikely(!segment->has_timestamps)) {
		worker->stats.rx_unacceptable++;
		return false;
	}
	if (unlikely(seq_lt(segment->tsval, conn->ts_recent)) &&
	        worker->now_ms - conn->ts_recent_age <= PAWS_IDLE_MS) {
		refuse(worker, index);
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
accept_sequence(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment)
{
	const struct toe_conn *conn = &worker->conns[index];
	uint32_t span = segment->length + (segment->tcp_flags & RTE_TCP_FIN_FLAG ? 1 : 0);

	if (unlikely(seq_lt(conn->rcv_adv, segment->seq))) {
		refuse(worker, index);
		return false;
	}
	/* Something of it, if only its empty place, must lie at RCV.NXT or after it. */
	if (unlikely(seq_lt(segment->seq + span, conn->rcv_nxt + (span > 0)))) {
		worker->stats.rx_duplicate++;
		tcp_owe_ack(worker, index);
		return false;
	}
	return true;
}

/* Text in a chain of buffers: each becomes a buffer of its own before the service sees it. */
static __rte_noinline bool
deliver_chain(struct toe_worker *worker, uint32_t index, struct rte_mbuf *mbuf, uint32_t skip,
        uint32_t length)
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
			keep = toe_service_deliver(worker, index, at, text, part);
		skip -= begin;
		length -= part;
		if (at == mbuf)
			taken = keep;
		else if (!keep)
			rte_pktmbuf_free_seg(at);
	}
	return taken;
}

static void
owe_ack_of_text(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];

	if (++conn->delack_count >= ACK_EVERY) {
		tcp_owe_ack(worker, index);
	} else if (!(conn->flags & (TOE_CONN_ACK_DELAYED | TOE_CONN_ACK_NOW))) {
		conn->flags |= TOE_CONN_ACK_DELAYED;
		toe_wheel_set(&worker->wheel, index, TOE_TIMER_DELACK,
		        tcp_deadline(worker, TCP_DELACK_MS));
	}
}

/* The peer's FIN, all text before it delivered. The caller has checked that it can be indicated. */
static void
input_fin(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];

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
	toe_service_fin(worker, index);
	toe_worker_indicate(worker, conn, TOE_EVENT_DISCONNECT, 0); /* EVT-1 */
	tcp_owe_ack(worker, index);
}

/* Text and FIN of an acceptable segment. Returns true when a service took the mbuf. */
static bool
input_text(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &worker->conns[index];
	uint32_t skip = conn->rcv_nxt - segment->seq; /* received before */
	uint32_t room = conn->rcv_adv - conn->rcv_nxt;
	bool fin = segment->tcp_flags & RTE_TCP_FIN_FLAG, taken = false;
	uint32_t length = segment->length - skip;

	if (unlikely(seq_lt(conn->rcv_nxt, segment->seq))) {
		worker->stats.rx_out_of_order++;
		tcp_owe_ack(worker, index); /* RFC 5681 section 4.2: at once */
		return false;
	}
	if (unlikely(!tcp_is_receiving(conn) || (length > 0 && !toe_service_accepts(conn)))) {
		tcp_owe_ack(worker, index);
		return false;
	}
	if (unlikely(length > room)) {
		length = room;
		fin = false;
		tcp_owe_ack(worker, index);
	}
	if (unlikely(fin && !toe_worker_can_indicate(worker, conn, 1)))
		return false; /* as if lost: the peer sends it again */
	if (length > 0) {
		conn->rcv_nxt += length;
		worker->stats.rx_bytes += length;
		owe_ack_of_text(worker, index);
		if (likely(mbuf->nb_segs == 1)) {
			taken = toe_service_deliver(
			        worker, index, mbuf, segment->data + skip, length);
		} else {
			skip += (uint32_t)(segment->data - rte_pktmbuf_mtod(mbuf, uint8_t *));
			taken = deliver_chain(worker, index, mbuf, skip, length);
		}
	}
	if (fin)
		input_fin(worker, index);
	return taken;
}

bool
toe_tcp_input(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &worker->conns[index];

	worker->stats.rx_segments++;
	conn->segments_in++;
	if (unlikely(conn->state == TCP_CLOSED))
		return false;
	if (unlikely(segment->tcp_flags & RTE_TCP_RST_FLAG)) {
		input_reset(worker, index, segment);
		return false;
	}
	if (!accept_timestamps(worker, index, segment) || !accept_sequence(worker, index, segment))
		return false;
	if (unlikely((segment->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG)) !=
	             RTE_TCP_ACK_FLAG)) {
		/*
		 * RFC 5961 section 4.2: challenge ACK to a SYN. A segment without ACK is dropped.
		 */
		if (segment->tcp_flags & RTE_TCP_SYN_FLAG)
			refuse(worker, index);
		return false;
	}
	/*
	 * RFC 7323 section 4.3: the timestamp to echo is that of the segment that the last ACK
	 * waited for. It is not older than ts_recent, or ts_recent has expired: accept_timestamps
	 * saw to that.
	 */
	if (segment->has_timestamps && seq_leq(segment->seq, conn->last_ack_sent)) {
		conn->ts_recent = segment->tsval;
		conn->ts_recent_age = worker->now_ms;
	}
	if (!toe_tcp_ack(worker, index, segment))
		return false;
	if (segment->length == 0 && !(segment->tcp_flags & RTE_TCP_FIN_FLAG))
		return false;
	return input_text(worker, index, segment, mbuf);
}
