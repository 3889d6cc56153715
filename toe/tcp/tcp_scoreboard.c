/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scoreboard after an ACK: records that the acknowledgment field covers are freed, those in SACK blocks are
 * marked (RFC 2018, RFC 6675 section 4), a duplicate that the first block reports is noticed (RFC 2883).
 */
#include <string.h>

#include <rte_branch_prediction.h>

#include "tcp_facts.h"
#include "tcp_limits.h"
#include "tcp_round.h"
#include "tcp_types.h"

/* The part of a record below `end` has reached the peer. */
static void
delivered(struct toe_engine *engine, const struct toe_conn *conn, struct toe_sender *sender,
        const struct toe_sent *sent, uint32_t end, const struct toe_segment *segment,
        struct tcp_round *round)
{
	uint32_t rtt = 0;

	round->delivered += end - sent->seq;
	tcp_rack_delivered(engine, conn, sender, sent, end, segment, &rtt);
	/* The oldest of it, with the peer's delay. */
	if (round->rtt == 0)
		round->rtt = rtt;
}

void
tcp_round_acked(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        const struct toe_segment *segment, struct tcp_round *round)
{
	uint32_t ack = segment->ack;

	while (sender->head != TOE_INDEX_NONE) {
		struct toe_sent *sent = toe_sent_at(engine, sender->head);
		uint32_t length;

		if (!seq_lt(sent->seq, ack))
			break;
		length = RTE_MIN(ack - sent->seq, sent->end - sent->seq);
		if (!(sent->flags & TOE_SENT_SACKED))
			delivered(engine, conn, sender, sent, sent->seq + length, segment, round);
		if (likely(seq_leq(sent->end, ack))) {
			toe_sent_free(engine, sender, sender->head);
			continue;
		}
		if (sent->flags & TOE_SENT_SACKED)
			sender->sacked -= length;
		if (sent->flags & TOE_SENT_LOST)
			sender->lost -= length;
		if (sent->flags & TOE_SENT_AGAIN)
			sender->again -= length;
		sent->seq = ack;
	}
}

/* Mark [start, end), which lies within what was sent. */
static void
mark(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender, uint32_t start,
        uint32_t end, const struct toe_segment *segment, struct tcp_round *round)
{
	uint32_t record = toe_sent_find(engine, sender, start), smss = tcp_smss(engine, conn),
	         segments;

	while (record != TOE_INDEX_NONE) {
		struct toe_sent *sent = toe_sent_at(engine, record);

		if (seq_leq(end, sent->seq))
			return;
		if (!(sent->flags & TOE_SENT_SACKED)) {
			if (seq_lt(sent->seq, start)) {
				record = toe_sent_split(engine, sender, record, start);
				if (record == TOE_INDEX_NONE)
					return;
				continue;
			}
			/* Without room for its rest the record stays as it was: sent again at worst. */
			if (seq_lt(end, sent->end) &&
			        toe_sent_split(engine, sender, record, end) == TOE_INDEX_NONE)
				return;
			delivered(engine, conn, sender, sent, sent->end, segment, round);
			segments = (sent->end - sent->seq + smss - 1) / smss;
			record = toe_sent_sack(engine, sender, record, segments);
			round->sacked = true;
		}
		record = toe_sent_at(engine, record)->next;
	}
}

/* RFC 2883 section 4: the first block reports a duplicate when the ACK or the second block covers it. */
static bool
is_dsack(const struct toe_segment *segment)
{
	const struct toe_sack *first = &segment->sack[0], *second = &segment->sack[1];

	if (!seq_lt(first->start, first->end))
		return false;
	if (seq_leq(first->end, segment->ack))
		return true;
	return segment->sacks > 1 && seq_leq(second->start, first->start) &&
	       seq_leq(first->end, second->end);
}

/* Was what the block names sent once, as far as that is known: what is acknowledged is forgotten? */
static bool
sent_once(struct toe_engine *engine, const struct toe_conn *conn, const struct toe_sender *sender,
        const struct toe_sack *block)
{
	uint32_t record, at = block->start;

	if (seq_lt(at, conn->snd_una) || seq_lt(conn->snd_nxt, block->end))
		return false;
	record = toe_sent_find(engine, sender, at);
	while (record != TOE_INDEX_NONE && seq_lt(at, block->end)) {
		const struct toe_sent *sent = toe_sent_at(engine, record);

		if (sent->flags & TOE_SENT_EVER)
			return false;
		at = sent->end;
		record = sent->next;
	}
	return true;
}

void
tcp_round_sacked(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        const struct toe_segment *segment, struct tcp_round *round)
{
	uint32_t first = 0, fack;

	if (sender->sacked == 0) {
		sender->fack = conn->snd_una;
		memset(sender->sack_seen, 0, sizeof(sender->sack_seen));
	}
	/* Reordering is judged by what was known before this ACK: `fack` moves when all of its blocks are looked at. */
	fack = sender->fack;
	if (is_dsack(segment)) {
		round->dsack = true;
		round->dsack_foreign = sent_once(engine, conn, sender, &segment->sack[0]);
		first = 1;
	}
	for (uint32_t i = first; i < segment->sacks; i++) {
		uint32_t start = segment->sack[i].start, end = segment->sack[i].end;

		/* Only what was sent and is not acknowledged can be told anything of. */
		if (!seq_lt(start, end) || !seq_lt(conn->snd_una, end) ||
		        seq_lt(conn->snd_nxt, end))
			continue;
		if (seq_lt(start, conn->snd_una))
			start = conn->snd_una;
		/* What the last ACK said already needs no walk. */
		for (uint32_t j = 0; j < TOE_SACKS_MAX; j++)
			if (sender->sack_seen[2 * j] == start &&
			        seq_lt(start, sender->sack_seen[2 * j + 1]) &&
			        seq_leq(sender->sack_seen[2 * j + 1], end))
				start = sender->sack_seen[2 * j + 1];
		if (seq_lt(start, end))
			mark(engine, conn, sender, start, end, segment, round);
		if (seq_lt(fack, end))
			fack = end;
	}
	sender->fack = fack;
	for (uint32_t i = 0; i < TOE_SACKS_MAX; i++) {
		bool valid = i >= first && i < segment->sacks;

		sender->sack_seen[2 * i] = valid ? segment->sack[i].start : 0;
		sender->sack_seen[2 * i + 1] = valid ? segment->sack[i].end : 0;
	}
}
