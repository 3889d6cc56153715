/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building one frame of an offloaded connection: Ethernet with or without a VLAN tag (RX-6), IPv4
 * or IPv6, TCP with timestamps, text (TCP-3). Values come in host byte order. Worker lcore only;
 * nothing is kept.
 */
#ifndef TOE_FRAME_H
#define TOE_FRAME_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "conn.h"
#include "segment.h"
#include "shared.h"

#define TOE_FRAME_HEADERS_MAX 118u /* Ethernet 14, VLAN 4, IPv6 40, TCP 60 */
#define TOE_FRAME_TIMESTAMPS 12u /* the option with its padding (RFC 7323 appendix A) */

/*
 * What all frames of one run over a connection have in common; the words are read once for the run.
 */
struct toe_frame_route {
	struct toe_route words;
	const struct toe_path *path;
	const struct toe_neighbor *neighbor;
	uint64_t offloads; /* of the port: RTE_ETH_TX_OFFLOAD_... */
};

struct toe_frame_fields {
	uint32_t seq;
	uint32_t ack;
	uint32_t tsval; /* unused unless the connection has TCP_OPTION_TIMESTAMPS */
	uint32_t tsecr;
	uint32_t length; /* bytes of text */
	uint32_t mss; /* text longer than that is cut by the port (TSO) */
	uint16_t window; /* as in the header, scaled already */
	uint8_t flags; /* RTE_TCP_..._FLAG */
	uint8_t tos; /* or traffic class */
	uint32_t sacks; /* blocks in `sack`, at most 3 beside timestamps */
	struct toe_sack sack[TOE_SACKS_MAX];
};

/*
 * Write the headers into an empty mbuf, set its lengths as if all text were to follow in it, and advance
 * conn->ip_id. Returns where the text goes.
 */
uint8_t *toe_frame_headers(struct rte_mbuf *mbuf, const struct toe_frame_route *route,
        struct toe_conn *conn, const struct toe_frame_fields *fields);

/* The text is in place: checksums, by the port where it offers them, else here. */
void toe_frame_checksums(struct rte_mbuf *mbuf, const struct toe_frame_route *route);

#endif
