/* SPDX-License-Identifier: BSD-3-Clause */
/* How a connection ends: closed, offered for upload, given up (TERM-7, TMR-2). */
#ifndef TOE_TCP_CLOSE_H
#define TOE_TCP_CLOSE_H

#include "engine.h"

/* The connection has ended: no timers, nothing owed. */
void toe_tcp_closed(struct toe_engine *engine, uint32_t index);
/* It is in TIME_WAIT (or CLOSED), or its timers gave up: indicate RETRIEVE, now or when there is room (TERM-7). */
void toe_tcp_offer(struct toe_engine *engine, uint32_t index);
/* RETRIEVE with this reason; from then on the connection is stopped. False: no room, try again. */
bool toe_tcp_give_up(struct toe_engine *engine, uint32_t index, enum retrieve_reason reason);

#endif
