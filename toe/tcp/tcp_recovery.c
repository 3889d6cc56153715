/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loss recovery: when the sender is in which phase, and what the window is then. With SACK the losses are RACK's
 * (RFC 8985), without it NewReno's (RFC 6582, RFC 3042); in recovery the window follows proportional rate reduction
 * (RFC 6937).
 */
#include "tcp_cc.h"
#include "tcp_facts.h"
#include "tcp_limits.h"
#include "tcp_round.h"
#include "tcp_types.h"
#include "tcp_undo.h"

void
tcp_lose_head(struct toe_engine *engine, const struct toe_conn *conn, struct toe_sender *sender)
{
	const struct toe_sent *sent;

	if (sender->head == TOE_INDEX_NONE)
		return;
	sent = toe_sent_at(engine, sender->head);
	if (sent->end - sent->seq > tcp_smss(engine, conn))
		toe_sent_split(engine, sender, sender->head, sent->seq + tcp_smss(engine, conn));
	toe_sent_lose(engine, sender, sender->head);
	tcp_duplicates_clamp(conn, sender);
}

/* The beginning of a recovery, whatever the reason. flight: bytes in flight when the signal came. */
static void
reduce(struct toe_conn *conn, struct toe_sender *sender, uint32_t ssthresh, uint32_t flight)
{
	tcp_undo_begin(conn, sender);
	conn->ssthresh = ssthresh;
	sender->recovery_end = conn->snd_nxt;
	sender->has_recovery = 1;
	sender->prr_delivered = sender->prr_out = 0;
	sender->recover_fs = RTE_MAX(flight, 1u);
	/* RFC 3168 section 6.1.2: the peer learns of every reduction. */
	if (conn->options & TCP_OPTION_ECN)
		conn->flags |= TOE_CONN_ECN_CWR;
}

static void
enter_recovery(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        uint32_t flight)
{
	const struct toe_cc *cc = toe_cc_of(conn);

	engine->stats.recoveries++;
	/* In CWR the window of this data was reduced already. */
	if (sender->phase == TOE_PHASE_OPEN) {
		/* What limited transmit has sent does not count (RFC 5681 section 3.2, step 2). */
		uint32_t allowed = RTE_MIN(flight, conn->cwnd);

		reduce(conn, sender, cc->lost(conn, sender, allowed, tcp_smss(engine, conn)),
		        flight);
	} else {
		sender->recovery_end = conn->snd_nxt;
		sender->prr_delivered = sender->prr_out = 0;
		sender->recover_fs = RTE_MAX(flight, 1u);
	}
	sender->phase = TOE_PHASE_RECOVERY;
	sender->burst = 1;
	sender->tlp_out = 0;
	/* What RACK learned from duplicates fades (RFC 8985 section 6.2, step 4). */
	if (sender->reo_wnd_persist > 0 && --sender->reo_wnd_persist == 0)
		sender->reo_wnd_mult = 1;
}

static void
enter_cwr(struct toe_conn *conn, struct toe_sender *sender, uint32_t ssthresh, uint32_t flight)
{
	reduce(conn, sender, ssthresh, flight);
	sender->undo_possible = 0;
	sender->phase = TOE_PHASE_CWR;
}

/* RFC 6937, with the slow-start reduction bound. */
static void
proportional_rate(const struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        uint32_t delivered)
{
	uint32_t pipe = toe_pipe(conn, sender), mss = tcp_smss(engine, conn);
	int64_t send;

	sender->prr_delivered += delivered;
	if (pipe > conn->ssthresh) {
		send = (int64_t)(((uint64_t)sender->prr_delivered * conn->ssthresh +
		                         sender->recover_fs - 1) /
		                 sender->recover_fs) -
		       sender->prr_out;
	} else {
		int64_t limit = (int64_t)sender->prr_delivered - sender->prr_out;

		limit = RTE_MAX(limit, (int64_t)delivered) + mss;
		send = RTE_MIN((int64_t)conn->ssthresh - pipe, limit);
	}
	send = RTE_MAX(send, sender->burst ? (int64_t)mss : 0);
	conn->cwnd = RTE_MAX((uint32_t)(pipe + send), mss);
}

