/* SPDX-License-Identifier: BSD-3-Clause */
/* One segment on its way: what its header says, and what the context holds after it. */
#include "tcp_emit.h"

#include <rte_branch_prediction.h>
#include <rte_ethdev.h>
#include <rte_tcp.h>

#include "conn_mib.h"
#include "reassembly.h"
#include "tcp_arm.h"
#include "tcp_facts.h"
#include "tcp_frames.h"
#include "tcp_limits.h"
#include "tcp_reach.h"
#include "tcp_round.h"
#include "tcp_types.h"
#include "tcp_undo.h"
#include "user.h"

#define ECN_ECT0 2u /* RFC 3168 section 5 */
#define PACE_SLACK_US 1000u /* what timers of 1 ms may be behind and catch up */

/*
 * The window to announce. The right edge never moves left, neither by shrinking nor by the rounding
 * of the scale (RFC 7323 section 2.3), and moves right in worthwhile steps only (RFC 9293 section
 * 3.8.6.2.2).
 */
static uint16_t
announce_window(const struct toe_engine *engine, struct toe_conn *conn, uint32_t smss)
{
	uint32_t offered = conn->rcv_adv - conn->rcv_nxt;
	uint32_t window = toe_service_window(engine, conn), field;
	uint32_t step = RTE_MIN(smss, tcp_window_limit(conn) / 2);

	window = RTE_MIN(window, (uint32_t)UINT16_MAX << conn->rcv_wscale);
	if (window < offered + step)
		window = offered;
	field = window >> conn->rcv_wscale;
	if (field << conn->rcv_wscale < offered)
		field++;
	field = RTE_MIN(field, (uint32_t)UINT16_MAX);
	if (seq_lt(conn->rcv_adv, conn->rcv_nxt + (field << conn->rcv_wscale)))
		conn->rcv_adv = conn->rcv_nxt + (field << conn->rcv_wscale);
	return (uint16_t)field;
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
tcp_pace(struct toe_engine *engine, uint32_t index, struct toe_sender *sender)
{
	uint32_t wait;

	if (sender == NULL || !toe_time_before(engine->now_us, sender->pace_next))
		return true;
	wait = (sender->pace_next - engine->now_us) / 1000;
	toe_wheel_set(
	        &engine->wheel, index, TOE_TIMER_SENDER, tcp_deadline(engine, RTE_MAX(wait, 1u)));
	return false;
}

/* A window takes a round trip, a little less while it grows: twice as fast in slow start, 6/5 behind it. */
static void
pace_sent(const struct toe_engine *engine, const struct toe_conn *conn, struct toe_sender *sender,
        uint32_t length)
{
	uint32_t from = engine->now_us - PACE_SLACK_US;
	uint64_t time = (uint64_t)length * (conn->srtt >> 3) / RTE_MAX(conn->cwnd, 1u);

	/* What is larger than cwnd, a probe for instance, takes no longer. */
	time = RTE_MIN(time, (uint64_t)conn->srtt >> 3);
	time = conn->cwnd < conn->ssthresh ? time / 2 : time * 5 / 6;
	if (toe_time_before(sender->pace_next, from))
		sender->pace_next = from;
	sender->pace_next += (uint32_t)time;
}

/* The `count` frames put last carry this too. */
static void
tag_last(struct tcp_run *run, uint32_t count, uint8_t carries)
{
	for (uint32_t i = run->txq->count - count; i < run->txq->count; i++)
		run->txq->tag[i].carries |= carries;
}

/* [seq, seq + length), the text of the frame put last, is being sent again. */
static __rte_noinline void
note_again(struct toe_engine *engine, struct tcp_run *run, uint32_t record, uint32_t seq,
        uint32_t length)
{
	struct toe_conn *conn = &engine->conns[run->index];
	struct toe_sender *sender = run->sender;
	const struct toe_sent *sent;
	uint32_t rest = TOE_INDEX_NONE;

	if (seq != toe_sent_at(engine, record)->seq)
		rest = toe_sent_split(engine, sender, record, seq);
	record = rest != TOE_INDEX_NONE ? rest : record;
	sent = toe_sent_at(engine, record);
	run->txq->tag[run->txq->count - 1].time = sent->time;
	tag_last(run, 1, sent->flags & TOE_SENT_EVER ? TOE_TX_AGAIN | TOE_TX_EVER : TOE_TX_AGAIN);
	tcp_undo_sent(engine, conn, sender, sent, seq + length);
	toe_sent_again(engine, sender, record, length);
	engine->stats.tx_retransmitted++;
	conn->segments_retransmitted++;
}

/* Outside of the usual: recovery, what goes whatever cwnd says, and probes. */
static __rte_noinline void
note_unusual(struct toe_engine *engine, struct tcp_run *run, const struct tcp_plan *plan,
        uint32_t count, uint32_t outstanding)
{
	struct toe_conn *conn = &engine->conns[run->index];
	struct toe_sender *sender = run->sender;

	if (sender->burst)
		tag_last(run, count, TOE_TX_BURST);
	sender->burst = 0;
	if (sender->phase == TOE_PHASE_RECOVERY || sender->phase == TOE_PHASE_CWR) {
		sender->prr_out += count * plan->length + plan->fin;
		tag_last(run, count, TOE_TX_PRR);
	}
	if (!plan->probe)
		return;
	tag_last(run, count, TOE_TX_PROBE);
	conn->flags &= ~TOE_CONN_PROBE;
	if (outstanding > 0)
		tcp_tlp_sent(conn, sender, plan->record != TOE_INDEX_NONE);
}

/* The scoreboard after text or FIN has left. */
static void
note_sent(
        struct toe_engine *engine, struct tcp_run *run, const struct tcp_plan *plan, uint32_t count)
{
	struct toe_conn *conn = &engine->conns[run->index];
	struct toe_sender *sender = run->sender;
	uint32_t length = count * plan->length + plan->fin, record = plan->record;
	uint32_t outstanding = tcp_outstanding(conn);

	/* RFC 6298 (5.1); RFC 6675 section 6: what goes again has a round trip of its own to be acknowledged. */
	if (plan->seq == conn->snd_una)
		conn->due[TOE_TIMER_RETRANSMIT] = 0;
	if (likely(record == TOE_INDEX_NONE)) {
		if (likely(!plan->probe))
			sender->sent_new = 1;
		toe_sent_append(engine, sender, plan->seq, plan->seq + length);
		conn->snd_nxt = plan->seq + length;
		if (likely(seq_lt(conn->snd_max, conn->snd_nxt)))
			conn->snd_max = conn->snd_nxt;
		if (plan->fin) {
			toe_conn_uncount(engine, conn);
			fin_sent(conn);
		}
	} else {
		note_again(engine, run, record, plan->seq, length);
	}
	if (unlikely(sender->phase != TOE_PHASE_OPEN || sender->burst || plan->probe))
		note_unusual(engine, run, plan, count, outstanding);
	engine->stats.tx_bytes += count * plan->length;
	if (unlikely(conn->flags & TOE_CONN_PACED))
		pace_sent(engine, conn, sender, length);
	run->rearm = true;
}

/* Explicit congestion notification in a segment with new data (RFC 3168 sections 6.1.1 to 6.1.3). */
static inline void
mark_new_data(struct toe_conn *conn, struct toe_frame_fields *fields)
{
	fields->ecn = ECN_ECT0;
	if (conn->flags & TOE_CONN_ECN_CWR) {
		fields->flags |= RTE_TCP_CWR_FLAG;
		conn->flags &= ~TOE_CONN_ECN_CWR;
	}
}

/* What all frames of the run have in common; whatever they carry, they acknowledge. */
static void
run_open(struct toe_engine *engine, struct tcp_run *run, bool carries)
{
	struct toe_conn *conn = &engine->conns[run->index];
	struct toe_tx_tag *tag = &run->txq->tag[run->txq->count];
	struct toe_frame_common common;

	if (unlikely(conn->flags & TOE_CONN_REACH))
		tcp_reach_check(engine, conn, toe_path_word_neighbor(run->route.words.path_word));
	/* What there is before the first frame of the run. */
	tag->edge = conn->rcv_adv;
	tag->ack = conn->last_ack_sent;
	tag->owed = conn->flags;
	tag->delack = conn->delack_count;
	common.ack = conn->rcv_nxt;
	common.tsval = engine->now_ms + conn->ts_offset;
	common.tsecr = conn->ts_recent;
	common.window = announce_window(engine, conn, run->smss);
	common.tos = conn->options & TCP_OPTION_ECN ? conn->tos & 0xFC : conn->tos;
	common.sacks = 0;
	if (unlikely(conn->reassembly != TOE_INDEX_NONE))
		common.sacks = (uint8_t)toe_reassembly_blocks(engine, conn,
		        carries ? run->limits.blocks : run->limits.bare_blocks, common.sack);
	toe_frame_begin(&run->template, &run->route, conn, &common);
	run->open = true;
	conn->last_ack_sent = conn->rcv_nxt;
	conn->delack_count = 0;
	conn->flags &= ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED);
	toe_wheel_clear(&engine->wheel, run->index, TOE_TIMER_DELACK);
}

