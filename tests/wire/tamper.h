/* SPDX-License-Identifier: BSD-3-Clause */
/* A byte changed under way so that no checksum tells: only who compares the text can. */
#ifndef TESTS_WIRE_TAMPER_H
#define TESTS_WIRE_TAMPER_H

#include "segment.h"

/* If the frame, in one buffer and parsed as `segment`, carries the byte with this sequence number, it becomes another. */
void tamper(struct rte_mbuf *frame, const struct toe_segment *segment, uint64_t seq);

#endif
