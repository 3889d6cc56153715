/* SPDX-License-Identifier: BSD-3-Clause */
/* What one ACK has told the sender: filled by the scoreboard, read by loss detection, recovery and timers. */
#ifndef TOE_TCP_ROUND_H
#define TOE_TCP_ROUND_H

#include "engine.h"
#include "segment.h"
#include "sender.h"

struct tcp_round {
	uint32_t acked; /* sequence numbers that the acknowledgment field covers newly */
	uint32_t delivered; /* bytes that the peer is known to have now and was not before */
	uint32_t outstanding; /* snd_nxt - snd_una before (FlightSize of RFC 5681) */
	uint32_t rtt; /* us, of the oldest data delivered; 0: no sample */
	bool duplicate; /* RFC 5681 section 2 */
	bool sacked; /* a block told something new */
	bool dsack; /* a duplicate was reported (RFC 2883) */
	bool dsack_foreign; /* of something that was sent once: the network doubled it */
	bool ece;
	bool lost; /* loss detection has marked something */
};

/*
 * How long ago what a segment echoes was sent, in ms (RFC 7323 section 4.1, RFC 3522 section 3.2); false: it is no echo of
 * anything in flight: 0 of a peer that has nothing to echo, the future, or what is older than the sender.
 */
static inline bool
tcp_echo_age(const struct toe_engine *engine, const struct toe_conn *conn,
        const struct toe_sender *sender, const struct toe_segment *segment, uint32_t *ms)
{
	uint32_t now = engine->now_ms + conn->ts_offset;

	*ms = now - segment->tsecr;
	return segment->tsecr != 0 && *ms <= now - sender->echo_from;
}

/* RFC 8985 section 6.2, step 2: was what ends at `end` and left at `time` sent after the other? Ties go by sequence. */
static inline bool
tcp_sent_after(uint32_t time, uint32_t end, uint32_t other_time, uint32_t other_end)
{
	return toe_time_before(other_time, time) || (time == other_time && seq_lt(other_end, end));
}

/*
 * Step 5 is for every ACK: is there anything that left before what was delivered last? Not as long as all has left once, in
 * order, and arrives so.
 */
static inline bool
tcp_rack_behind(const struct toe_engine *engine, const struct toe_sender *sender)
{
	const struct toe_sent *first;

	if (sender->time_head == TOE_INDEX_NONE)
		return false;
	first = toe_sent_at(engine, sender->time_head);
	return !tcp_sent_after(first->time, first->end, sender->rack_time, sender->rack_end);
}

/* tcp_scoreboard.c: the acknowledgment field; the blocks, after it. */
void tcp_round_acked(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        const struct toe_segment *segment, struct tcp_round *round);
void tcp_round_sacked(struct toe_engine *engine, struct toe_conn *conn, struct toe_sender *sender,
        const struct toe_segment *segment, struct tcp_round *round);

/*
 * tcp_rack.c (RFC 8985): a record was delivered up to `end`, which may lie inside of it; sets *rtt to its round trip (0:
 * ambiguous).
 */
void tcp_rack_delivered(struct toe_engine *engine, const struct toe_conn *conn,
        struct toe_sender *sender, const struct toe_sent *sent, uint32_t end,
        const struct toe_segment *segment, uint32_t *rtt);
/* Mark what is lost by time, and note when more may be (reorder_waits); true when anything was lost. */
bool tcp_rack_detect(struct toe_engine *engine, uint32_t index, struct toe_sender *sender);
/* A duplicate was reported: reordering is wider than was thought (section 6.2, step 4). */
void tcp_rack_dsack(const struct toe_conn *conn, struct toe_sender *sender);
/* May a tail loss probe be waited for, or sent (section 7.2)? */
static inline bool
tcp_tlp_fits(const struct toe_conn *conn, const struct toe_sender *sender)
{
	return (conn->options & TCP_OPTION_SACK) && sender->phase <= TOE_PHASE_CWR &&
	       sender->sacked == 0 && sender->lost == 0 && !sender->tlp_out && conn->snd_wnd != 0 &&
	       conn->retransmit_count == 0;
}

/* ms that it is waited for from now on, 0: not at all. */
uint32_t tcp_tlp_delay(const struct toe_engine *engine, const struct toe_conn *conn,
        const struct toe_sender *sender);
/* It has left (section 7.3); retransmits: it carries old data. */
void tcp_tlp_sent(const struct toe_conn *conn, struct toe_sender *sender, bool retransmits);
/* What the ACK says of a probe in flight (section 7.4); true: it repaired a loss. */
bool tcp_tlp_acked(const struct toe_conn *conn, struct toe_sender *sender,
        const struct toe_segment *segment, const struct tcp_round *round);

/* tcp_recovery.c: phases, windows and what is marked, after every ACK; and after a timeout. */
void tcp_recovery_acked(struct toe_engine *engine, uint32_t index, struct toe_sender *sender,
        const struct toe_segment *segment, struct tcp_round *round);
void tcp_recovery_timeout(struct toe_engine *engine, uint32_t index, struct toe_sender *sender);
/* The reordering timer has expired. */
void tcp_recovery_reorder(struct toe_engine *engine, uint32_t index, struct toe_sender *sender);
/* The first segment of what is in flight is to be sent again: the one hole that NewReno knows of, or a window probe. */
void tcp_lose_head(
        struct toe_engine *engine, const struct toe_conn *conn, struct toe_sender *sender);
/*
 * Without SACK duplicate ACKs stand for segments that arrived. Together with those known to be lost they are never more
 * than there are: called after something was marked.
 */
static inline void
tcp_duplicates_clamp(const struct toe_conn *conn, struct toe_sender *sender)
{
	if (!(conn->options & TCP_OPTION_SACK))
		sender->sacked =
		        RTE_MIN(sender->sacked, conn->snd_nxt - conn->snd_una - sender->lost);
}

#endif
