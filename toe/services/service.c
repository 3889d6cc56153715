/* SPDX-License-Identifier: BSD-3-Clause */
/* Services inside the target: sink, source and echo. */
#include "service.h"

#include <errno.h>
#include <string.h>

#include "checksum.h"
#include "tcp_facts.h"
#include "user.h"

/*
 * What an echo's buffer holds at least of text, on average: two neighbors in the queue hold more
 * than one buffer's free space together, or they would have been put into one.
 */
#define ECHO_SEGMENT_BYTES 512u

#define ROW(b)                                                                                     \
	(b), (b) + 1, (b) + 2, (b) + 3, (b) + 4, (b) + 5, (b) + 6, (b) + 7, (b) + 8, (b) + 9,      \
	        (b) + 10, (b) + 11, (b) + 12, (b) + 13, (b) + 14, (b) + 15

#define PERIOD                                                                                     \
	ROW(0), ROW(16), ROW(32), ROW(48), ROW(64), ROW(80), ROW(96), ROW(112), ROW(128),          \
	        ROW(144), ROW(160), ROW(176), ROW(192), ROW(208), ROW(224), 240, 241, 242, 243,    \
	        244, 245, 246, 247, 248, 249, 250

/* Some periods of the source's pattern: enough that a segment of an Ethernet frame is one copy. */
static const uint8_t pattern[] = {PERIOD, PERIOD, PERIOD, PERIOD, PERIOD, PERIOD, PERIOD, PERIOD};

_Static_assert(sizeof(pattern) % TOE_PATTERN_PERIOD == 0, "whole periods");

static struct toe_attached *
attached_of(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return toe_pool_at(&engine->attached, conn->attached);
}

int
toe_service_open(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_attached *attached;

	conn->attached = TOE_INDEX_NONE;
	if (conn->service != OFFLOAD_SERVICE_SINK && conn->service != OFFLOAD_SERVICE_ECHO)
		return 0;
	conn->attached = toe_pool_take(&engine->attached);
	if (conn->attached == TOE_INDEX_NONE)
		return -ENOMEM;
	attached = attached_of(engine, conn);
	memset(attached, 0, sizeof(*attached));
	XXH64_reset(&attached->digest, 0);
	return 0;
}

/* Free the first buffer of an echo's queue. */
static void
echo_pop(struct toe_attached *attached)
{
	struct rte_mbuf *head = attached->queue_head;

	attached->queue_head = head->next;
	if (attached->queue_head == NULL)
		attached->queue_tail = NULL;
	if (attached->cursor == head)
		attached->cursor = NULL;
	attached->queue_segments--;
	head->next = NULL;
	rte_pktmbuf_free_seg(head);
}

void
toe_service_close(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_attached *attached;

	if (conn->attached == TOE_INDEX_NONE)
		return;
	attached = attached_of(engine, conn);
	while (attached->queue_head != NULL)
		echo_pop(attached);
	toe_pool_give(&engine->attached, conn->attached);
	conn->attached = TOE_INDEX_NONE;
}

/* Queue text to be sent back. Small text goes into what is left of the last buffer. */
static bool
echo_deliver(
        struct toe_attached *attached, struct rte_mbuf *mbuf, const uint8_t *data, uint32_t length)
{
	struct rte_mbuf *tail = attached->queue_tail;

