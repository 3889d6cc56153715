/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frame that never left is no transmission (INV-7). What building it changed is undone, the newest frame first, where it
 * is untrue now; docs/design.md lists it.
 */
#include <rte_tcp.h>

#include "reassembly.h"
#include "sender.h"
#include "tcp.h"
#include "tcp_facts.h"
#include "tcp_limits.h"
#include "tcp_round.h"
#include "tcp_text.h"
#include "tcp_undo.h"
#include "txq.h"

/* Marks that may lie behind what has left now do not. */
static void
clamp_marks(const struct toe_conn *conn, struct toe_sender *sender)
{
	uint32_t *const marks[] = {&sender->recovery_end, &sender->dsack_round, &sender->tlp_end,
	        &sender->undo_end, &sender->cc.dctcp.window_end};
	uint32_t n = RTE_DIM(marks);

	if (conn->congestion != OFFLOAD_CC_DCTCP)
		n--;
	for (uint32_t i = 0; i < n; i++)
		if (seq_lt(conn->snd_nxt, *marks[i]) && seq_leq(*marks[i], conn->snd_max))
			*marks[i] = conn->snd_nxt;
}

/* New text, or the FIN: it is unsent. snd_max stays, as the host was told. */
static void
unsend(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender, uint32_t seq,
        uint32_t end)
{
	/* Where later text has left (toe_txq_flush may find out so what stands in the way), it is lost like any other. */
	if (end != conn->snd_nxt)
		return;
	conn->snd_nxt = toe_sent_cut(engine, sender, seq);
	if ((conn->flags & TOE_CONN_FIN_SENT) && tcp_outstanding(conn) <= tcp_unacked(conn))
		conn->flags &= ~TOE_CONN_FIN_SENT;
	clamp_marks(conn, sender);
}

/* A probe asks again, unless what goes instead asks the same. */
static void
probe_again(struct toe_conn *conn, struct toe_sender *sender)
{
	sender->tlp_out = 0;
	if (tcp_outstanding(conn) == 0 ? conn->snd_wnd == 0 : tcp_tlp_fits(conn, sender))
		conn->flags |= TOE_CONN_PROBE;
}

static void
take_back_text(struct toe_engine *engine, struct toe_conn *conn, const struct toe_tx_tag *tag)
{
	struct toe_sender *sender = toe_sender_of(engine, conn);
	uint32_t seq = tag->seq, end = tag->seq + tag->length;

	if (tag->carries & TOE_TX_AGAIN) {
		engine->stats.tx_retransmitted--;
		conn->segments_retransmitted--;
		toe_conn_mib(engine, conn)->segments_again--;
	}
	/* Acknowledged nevertheless: an earlier transmission has arrived. */
	if (!seq_lt(conn->snd_una, end))
		return;
	/* The connection has ended, and its reset lies behind what has left. */
	if (sender == NULL) {
		if (!(tag->carries & TOE_TX_AGAIN) && end == conn->snd_nxt)
			conn->snd_nxt = seq;
		return;
	}
	if (seq_lt(seq, conn->snd_una))
		seq = conn->snd_una;
	if (tag->carries & TOE_TX_AGAIN) {
		toe_sent_not_again(engine, sender, seq, end, tag->time, tag->carries & TOE_TX_EVER);
		tcp_undo_unsent(sender, seq, end);
	} else {
		unsend(engine, conn, sender, seq, end);
	}
	tcp_duplicates_clamp(conn, sender);
	if (tag->carries & TOE_TX_PRR)
		sender->prr_out -= RTE_MIN(sender->prr_out, (uint32_t)tag->length);
	if (tag->carries & TOE_TX_BURST)
		sender->burst = 1;
	/* A probe that goes on waiting asks what text that goes first asks as well. */
	if (tcp_outstanding(conn) > 0 && !tcp_tlp_fits(conn, sender))
		conn->flags &= ~TOE_CONN_PROBE;
	if (tag->carries & TOE_TX_PROBE)
		probe_again(conn, sender);
	if (toe_time_before(engine->now_us, sender->pace_next))
		sender->pace_next = engine->now_us;
}

/* The window that the peer was shown ends where it did before, unless more has been received since. */
static bool
take_back_window(const struct toe_engine *engine, struct toe_conn *conn, uint32_t edge)
{
	uint32_t received = toe_reassembly_end(engine, conn), before = conn->rcv_adv;

	if (seq_lt(edge, received))
		edge = received;
	conn->rcv_adv = edge;
	return edge != before;
}

/* A duplicate is reported once, by the frame that has it in front (RFC 2883). */
static void
report_again(struct toe_engine *engine, uint32_t index, const struct rte_mbuf *frame)
{
	struct toe_segment segment;

	toe_segment_parse(frame, 0, true, false, &segment);
	if (segment.verdict == TOE_SEGMENT_OK && segment.sacks > 0)
		toe_reassembly_duplicate(engine, index, segment.sack[0].start, segment.sack[0].end);
}

/* What the first frame of a run tells: the acknowledgment, the window, a duplicate; or asks as a keepalive probe. */
static void
take_back_news(
        struct toe_engine *engine, const struct toe_tx_tag *tag, const struct rte_mbuf *frame)
{
	struct toe_conn *conn = &engine->conns[tag->conn];
	bool moved = take_back_window(engine, conn, tag->edge);

	conn->last_ack_sent = tag->ack;
	if (tag->owed & TOE_CONN_ACK_NOW) {
		conn->flags |= TOE_CONN_ACK_NOW;
	} else if (tag->owed & TOE_CONN_ACK_DELAYED) {
		tcp_delay_ack(engine, tag->conn, tag->delack);
	} else if (moved) {
		conn->flags |= TOE_CONN_ACK_NOW;
	}
	/* One that was found since is told instead. */
	if ((tag->owed & TOE_CONN_DSACK) && !(conn->flags & TOE_CONN_DSACK))
		report_again(engine, tag->conn, frame);
	/* Unless the peer has been heard since. */
	if ((tag->owed & TOE_CONN_KEEPALIVE_DUE) && conn->ka_probe_count > 0)
		conn->flags |= TOE_CONN_KEEPALIVE_DUE;
}

static bool
has_cwr(const struct rte_mbuf *frame)
{
	const struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(
	        frame, const struct rte_tcp_hdr *, frame->l2_len + frame->l3_len);

	return tcp->tcp_flags & RTE_TCP_CWR_FLAG;
}

void
toe_tcp_take_back(
        struct toe_engine *engine, const struct toe_tx_tag *tag, const struct rte_mbuf *frame)
{
	struct toe_conn *conn = &engine->conns[tag->conn];
	uint32_t headers = frame->l2_len + frame->l3_len + frame->l4_len;
	uint32_t size = frame->tso_segsz;

	toe_conn_mib(engine, conn)->discards_out +=
	        size > 0 ? (frame->pkt_len - headers + size - 1) / size : 1;
	if (tag->carries & TOE_TX_RESET) {
		conn->flags |= TOE_CONN_RESET_DUE;
		toe_conn_mib(engine, conn)->resets_out--;
		toe_conn_ready(engine, tag->conn);
		return;
	}
	if (tag->length > 0)
		take_back_text(engine, conn, tag);
	if (has_cwr(frame))
		conn->flags |= TOE_CONN_ECN_CWR;
	if (tag->carries & TOE_TX_TELLS)
		take_back_news(engine, tag, frame);
	toe_conn_ready(engine, tag->conn);
}
