/* SPDX-License-Identifier: BSD-3-Clause */
/* The acknowledgment field of a segment. */
#ifndef TOE_TCP_ACK_H
#define TOE_TCP_ACK_H

#include "engine.h"
#include "segment.h"

/*
 * ACK processing (RFC 9293 3.10.7.4 fifth): frees send data, takes RTT samples, drives loss recovery and congestion
 * control, restarts timers. Returns false when the segment must be dropped (ACK of something never sent).
 */
bool toe_tcp_ack(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment);

#endif
