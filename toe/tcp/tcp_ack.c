/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The acknowledgment field: what it frees, what it tells about round-trip time and windows, and the
 * states that follow from our FIN being acknowledged.
 */
#include "tcp_ack.h"

#include <rte_branch_prediction.h>
#include <rte_tcp.h>

#include "sender.h"
#include "tcp_arm.h"
#include "tcp_cc.h"
#include "tcp_close.h"
#include "tcp_facts.h"
#include "tcp_limits.h"
#include "tcp_reach.h"
#include "tcp_round.h"
#include "tcp_rtt.h"
#include "tcp_types.h"
#include "user.h"

/*
 * RTT samples come from acknowledgments of new data only (RFC 7323 section 4.1): from what was sent once, in us, else
 * from the timestamp, in ms. True when there was one.
 */
static bool
ack_measure(struct toe_engine *engine, struct toe_conn *conn, const struct toe_segment *segment,
        uint32_t rtt)
{
	if (rtt == 0 && (conn->options & TCP_OPTION_TIMESTAMPS)) {
		const struct toe_sender *sender = toe_sender_of(engine, conn);
		uint32_t ms;

		if (sender == NULL || !tcp_echo_age(engine, conn, sender, segment, &ms))
			return false;
		rtt = RTE_MIN(ms, TCP_RTO_MAX_MS) * 1000;
		rtt = RTE_MAX(rtt, 1u);
	}
	if (rtt == 0)
		return false;
	toe_rtt_sample(conn, rtt);
	return true;
}

/* RFC 9293 section 3.10.7.4: what changes when our FIN is acknowledged. */
static void
ack_of_fin(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];

	if (conn->state == TCP_FIN_WAIT_1) {
		conn->state = TCP_FIN_WAIT_2;
	} else if (conn->state == TCP_CLOSING) {
		conn->state = TCP_TIME_WAIT;
		toe_tcp_offer(engine, index);
	} else if (conn->state == TCP_LAST_ACK) {
		toe_tcp_closed(engine, index);
	}
}

/* SND.UNA < SEG.ACK <= SND.MAX: the stream's part of it; congestion comes after. */
static void
ack_new(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment,
        struct tcp_round *round)
{
	struct toe_conn *conn = &engine->conns[index];
	uint64_t unacked = tcp_unacked(conn);
	uint32_t bytes = (uint32_t)RTE_MIN((uint64_t)round->acked, unacked);
	bool fin_acked = round->acked > unacked;

	/*
	 * Karn: after a retransmission that could not be measured the backed-off timeout stays in
	 * force until a segment sent once is measured (RFC 6298 section 5, RFC 9293 section 3.8.1).
	 */
	if (!ack_measure(engine, conn, segment, round->rtt) && conn->retransmit_count > 0)
		conn->rto = toe_rto(conn);
	conn->snd_una = segment->ack;
	conn->snd_offset += bytes;
	if (seq_lt(conn->snd_nxt, conn->snd_una))
		conn->snd_nxt = conn->snd_una;
	conn->retransmit_count = 0;
	conn->total_rt = 0;
	conn->flags &= ~TOE_CONN_CHALLENGED;
	if (unlikely(conn->flags & TOE_CONN_REACH))
		tcp_reach_progress(engine, conn);
	tcp_restart_timer(conn); /* RFC 6298 (5.3) */
	if (bytes > 0)
		toe_service_acked(engine, index, bytes);
	if (fin_acked) {
		ack_of_fin(engine, index);
		toe_service_fin_acked(engine, index);
	}
}

/*
 * Only a newer segment changes the window (RFC 9293 section 3.10.7.4). One that acknowledges more
 * is newer than all before it, even a retransmission with an old sequence number: without its
 * window the right edge would move on with SND.UNA. Of two that acknowledge the same, the larger
 * window is the newer one, since a right edge does not move left; a smaller one needs a newer
 * sequence number. But a closed window is believed (RFC 9293 sections 3.8.6 and 3.10.7.4): taken for open it would only be
 * run into, and the peer taken for dead; where it is an old one, the first probe opens it again.
 */
static void
update_window(struct toe_conn *conn, uint32_t window, const struct toe_segment *segment, bool newer)
{
	bool same = segment->seq == conn->snd_wl1;

	if (!newer && window <= conn->snd_wnd && !seq_lt(conn->snd_wl1, segment->seq) &&
	        !(same && window == 0))
		return;
	conn->snd_wnd = window;
	conn->max_snd_wnd = RTE_MAX(conn->max_snd_wnd, window);
	if (seq_lt(conn->snd_wl1, segment->seq))
		conn->snd_wl1 = segment->seq;
}

/*
 * The window is closed, and the peer has said so once more: it is alive. The next round of probes begins, however many
 * were not answered in this one (TMR-1). An open window ends them. What the closed one refused goes again: first what went
 * out as a probe; when that was taken just now the rest is RACK's to find, or without SACK goes segment by segment.
 */