	attached->queue_bytes += length;
	if (tail != NULL) {
		uint32_t end = tail->data_off + tail->data_len;

		if (length <= tail->buf_len - end) {
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
	return true;
}

bool
toe_service_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf,
        const uint8_t *data, uint32_t length)
{
	struct toe_conn *conn = &engine->conns[index];

	conn->rcv_bytes += length;
	if (conn->service == OFFLOAD_SERVICE_SINK) {
		XXH64_update(&attached_of(engine, conn)->digest, data, length);
		return false;
	}
	/* After our FIN there is no way back for what arrives. */
	if (conn->service != OFFLOAD_SERVICE_ECHO || (conn->flags & TOE_CONN_FIN_SENT))
		return false;
	conn->snd_limit += length;
	toe_conn_ready(engine, index);
	return echo_deliver(attached_of(engine, conn), mbuf, data, length);
}

void
toe_service_fin(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (conn->service == OFFLOAD_SERVICE_SINK || conn->service == OFFLOAD_SERVICE_ECHO) {
		conn->flags |= TOE_CONN_FIN_QUEUED;
		toe_conn_ready(engine, index);
	}
}

bool
toe_service_accepts(const struct toe_engine *engine, const struct toe_conn *conn)
{
	if (conn->service == OFFLOAD_SERVICE_ECHO)
		return attached_of(engine, conn)->queue_segments < TOE_ECHO_MAX_SEGMENTS;
	/* The host's own receive calls do not exist yet: nobody could take the text. */
	return conn->service != OFFLOAD_SERVICE_HOST;
}

uint32_t
toe_service_window(const struct toe_engine *engine, const struct toe_conn *conn)
{
	uint64_t capacity = RTE_MIN(conn->rcv_space, tcp_window_limit(conn)), by_segments;
	const struct toe_attached *attached;

	if (conn->service == OFFLOAD_SERVICE_HOST)
		return 0;
	if (conn->service != OFFLOAD_SERVICE_ECHO)
		return (uint32_t)capacity;
	attached = attached_of(engine, conn);
	capacity -= RTE_MIN(capacity, attached->queue_bytes);
	by_segments =
	        TOE_ECHO_MAX_SEGMENTS - RTE_MIN(attached->queue_segments, TOE_ECHO_MAX_SEGMENTS);
	by_segments *= ECHO_SEGMENT_BYTES;
	return (uint32_t)RTE_MIN(capacity, by_segments);
}

/* A text being copied. */
struct copy {
	uint8_t *to;
	uint32_t done;
	bool want_sum;
	uint64_t sum;
};

/* The next part of it. */
static inline void
copy_part(struct copy *copy, const uint8_t *from, uint32_t length)
{
	uint8_t *to = copy->to + copy->done;
	uint64_t part;

	if (!copy->want_sum) {
		memcpy(to, from, length);
		copy->done += length;
		return;
	}
	part = toe_checksum_copy(to, from, length);

	/* A part that begins at an odd byte counts with its bytes swapped (RFC 1071 section 2). */
	copy->sum += (copy->done & 1) ? __builtin_bswap16(toe_checksum_fold(part)) : part;
	copy->done += length;
}

static void
source_copy(uint64_t offset, struct copy *copy, uint32_t length)
{
	uint32_t first = (uint32_t)(offset % TOE_PATTERN_PERIOD);

	while (copy->done < length) {
		uint32_t part = RTE_MIN((uint32_t)sizeof(pattern) - first, length - copy->done);

		copy_part(copy, pattern + first, part);
		first = 0;
	}
}

/*
 * Copy from an echo's queue. Sending goes forward, so the search goes on from where the last copy
 * ended; after a retransmission timeout it starts anew at the head.
 */
static void
echo_copy(const struct toe_conn *conn, struct toe_attached *attached, uint64_t offset,
        struct copy *copy, uint32_t length)
{
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
		copy_part(copy, rte_pktmbuf_mtod_offset(at, uint8_t *, skip), part);
		offset += part;
		length -= part;
		if (length == 0)
			break;
	}
	attached->cursor = at;
	attached->cursor_offset = start;
}

uint64_t
toe_service_copy(const struct toe_engine *engine, const struct toe_conn *conn, uint64_t offset,
        uint8_t *to, uint32_t length, bool want_sum)
{
	struct copy copy = {.to = to, .want_sum = want_sum};

	if (conn->service == OFFLOAD_SERVICE_SOURCE)
		source_copy(offset, &copy, length);
	else
		echo_copy(conn, attached_of(engine, conn), offset, &copy, length);
	return copy.sum;
}

void
toe_service_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_attached *attached;
	uint32_t offered, window;

	if (conn->service != OFFLOAD_SERVICE_ECHO)
		return;
	attached = attached_of(engine, conn);
	attached->queue_bytes -= bytes;
	attached->queue_skip += bytes;
	while (attached->queue_head != NULL &&
	        attached->queue_skip >= attached->queue_head->data_len) {
		attached->queue_skip -= attached->queue_head->data_len;
		echo_pop(attached);
	}
	/*
	 * A window update, when the peer may send less than half of what it could and the gain is
	 * worth it (RFC 9293 section 3.8.6.2.2).
	 */
	offered = conn->rcv_adv - conn->rcv_nxt;
	window = toe_service_window(engine, conn);
	if (tcp_is_receiving(conn) && offered < tcp_window_limit(conn) / 2 &&
	        window >= offered + RTE_MIN(tcp_smss(conn), tcp_window_limit(conn) / 2))
		tcp_owe_ack(engine, index);
}

uint64_t
toe_service_digest(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return conn->service == OFFLOAD_SERVICE_SINK && conn->attached != TOE_INDEX_NONE
	               ? XXH64_digest(&attached_of(engine, conn)->digest)
	               : 0;
}
