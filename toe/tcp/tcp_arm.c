/* SPDX-License-Identifier: BSD-3-Clause */
/* Which timer a connection needs now. */
#include "tcp_arm.h"

#include <rte_branch_prediction.h>

#include "sender.h"
#include "tcp_round.h"
#include "tcp_rtt.h"

#define ROUND_SHIFT_MAX 12u /* TCP_RTO_MIN_MS << 12 is beyond TCP_RTO_MAX_MS */

/* TMR-1: a round of window probes that begins now. */
static uint32_t
round_ms(const struct toe_conn *conn)
{
	uint64_t ms = (uint64_t)conn->rto << RTE_MIN(conn->snd_wnd_probe_count, ROUND_SHIFT_MAX);

	return (uint32_t)RTE_MIN(ms, TCP_RTO_MAX_MS);
}

/* Nothing is in flight. */
static void
arm_idle(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (conn->sender != TOE_INDEX_NONE)
		toe_wheel_set(&engine->wheel, index, TOE_TIMER_SENDER,
		        tcp_deadline(engine, TOE_SENDER_IDLE_MS));
	if (conn->state == TCP_FIN_WAIT_2)
		tcp_set_retransmit(engine, index, TCP_FIN_WAIT_2_MS);
	else if (conn->snd_wnd == 0 && tcp_unsent(conn) > 0)
		tcp_set_retransmit(engine, index, round_ms(conn));
	else
		toe_wheel_clear(&engine->wheel, index, TOE_TIMER_RETRANSMIT); /* RFC 6298 (5.2) */
}

void
toe_tcp_arm(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sender *sender = toe_sender_of(engine, conn);
	uint32_t probe;

	if (tcp_outstanding(conn) == 0 || sender == NULL) {
		arm_idle(engine, index);
		return;
	}
	probe = tcp_tlp_delay(engine, conn, sender);
	sender->timer = probe > 0 ? TOE_SENDER_TLP : TOE_SENDER_RTO;
	if (unlikely(conn->snd_wnd == 0 && conn->snd_wnd_probe_count > 0 &&
	             conn->retransmit_count == 0))
		probe = round_ms(conn);
	tcp_set_retransmit(engine, index, probe > 0 ? probe : toe_rto(conn)); /* (5.1), (5.3) */
}