static void
probe_answered(struct toe_engine *engine, uint32_t index, bool probed, bool taken)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sender *sender = toe_sender_of(engine, conn);
	bool found = taken && (conn->options & TCP_OPTION_SACK);

	if (conn->snd_wnd == 0 && !probed)
		return;
	conn->retransmit_count = 0;
	conn->total_rt = 0;
	if (conn->snd_wnd == 0) {
		conn->snd_wnd_probe_count += conn->snd_wnd_probe_count < UINT8_MAX;
	} else {
		if (sender != NULL && !found && (probed || conn->snd_wnd_probe_count > 0)) {
			tcp_lose_head(engine, conn, sender);
			sender->burst = sender->lost != sender->again;
		}
		conn->snd_wnd_probe_count = 0;
	}
	tcp_restart_timer(conn);
}

/* The sender's part: scoreboard, round trip, windows, recovery. */
static void
ack_sender(struct toe_engine *engine, uint32_t index, struct toe_sender *sender,
        const struct toe_segment *segment, struct tcp_round *round)
{
	struct toe_conn *conn = &engine->conns[index];
	const struct toe_cc *cc = toe_cc_of(conn);

	if (unlikely(segment->sacks > 0) && (conn->options & TCP_OPTION_SACK)) {
		tcp_round_sacked(engine, conn, sender, segment, round);
		if (round->acked == 0 && round->rtt != 0)
			toe_rtt_sample(conn, round->rtt);
	}
	if (round->acked > 0 && cc->count != NULL && (conn->options & TCP_OPTION_ECN))
		cc->count(conn, sender, round->acked, round->ece);
	/* The usual case: nothing amiss before and after. */
	if (likely(round->acked > 0 && sender->phase == TOE_PHASE_OPEN && !round->ece &&
	            !round->sacked && !round->dsack && !sender->tlp_out && !sender->has_recovery &&
	            !sender->undo_possible && !sender->reorder_waits && !sender->dsack_seen &&
	            sender->sacked + sender->lost == 0 && !tcp_rack_behind(engine, sender))) {
		conn->dup_ack_count = 0;
		if (round->outstanding >= conn->cwnd / 2)
			toe_cc_acked(
			        conn, sender, round->acked, engine->now_us, tcp_smss(engine, conn));
		else
			toe_cc_limited(conn, sender);
		return;
	}
	tcp_recovery_acked(engine, index, sender, segment, round);
}

/*
 * Another ACK has overtaken this one: its window is old. What its blocks say is not: text behind a gap, or a duplicate, is
 * reported once (RFC 2883 section 4, RFC 6675 section 5).
 */
static __rte_noinline void
ack_overtaken(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	const struct toe_conn *conn = &engine->conns[index];
	struct toe_sender *sender = toe_sender_of(engine, conn);
	struct tcp_round round = {.outstanding = conn->snd_nxt - conn->snd_una};

	if (sender == NULL || segment->sacks == 0)
		return;
	ack_sender(engine, index, sender, segment, &round);
	if (tcp_has_unsent(conn) || sender->lost != sender->again)
		toe_conn_ready(engine, index);
}

bool
toe_tcp_ack(struct toe_engine *engine, uint32_t index, const struct toe_segment *segment)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sender *sender = NULL;
	uint32_t ack = segment->ack, window = segment->window << conn->snd_wscale;
	struct tcp_round round = {
	        .acked = ack - conn->snd_una,
	        .outstanding = conn->snd_nxt - conn->snd_una,
	        .ece = (segment->tcp_flags & RTE_TCP_ECE_FLAG) && (conn->options & TCP_OPTION_ECN),
	};
	bool was_closed = conn->snd_wnd == 0, probed = was_closed && conn->retransmit_count > 0;

	/* RFC 5961 section 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.MAX */
	if (unlikely(
	            seq_lt(conn->snd_max, ack) || seq_lt(ack, conn->snd_una - conn->max_snd_wnd))) {
		engine->stats.rx_unacceptable++;
		tcp_answer(engine, index, segment);
		return false;
	}
	if (unlikely(seq_lt(ack, conn->snd_una))) {
		ack_overtaken(engine, index, segment);
		return true;
	}
	/* With nothing in flight there is nothing in it that this could be about, and it is not touched. */
	if (round.outstanding > 0)
		sender = toe_sender_of(engine, conn);
	/* The answer to a window probe is none. */
	round.duplicate = round.acked == 0 && round.outstanding > 0 && segment->length == 0 &&
	                  window == conn->snd_wnd && window != 0 &&
	                  !(segment->tcp_flags & RTE_TCP_FIN_FLAG);
	if (round.acked > 0) {
		if (likely(sender != NULL))
			tcp_round_acked(engine, conn, sender, segment, &round);
		ack_new(engine, index, segment, &round);
		if (conn->state == TCP_CLOSED)
			return false;
	}
	update_window(conn, window, segment, round.acked > 0);
	if (sender != NULL) {
		ack_sender(engine, index, sender, segment, &round);
		conn->flags |= TOE_CONN_REARM;
	}
	if (unlikely(was_closed))
		probe_answered(engine, index, probed, round.acked > 0);
	else if (unlikely(window == 0))
		conn->flags |= TOE_CONN_REARM;
	if (tcp_has_unsent(conn) || (sender != NULL && sender->lost != sender->again))
		toe_conn_ready(engine, index);
	return true;
}
