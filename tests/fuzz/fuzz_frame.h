/* SPDX-License-Identifier: BSD-3-Clause */
/* The peer of a fuzzed connection: frames in buffers of their exact size, and what it knows of what came back. */
#ifndef TESTS_FUZZ_FRAME_H
#define TESTS_FUZZ_FRAME_H

#include <rte_mempool.h>
#include <rte_tcp.h>

#include "conn.h"
#include "received.h"
#include "segment.h"

struct fuzz_segment {
	uint32_t seq, ack, length, window, tsval, tsecr;
	struct toe_sack sack[TOE_SACKS_MAX];
	uint8_t sacks, flags, ecn;
	bool timestamps; /* where they were agreed on */
	bool direct; /* in a buffer of the pool, with room behind it */
	bool split; /* the text in two buffers */
};

struct fuzz_peer {
	uint8_t family;
	uint32_t start; /* sequence number of its first byte */
	uint32_t ours; /* and of the connection's */
	uint32_t next; /* behind the last sequence number that the connection has sent */
	uint32_t granted; /* right edge of what the connection may send */
	uint32_t edge, ack; /* that the connection sent last */
	uint32_t tsval; /* likewise */
	uint32_t clock; /* of its timestamps */
	bool started; /* edge and ack hold */
	struct received received;
};

void fuzz_peer_init(struct fuzz_peer *peer, const struct toe_conn *conn, uint8_t family);
/* NULL: no mbuf is left. */
struct rte_mbuf *fuzz_frame_make(const struct fuzz_peer *peer, const struct toe_conn *conn,
        struct rte_mempool *pool, const struct fuzz_segment *segment);
/* It is about to arrive: what it grants and brings. */
void fuzz_frame_arrives(
        struct fuzz_peer *peer, const struct toe_conn *conn, const struct fuzz_segment *segment);
/* A frame of the connection: NULL, or what is wrong with it. */
const char *fuzz_frame_sent(
        struct fuzz_peer *peer, const struct toe_conn *conn, const struct rte_mbuf *frame);
/* Buffers that have not been given back. */
uint32_t fuzz_frames_out(void);

#endif
