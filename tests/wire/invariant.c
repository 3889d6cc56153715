/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of a connection between two segments. */
#include "invariant.h"

#include "reassembly.h"
#include "sender.h"
#include "tcp_cc.h"
#include "tcp_facts.h"

void
invariant_init(struct invariant *before, struct end *end)
{
	const struct toe_conn *conn = end_conn(end);

	*before = (struct invariant){conn->snd_una, conn->snd_max, conn->rcv_nxt, conn->rcv_adv};
}

static const char *
check_sequences(struct invariant *before, const struct toe_conn *conn)
{
	if (seq_lt(conn->snd_una, before->una) || seq_lt(conn->snd_max, before->max))
		return "SND.UNA or SND.MAX goes back";
	if (seq_lt(conn->rcv_nxt, before->nxt))
		return "RCV.NXT goes back";
	if (seq_lt(conn->rcv_adv, before->adv))
		return "the window shrinks";
	if (seq_lt(conn->snd_max, conn->snd_una) || seq_lt(conn->snd_max, conn->snd_nxt) ||
	        seq_lt(conn->snd_nxt, conn->snd_una))
		return "SND.UNA, SND.NXT and SND.MAX are out of order";
	if (seq_lt(conn->rcv_adv, conn->rcv_nxt))
		return "more was received than was offered";
	if (conn->cwnd == 0 || conn->cwnd > TCP_CWND_MAX)
		return "the congestion window is out of bounds";
	*before = (struct invariant){conn->snd_una, conn->snd_max, conn->rcv_nxt, conn->rcv_adv};
	return NULL;
}

const char *
invariant_drained(struct invariant *before, struct end *end, uint32_t shown)
{
	const struct toe_conn *conn = end_conn(end);

	if (seq_lt(conn->rcv_adv, shown))
		return "INV-7: the drain forgets a window that the peer was shown";
	before->adv = conn->rcv_adv;
	return invariant_check(before, end);
}

/* The sums that the flags of the records stand for. */
struct sums {
	uint32_t records, timed, sacked, segments, lost, again;
};

static void
add(struct sums *sums, const struct toe_sent *sent)
{
	uint32_t length = sent->end - sent->seq;

	sums->records++;
	sums->timed += sent->timed != 0;
	sums->sacked += sent->flags & TOE_SENT_SACKED ? length : 0;
	sums->segments += sent->flags & TOE_SENT_SACKED ? sent->segments : 0;
	sums->lost += sent->flags & TOE_SENT_LOST ? length : 0;
	sums->again += sent->flags & TOE_SENT_AGAIN ? length : 0;
}

static const char *
check_record(const struct toe_sent *sent)
{
	if (!seq_lt(sent->seq, sent->end))
		return "an empty record";
	if ((sent->flags & TOE_SENT_AGAIN) && !(sent->flags & TOE_SENT_LOST))
		return "sent again without having been lost";
	if ((sent->flags & TOE_SENT_SACKED) && (sent->flags & TOE_SENT_LOST))
		return "lost and selectively acknowledged";
	return NULL;
}

/* Records by time: as many as are marked, never back in time. */
static const char *
check_times(const struct toe_worker *worker, const struct toe_sender *sender, uint32_t timed)
{
	uint32_t record = sender->time_head, before = TOE_INDEX_NONE, n = 0;

	for (; record != TOE_INDEX_NONE; record = toe_sent_at(&worker->engine, record)->later) {
		const struct toe_sent *sent = toe_sent_at(&worker->engine, record);

		if (n++ > timed)
			return "the list by time has no end";
		if (!sent->timed || sent->earlier != before)
			return "the list by time is broken";
		if (before != TOE_INDEX_NONE &&
		        toe_time_before(sent->time, toe_sent_at(&worker->engine, before)->time))
			return "the list by time is out of order";
		before = record;
	}
	return n == timed && sender->time_tail == before ? NULL : "the list by time lacks records";
}

