/* SPDX-License-Identifier: BSD-3-Clause */
/* The echo. */
#include "echo.h"

#include <rte_branch_prediction.h>

#include "tcp_facts.h"
#include "tcp_limits.h"
#include "user.h"

/*
 * What an echo's buffer holds at least of text, on average: two neighbors in the queue hold more
 * than one buffer's free space together, or they would have been put into one.
 */
#define ECHO_SEGMENT_BYTES 512u

/* Free the first buffer of an echo's queue. */
static void
echo_pop(struct toe_engine *engine, struct toe_attached *attached)
{
	struct rte_mbuf *head = attached->queue_head;

	attached->queue_head = head->next;
	if (attached->queue_head == NULL)
		attached->queue_tail = NULL;
	if (attached->cursor == head)
		attached->cursor = NULL;
	attached->queue_segments--;
	engine->echo_buffers--;
	head->next = NULL;
	rte_pktmbuf_free_seg(head);
}

void
echo_close(struct toe_engine *engine, struct toe_attached *attached)
{
	while (attached->queue_head != NULL)
		echo_pop(engine, attached);
}

/* Queue text to be sent back. Small text goes into what is left of the last buffer. */
static bool
queue_text(struct toe_engine *engine, struct toe_attached *attached, struct rte_mbuf *mbuf,
        const uint8_t *data, uint32_t length)
{
	struct rte_mbuf *tail = attached->queue_tail;

	attached->queue_bytes += length;
	if (tail != NULL) {
		uint32_t end = tail->data_off + tail->data_len;

		/* A peer in the same process may have sent it from where it lay: that is not ours to write. */
		if (length <= tail->buf_len - end && RTE_MBUF_DIRECT(tail)) {
			memcpy((uint8_t *)tail->buf_addr + end, data, length);
			tail->data_len = (uint16_t)(tail->data_len + length);
			return false;
		}
	}
	mbuf->data_off = (uint16_t)(data - (const uint8_t *)mbuf->buf_addr);
	mbuf->data_len = (uint16_t)length;
	mbuf->next = NULL;
	if (tail == NULL)
		attached->queue_head = mbuf;
	else
		tail->next = mbuf;
	attached->queue_tail = mbuf;
	attached->queue_segments++;
	engine->echo_buffers++;
	return true;
}

bool
echo_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf, const uint8_t *data,
        uint32_t length)
{
	struct toe_conn *conn = &engine->conns[index];

	/* After our FIN there is no way back for what arrives. */
	if (conn->flags & TOE_CONN_FIN_SENT)
		return false;
	conn->snd_limit += length;
	toe_conn_ready(engine, index);
	return queue_text(engine, toe_attached_of(engine, conn), mbuf, data, length);
}

/*
 * The last quarter of what all echoes may hold is for those whose peers have room for what is queued and more: peers that
 * do not read take nothing away from those that do.
 */
bool
echo_accepts(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_attached *attached = toe_attached_of(engine, conn);
	uint32_t max = engine->echo_buffers_max;

	if (attached->queue_segments >= TOE_ECHO_MAX_SEGMENTS)
		return false;
	if (likely(engine->echo_buffers < max - max / 4))
		return true;
	return engine->echo_buffers < max && attached->queue_bytes < conn->snd_wnd;
}

uint32_t
echo_window(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_attached *attached = toe_attached_of(engine, conn);
	uint64_t capacity = RTE_MIN(conn->rcv_space, tcp_window_limit(conn)), by_segments;
	uint32_t left = engine->echo_buffers_max;

	if (unlikely(!echo_accepts(engine, conn)))
		return 0;
	left -= RTE_MIN(left, engine->echo_buffers);
	capacity -= RTE_MIN(capacity, attached->queue_bytes);
	by_segments =
	        TOE_ECHO_MAX_SEGMENTS - RTE_MIN(attached->queue_segments, TOE_ECHO_MAX_SEGMENTS);
	by_segments = RTE_MIN(by_segments, left) * ECHO_SEGMENT_BYTES;
	return (uint32_t)RTE_MIN(capacity, by_segments);
}

/*
 * Copy from an echo's queue. Sending goes forward, so the search goes on from where the last copy
 * ended; after a retransmission timeout it starts anew at the head.
 */
void
echo_copy(const struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        struct text_copy *copy, uint32_t length)
{
	struct toe_attached *attached = toe_attached_of(engine, conn);
	struct rte_mbuf *at = attached->cursor;
	uint64_t start = attached->cursor_offset;

	if (at == NULL || offset < start) {
		at = attached->queue_head;
		start = conn->snd_offset - attached->queue_skip;
	}
	for (;;) {
		uint32_t skip, part;

		while (offset - start >= at->data_len) {
			start += at->data_len;
			at = at->next;
		}
		skip = (uint32_t)(offset - start);
		part = RTE_MIN(length, at->data_len - skip);
		text_copy_part(copy, rte_pktmbuf_mtod_offset(at, uint8_t *, skip), part);
		offset += part;
		length -= part;
		if (length == 0)
			break;
	}
	attached->cursor = at;
	attached->cursor_offset = start;
}

void
echo_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_attached *attached = toe_attached_of(engine, conn);
	uint32_t offered, window;

	attached->queue_bytes -= bytes;
	attached->queue_skip += bytes;
	while (attached->queue_head != NULL &&
	        attached->queue_skip >= attached->queue_head->data_len) {
		attached->queue_skip -= attached->queue_head->data_len;
		echo_pop(engine, attached);
	}
	/*
	 * A window update, when the peer may send less than half of what it could and the gain is
	 * worth it (RFC 9293 section 3.8.6.2.2).
	 */
	offered = conn->rcv_adv - conn->rcv_nxt;
	window = echo_window(engine, conn);
	if (tcp_is_receiving(conn) && offered < tcp_window_limit(conn) / 2 &&
	        window >= offered + RTE_MIN(tcp_smss(engine, conn), tcp_window_limit(conn) / 2))
		tcp_owe_ack(engine, index);
}
