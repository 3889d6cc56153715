/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of a script: building what the peer sends, and reading what the end sends, both without the engine's own
 * parser and builder. Sequence numbers are offsets, windows bytes.
 */
#ifndef TESTS_SCRIPT_FRAMES_H
#define TESTS_SCRIPT_FRAMES_H

#include <rte_mbuf.h>

#include "statement.h"

/* What both need to know of the connection. */
struct frame_facts {
	uint32_t ours, peer; /* sequence numbers of offset 0 */
	uint8_t family;
	bool timestamps;
	uint8_t scale_ours, scale_peer; /* shifts of the windows that we, that the peer announces */
	uint16_t tci; /* of the tag that our frames have */
	bool tagged;
	uint8_t mac[6]; /* destination of our frames */
	uint8_t own_mac[6]; /* destination of the peer's */
};

/* A frame as it was seen. */
struct seen {
	uint64_t at_us;
	const char *broken; /* what no frame may be like; NULL: nothing */
	int64_t seq, ack;
	uint32_t length, window;
	uint32_t tsval, tsecr, flow;
	uint32_t sacks;
	struct span sack[SACK_MAX];
	uint16_t tci;
	uint8_t flags, ecn, ttl, tos;
	bool tagged, timestamps, wrong_text;
};

/* NULL when there is no mbuf. The window and the timestamps are filled in already. */
struct rte_mbuf *frame_build(struct rte_mempool *pool, const struct frame_facts *facts,
        const struct segment_spec *segment);

/* from_peer: it went to the host, else to the wire. */
void frame_read(const struct frame_facts *facts, const struct rte_mbuf *frame, bool from_peer,
        struct seen *seen);

/* As a script would write it. */
const char *seen_text(const struct seen *seen, char *text, size_t size);

/* NULL, or the name of the field in which the frame is not what was expected. */
const char *seen_differs(const struct seen *seen, const struct segment_spec *expected);

#endif
