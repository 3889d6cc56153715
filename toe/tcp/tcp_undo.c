/* SPDX-License-Identifier: BSD-3-Clause */
/* What was sent again in a recovery, and what is known of it since. */
#include "tcp_undo.h"

#include "tcp_facts.h"

void
tcp_undo_begin(const struct toe_conn *conn, struct toe_sender *sender)
{
	sender->prior_cwnd = conn->cwnd;
	sender->prior_ssthresh = conn->ssthresh;
	sender->undo_possible = 1;
	sender->undo_start = conn->snd_una;
	sender->undo_ranges = 0;
	sender->undo_first = true;
	sender->eifel_waits = false;
}

/* Note that [start, end) was sent again; where that cannot be told any more reports of duplicates prove nothing. */
static void
note_range(struct toe_sender *sender, uint32_t start, uint32_t end)
{
	uint32_t n = sender->undo_ranges;

	for (uint32_t i = 0; i < n && n != TOE_UNDO_UNKNOWN; i++) {
		struct toe_range *range = &sender->undo_range[i];

		/* Once more: of two duplicates one is reported at least if either was needless. */
		if (seq_lt(start, range->end) && seq_lt(range->start, end))
			n = TOE_UNDO_UNKNOWN;
		else if (range->end == start || range->start == end) {
			*range = (struct toe_range){range->end == start ? range->start : start,
			        range->end == start ? end : range->end};
			return;
		}
	}
	if (n >= TOE_UNDO_RANGES) {
		sender->undo_ranges = TOE_UNDO_UNKNOWN;
		return;
	}
	sender->undo_range[n] = (struct toe_range){start, end};
	sender->undo_ranges++;
}

void
tcp_undo_sent(const struct toe_engine *engine, const struct toe_conn *conn,
        struct toe_sender *sender, const struct toe_sent *sent, uint32_t end)
{
	if (sender->phase != TOE_PHASE_RECOVERY || !sender->undo_possible)
		return;
	/* RFC 3522 section 3.2: the timestamp of the retransmission, and that of what it repeats. */
	if (sender->undo_first && sent->seq == sender->undo_start &&
	        (conn->options & TCP_OPTION_TIMESTAMPS)) {
		uint32_t age = (engine->now_us - sent->time + 999) / 1000;

		sender->eifel_waits = true;
		sender->undo_ts = engine->now_ms + conn->ts_offset;
		sender->undo_ts_first = sender->undo_ts - age;
	}
	sender->undo_first = false;
	note_range(sender, sent->seq, end);
}

/* Take a block out of what was sent again; false: not all of it was, or it cannot be told. */
static bool
take_range(struct toe_sender *sender, const struct toe_sack *block)
{
	struct toe_range *range = sender->undo_range;
	uint32_t n = sender->undo_ranges;

	while (n > 0 && !(seq_leq(range->start, block->start) && seq_leq(block->end, range->end))) {
		range++;
		n--;
	}
	if (n == 0)
		return false;
	if (range->start == block->start && range->end == block->end) {
		*range = sender->undo_range[--sender->undo_ranges];
	} else if (range->start == block->start) {
		range->start = block->end;
	} else if (range->end == block->end) {
		range->end = block->start;
	} else {
		struct toe_range behind = {block->end, range->end};

		if (sender->undo_ranges == TOE_UNDO_RANGES)
			return false;
		range->end = block->start;
		sender->undo_range[sender->undo_ranges++] = behind;
	}
	return true;
}

void
tcp_undo_unsent(struct toe_sender *sender, uint32_t seq, uint32_t end)
{
	const struct toe_sack block = {seq, end};

	if (sender->undo_ranges == TOE_UNDO_UNKNOWN || !take_range(sender, &block) ||
	        sender->undo_ranges > 0)
		return;
	sender->undo_first = true;
	sender->eifel_waits = false;
}

void
tcp_undo_left(const struct toe_conn *conn, struct toe_sender *sender)
{
	sender->undo_end = conn->snd_nxt;
	sender->eifel_waits = false;
}

/* The reduction was for nothing (RFC 4015). */
static void
undo(struct toe_conn *conn, struct toe_sender *sender)
{
	conn->cwnd = RTE_MAX(conn->cwnd, sender->prior_cwnd);
	conn->ssthresh = RTE_MAX(conn->ssthresh, sender->prior_ssthresh);
	sender->undo_possible = 0;
	if (sender->phase == TOE_PHASE_RECOVERY)
		sender->phase = TOE_PHASE_OPEN;
}

bool
tcp_undo_dsack(struct toe_conn *conn, struct toe_sender *sender, const struct toe_sack *block,
        bool doubled)
{
	/* RFC 3708 section 3 (A): where the network doubles segments a duplicate says nothing. */
	if (doubled)
		sender->undo_ranges = TOE_UNDO_UNKNOWN;
	if (!sender->undo_possible || sender->undo_ranges == TOE_UNDO_UNKNOWN ||
	        sender->undo_ranges == 0 || !take_range(sender, block) || sender->undo_ranges > 0)
		return false;
	undo(conn, sender);
	return true;
}

bool
tcp_undo_eifel(const struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        const struct toe_segment *segment)
{
	uint32_t ms;

	/* The first acceptable ACK decides, whatever follows. */
	if (!sender->eifel_waits)
		return false;
	sender->eifel_waits = false;
	if (sender->phase != TOE_PHASE_RECOVERY || !sender->undo_possible ||
	        !tcp_echo_age(engine, conn, sender, segment, &ms) ||
	        seq_lt(segment->tsecr, sender->undo_ts_first) ||
	        !seq_lt(segment->tsecr, sender->undo_ts))
		return false;
	/* Its segments had been overtaken: RACK is to wait from now on. */
	sender->reordering = 1;
	undo(conn, sender);
	return true;
}

void
tcp_undo_expire(const struct toe_conn *conn, struct toe_sender *sender)
{
	if (sender->phase != TOE_PHASE_RECOVERY && seq_lt(sender->undo_end, conn->snd_una))
		sender->undo_possible = 0;
}