static const char *
check_sender(const struct toe_worker *worker, const struct toe_conn *conn)
{
	const struct toe_sender *sender = toe_sender_of(&worker->engine, conn);
	uint32_t outstanding = tcp_outstanding(conn), at = conn->snd_una;
	uint32_t before = TOE_INDEX_NONE;
	struct sums sums = {0};

	if (sender == NULL)
		return outstanding == 0 || conn->state == TCP_CLOSED ? NULL
		                                                     : "in flight without a record";
	for (uint32_t i = sender->head; i != TOE_INDEX_NONE;
	        i = toe_sent_at(&worker->engine, i)->next) {
		const struct toe_sent *sent = toe_sent_at(&worker->engine, i);
		const char *wrong = check_record(sent);

		if (wrong != NULL)
			return wrong;
		if (sums.records > sender->records || sent->prev != before || sent->seq != at)
			return "the records do not lie end to end";
		add(&sums, sent);
		at = sent->end;
		before = i;
	}
	if (at != conn->snd_nxt || sender->tail != before || sums.records != sender->records)
		return "the records do not end at SND.NXT";
	if (sums.lost != sender->lost || sums.again != sender->again)
		return "bytes lost or sent again are miscounted";
	if ((conn->options & TCP_OPTION_SACK) &&
	        (sums.sacked != sender->sacked || sums.segments != sender->segs_sacked))
		return "bytes selectively acknowledged are miscounted";
	if (sender->sacked + sender->lost > outstanding)
		return "more is known of than is in flight";
	return check_times(worker, sender, sums.timed);
}

static const char *
check_piece(const struct toe_conn *conn, const struct toe_piece *piece)
{
	if (piece->length + piece->fin == 0)
		return "an empty piece waits";
	if (seq_lt(conn->rcv_adv, piece->seq + piece->length))
		return "a piece lies beyond the window";
	if ((uint64_t)piece->offset + piece->length > piece->frame->pkt_len)
		return "a piece is longer than its frame";
	return NULL;
}

static const char *
check_pieces(const struct toe_worker *worker, const struct toe_conn *conn)
{
	const struct toe_reassembly *reassembly;
	uint32_t n = 0, bytes = 0, buffers, last = TOE_INDEX_NONE, end = 0;

	if (conn->reassembly == TOE_INDEX_NONE)
		return worker->engine.reassembly_buffers == 0 ? NULL : "buffers wait for nobody";
	reassembly = toe_pool_at(&worker->engine.reassemblies, conn->reassembly);
	buffers = reassembly->urgent_frames;
	for (uint32_t i = reassembly->head; i != TOE_INDEX_NONE;) {
		const struct toe_piece *piece = toe_pool_at(&worker->engine.pieces, i);
		const char *wrong = check_piece(conn, piece);

		if (wrong != NULL)
			return wrong;
		if (n++ > reassembly->pieces)
			return "the pieces have no end";
		if (last != TOE_INDEX_NONE && seq_lt(piece->seq, end))
			return "pieces overlap";
		end = piece->seq + piece->length + piece->fin;
		bytes += piece->length;
		buffers += piece->frame->nb_segs;
		last = i;
		i = piece->next;
	}
	if (n != reassembly->pieces || bytes != reassembly->bytes || reassembly->tail != last)
		return "the pieces are miscounted";
	if (n > TOE_REASSEMBLY_PIECES || reassembly->urgent_frames > TOE_URGENT_FRAMES)
		return "TCP-2: more waits than may";
	if (reassembly->blocks > TOE_SACKS_MAX)
		return "more blocks than an option holds";
	return buffers == worker->engine.reassembly_buffers ? NULL : "buffers are miscounted";
}

const char *
invariant_check(struct invariant *before, struct end *end)
{
	const struct toe_worker *worker = &end->worker;
	const struct toe_conn *conn = end_conn(end);
	const struct toe_sender *sender = toe_sender_of(&worker->engine, conn);
	const char *wrong = check_sequences(before, conn);

	if (wrong == NULL)
		wrong = check_sender(worker, conn);
	if (wrong == NULL)
		wrong = check_pieces(worker, conn);
	if (wrong != NULL)
		return wrong;
	/* The only connection of its worker. */
	if (worker->engine.sent.used != (sender != NULL ? sender->records : 0) ||
	        worker->engine.senders.used != (sender != NULL))
		return "records are used by nobody";
	if (worker->engine.senders_busy != (sender != NULL && sender->records > 0))
		return "busy senders are miscounted";
	if (worker->engine.reassembly_buffers > worker->engine.reassembly_buffers_max)
		return "TCP-2: more buffers wait than may";
	return NULL;
}
