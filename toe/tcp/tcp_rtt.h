/* SPDX-License-Identifier: BSD-3-Clause */
/* Round-trip time and retransmission timeout (RFC 6298). */
#ifndef TOE_TCP_RTT_H
#define TOE_TCP_RTT_H

#include "conn.h"
#include "tcp_types.h"

/* RTT sample in us (RFC 6298 section 2), the timeout that follows, and that with back-off applied (ms). */
void toe_rtt_sample(struct toe_conn *conn, uint32_t rtt_us);
uint32_t toe_rto_base(const struct toe_conn *conn);
uint32_t toe_rto(const struct toe_conn *conn);

#endif
