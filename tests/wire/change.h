/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that are changed under way: damaged, marked, cut into buffers. */
#ifndef TESTS_WIRE_CHANGE_H
#define TESTS_WIRE_CHANGE_H

#include "rng.h"
#include "segment.h"

/* Offset of the IP header; what its version is. */
uint32_t change_ip_offset(const struct rte_mbuf *frame, bool *is_ipv4);
/*
 * Flip bits of one byte: a change that no checksum misses (RFC 1071 finds all bursts of up to 15 bits). IPv6 covers its
 * traffic class, flow label and hop limit by none.
 */
void change_corrupt(struct rte_mbuf *frame, struct rng *rng);
/* CE on what may carry it (RFC 3168 section 5); false: it may not. */
bool change_mark(struct rte_mbuf *frame);
/* Cut a frame somewhere behind its headers into two mbufs. */
void change_split(struct rte_mbuf *frame, struct rte_mempool *pool, struct rng *rng);
/*
 * If the frame, in one buffer and parsed as `segment`, carries the byte with this sequence number, it becomes another one,
 * and the checksum is made to fit: only who compares the text can tell.
 */
void change_tamper(struct rte_mbuf *frame, const struct toe_segment *segment, uint64_t seq);

#endif