/* The sequence number of a segment that carries nothing. */
static uint32_t
bare_seq(struct toe_conn *conn)
{
	uint32_t edge;

	/* A keepalive probe is one that the peer has to answer (RFC 9293 section 3.8.4). */
	if (unlikely(conn->flags & TOE_CONN_KEEPALIVE_DUE)) {
		conn->flags &= ~TOE_CONN_KEEPALIVE_DUE;
		return conn->snd_una - 1;
	}
	/*
	 * Behind everything sent, an ACK is acceptable to a peer that has received all; but a peer whose window is closed
	 * takes none that lies beyond it, behind a probe for instance.
	 */
	edge = conn->snd_una + conn->snd_wnd;
	return seq_lt(edge, conn->snd_nxt) ? edge : conn->snd_nxt;
}

/* One frame of the run, from its buffers to the transmit buffer. */
static inline void
build(struct toe_engine *engine, struct tcp_run *run, const struct toe_frame_fields *fields,
        uint64_t offset, uint32_t covered, uint8_t carries, struct rte_mbuf *mbuf)
{
	struct toe_conn *conn = &engine->conns[run->index];
	uint8_t *text = toe_frame_put(&run->template, mbuf, conn, fields);
	struct toe_tx_tag *tag;
	uint64_t sum = 0;

	if (unlikely(mbuf->nb_segs > 1))
		sum = tcp_frame_text(engine, conn, offset, mbuf, text, fields->length,
		        toe_frame_wants_sum(&run->template));
	else if (fields->length > 0)
		sum = toe_service_copy(engine, conn, offset, text, fields->length,
		        toe_frame_wants_sum(&run->template));
	toe_frame_checksum(&run->template, mbuf, fields, sum);
	tag = toe_txq_put(run->txq, mbuf);
	tag->route = run->route.words;
	tag->conn = run->index;
	tag->generation = conn->generation;
	tag->seq = fields->seq;
	tag->length = (uint16_t)covered;
	tag->carries = carries;
}

