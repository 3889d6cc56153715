/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the wire's peer knows of the TCP connections that send to it: counts by destination MAC, and for each
 * connection the next sequence number expected, so that lost, repeated and missing bytes show.
 */
#ifndef PEER_FLOWS_H
#define PEER_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

struct peer_flows;

/* NULL: said why. Needs EAL. */
struct peer_flows *peer_flows_create(void);
void peer_flows_destroy(struct peer_flows *flows);

/*
 * Count a frame. A segment with text is turned into its acknowledgment in place, announcing `window` bytes:
 * true, and the caller sends it. Only IPv4 without VLAN, and TCP without options, is answered; every frame is
 * counted. A segment beyond what is expected is answered with a duplicate ACK (RFC 9293 section 3.10.7.4).
 */
bool peer_flows_take(struct peer_flows *flows, struct rte_mbuf *mbuf, uint32_t window);

/* Count from 0. What is known of the connections stays. */
void peer_flows_reset(struct peer_flows *flows);

/*
 * One line of JSON on stdout: {"taken": as given, "uncounted": frames, "macs": {MAC: {"frames", "bytes",
 * "connections": different ones that sent text, "repeated": segments of text seen before, "missing": segments
 * behind a gap}}}.
 */
void peer_flows_print(const struct peer_flows *flows, uint32_t taken);

#endif
