/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Services inside the target: who consumes received text and supplies send data of a connection
 * that is not driven by the host stack's own calls: sink, source, echo.
 *
 * The source sends a fixed pattern: the byte at stream offset i is i mod 251. It is computed again
 * for a retransmission, so nothing is stored. Stream offsets count from snd_una at initiate.
 */
#ifndef TOE_SERVICE_H
#define TOE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
/* header-only use: the digest state lives inside the attached block */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "conn.h"

#define TOE_PATTERN_PERIOD 251u

/* What a connection has only while it needs it; from a per-worker pool, 256 bytes. */
struct toe_attached {
	XXH64_state_t digest; /* sink: of every byte delivered, in order, seed 0 */
	struct rte_mbuf
	        *queue_head; /* echo: text not yet acknowledged by the peer, chained by m->next */
	struct rte_mbuf *queue_tail;
	uint64_t queue_bytes; /* bytes in the queue, acknowledged ones apart */
	uint32_t queue_skip; /* bytes of queue_head already acknowledged */
	uint32_t queue_segments;
	struct rte_mbuf *cursor; /* echo: where copying went on last, NULL: at the head */
	uint64_t cursor_offset; /* stream offset of the cursor's first byte */
} __rte_cache_aligned;

_Static_assert(sizeof(struct toe_attached) <= 256, "attached block");

#define TOE_ECHO_MAX_SEGMENTS 1024u /* mbufs an echo may hold; the window closes before */
#define TOE_WINDOW_DEFAULT 65535u /* receive window when the host names none */

struct toe_engine;

/*
 * Attach what the service needs at initiate. 0, or -ENOMEM when the pool is exhausted
 * (TCP_RCV_BUFFER).
 */
int toe_service_open(struct toe_engine *engine, uint32_t index);
/* Give back what the service holds. */
void toe_service_close(struct toe_engine *engine, uint32_t index);

/*
 * Deliver in-order text: `length` bytes at `data`, inside `mbuf`. The service may keep the text by
 * taking over the mbuf (returns true: the caller must not free it).
 */
bool toe_service_deliver(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf,
        const uint8_t *data, uint32_t length);
/* The peer's FIN was received and all text before it delivered. */
void toe_service_fin(struct toe_engine *engine, uint32_t index);
/*
 * Can the service take text now? If not, it is dropped unacknowledged and the peer sends it again.
 */
bool toe_service_accepts(const struct toe_engine *engine, const struct toe_conn *conn);
/* Bytes of receive window that the service can take from rcv_nxt on. */
uint32_t toe_service_window(const struct toe_engine *engine, const struct toe_conn *conn);

/* The largest receive window that the connection offers: the host's limit, else the window that it handed over. */
static inline uint32_t
toe_service_capacity(const struct toe_conn *conn)
{
	return conn->initial_rcv_wnd ? conn->initial_rcv_wnd : conn->rcv_space;
}

/* Stream offset up to which send data exists now; conn->snd_offset is that of snd_una. */
static inline uint64_t
toe_service_send_limit(const struct toe_conn *conn)
{
	return conn->snd_limit;
}

/*
 * Copy `length` bytes of send data from stream offset `offset` to `to`. Returns their sum (toe_checksum_fold), when that
 * is wanted.
 */
uint64_t toe_service_copy(const struct toe_engine *engine, const struct toe_conn *conn,
        uint64_t offset, uint8_t *to, uint32_t length, bool want_sum);
/* `bytes` of send data were acknowledged (snd_offset has advanced already). */
void toe_service_acked(struct toe_engine *engine, uint32_t index, uint32_t bytes);
/* CTX-5: send backlog and receive backlog sizes for query. */
uint64_t toe_service_send_backlog(const struct toe_conn *conn);
/* Running digest of the delivered bytes, 0 when the service keeps none. */
uint64_t toe_service_digest(const struct toe_engine *engine, const struct toe_conn *conn);

#endif
