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

#include "engine.h"

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

/*
 * Attach what the service needs at initiate. 0, or -ENOMEM when the pool is exhausted
 * (TCP_RCV_BUFFER).
 */
int toe_service_open(struct toe_engine *engine, uint32_t index);
/* Give back what the service holds. */
void toe_service_close(struct toe_engine *engine, uint32_t index);

/* Running digest of the delivered bytes, 0 when the service keeps none. */
uint64_t toe_service_digest(const struct toe_engine *engine, const struct toe_conn *conn);

#endif
