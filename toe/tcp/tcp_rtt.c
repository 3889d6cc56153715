/* SPDX-License-Identifier: BSD-3-Clause */
/* Round-trip time and retransmission timeout (RFC 6298); srtt is kept x8, rttvar x4, in us. */
#include "tcp_rtt.h"

#include "tcp_types.h"

#define BACKOFF_MAX 12u /* TCP_RTO_MIN_MS << 12 is beyond TCP_RTO_MAX_MS */

uint32_t
toe_rto_base(const struct toe_conn *conn)
{
	/* (2.3), with the timer's granularity of 1 ms, rounded up */
	uint32_t rto = ((conn->srtt >> 3) + RTE_MAX(conn->rttvar, 1000u) + 999) / 1000;

	if (conn->srtt == 0)
		return TCP_RTO_INITIAL_MS;
	return RTE_MIN(RTE_MAX(rto, TCP_RTO_MIN_MS), TCP_RTO_MAX_MS);
}

void
toe_rtt_sample(struct toe_conn *conn, uint32_t rtt_us)
{
	/* A sample below the clock's granularity is one tick, since srtt 0 means "none yet". */
	int32_t rtt = (int32_t)RTE_MIN(RTE_MAX(rtt_us, 1u), TCP_RTO_MAX_MS * 1000u);

	if (conn->srtt == 0) {
		conn->srtt = (uint32_t)rtt << 3; /* (2.2) */
		conn->rttvar = (uint32_t)rtt << 1;
	} else {
		/* (2.3) with alpha 1/8 and beta 1/4: rttvar first, from the old srtt. */
		int32_t error = rtt - (int32_t)(conn->srtt >> 3);
		int32_t deviation = (error < 0 ? -error : error) - (int32_t)(conn->rttvar >> 2);

		conn->rttvar = (uint32_t)((int32_t)conn->rttvar + deviation);
		conn->srtt = (uint32_t)((int32_t)conn->srtt + error);
	}
	conn->rto = toe_rto_base(conn);
}

uint32_t
toe_rto(const struct toe_conn *conn)
{
	/* (5.5): doubled with every retransmission of the same segment. */
	uint64_t rto = (uint64_t)conn->rto << RTE_MIN(conn->retransmit_count, BACKOFF_MAX);

	return (uint32_t)RTE_MIN(rto, TCP_RTO_MAX_MS);
}
