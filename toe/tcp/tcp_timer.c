/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers: the wheel hands over connections whose earliest deadline may have passed; each deadline
 * is looked at again, what has expired acts by marking, the rest is armed again. A stopped
 * connection counts nothing: its deadlines are dropped, and what it wanted to send waits for
 * toe_tcp_resume.
 */
#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "tcp.h"
#include "tcp_cc.h"
#include "tcp_facts.h"
#include "tcp_round.h"

#define TIMER_BURST 32u
#define ROUND_SHIFT_MAX 12u /* TCP_RTO_MIN_MS << 12 is beyond TCP_RTO_MAX_MS */

static void
set_retransmit(struct toe_worker *worker, uint32_t index, uint32_t ms)
{
	toe_wheel_set(&worker->wheel, index, TOE_TIMER_RETRANSMIT, tcp_deadline(worker, ms));
}

/* TMR-1: a round of window probes that begins now. */
static uint32_t
round_ms(const struct toe_conn *conn)
{
	uint64_t ms = (uint64_t)conn->rto << RTE_MIN(conn->snd_wnd_probe_count, ROUND_SHIFT_MAX);

	return (uint32_t)RTE_MIN(ms, TCP_RTO_MAX_MS);
}

/* Nothing is in flight. */
static void
arm_idle(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];

	if (conn->sender != TOE_INDEX_NONE)
		toe_wheel_set(&worker->wheel, index, TOE_TIMER_SENDER,
		        tcp_deadline(worker, TOE_SENDER_IDLE_MS));
	if (conn->state == TCP_FIN_WAIT_2)
		set_retransmit(worker, index, TCP_FIN_WAIT_2_MS);
	else if (conn->snd_wnd == 0 && tcp_unsent(conn) > 0)
		set_retransmit(worker, index, round_ms(conn));
	else
		toe_wheel_clear(&worker->wheel, index, TOE_TIMER_RETRANSMIT); /* RFC 6298 (5.2) */
}

void
toe_tcp_arm(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];
	struct toe_sender *sender = toe_sender_of(worker, conn);
	uint32_t probe;

	if (tcp_outstanding(conn) == 0 || sender == NULL) {
		arm_idle(worker, index);
		return;
	}
	probe = tcp_tlp_delay(worker, conn, sender);
	sender->timer = probe > 0 ? TOE_SENDER_TLP : TOE_SENDER_RTO;
	if (unlikely(conn->snd_wnd == 0 && conn->snd_wnd_probe_count > 0 &&
	             conn->retransmit_count == 0))
		probe = round_ms(conn);
	set_retransmit(worker, index, probe > 0 ? probe : toe_rto(conn)); /* (5.1), (5.3) */
}

/* TMR-4: how long to go on. */
static bool
is_exhausted(const struct toe_worker *worker, const struct toe_conn *conn)
{
	if (conn->max_rt == UINT32_MAX)
		return false;
	if (conn->max_rt == 0)
		return conn->retransmit_count >= worker->params.max_retransmit;
	return conn->total_rt + toe_rto(conn) >= conn->max_rt;
}

/* The peer's window is closed: ask, with a byte beyond it or with what it has not taken yet. No sign of congestion. */
static void
persist_expired(struct toe_worker *worker, uint32_t index, struct toe_sender *sender)
{
	struct toe_conn *conn = &worker->conns[index];

	worker->stats.tx_probes++;
	if (tcp_outstanding(conn) == 0) {
		conn->flags |= TOE_CONN_PROBE;
	} else {
		struct toe_sent *head = toe_sent_at(worker, sender->head);

		/* It may take longer than the clock of the records goes. */
		toe_sent_restamp(worker, sender);
		if (head->end - head->seq > tcp_smss(conn))
			toe_sent_split(worker, sender, sender->head, head->seq + tcp_smss(conn));
		toe_sent_lose(worker, sender, sender->head);
		tcp_duplicates_clamp(conn, sender);
		sender->burst = 1;
	}
}

/* FIN_WAIT_2 has lasted for too long (TMR-3). */
static void
fin_wait_expired(struct toe_worker *worker, uint32_t index)
{
	if (!toe_tcp_give_up(worker, index, RETRIEVE_TIMEOUT_EXPIRATION))
		set_retransmit(worker, index, 1);
	else
		toe_tcp_closed(worker, index);
}

/* RFC 6298 (5.4) to (5.6), or a window probe. The segment itself is built by output. */
static void
timeout(struct toe_worker *worker, uint32_t index, struct toe_sender *sender)
{
	struct toe_conn *conn = &worker->conns[index];

	if (is_exhausted(worker, conn)) {
		/* TMR-2. No room for the indication: the timer runs out again in the next tick. */
		if (!toe_tcp_give_up(worker, index, RETRIEVE_TIMEOUT_EXPIRATION))
			set_retransmit(worker, index, 1);
		return;
	}
	conn->total_rt += toe_rto(conn);
	if (conn->snd_wnd == 0) {
		persist_expired(worker, index, sender);
	} else {
		worker->stats.tx_timeouts++;
		tcp_recovery_timeout(worker, index, sender);
	}
	if (sender != NULL)
		sender->timer = TOE_SENDER_RTO;
	conn->retransmit_count += conn->retransmit_count < UINT8_MAX;
	set_retransmit(worker, index, toe_rto(conn));
	toe_worker_ready(worker, index);
}