/*
 * Without SACK. Duplicates count as segments that arrived (RFC 3042: the third and fourth segment go out); three of them
 * are a loss, unless they follow from a recovery that is just over (RFC 6582 section 3.2, step 2). A partial ACK in recovery
 * shows the next hole.
 */
static bool
newreno_detect(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        struct tcp_round *round)
{
	uint32_t known = sender->sacked;

	if (round->acked > 0) {
		conn->dup_ack_count = 0;
		round->delivered = round->acked > known ? round->acked - known : 0;
		sender->sacked = known > round->acked ? known - round->acked : 0;
		tcp_duplicates_clamp(conn, sender);
		if (sender->phase == TOE_PHASE_RECOVERY &&
		        seq_lt(conn->snd_una, sender->recovery_end)) {
			tcp_lose_head(engine, conn, sender);
			sender->burst = 1;
		}
		return false;
	}
	if (!round->duplicate)
		return false;
	conn->dup_ack_count += conn->dup_ack_count < UINT8_MAX;
	sender->sacked = RTE_MIN(
	        known + tcp_smss(engine, conn), conn->snd_nxt - conn->snd_una - sender->lost);
	round->delivered = sender->sacked - known;
	if (conn->dup_ack_count != TCP_DUP_THRESHOLD || sender->phase > TOE_PHASE_CWR ||
	        (sender->has_recovery && !seq_lt(sender->recovery_end, conn->snd_una)))
		return false;
	tcp_lose_head(engine, conn, sender);
	return true;
}

/* The data in flight when recovery began is acknowledged. */
static void
leave(struct toe_conn *conn, struct toe_sender *sender)
{
	if (sender->phase != TOE_PHASE_LOSS)
		conn->cwnd = conn->ssthresh; /* RFC 6937 section 3 */
	sender->phase = TOE_PHASE_OPEN;
	tcp_undo_left(conn, sender);
	conn->dup_ack_count = 0;
	if (!(conn->options & TCP_OPTION_SACK))
		sender->sacked = 0;
}

/* Growth outside of recovery, when the window was in use (RFC 7661). */
static void
grow(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        const struct tcp_round *round)
{
	if (round->acked == 0)
		return;
	if (round->outstanding >= conn->cwnd / 2 || sender->phase == TOE_PHASE_LOSS)
		toe_cc_acked(conn, sender, round->acked, engine->now_us, tcp_smss(engine, conn));
	else
		toe_cc_limited(conn, sender);
}

static void
open_phase(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        const struct tcp_round *round, bool repaired, bool adds)
{
	const struct toe_cc *cc = toe_cc_of(conn);

	if (round->lost)
		enter_recovery(engine, conn, sender, round->outstanding);
	else if (repaired)
		enter_cwr(conn, sender,
		        cc->lost(conn, sender, round->outstanding, tcp_smss(engine, conn)),
		        round->outstanding);
	else if (round->ece)
		enter_cwr(conn, sender,
		        cc->marked(conn, sender, round->outstanding, tcp_smss(engine, conn)),
		        round->outstanding);
	else if (adds)
		grow(engine, conn, sender, round);
	if (sender->phase != TOE_PHASE_OPEN)
		proportional_rate(engine, conn, sender, round->delivered);
}

