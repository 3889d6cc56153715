/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP at the other end of one offloaded connection: takes only data in order, acknowledges it, sends data
 * of its own, and checks every segment against what it knows (sequence numbers, windows, contents).
 *
 * The wire of these tests loses and reorders nothing, so a gap in the sequence space is a fault.
 */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "peer_frame.h"
#include "tree.h"

struct peer {
	/* identity; our = the target's */
	uint8_t our_mac[6]; /* what frames to the target carry as destination */
	uint8_t family;
	uint8_t our_address[16], peer_address[16];
	uint16_t our_port, peer_port;
	uint8_t service; /* of the target's end */
	bool sends_pattern; /* what it sends is a source's pattern, not peer_pattern */
	uint8_t our_wscale; /* scale of windows that the target advertises */
	bool timestamps;

	/* from the target */
	uint32_t rcv_start, rcv_nxt; /* rcv_nxt: next byte wanted */
	uint32_t rcv_max; /* highest sequence number seen */
	uint32_t rcv_window; /* bytes that we offer; a multiple of the MSS */
	uint32_t rcv_adv; /* right edge that we offered */
	bool rcv_fin; /* the target's FIN was received */
	uint32_t content_start; /* sequence number at which a source's pattern begins */
	uint32_t content_offset; /* of our stream: what an echo gives back there */
	bool ack_owed;
	uint32_t tsval_seen;
	bool tsval_known; /* one was seen */

	/* to the target */
	uint32_t snd_start, snd_una, snd_nxt;
	uint32_t snd_edge; /* right edge that the target offered */
	bool fin_sent;
	uint32_t tsval;

	/* counters */
	uint32_t frames; /* segments received */
	uint32_t data_frames; /* of these, with new data */
	uint32_t retransmissions; /* of these, with old data only */
};

/* The peer of a connection described by these; windows as in tcp (fill defaults applied). */
void peer_init(struct peer *peer, const struct tree_path *path, const struct tree_tcp *tcp);

/* Does this frame of the target belong to this peer's connection? */
bool peer_owns(const struct peer *peer, const struct peer_frame *frame);

/* Take one segment of the target. NULL, or what is wrong with it (static string). */
const char *peer_receive(struct peer *peer, const struct peer_frame *frame);

/*
 * The same of one that leaves the target for a wire that may lose or delay it: judged in the order of sending, and not received
 * (rcv_nxt, ack_owed). What was sent before may be sent again.
 */
const char *peer_observe(struct peer *peer, const struct peer_frame *frame);

/* Build an ACK, or a segment with `length` bytes of data (cut to the window); NULL: no mbuf or no room. */
struct rte_mbuf *peer_ack(struct peer *peer, struct rte_mempool *pool);
struct rte_mbuf *peer_data(struct peer *peer, struct rte_mempool *pool, uint32_t length);
/* Build the FIN that follows the last byte sent; NULL when it was sent already. */
struct rte_mbuf *peer_fin(struct peer *peer, struct rte_mempool *pool);
/* Build an RST at the sequence number that the target expects next, when all data has been acknowledged. */
struct rte_mbuf *peer_reset(struct peer *peer, struct rte_mempool *pool);

/* Bytes sent and not yet acknowledged by the target. */
static inline uint32_t
peer_unacked(const struct peer *peer)
{
	return peer->snd_nxt - peer->snd_una;
}

/* Content of the peer's stream at this offset; an echo gives it back. */
static inline uint8_t
peer_pattern(uint32_t offset)
{
	return (uint8_t)(offset * 7 + 3 + (offset >> 8));
}

#endif
