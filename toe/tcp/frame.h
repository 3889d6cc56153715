/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building one frame of an offloaded connection: Ethernet with or without a VLAN tag (RX-6), IPv4
 * or IPv6, TCP with timestamps, text (TCP-3). Values come in host byte order. Worker lcore only;
 * nothing is kept.
 */
#ifndef TOE_FRAME_H
#define TOE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "conn.h"
#include "segment.h"
#include "shared.h"

#define TOE_FRAME_HEADERS_MAX 118u /* Ethernet 14, VLAN 4, IPv6 40, TCP 60 */
#define TOE_FRAME_ALIGN 16u /* of the text in its buffer: copying likes it */
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

/* What is the same in all frames of a run. */
struct toe_frame_common {
	uint32_t ack;
	uint32_t tsval; /* unused unless the connection has TCP_OPTION_TIMESTAMPS */
	uint32_t tsecr;
	uint16_t window; /* as in the header, scaled already */
	uint8_t tos; /* or traffic class */
	uint8_t sacks; /* blocks in `sack`, at most 3 beside timestamps */
	struct toe_sack sack[TOE_SACKS_MAX];
};

/* And what is not. */
struct toe_frame_fields {
	uint32_t seq;
	uint32_t length; /* bytes of text */
	uint32_t mss; /* text longer than that is cut by the port (TSO) */
	uint8_t flags; /* RTE_TCP_..._FLAG */
	uint8_t ecn; /* of the IP header, added to tos */
};

/* The headers of a run's frames, made once. Opaque to its users. */
struct toe_frame_template {
	uint8_t bytes[TOE_FRAME_HEADERS_MAX];
	uint8_t l2, l3, l4; /* lengths */
	bool is_ipv4;
	uint64_t offloads; /* of the port: RTE_ETH_TX_OFFLOAD_... */
	uint64_t ip_sum; /* of the IPv4 header but for length, id and ECN */
	/*
	 * Of the pseudo-header but for the length (RFC 9293 section 3.1), and of the TCP header but for sequence number and
	 * flags, unless the port makes the checksum.
	 */
	uint64_t tcp_sum;
};

void toe_frame_begin(struct toe_frame_template *template, const struct toe_frame_route *route,
        const struct toe_conn *conn, const struct toe_frame_common *common);

/*
 * Write the headers into an empty mbuf, but for TCP's checksum, set its lengths as if all text were to follow in it, and
 * advance conn->ip_id. Returns where the text goes.
 */
uint8_t *toe_frame_put(const struct toe_frame_template *template, struct rte_mbuf *mbuf,
        struct toe_conn *conn, const struct toe_frame_fields *fields);

/*
 * The text is in place: TCP's checksum, by the port where it offers that, else here. text_sum: toe_checksum_add over the
 * text, needed unless toe_frame_wants_sum says no.
 */
void toe_frame_checksum(const struct toe_frame_template *template, struct rte_mbuf *mbuf,
        const struct toe_frame_fields *fields, uint64_t text_sum);

static inline bool
toe_frame_wants_sum(const struct toe_frame_template *template)
{
	return !(template->offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM);
}

#endif
