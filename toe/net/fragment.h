/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams that a driver has joined from fragments. net_af_packet asks the kernel for that and has no argument against it: what
 * came as IPv4 fragments is one frame, longer than any MTU. It goes on as fragments (RX-1, RX-2); their sizes and number are not
 * those that they came in, which nobody knows any more.
 */
#ifndef TOE_FRAGMENT_H
#define TOE_FRAGMENT_H

#include <stdint.h>

#include <rte_mbuf.h>

#define TOE_FRAGMENTS_MAX 64u /* that one datagram becomes: 64 KiB at an MTU of 1,052 and more */

enum toe_joined {
	TOE_JOINED, /* can be cut */
	/* No such datagram: not IPv4, or a frame that somebody else made so long (GRO), or that came whole and must not be cut */
	TOE_JOINED_NOT,
	TOE_JOINED_SHORT, /* the driver had no room for its end */
};

/* The MTUs, in bytes, without Ethernet header and tags. */
struct toe_fragment_mtu {
	uint32_t from; /* of the port that the frame came from: a longer one was joined */
	uint32_t to; /* of the port that it goes to */
};

/*
 * Is a frame with `headers` bytes of Ethernet header and tags, longer than mtu.to, a joined datagram? Its parts are made one where
 * the first one has room for all (a chain that stays one is TOE_JOINED_NOT).
 *
 * DF: the kernel sets it on a joined datagram when the largest fragment had it. A datagram longer than mtu.from came as fragments, so
 * these had it too; a shorter one may have come whole, and is not cut (RFC 791 3.2).
 *
 * A device with GRO or TSO makes frames just as long, whose checksums of TCP or UDP are not finished: they are no datagrams.
 */
enum toe_joined toe_fragment_check(
        struct rte_mbuf *mbuf, uint32_t headers, const struct toe_fragment_mtu *mtu);

/*
 * Cut a datagram that toe_fragment_check took for one: fragments as long as mtu and their buffers allow, each a whole frame with the Ethernet
 * header and tags of the datagram, in one buffer of `pool`, with right checksum, without offload flags; with DF when the datagram had it.
 * The datagram is freed. Returns how many, the caller's now; 0: there were not enough buffers, or it would be more than TOE_FRAGMENTS_MAX.
 */
uint32_t toe_fragment(struct rte_mbuf *mbuf, uint32_t headers, uint32_t mtu,
        struct rte_mempool *pool, struct rte_mbuf *fragment[TOE_FRAGMENTS_MAX]);

#endif
