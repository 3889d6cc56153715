/* SPDX-License-Identifier: BSD-3-Clause */
/* Which timer a connection needs now, decided in one place (RFC 6298, TMR-1, TMR-3). */
#ifndef TOE_TCP_ARM_H
#define TOE_TCP_ARM_H

#include "engine.h"
#include "tcp_facts.h"

/* What the retransmission timer has to do now, started anew (RFC 6298 (5.1) to (5.3), TMR-1). */
void toe_tcp_arm(struct toe_engine *engine, uint32_t index);

/* The retransmission timer runs out so many ms from now, whatever it stands for (toe_sender.timer). */
static inline void
tcp_set_retransmit(struct toe_engine *engine, uint32_t index, uint32_t ms)
{
	toe_wheel_set(&engine->wheel, index, TOE_TIMER_RETRANSMIT, tcp_deadline(engine, ms));
}

#endif
