/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers: the wheel hands over connections whose earliest deadline may have passed; each deadline
 * is looked at again, what has expired acts by marking, the rest is armed again. A stopped
 * connection counts nothing: its deadlines are dropped, and what it wanted to send waits for
 * toe_tcp_resume.
 */
#include <rte_prefetch.h>

#include "tcp.h"
#include "tcp_facts.h"

#define TIMER_BURST 32u

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

/* RFC 6298 (5.4) to (5.6). The segment itself is built by output. */
static void
retransmit_expired(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];

	if (conn->snd_una == conn->snd_max)
		return;
	if (is_exhausted(worker, conn)) {
		/* TMR-2. No room for the indication: the timer runs out again in the next tick. */
		if (toe_worker_indicate(
		            worker, conn, TOE_EVENT_RETRIEVE, RETRIEVE_TIMEOUT_EXPIRATION))
			conn->flags |= TOE_CONN_INDICATED;
		else
			conn->due[TOE_TIMER_RETRANSMIT] = tcp_deadline(worker, 1);
		return;
	}
	worker->stats.tx_timeouts++;
	conn->total_rt += toe_rto(conn);
	toe_cc_timeout(conn);
	if (conn->retransmit_count < UINT8_MAX)
		conn->retransmit_count++;
	conn->snd_nxt = conn->snd_una;
	conn->due[TOE_TIMER_RETRANSMIT] = tcp_deadline(worker, toe_rto(conn));
	toe_worker_ready(worker, index);
}

static bool
is_due(uint32_t due, uint32_t now)
{
	return due != 0 && seq_leq(due, now);
}

static void
conn_expired(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];
	bool delack = is_due(conn->due[TOE_TIMER_DELACK], worker->now_ms);
	bool retransmit = is_due(conn->due[TOE_TIMER_RETRANSMIT], worker->now_ms);

	if (delack) {
		conn->due[TOE_TIMER_DELACK] = 0;
		/* Stopped or not, from now on the ACK is owed. */
		if (conn->flags & TOE_CONN_ACK_DELAYED) {
			conn->flags &= (uint16_t)~TOE_CONN_ACK_DELAYED;
			tcp_owe_ack(worker, index);
		}
	}
	if (retransmit) {
		conn->due[TOE_TIMER_RETRANSMIT] = 0;
		if (toe_conn_may_send(worker, conn)) {
			retransmit_expired(worker, index);
		} else if (conn->snd_una != conn->snd_max) {
			/* It would have something to send (D2, policy on-send). */
			conn->flags |= TOE_CONN_BLOCKED;
			toe_worker_ready(worker, index);
		}
	}
	toe_wheel_rearm(&worker->wheel, index);
}

uint32_t
toe_worker_timers(struct toe_worker *worker)
{
	uint32_t indexes[TIMER_BURST];
	uint32_t n = toe_wheel_expire(&worker->wheel, worker->now_ms, indexes, TIMER_BURST);

	for (uint32_t i = 0; i < n; i++) {
		rte_prefetch0(&worker->conns[indexes[i]]);
		rte_prefetch0(&worker->conns[indexes[i]].snd_wl2);
	}
	for (uint32_t i = 0; i < n; i++)
		conn_expired(worker, indexes[i]);
	return n;
}

void
toe_tcp_resume(struct toe_worker *worker, uint32_t index)
{
	struct toe_conn *conn = &worker->conns[index];

	if (conn->flags & TOE_CONN_STOPPED)
		return;
	conn->flags &= (uint16_t) ~(TOE_CONN_BLOCKED | TOE_CONN_RETRIEVE_ON_SEND);
	if (conn->snd_una != conn->snd_max)
		toe_wheel_set(&worker->wheel, index, TOE_TIMER_RETRANSMIT,
		        tcp_deadline(worker, toe_rto(conn)));
	if (conn->flags & TOE_CONN_ACK_DELAYED)
		toe_wheel_set(&worker->wheel, index, TOE_TIMER_DELACK,
		        tcp_deadline(worker, TCP_DELACK_MS));
	if (toe_tcp_has_work(worker, conn))
		toe_worker_ready(worker, index);
}
