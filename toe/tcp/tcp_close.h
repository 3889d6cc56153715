/* SPDX-License-Identifier: BSD-3-Clause */
/* How a connection ends: closed, offered for upload, given up (TERM-7, TMR-2). */
#ifndef TOE_TCP_CLOSE_H
#define TOE_TCP_CLOSE_H

#include "engine.h"

/* From now on the tuple is not the connection's: no timers, nothing owed (TOE_CONN_ENDED). */
void toe_tcp_end(struct toe_engine *engine, uint32_t index);
/* The same, and its state is CLOSED. */
void toe_tcp_closed(struct toe_engine *engine, uint32_t index);
/* It is in TIME_WAIT (or CLOSED), or its timers gave up: RETRIEVE, once (TERM-7). */
void toe_tcp_offer(struct toe_engine *engine, uint32_t index);
/* RETRIEVE with this reason; from now on the connection is stopped. */
void toe_tcp_give_up(struct toe_engine *engine, uint32_t index, enum retrieve_reason reason);

/*
 * The target wants this connection back, for a reason of its own: RETRIEVE, after which the connection is stopped. Not in
 * FIN_WAIT_1, FIN_WAIT_2 and CLOSE_WAIT, nor what was asked back or offered before (TERM-7).
 */
void toe_tcp_upload(struct toe_engine *engine, uint32_t index, enum retrieve_reason reason);

#endif
