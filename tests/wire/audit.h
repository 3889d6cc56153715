/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold for every frame that an end sends, whatever the wire does to it: an observer
 * behind the transmit buffer that knows the connection's parameters.
 */
#ifndef TESTS_WIRE_AUDIT_H
#define TESTS_WIRE_AUDIT_H

#include "end.h"
#include "received.h"

struct audit {
	uint32_t start; /* sequence number of stream offset 0 */
	uint32_t next; /* behind the highest sequence number sent */
	uint32_t edge; /* right edge that it announced last */
	uint32_t ack; /* that it sent last */
	uint32_t tsval, tsecr; /* that it sent last */
	uint32_t granted; /* right edge that has reached it */
	uint32_t mss; /* most bytes of text */
	uint64_t stream; /* bytes that its stream has at most; UINT64_MAX: no end */
	bool started;
	bool fin; /* sent, at start + stream */
	bool stopped; /* no frame may be sent */
	bool keepalive; /* probes may be sent */
	bool marked; /* a CE mark has reached it */
	/* counters */
	uint32_t frames, retransmitted, pure_acks, blocks, duplicates, ect, probes, keepalives;
	struct received received; /* what has reached it */
};

void audit_init(struct audit *audit, const struct end_params *params, uint64_t stream);
/*
 * A frame of `end` with its checksums done. other: the audit of the opposite direction. NULL, or
 * what is wrong (static string).
 */
const char *audit_sent(struct audit *audit, const struct audit *other, struct end *end,
        const struct rte_mbuf *frame, struct toe_segment *segment);
/* Its path has a smaller MTU now. */
void audit_set_mtu(struct audit *audit, const struct end *end, uint32_t mtu);
/* A segment of the opposite direction has reached the end: what it grants and brings. */
void audit_reached(struct audit *audit, struct end *end, const struct toe_segment *segment);

#endif
