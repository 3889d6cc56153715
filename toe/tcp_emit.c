/* SPDX-License-Identifier: BSD-3-Clause */
/* One segment on its way: what its header says, and what the context holds after it. */
#include "tcp_emit.h"

#include <rte_branch_prediction.h>
#include <rte_ethdev.h>
#include <rte_tcp.h>

#include "mutant.h"
#include "reassembly.h"
#include "tcp.h"
#include "tcp_facts.h"
#include "tcp_round.h"

#define ECN_ECT0 2u /* RFC 3168 section 5 */
#define PACE_SLACK_US 1000u /* what timers of 1 ms may be behind and catch up */

/*
 * The window to announce. The right edge never moves left, neither by shrinking nor by the rounding
 * of the scale (RFC 7323 section 2.3), and moves right in worthwhile steps only (RFC 9293 section
 * 3.8.6.2.2).
 */
static uint16_t
announce_window(const struct toe_worker *worker, struct toe_conn *conn)
{
	uint32_t offered = conn->rcv_adv - conn->rcv_nxt;
	uint32_t window = toe_service_window(worker, conn), field;
	uint32_t step = RTE_MIN(tcp_smss(conn), toe_service_capacity(conn) / 2);

	window = RTE_MIN(window, (uint32_t)UINT16_MAX << conn->rcv_wscale);
	if (window < offered + step && !TOE_MUTANT(WINDOW_SHRINKS))
		window = offered;
	field = window >> conn->rcv_wscale;
	if (field << conn->rcv_wscale < offered && !TOE_MUTANT(WINDOW_SHRINKS))
		field++;
	field = RTE_MIN(field, (uint32_t)UINT16_MAX);
	if (seq_lt(conn->rcv_adv, conn->rcv_nxt + (field << conn->rcv_wscale)))
		conn->rcv_adv = conn->rcv_nxt + (field << conn->rcv_wscale);
	return (uint16_t)field;
}

bool
tcp_sender_ready(struct toe_worker *worker, struct tcp_run *run, const struct tcp_plan *plan)
{
	if (unlikely(run->sender == NULL))
		run->sender = toe_sender_get(worker, run->index);
	return run->sender != NULL &&
	       (plan->record != TOE_INDEX_NONE || toe_sent_room(worker, run->sender));
}

/* Our FIN has left for the first time (RFC 9293 section 3.6). */
static void
fin_sent(struct toe_conn *conn)
{
	conn->flags |= TOE_CONN_FIN_SENT;
	if (conn->state == TCP_ESTABLISHED)
		conn->state = TCP_FIN_WAIT_1;
	else if (conn->state == TCP_CLOSE_WAIT)
		conn->state = TCP_LAST_ACK;
}

bool
tcp_pace(struct toe_worker *worker, uint32_t index, struct toe_sender *sender)
{
	uint32_t wait;

	if (sender == NULL || !toe_time_before(worker->now_us, sender->pace_next) ||
	        TOE_MUTANT(PACING_NEVER))
		return true;
	wait = (sender->pace_next - worker->now_us) / 1000;
	toe_wheel_set(
	        &worker->wheel, index, TOE_TIMER_SENDER, tcp_deadline(worker, RTE_MAX(wait, 1u)));
	return false;
}

/* A window takes a round trip, a little less while it grows: twice as fast in slow start, 6/5 behind it. */
static void
pace_sent(const struct toe_worker *worker, const struct toe_conn *conn, struct toe_sender *sender,
        uint32_t length)
{
	uint32_t from = worker->now_us - PACE_SLACK_US;
	uint64_t time = (uint64_t)length * (conn->srtt >> 3) / RTE_MAX(conn->cwnd, 1u);

	time = conn->cwnd < conn->ssthresh ? time / 2 : time * 5 / 6;
	if (toe_time_before(sender->pace_next, from))
		sender->pace_next = from;
	sender->pace_next += (uint32_t)time;
}

/*
 * New data starts a tail loss probe's timer anew (RFC 8985 section 7.2). The first segment of a flight may have had none, its
 * delayed ACK allowed for; the second one has.
 */
static bool
probe_restarts(const struct toe_worker *worker, const struct toe_conn *conn,
        const struct toe_sender *sender, uint32_t length)
{
	if (sender->timer == TOE_SENDER_TLP)
		return true;
	return sender->timer == TOE_SENDER_RTO && !TOE_MUTANT(TLP_FIRST_ONLY) &&
	       tcp_outstanding(conn) - length <= tcp_smss(conn) &&
	       tcp_tlp_delay(worker, conn, sender) > 0;
}

