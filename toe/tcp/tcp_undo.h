/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking back a reduction that was not justified: all that was sent again was there (RFC 3708, RFC 4015), or what a fast
 * retransmission repaired had only been overtaken (RFC 3522). Both only by evidence of this recovery, as long as it is fresh.
 */
#ifndef TOE_TCP_UNDO_H
#define TOE_TCP_UNDO_H

#include "tcp_round.h"

/* The window is about to be reduced by a fast recovery. */
void tcp_undo_begin(const struct toe_conn *conn, struct toe_sender *sender);
/* [seq, end), the beginning of `sent`, is about to be sent again. */
void tcp_undo_sent(const struct toe_engine *engine, const struct toe_conn *conn,
        struct toe_sender *sender, const struct toe_sent *sent, uint32_t end);
/* [seq, end) has not been sent again after all: the frame never left. */
void tcp_undo_unsent(struct toe_sender *sender, uint32_t seq, uint32_t end);
/* The recovery is over: duplicates of it may still be reported for a round trip. */
void tcp_undo_left(const struct toe_conn *conn, struct toe_sender *sender);
/* An ACK reports a duplicate; true: the last one that was missing, the reduction has been taken back. */
bool tcp_undo_dsack(struct toe_conn *conn, struct toe_sender *sender, const struct toe_sack *block,
        bool doubled);
/* An ACK of new data; true: it echoes what was sent first, the reduction has been taken back. */
bool tcp_undo_eifel(const struct toe_engine *engine, struct toe_conn *conn,
        struct toe_sender *sender, const struct toe_segment *segment);
/* After an ACK: what it acknowledges may be too far behind the recovery. */
void tcp_undo_expire(const struct toe_conn *conn, struct toe_sender *sender);

#endif
