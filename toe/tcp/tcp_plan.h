/* SPDX-License-Identifier: BSD-3-Clause */
/* What the next segment of a connection is: lost data first, then new data, within both windows. */
#ifndef TOE_TCP_PLAN_H
#define TOE_TCP_PLAN_H

#include "engine.h"
#include "sender.h"

/* Text and FIN; neither: nothing but an ACK could be sent. */
struct tcp_plan {
	uint32_t seq;
	uint32_t length; /* bytes of text */
	uint32_t record; /* sent again: the record that it begins, else TOE_INDEX_NONE */
	/* Segments like this one that may go one after the other, itself included */
	uint32_t count;
	bool fin;
	bool push; /* ends what there is to send */
	bool probe; /* a window or tail loss probe */
	bool reset; /* nothing but a RST */
};

/* Limits of a run over a connection, options deducted. */
struct tcp_plan_limits {
	uint32_t mss; /* most text of a segment */
	uint32_t frame; /* most text of a frame: several segments where the port cuts them (TSO) */
	uint32_t copy; /* most text that is copied into the buffer of the headers */
	/* SACK blocks beside text, and without */
	uint8_t blocks, bare_blocks;
};

/* Out by pointer: 16 bytes returned in registers are stored in parts and loaded whole again, which stalls. */
void tcp_plan_next(const struct toe_engine *engine, const struct toe_conn *conn,
        struct toe_sender *sender, const struct tcp_plan_limits *limits, struct tcp_plan *plan);

static inline bool
tcp_plan_carries(const struct tcp_plan *plan)
{
	return plan->length > 0 || plan->fin;
}

#endif