/* What the flags of the segment say. */
static inline void
set_flags(struct toe_conn *conn, const struct tcp_plan *plan, struct toe_frame_fields *fields)
{
	fields->flags = (uint8_t)(RTE_TCP_ACK_FLAG | (plan->fin ? RTE_TCP_FIN_FLAG : 0) |
	                          (plan->push ? RTE_TCP_PSH_FLAG : 0));
	if (unlikely(plan->reset)) {
		fields->flags |= RTE_TCP_RST_FLAG;
		return;
	}
	if (unlikely(conn->flags & TOE_CONN_ECN_ECHO))
		fields->flags |= RTE_TCP_ECE_FLAG;
	/* Not on pure ACKs, not on what is sent again, not on window probes. */
	if (unlikely(conn->options & TCP_OPTION_ECN) && plan->length > 0 && !plan->probe &&
	        plan->record == TOE_INDEX_NONE)
		mark_new_data(conn, fields);
}

bool
tcp_emit(
        struct toe_engine *engine, struct tcp_run *run, const struct tcp_plan *plan, uint32_t count)
{
	struct toe_conn *conn = &engine->conns[run->index];
	bool with_text = tcp_plan_carries(plan);
	struct toe_frame_fields fields = {
	        .seq = plan->seq, .length = plan->length, .mss = run->limits.mss};
	uint64_t offset = conn->snd_offset + (plan->seq - conn->snd_una);
	struct rte_mbuf *mbuf[TCP_RUN_MAX];
	uint32_t text = count * plan->length, segments = count;
	uint8_t carries = 0;

	if (unlikely(plan->length > run->limits.copy)) {
		if (!tcp_frames_alloc(engine, run, plan, count, offset, mbuf))
			return false;
	} else if (unlikely(rte_pktmbuf_alloc_bulk(engine->mbuf_pool, mbuf, count) != 0)) {
		return false;
	}
	if (unlikely(plan->length > fields.mss))
		segments = (plan->length + fields.mss - 1) / fields.mss;
	if (!run->open) {
		run_open(engine, run, with_text);
		carries = TOE_TX_TELLS;
	}
	set_flags(conn, plan, &fields);
	if (!with_text)
		fields.seq = bare_seq(conn);
	for (uint32_t i = 0; i < count; i++) {
		build(engine, run, &fields, offset, plan->length + plan->fin, carries, mbuf[i]);
		fields.seq += plan->length;
		offset += plan->length;
		carries = 0;
		/* CWR belongs to the first segment. */
		fields.flags &= (uint8_t)~RTE_TCP_CWR_FLAG;
	}
	conn->segments_out += segments;
	engine->stats.tx_segments += segments;
	toe_mib_out(toe_engine_mib(engine, run->route.neighbor->port, run->route.path->family),
	        segments, segments * (run->template.l3 + run->template.l4) + text,
	        plan->record != TOE_INDEX_NONE);
	if (!with_text)
		return true;
	conn->flags &= ~TOE_CONN_KEEPALIVE_DUE; /* the peer has to answer this as well */
	note_sent(engine, run, plan, count);
	return true;
}
