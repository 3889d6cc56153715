/* SPDX-License-Identifier: BSD-3-Clause */
/* How much text goes into a segment, and whether there is anything to send. */
#ifndef TOE_TCP_LIMITS_H
#define TOE_TCP_LIMITS_H

#include <rte_branch_prediction.h>

#include "engine.h"
#include "frame.h"
#include "tcp_facts.h"

/* Text that fits behind the headers in a frame's first buffer, and in each further one. */
static inline uint32_t
tcp_first_room(const struct toe_engine *engine)
{
	return rte_pktmbuf_data_room_size(engine->mbuf_pool) - RTE_PKTMBUF_HEADROOM -
	       TOE_FRAME_HEADERS_MAX - (TOE_FRAME_ALIGN - 1);
}

static inline uint32_t
tcp_further_room(const struct toe_engine *engine)
{
	return rte_pktmbuf_data_room_size(engine->mbuf_pool) - RTE_PKTMBUF_HEADROOM;
}

/* RFC 9293 section 3.7.1, MUST-15 and 16: what a peer takes that sent no MSS option. */
#define TCP_MSS_DEFAULT_IPV4 536u
#define TCP_MSS_DEFAULT_IPV6 1220u

/*
 * Largest text that a segment of this connection may carry on this route, timestamps deducted (RFC 9293 section 3.7.1: options
 * count against the segment, fixed headers do not).
 */
static inline uint32_t
toe_tcp_send_mss(const struct toe_conn *conn, struct toe_route route, uint8_t family)
{
	uint32_t headers = (family == 4 ? 20u : 40u) + 20u;
	uint32_t options = conn->options & TCP_OPTION_TIMESTAMPS ? TOE_FRAME_TIMESTAMPS : 0;
	uint32_t mtu = toe_path_word_mtu(route.path_word);
	uint32_t mss = conn->mss;

	if (unlikely(mss == 0))
		mss = family == 4 ? TCP_MSS_DEFAULT_IPV4 : TCP_MSS_DEFAULT_IPV6;
	mss = RTE_MIN(mss, mtu - RTE_MIN(mtu, headers));
	return mss > options ? mss - options : 1;
}

/* The same for this engine: a segment lies in one buffer, and its port takes it. */
static inline uint32_t
tcp_segment_max(const struct toe_engine *engine, const struct toe_conn *conn,
        struct toe_route route, uint8_t family)
{
	const struct toe_shared *shared = engine->shared;
	uint32_t mtu = toe_port_mtu(
	        &shared->ports[shared->neighbors[toe_path_word_neighbor(route.path_word)].port]);

	if (unlikely(mtu < toe_path_word_mtu(route.path_word)))
		route.path_word = toe_path_word(toe_path_word_neighbor(route.path_word), mtu,
		        toe_word_epoch(route.path_word), true);
	return RTE_MIN(toe_tcp_send_mss(conn, route, family), tcp_first_room(engine));
}

/*
 * SMSS of RFC 5681: what congestion control counts in is what a segment of full size carries, now and on this path. The peer's
 * MSS alone says little where the path takes less.
 */
static inline uint32_t
tcp_smss(const struct toe_engine *engine, const struct toe_conn *conn)
{
	const struct toe_path *path = &engine->shared->paths[conn->path];
	struct toe_route route = {
	        .path_word = atomic_load_explicit(&path->word, memory_order_relaxed)};

	return tcp_segment_max(engine, conn, route, path->family);
}

/* The window of a connection that begins, or begins again after a pause (RFC 6928 section 2, RFC 5681 section 4.1). */
static inline uint32_t
tcp_initial_window(uint32_t smss)
{
	return RTE_MIN(
	        TCP_INITIAL_WINDOW * smss, RTE_MAX(2 * smss, (uint32_t)TCP_INITIAL_WINDOW_BYTES));
}

#endif