/* The scoreboard after text or FIN has left. */
static void
note_sent(struct toe_worker *worker, const struct tcp_run *run, const struct tcp_plan *plan)
{
	struct toe_conn *conn = &worker->conns[run->index];
	struct toe_sender *sender = run->sender;
	uint32_t length = plan->length + plan->fin, record = plan->record;

	if (likely(record == TOE_INDEX_NONE)) {
		toe_sent_append(worker, sender, plan->seq, plan->seq + length);
		conn->snd_max = conn->snd_nxt = plan->seq + length;
		if (plan->fin)
			fin_sent(conn);
	} else {
		uint32_t rest = TOE_INDEX_NONE;

		if (plan->seq != toe_sent_at(worker, record)->seq)
			rest = toe_sent_split(worker, sender, record, plan->seq);
		toe_sent_again(worker, sender, rest != TOE_INDEX_NONE ? rest : record, length);
		sender->undo_bytes += length;
		worker->stats.tx_retransmitted++;
		conn->segments_retransmitted++;
	}
	if (unlikely(plan->probe)) {
		conn->flags &= ~TOE_CONN_PROBE;
		if (record == TOE_INDEX_NONE)
			sender->tlp_end = conn->snd_max;
		else
			sender->tlp_retransmits = 1;
	}
	tcp_recovery_sent(sender, length);
	worker->stats.tx_bytes += plan->length;
	if (unlikely(conn->flags & TOE_CONN_PACED))
		pace_sent(worker, conn, sender, length);
	/* RFC 6298 (5.1) */
	if (conn->due[TOE_TIMER_RETRANSMIT] == 0 ||
	        (record == TOE_INDEX_NONE && probe_restarts(worker, conn, sender, length)))
		toe_tcp_arm(worker, run->index);
}

/* Explicit congestion notification in what we send (RFC 3168 sections 6.1.1 to 6.1.3). */
static void
set_ecn(struct toe_conn *conn, const struct tcp_plan *plan, struct toe_frame_fields *fields)
{
	fields->tos = conn->tos & 0xFC;
	if (conn->flags & TOE_CONN_ECN_ECHO)
		fields->flags |= RTE_TCP_ECE_FLAG;
	/* Not on pure ACKs, not on what is sent again, not on window probes. */
	if ((plan->length == 0 || plan->record != TOE_INDEX_NONE || plan->probe) &&
	        !TOE_MUTANT(ECT_ALWAYS))
		return;
	fields->tos |= ECN_ECT0;
	if ((conn->flags & TOE_CONN_ECN_CWR) && !TOE_MUTANT(CWR_NEVER)) {
		fields->flags |= RTE_TCP_CWR_FLAG;
		conn->flags &= ~TOE_CONN_ECN_CWR;
	}
}

/* The sequence number of a segment that carries nothing. */
static uint32_t
bare_seq(struct toe_conn *conn)
{
	/* A keepalive probe is one that the peer has to answer (RFC 9293 section 3.8.4). */
	if (unlikely(conn->flags & TOE_CONN_KEEPALIVE_DUE)) {
		conn->flags &= ~TOE_CONN_KEEPALIVE_DUE;
		return conn->snd_una - 1;
	}
	/* Behind everything sent, an ACK is acceptable to a peer that has received all. */
	return conn->snd_max;
}

void
tcp_emit(struct toe_worker *worker, const struct tcp_run *run, const struct tcp_plan *plan,
        struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &worker->conns[run->index];
	bool carries = tcp_plan_carries(plan);
	struct toe_frame_fields fields = {
	        .seq = carries ? plan->seq : bare_seq(conn),
	        .ack = conn->rcv_nxt,
	        .tsval = worker->now_ms + conn->ts_offset,
	        .tsecr = conn->ts_recent,
	        .length = plan->length,
	        .window = announce_window(worker, conn),
	        .tos = conn->tos,
	        .flags = (uint8_t)(RTE_TCP_ACK_FLAG | (plan->fin ? RTE_TCP_FIN_FLAG : 0) |
	                           (plan->push ? RTE_TCP_PSH_FLAG : 0)),
	};
	struct toe_tx_tag tag = {
	        .route = run->route.words,
	        .conn = run->index,
	        .generation = conn->generation,
	        .path = conn->path,
	        .seq = fields.seq,
	        .length = plan->length + plan->fin,
	};
	uint8_t *text;

	if (unlikely(conn->reassembly != TOE_INDEX_NONE))
		fields.sacks = toe_reassembly_blocks(worker, conn, fields.sack);
	if (conn->options & TCP_OPTION_ECN)
		set_ecn(conn, plan, &fields);
	text = toe_frame_headers(mbuf, &run->route, conn, &fields);
	if (plan->length > 0)
		toe_service_copy(worker, conn, conn->snd_offset + (plan->seq - conn->snd_una), text,
		        plan->length);
	toe_frame_checksums(mbuf, &run->route);
	toe_txq_put(run->txq, mbuf, &tag);
	conn->last_ack_sent = conn->rcv_nxt;
	conn->delack_count = 0;
	conn->flags &= ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED);
	toe_wheel_clear(&worker->wheel, run->index, TOE_TIMER_DELACK);
	conn->segments_out++;
	worker->stats.tx_segments++;
	if (!carries)
		return;
	if (!TOE_MUTANT(KEEPALIVE_BESIDES))
		conn->flags &= ~TOE_CONN_KEEPALIVE_DUE; /* the peer has to answer this as well */
	note_sent(worker, run, plan);
}
