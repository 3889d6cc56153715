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

/* Largest text that a segment of this connection may carry on this route, timestamps deducted. */
static inline uint32_t
toe_tcp_send_mss(const struct toe_conn *conn, struct toe_route route, uint8_t family)
{
	/* RFC 9293 section 3.7.1: options count against the segment, fixed headers do not. */
	uint32_t headers = (family == 4 ? 20u : 40u) + 20u;
	uint32_t options = conn->options & TCP_OPTION_TIMESTAMPS ? TOE_FRAME_TIMESTAMPS : 0;
	uint32_t mtu = toe_path_word_mtu(route.path_word);
	uint32_t mss = RTE_MIN(tcp_peer_mss(conn), mtu - RTE_MIN(mtu, headers));

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

#endif
