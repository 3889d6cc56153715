/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The retransmission timer, which is that of persist, FIN_WAIT_2, the tail loss probe and RACK's reordering too (RFC 6298, RFC
 * 8985, TMR-1, TMR-3): what it stands for is decided here only, from the connection's state, once what has happened has been
 * digested whole: after a segment, after a run of output, after an expiry. Whatever else knows that a wait
 * begins anew says so with tcp_restart_timer.
 */
#ifndef TOE_TCP_ARM_H
#define TOE_TCP_ARM_H

#include "engine.h"
#include "tcp_facts.h"

/* Decide what the timer stands for and when it runs out. What runs already goes on, unless it is over or begins anew. */
void toe_tcp_arm(struct toe_engine *engine, uint32_t index);

/* It runs out so many ms from now: handed over (INIT-8), or to be tried again. */
void toe_tcp_arm_left(struct toe_engine *engine, uint32_t index, uint32_t ms);

/* The next toe_tcp_arm starts it anew; a probe that was due and has not left yet asks nothing any more. */
static inline void
tcp_restart_timer(struct toe_conn *conn)
{
	conn->due[TOE_TIMER_RETRANSMIT] = 0;
	conn->flags = (conn->flags | TOE_CONN_REARM) & ~TOE_CONN_PROBE;
}

#endif
