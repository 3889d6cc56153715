/* SPDX-License-Identifier: BSD-3-Clause */
/* What services keep of a connection. */
#ifndef TOE_ATTACHED_H
#define TOE_ATTACHED_H

#include <stdint.h>

#include <rte_mbuf.h>
/* header-only use: the digest state lives inside the attached block */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine.h"

#define TOE_ECHO_MAX_SEGMENTS 1024u /* mbufs an echo may hold; the window closes before */

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

/* Of a connection that has one. */
static inline struct toe_attached *
toe_attached_of(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return toe_pool_at(&engine->attached, conn->attached);
}

#endif
