/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames built and not yet handed to a port's transmit function: one buffer per worker and port. Every frame
 * of a connection carries a tag that says what it depends on, so that the drain of an invalidate finds and
 * discards what must not go out (toe/worker/drain.h). Frames of others (exception path) carry no tag.
 */
#ifndef TOE_TXQ_H
#define TOE_TXQ_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "shared.h"

#define TOE_TXQ_SIZE 64u /* frames held: few, since a drain looks at each (INV-13) */
#define TOE_TXQ_BURST 32u
#define TOE_TXQ_RESERVE 2u /* frames of room that must be left to build another */
/* Shares of a buffer in which connections and the exception path meet */
#define TOE_TXQ_OTHERS_MIN 16u /* frames of room that connections leave to the exception path */
#define TOE_TXQ_OTHERS_MAX 32u /* frames of the exception path */
/* Flushes with which a port takes nothing, until another frame than the first is tried */
#define TOE_TXQ_STUCK 16u
/* Frames past the first one that show that it is the frame, not the ring */
#define TOE_TXQ_OVERTAKEN 4u
#define TOE_TXQ_STUCK_NS 1000000000u /* what a port has not taken for so long is stale */

/* toe_tx_tag.carries: what a frame carries beyond its text, which the drain gives back */
#define TOE_TX_TELLS (1u << 0) /* the first of its run: edge, ack, owed and delack hold */
#define TOE_TX_AGAIN (1u << 1) /* text that had been sent before: `time` holds */
#define TOE_TX_EVER (1u << 2) /* and more than once */
#define TOE_TX_PROBE (1u << 3) /* a window or tail loss probe */
#define TOE_TX_PRR (1u << 4) /* counted by proportional rate reduction */
#define TOE_TX_BURST (1u << 5) /* went whatever cwnd said */
#define TOE_TX_RESET (1u << 6) /* our reset: the connection has ended with it */

/* What a frame depends on, what it carries, and what there was before it: a drain gives that back (docs/design.md). */
struct toe_tx_tag {
	struct toe_route route; /* words under which the frame was built */
	uint32_t conn; /* TOE_INDEX_NONE: no tag, nothing can make it stale */
	uint32_t generation;
	uint32_t seq; /* first sequence number it carries */
	uint16_t length; /* bytes of text, plus one for a FIN */
	uint8_t carries; /* TOE_TX_... */
	uint8_t delack; /* toe_conn.delack_count before it */
	uint32_t edge; /* toe_conn.rcv_adv before it */
	uint32_t ack; /* toe_conn.last_ack_sent before it */
	uint32_t owed; /* toe_conn.flags before it */
	uint32_t time; /* us of the transmission before it of the same text */
};

_Static_assert(sizeof(struct toe_tx_tag) == 48, "written for every frame");

struct toe_txq {
	struct rte_mbuf *frame[TOE_TXQ_SIZE];
	struct toe_tx_tag tag[TOE_TXQ_SIZE];
	uint32_t count;
	uint32_t others; /* of these, of the exception path */
	uint32_t others_min, others_max; /* its share */
	const struct toe_port *port;
	uint16_t ethdev;
	uint16_t queue;
	uint64_t sent; /* frames taken by the port */
	uint64_t bytes;
	uint64_t refused; /* times that the port took fewer than offered */
	/* Flushes in a row with which the port took nothing, and since when (ns; 0: it takes) */
	uint32_t stuck;
	uint32_t overtaken; /* frames that went past the first one meanwhile */
	uint64_t stuck_since;
	uint64_t *dropped; /* counts frames that the driver refuses for good */
	uint64_t *dropped_down; /* and those that were there while the port was down */
	uint64_t *others_sent; /* and those of the exception path that the port took */
	bool no_tso; /* one of these was to be cut by the port: none is made any more */
	/* connections that found no room here, in line by ready_next; TOE_INDEX_NONE: none */
	uint32_t wait_head, wait_tail;
};

/* Frames of connections that it has room for: what the exception path may claim is not theirs. */
static inline uint32_t
toe_txq_room(const struct toe_txq *txq)
{
	uint32_t left = RTE_MAX(txq->others, txq->others_min) - txq->others;

	return RTE_MAX(TOE_TXQ_SIZE - txq->count, left) - left;
}

/* Frames of the exception path that it has room for: it does not take what is the connections'. */
static inline uint32_t
toe_txq_room_others(const struct toe_txq *txq)
{
	return RTE_MIN(TOE_TXQ_SIZE - txq->count, txq->others_max - txq->others);
}

/*
 * Append a frame of a connection; the caller has checked toe_txq_room. Returns its tag, which says that the
 * frame depends on nothing. Whoever knows better fills it in, member by member: a copy of a structure that was just written
 * would wait for the writes.
 */
static inline struct toe_tx_tag *
toe_txq_put(struct toe_txq *txq, struct rte_mbuf *frame)
{
	struct toe_tx_tag *tag = &txq->tag[txq->count];

	tag->conn = TOE_INDEX_NONE;
	txq->frame[txq->count++] = frame;
	return tag;
}

/* The same for one of the exception path; the caller has checked toe_txq_room_others. */
static inline void
toe_txq_put_other(struct toe_txq *txq, struct rte_mbuf *frame)
{
	toe_txq_put(txq, frame);
	txq->others++;
}

/* `n` frames from `at` on are another's now. */
void toe_txq_take_out(struct toe_txq *txq, uint32_t at, uint32_t n);

/*
 * Offer everything held to the port; what it does not take stays held, in order. A frame that the driver will never take
 * is dropped and counted: one that rte_eth_tx_prepare refuses, at once; one that stays first while the port takes others
 * that are offered past it, when TOE_TXQ_OVERTAKEN have gone. Where the ring is full none of them goes. A port that is
 * down gets nothing: what it would send when it is up again is out of date by then. It is dropped and counted.
 */
void toe_txq_flush(struct toe_txq *txq);

/* Drop all that is held, with no more ado; how many. */
uint32_t toe_txq_drop_all(struct toe_txq *txq);

#endif