static void
retransmit_expired(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];
	struct toe_sender *sender = toe_sender_of(worker, conn);

	if (tcp_outstanding(conn) == 0 || sender == NULL) {
		if (conn->state == TCP_FIN_WAIT_2)
			fin_wait_expired(worker, index);
		else if (conn->snd_wnd == 0 && tcp_unsent(conn) > 0)
			timeout(worker, index, sender);
		return;
	}
	if (conn->snd_wnd != 0 && sender->timer == TOE_SENDER_TLP) {
		/* What a drain took back goes first, and asks the same. */
		if (sender->lost == sender->again && conn->snd_nxt == conn->snd_max)
			tcp_tlp_send(worker, index, sender);
		sender->timer = TOE_SENDER_RTO;
		set_retransmit(worker, index, toe_rto(conn));
	} else if (conn->snd_wnd != 0 && sender->timer == TOE_SENDER_REORDER) {
		set_retransmit(worker, index, toe_rto(conn));
		tcp_recovery_reorder(worker, index, sender);
	} else {
		timeout(worker, index, sender);
	}
}

/* Pacing lets the next segment go; or the connection has been idle, and needs no sender any more. */
static void
sender_expired(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];
	const struct toe_sender *sender = toe_sender_of(worker, conn);

	if (conn->flags & TOE_CONN_OFFER_DUE)
		toe_tcp_offer(worker, index);
	if (sender == NULL)
		return;
	if (tcp_outstanding(conn) > 0 || tcp_has_unsent(conn)) {
		toe_worker_ready(worker, index);
		return;
	}
	toe_cc_restart(conn, NULL);
	toe_sender_drop(worker, index);
}

static bool
is_due(uint32_t due, uint32_t now)
{
	return due != 0 && seq_leq(due, now);
}

/* Take a deadline that has passed. */
static bool
take_due(const struct toe_worker *worker, struct toe_conn *conn, enum toe_timer timer)
{
	if (!is_due(conn->due[timer], worker->now_ms))
		return false;
	conn->due[timer] = 0;
	return true;
}

static void
conn_expired(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];
	bool may_send = toe_conn_may_send(worker, conn);

	/* Stopped or not, from now on the ACK is owed. */
	if (take_due(worker, conn, TOE_TIMER_DELACK) && (conn->flags & TOE_CONN_ACK_DELAYED)) {
		conn->flags &= ~TOE_CONN_ACK_DELAYED;
		tcp_owe_ack(worker, index);
	}
	if (take_due(worker, conn, TOE_TIMER_RETRANSMIT)) {
		if (may_send) {
			retransmit_expired(worker, index);
		} else if (tcp_outstanding(conn) > 0 || tcp_unsent(conn) > 0) {
			/* It would have something to send (D2, policy on-send). */
			tcp_blocked(worker, conn);
			toe_worker_ready(worker, index);
		}
	}
	if (take_due(worker, conn, TOE_TIMER_KEEPALIVE)) {
		if (may_send)
			toe_keepalive_expired(worker, index);
		else
			conn->ka_left = 0; /* due when it may send again */
	}
	if (take_due(worker, conn, TOE_TIMER_SENDER))
		sender_expired(worker, index);
	toe_wheel_rearm(&worker->wheel, index);
}

uint32_t
toe_worker_timers(struct toe_worker *worker)
{
	uint32_t indexes[TIMER_BURST];
	uint32_t n = toe_wheel_expire(&worker->wheel, worker->now_ms, indexes, TIMER_BURST);

	for (uint32_t i = 0; i < n; i++) {
		rte_prefetch0(&worker->conns[indexes[i]]);
		rte_prefetch0(&worker->conns[indexes[i]].sender);
	}
	for (uint32_t i = 0; i < n; i++)
		conn_expired(worker, indexes[i]);
	return n;
}

void
toe_tcp_resume(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];
	struct toe_sender *sender = toe_sender_of(worker, conn);

	if (conn->flags & TOE_CONN_STOPPED)
		return;
	conn->flags &= ~(TOE_CONN_BLOCKED | TOE_CONN_RETRIEVE_ON_SEND);
	if (sender != NULL)
		toe_sent_restamp(worker, sender);
	toe_tcp_arm(worker, index);
	toe_keepalive_start(worker, index, false);
	if (conn->flags & TOE_CONN_ACK_DELAYED)
		toe_wheel_set(&worker->wheel, index, TOE_TIMER_DELACK,
		        tcp_deadline(worker, TCP_DELACK_MS));
	if (toe_tcp_has_work(worker, conn))
		toe_worker_ready(worker, index);
}
