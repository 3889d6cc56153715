/* SPDX-License-Identifier: BSD-3-Clause */
/* Which timer a connection needs now. */
#include "tcp_arm.h"

#include <rte_branch_prediction.h>

#include "sender.h"
#include "tcp_round.h"
#include "tcp_rtt.h"

#define ROUND_SHIFT_MAX 12u /* TCP_RTO_MIN_MS << 12 is beyond TCP_RTO_MAX_MS */

/* The retransmission timeout; while the window is closed the time until the next round of probes, or, in a round, the next one (TMR-1). */
static uint32_t
wait_ms(const struct toe_conn *conn)
{
	uint64_t ms = (uint64_t)conn->rto << RTE_MIN(conn->snd_wnd_probe_count, ROUND_SHIFT_MAX);

	if (likely(conn->snd_wnd != 0 || conn->retransmit_count > 0))
		return toe_rto(conn);
	return (uint32_t)RTE_MIN(ms, TCP_RTO_MAX_MS);
}

/* Nothing is in flight. What runs goes on: who wants it to begin anew has cleared it. */
static void
arm_idle(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t ms = 0;

	if (conn->sender != TOE_INDEX_NONE)
		toe_wheel_set(&engine->wheel, index, TOE_TIMER_SENDER,
		        tcp_deadline(engine, TOE_SENDER_IDLE_MS));
	if (conn->state == TCP_FIN_WAIT_2)
		ms = TCP_FIN_WAIT_2_MS;
	else if (conn->snd_wnd == 0 && tcp_unsent(conn) > 0)
		ms = wait_ms(conn);
	if (ms == 0)
		toe_wheel_clear(&engine->wheel, index, TOE_TIMER_RETRANSMIT); /* RFC 6298 (5.2) */
	else if (conn->due[TOE_TIMER_RETRANSMIT] == 0)
		toe_wheel_set(
		        &engine->wheel, index, TOE_TIMER_RETRANSMIT, tcp_deadline(engine, ms));
}

/* Is what the timer stands for over, though its time is not? */
static bool
is_over(const struct toe_conn *conn, const struct toe_sender *sender)
{
	if (sender->timer == TOE_SENDER_TLP)
		return !tcp_tlp_fits(conn, sender);
	return sender->timer == TOE_SENDER_REORDER &&
	       (!sender->reorder_waits || conn->snd_wnd == 0);
}

/*
 * With data in flight. RFC 8985 section 8: of reordering, tail loss probe and timeout one runs, in this order. A probe's time
 * begins with new data that leaves or is acknowledged (section 7.2), a timeout's where it was cleared; a probe does not wait
 * longer than the timeout would.
 */
static uint32_t
choose(const struct toe_engine *engine, const struct toe_conn *conn, struct toe_sender *sender)
{
	uint32_t due = conn->due[TOE_TIMER_RETRANSMIT], probe = 0;

	if (due == 0 || sender->sent_new)
		probe = tcp_tlp_delay(engine, conn, sender);
	sender->sent_new = 0;
	if (due == 0)
		sender->rto_due = tcp_deadline(engine, wait_ms(conn));
	if (due == 0 || is_over(conn, sender)) {
		sender->timer = TOE_SENDER_RTO;
		due = sender->rto_due;
	}
	if (probe > 0) {
		uint32_t probe_due = tcp_deadline(engine, probe);

		sender->timer = TOE_SENDER_TLP;
		due = toe_time_before(probe_due, sender->rto_due) ? probe_due : sender->rto_due;
	}
	if (unlikely(sender->reorder_waits) && conn->snd_wnd != 0) {
		sender->timer = TOE_SENDER_REORDER;
		due = sender->reorder_due;
	}
	return due;
}

void
toe_tcp_arm(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sender *sender = toe_sender_of(engine, conn);
	uint32_t due;

	conn->flags &= ~TOE_CONN_REARM;
	if (tcp_outstanding(conn) == 0 || sender == NULL) {
		arm_idle(engine, index);
		return;
	}
	/* A probe that has not left yet is not sent any more where none would be waited for. */
	if (unlikely(conn->flags & TOE_CONN_PROBE) && !tcp_tlp_fits(conn, sender))
		conn->flags &= ~TOE_CONN_PROBE;
	due = choose(engine, conn, sender);
	if (due != conn->due[TOE_TIMER_RETRANSMIT])
		toe_wheel_set(&engine->wheel, index, TOE_TIMER_RETRANSMIT, due);
}

void
toe_tcp_arm_left(struct toe_engine *engine, uint32_t index, uint32_t ms)
{
	struct toe_sender *sender = toe_sender_of(engine, &engine->conns[index]);
	uint32_t due = tcp_deadline(engine, RTE_MIN(ms, TOE_WHEEL_MAX_MS));

	if (sender != NULL) {
		sender->timer = TOE_SENDER_RTO;
		sender->rto_due = due;
	}
	toe_wheel_set(&engine->wheel, index, TOE_TIMER_RETRANSMIT, due);
}