void
tcp_recovery_acked(struct toe_engine *engine, uint32_t index, struct toe_sender *sender,
        const struct toe_segment *segment, struct tcp_round *round)
{
	struct toe_conn *conn = &engine->conns[index];
	bool past = sender->has_recovery && !seq_lt(conn->snd_una, sender->recovery_end);
	/* RFC 8985 section 6.2, step 4: a probe that was not needed says nothing of reordering. */
	bool probed = round->dsack && sender->tlp_out && sender->tlp_retransmits &&
	              segment->sack[0].end == sender->tlp_end;
	bool repaired = tcp_tlp_acked(conn, sender, segment, round), left, adds;

	if (!seq_lt(conn->snd_una, sender->dsack_round))
		sender->dsack_seen = 0;
	if (round->dsack) {
		if (!probed)
			tcp_rack_dsack(conn, sender);
		tcp_undo_dsack(conn, sender, &segment->sack[0], round->dsack_foreign);
	}
	if (round->acked > 0)
		tcp_undo_eifel(engine, conn, sender, segment);
	if (conn->options & TCP_OPTION_SACK)
		round->lost = tcp_rack_detect(engine, index, sender);
	else
		round->lost = newreno_detect(engine, conn, sender, round);
	left = sender->phase != TOE_PHASE_OPEN && past; /* unless it was taken back just now */
	/* The ACK that ends a fast recovery has set the window; one that ends a timeout's is slow start's (RFC 5681 section 3.1). */
	adds = !left || sender->phase == TOE_PHASE_LOSS;
	if (left)
		leave(conn, sender);
	if (past && seq_lt(sender->recovery_end, conn->snd_una))
		sender->has_recovery = 0;
	tcp_undo_expire(conn, sender);
	switch (sender->phase) {
	case TOE_PHASE_OPEN:
		open_phase(engine, conn, sender, round, repaired, adds);
		break;
	case TOE_PHASE_CWR:
		if (round->lost)
			enter_recovery(engine, conn, sender, round->outstanding);
		proportional_rate(engine, conn, sender, round->delivered);
		break;
	case TOE_PHASE_RECOVERY:
		proportional_rate(engine, conn, sender, round->delivered);
		break;
	default:
		grow(engine, conn, sender, round);
		break;
	}
	/* What was to go whatever cwnd says has been acknowledged before it went. */
	if (sender->lost == sender->again)
		sender->burst = 0;
}

/* The peer threw away what it had reported: it may (RFC 2018 section 8). */
static void
forget_sacks(struct toe_engine *engine, struct toe_sender *sender)
{
	uint32_t record = sender->head;

	if (record == TOE_INDEX_NONE || !(toe_sent_at(engine, record)->flags & TOE_SENT_SACKED))
		return;
	for (; record != TOE_INDEX_NONE; record = toe_sent_at(engine, record)->next) {
		struct toe_sent *sent = toe_sent_at(engine, record);

		if (sent->flags & TOE_SENT_SACKED)
			toe_sent_unsack(sender, sent);
	}
	memset(sender->sack_seen, 0, sizeof(sender->sack_seen));
}

void
tcp_recovery_timeout(struct toe_engine *engine, uint32_t index, struct toe_sender *sender)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t flight = conn->snd_nxt - conn->snd_una;

	/* RFC 5681 (4): held constant when the same data times out again. */
	if (conn->retransmit_count == 0)
		reduce(conn, sender,
		        toe_cc_of(conn)->lost(conn, sender, flight, tcp_smss(engine, conn)),
		        flight);
	sender->undo_possible = 0;
	sender->phase = TOE_PHASE_LOSS;
	sender->recovery_end = conn->snd_nxt;
	sender->has_recovery = 1;
	conn->cwnd = tcp_smss(engine, conn);
	conn->dup_ack_count = 0;
	sender->tlp_out = 0;
	sender->reorder_waits = 0;
	if (conn->options & TCP_OPTION_SACK)
		forget_sacks(engine, sender);
	else
		sender->sacked = 0;
	toe_sent_take_back(engine, sender, conn->snd_una);
}

void
tcp_recovery_reorder(struct toe_engine *engine, uint32_t index, struct toe_sender *sender)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t flight = conn->snd_nxt - conn->snd_una;

	if (!tcp_rack_detect(engine, index, sender))
		return;
	if (sender->phase <= TOE_PHASE_CWR) {
		enter_recovery(engine, conn, sender, flight);
		proportional_rate(engine, conn, sender, 0);
	}
	toe_conn_ready(engine, index);
}
