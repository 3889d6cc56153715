/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a connection has while text lies beyond rcv_nxt: the out-of-order queue (TCP-2), what SACK has to report (RFC
 * 2018, RFC 2883); and, after urgent data, the frames that wait for the host (RX-4).
 *
 * Bounded three times: by the window that was offered (bytes), by TOE_REASSEMBLY_PIECES of one connection, and by what
 * the worker sets aside for all (pieces, buffers). What finds no room is dropped before it is reported to the peer.
 *
 * Called by the owning worker only.
 */
#ifndef TOE_REASSEMBLY_H
#define TOE_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "conn.h"
#include "segment.h"

#define TOE_REASSEMBLY_PIECES 1024u /* of one connection */
/* Frames that wait for the host; later ones are dropped, the peer sends them again */
#define TOE_URGENT_FRAMES 64u

struct toe_piece {
	uint32_t next; /* in order of sequence numbers */
	uint32_t seq;
	uint32_t length; /* bytes of text */
	uint16_t offset; /* of the text in the frame's buffers */
	bool fin; /* follows the text */
	bool push; /* PSH stands at its end */
	struct rte_mbuf *frame;
};

_Static_assert(sizeof(struct toe_piece) == 24, "a piece");

struct toe_reassembly {
	uint32_t head, tail; /* pieces, none of which overlap */
	uint32_t pieces;
	uint32_t bytes; /* of text in them */
	uint32_t blocks; /* valid in `block` */
	struct toe_sack block[TOE_SACKS_MAX]; /* most recent first (RFC 2018 section 4) */
	struct toe_sack duplicate; /* to report, when TOE_CONN_DSACK is set */
	uint32_t urgent_frames;
	struct rte_mbuf *urgent_first, *urgent_last; /* linked by mbuf->next: single buffers */
};

struct toe_engine;

/* What new text repeats of what is there: the first stretch of it (RFC 2883 section 4). */
static inline void
toe_sack_repeat(struct toe_sack *repeated, uint32_t start, uint32_t end)
{
	if (repeated->start == repeated->end)
		*repeated = (struct toe_sack){start, end};
	else if (start == repeated->end)
		repeated->end = end;
}

/*
 * Queue text (and FIN) that begins beyond rcv_nxt and lies within the window. True when the frame was taken over;
 * false: the caller frees it (no room, or nothing new in it).
 */
bool toe_reassembly_add(struct toe_engine *engine, uint32_t index,
        const struct toe_segment *segment, struct rte_mbuf *mbuf);
/* Text that was there already has arrived once more: the next ACK says so. */
void toe_reassembly_duplicate(
        struct toe_engine *engine, uint32_t index, uint32_t start, uint32_t end);
/* There will be no ACK to report duplicates in: nothing is kept for that. */
void toe_reassembly_unreported(struct toe_engine *engine, uint32_t index);
/* The first piece, when it begins at or before rcv_nxt; NULL: none. */
struct toe_piece *toe_reassembly_next(const struct toe_engine *engine, const struct toe_conn *conn);
/* Forget the first piece; its frame is the caller's now. */
void toe_reassembly_pop(struct toe_engine *engine, uint32_t index);
/* rcv_nxt has moved: blocks below it are over. Gives everything back when nothing is left. */
void toe_reassembly_settle(struct toe_engine *engine, uint32_t index);
/* Behind all that has arrived, in order or not. */
uint32_t toe_reassembly_end(const struct toe_engine *engine, const struct toe_conn *conn);
/* The blocks of the next segment, at most `room`; how many. What was duplicate is reported once. */
uint32_t toe_reassembly_blocks(struct toe_engine *engine, struct toe_conn *conn, uint32_t room,
        struct toe_sack blocks[TOE_SACKS_MAX]);
/* How many blocks there are to report. */
uint32_t toe_reassembly_count(const struct toe_engine *engine, const struct toe_conn *conn);

/* Bytes of the option with n blocks (RFC 2018 section 3), two NOPs included; and the blocks that so many bytes hold. */
static inline uint32_t
toe_sack_bytes(uint32_t n)
{
	return n > 0 ? 4 + 8 * n : 0;
}

static inline uint32_t
toe_sack_blocks(uint32_t bytes)
{
	return bytes < 12 ? 0 : (bytes - 4) / 8;
}

/* Queue a frame as it came for the host; false: no room. */
bool toe_reassembly_urgent(struct toe_engine *engine, uint32_t index, struct rte_mbuf *mbuf);
/* The frames that wait for the host, at most TOE_URGENT_FRAMES, oldest first; they are the caller's now. */
uint32_t toe_reassembly_take_urgent(
        struct toe_engine *engine, uint32_t index, struct rte_mbuf **frames);
/* Free everything: the connection leaves. */
void toe_reassembly_drop(struct toe_engine *engine, uint32_t index);

#endif
