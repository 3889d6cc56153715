/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters of what offloaded connections do, by port and IP version, in the terms of the TCP and IP MIBs (STAT-1, RFC
 * 4022, RFC 4293): a host stack adds them to its own. Written by the worker alone with plain stores, never cleared; read by
 * others at any time, who remember what they were when somebody wants to begin at 0.
 *
 * What is counted are events, each once; what is shown follows from them, so that a segment costs two additions.
 */
#ifndef TOE_MIB_H
#define TOE_MIB_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "segment.h"

struct toe_mib {
	/* line 0: every segment */
	uint64_t segments_in, octets_in; /* processed for a connection; octets of IP */
	uint64_t segments_out, octets_out; /* built */
	uint64_t segments_again; /* of these: sent before; those that drains took do not count */
	uint64_t established; /* connections in ESTABLISHED or CLOSE_WAIT now */
	uint64_t established_resets;
	uint64_t resets_out;

	/* line 1: rare */
	uint64_t tcp_errors, header_errors, truncated;
	uint64_t discards_in, discards_out;
	uint64_t no_routes;
} __rte_cache_aligned;

/* Name, how it follows from `m`, help. */
#define TOE_MIB_LIST(X)                                                                            \
	X(tcp_in_segments, m->segments_in + m->tcp_errors,                                         \
	        "segments received, those in error included")                                      \
	X(tcp_out_segments, m->segments_out - m->segments_again,                                   \
	        "segments sent, but for those that were sent before")                              \
	X(tcp_retransmitted, m->segments_again, "segments sent again")                             \
	X(tcp_established, m->established, "connections in ESTABLISHED or CLOSE_WAIT now")         \
	X(tcp_established_resets, m->established_resets,                                           \
	        "connections that went from these states to CLOSED")                               \
	X(tcp_in_errors, m->tcp_errors,                                                            \
	        "segments with a bad TCP checksum or header, dropped (--drop-bad)")                \
	X(tcp_out_resets, m->resets_out, "segments sent with RST")                                 \
	X(ip_in_receives,                                                                          \
	        m->segments_in + m->tcp_errors + m->header_errors + m->truncated + m->discards_in, \
	        "packets received, those in error included")                                       \
	X(ip_in_octets, m->octets_in, "octets of these packets, IP header included")               \
	X(ip_in_delivers, m->segments_in + m->tcp_errors, "packets given to TCP")                  \
	X(ip_in_header_errors, m->header_errors,                                                   \
	        "packets with a bad IP checksum, version or header length, dropped (--drop-bad)")  \
	X(ip_in_truncated, m->truncated, "packets shorter than they say, dropped (--drop-bad)")    \
	X(ip_in_discards, m->discards_in, "packets dropped because of a wrong VLAN tag")           \
	X(ip_out_requests, m->segments_out, "packets that TCP gave to IP")                         \
	X(ip_out_octets, m->octets_out, "octets of these packets, IP header included")             \
	X(ip_out_discards, m->discards_out,                                                        \
	        "packets discarded before they left, by a stop or a change of the route")          \
	X(ip_out_no_routes, m->no_routes,                                                          \
	        "times that a connection had something to send over an invalid path or neighbor")

/* A segment of an offloaded connection, processed. */
static inline void
toe_mib_in(struct toe_mib *mib, const struct toe_segment *segment)
{
	mib->segments_in++;
	mib->octets_in += segment->octets;
}

/* So many segments, built; again: sent before. */
static inline void
toe_mib_out(struct toe_mib *mib, uint32_t segments, uint32_t octets, bool again)
{
	mib->segments_out += segments;
	mib->octets_out += octets;
	mib->segments_again += again ? segments : 0;
}

/* One that is dropped although there is nothing wrong with it. */
static inline void
toe_mib_discard(struct toe_mib *mib, const struct toe_segment *segment)
{
	mib->discards_in++;
	mib->octets_in += segment->octets;
}

/* A frame that the parser found bad is dropped (RX-5). */
void toe_mib_bad(struct toe_mib *mib, const struct toe_segment *segment);

#endif
