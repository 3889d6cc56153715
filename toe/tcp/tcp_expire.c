/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers: each deadline of a connection that may have passed is looked at again, what has expired acts by marking, the
 * rest is armed again. A stopped connection counts nothing: its deadlines are dropped, and what it wanted to send waits for
 * toe_tcp_resume.
 */
#include "sender.h"
#include "tcp.h"
#include "tcp_arm.h"
#include "tcp_cc.h"
#include "tcp_close.h"
#include "tcp_facts.h"
#include "tcp_keepalive.h"
#include "tcp_limits.h"
#include "tcp_round.h"
#include "tcp_rtt.h"

/* TMR-4: how long to go on. */
static bool
is_exhausted(const struct toe_engine *engine, const struct toe_conn *conn)
{
	if (conn->max_rt == UINT32_MAX)
		return false;
	if (conn->max_rt == 0)
		return conn->retransmit_count >= engine->max_retransmit;
	return (uint64_t)conn->total_rt + toe_rto(conn) >= conn->max_rt;
}

/* The peer's window is closed: ask, with a byte beyond it or with what it has not taken yet. No sign of congestion. */
static void
persist_expired(struct toe_engine *engine, uint32_t index, struct toe_sender *sender)
{
	struct toe_conn *conn = &engine->conns[index];

	engine->stats.tx_probes++;
	if (tcp_outstanding(conn) == 0) {
		conn->flags |= TOE_CONN_PROBE;
	} else {
		/* It may take longer than the clock of the records goes. */
		toe_sent_restamp(engine, sender);
		tcp_lose_head(engine, conn, sender);
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is outstanding has a sender */
		sender->burst = 1;
	}
}

/* FIN_WAIT_2 has lasted for too long (TMR-3). */
static void
fin_wait_expired(struct toe_engine *engine, uint32_t index)
{
	toe_tcp_give_up(engine, index, RETRIEVE_TIMEOUT_EXPIRATION);
	toe_tcp_closed(engine, index);
}

/* RFC 6298 (5.4) to (5.6), or a window probe. The segment itself is built by output. */
static void
timeout(struct toe_engine *engine, uint32_t index, struct toe_sender *sender)
{
	struct toe_conn *conn = &engine->conns[index];

	if (is_exhausted(engine, conn)) {
		toe_tcp_give_up(engine, index, RETRIEVE_TIMEOUT_EXPIRATION); /* TMR-2 */
		return;
	}
	conn->total_rt += RTE_MIN(toe_rto(conn), UINT32_MAX - conn->total_rt);
	conn->flags &= ~TOE_CONN_PROBE;
	if (conn->snd_wnd == 0) {
		persist_expired(engine, index, sender);
	} else {
		engine->stats.tx_timeouts++;
		tcp_recovery_timeout(engine, index, sender);
	}
	conn->retransmit_count += conn->retransmit_count < UINT8_MAX;
	toe_conn_ready(engine, index);
}

static void
retransmit_expired(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sender *sender = toe_sender_of(engine, conn);

	if (tcp_outstanding(conn) == 0 || sender == NULL) {
		if (conn->state == TCP_FIN_WAIT_2)
			fin_wait_expired(engine, index);
		else if (conn->snd_wnd == 0 && tcp_unsent(conn) > 0)
			timeout(engine, index, sender);
		return;
	}
	if (sender->timer == TOE_SENDER_TLP) {
		engine->stats.tx_probes++;
		conn->flags |= TOE_CONN_PROBE;
		toe_conn_ready(engine, index);
	} else if (sender->timer == TOE_SENDER_REORDER) {
		tcp_recovery_reorder(engine, index, sender);
	} else {
		timeout(engine, index, sender);
	}
}

/* Pacing lets the next segment go; or the connection has been idle, and needs no sender any more. */
static void
sender_expired(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	const struct toe_sender *sender = toe_sender_of(engine, conn);

	if (sender == NULL)
		return;
	if (tcp_outstanding(conn) > 0 || tcp_has_unsent(conn)) {
		toe_conn_ready(engine, index);
		return;
	}
	toe_cc_restart(conn, NULL, tcp_smss(engine, conn));
	toe_sender_drop(engine, index);
}

static bool
is_due(uint32_t due, uint32_t now)
{
	return due != 0 && seq_leq(due, now);
}

/* Take a deadline that has passed. */
static bool
take_due(const struct toe_engine *engine, struct toe_conn *conn, enum toe_timer timer)
{
	if (!is_due(conn->due[timer], engine->now_ms))
		return false;
	conn->due[timer] = 0;
	return true;
}

void
toe_tcp_expired(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	bool may_send = toe_conn_may_send(engine, conn);

	/* Stopped or not, from now on the ACK is owed. */
	if (take_due(engine, conn, TOE_TIMER_DELACK) && (conn->flags & TOE_CONN_ACK_DELAYED)) {
		conn->flags &= ~TOE_CONN_ACK_DELAYED;
		tcp_owe_ack(engine, index);
	}
	if (take_due(engine, conn, TOE_TIMER_RETRANSMIT)) {
		if (may_send) {
			retransmit_expired(engine, index);
			if (!(conn->flags & TOE_CONN_STOPPED))
				toe_tcp_arm(engine, index);
		} else if (tcp_outstanding(conn) > 0 || tcp_has_unsent(conn)) {
			/* It would have something to send (D2, policy on-send). */
			tcp_blocked(engine, conn);
			toe_conn_ready(engine, index);
		}
	}
	if (take_due(engine, conn, TOE_TIMER_KEEPALIVE)) {
		if (may_send)
			toe_keepalive_expired(engine, index);
		else
			conn->ka_left = 0; /* due when it may send again */
	}
	if (take_due(engine, conn, TOE_TIMER_SENDER))
		sender_expired(engine, index);
	toe_wheel_rearm(&engine->wheel, index);
}
