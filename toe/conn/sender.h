/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a connection has while data of it is in flight, and for a while after: what was sent when (the
 * scoreboard), loss recovery, and congestion control's private part.
 *
 * A record stands for a run of sequence numbers that were sent together: one or more segments. All records of
 * a connection lie end to end from snd_una to snd_nxt. A second list orders those in flight by the time of their last
 * transmission, as RACK wants to see them (RFC 8985 section 5.2). Times are us of the worker's clock, modulo 2^32.
 *
 * Called by the owning worker only.
 */
#ifndef TOE_SENDER_H
#define TOE_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

/* toe_sent.flags */
#define TOE_SENT_SACKED (1u << 0) /* selectively acknowledged */
#define TOE_SENT_LOST (1u << 1) /* deemed lost, or taken back before it left */
#define TOE_SENT_AGAIN (1u << 2) /* LOST, and its retransmission is in flight */
#define TOE_SENT_EVER (1u << 3) /* sent more than once: says nothing of the round trip (Karn) */

struct toe_sent {
	uint32_t seq, end;
	uint32_t next, prev; /* in order of sequence numbers */
	/* In order of last transmission; TOE_INDEX_NONE in `later` ends the list */
	uint32_t later, earlier;
	uint32_t time; /* us of the last transmission */
	uint8_t flags; /* TOE_SENT_... */
	uint8_t timed; /* on the list by time */
	uint16_t segments; /* SACKED: how many it is at least */
};

_Static_assert(sizeof(struct toe_sent) == 32, "two records a cache line");

/* RFC 5681, RFC 6675: where the sender is in its recovery. */
enum toe_phase {
	TOE_PHASE_OPEN = 0, /* nothing amiss, or duplicate ACKs below the threshold */
	TOE_PHASE_CWR, /* congestion was signalled (ECE, a repaired tail loss) in this window of data */
	TOE_PHASE_RECOVERY, /* fast recovery */
	TOE_PHASE_LOSS, /* after a retransmission timeout */
};

/* What the retransmission timer stands for while data is in flight. */
enum toe_sender_timer {
	TOE_SENDER_RTO = 0,
	TOE_SENDER_TLP, /* RFC 8985 section 7 */
	TOE_SENDER_REORDER, /* RFC 8985 section 6.2, step 5 */
};

/* RFC 9438: windows in bytes, times in us. */
struct toe_cubic {
	uint32_t w_max;
	uint32_t prior; /* cwnd before the last reduction */
	uint32_t epoch; /* us; valid when running */
	uint32_t origin; /* W_max of this epoch */
	uint32_t k; /* ms */
	uint32_t w_est; /* Reno-friendly window */
	uint32_t w_est_rest; /* acknowledged bytes that w_est has not been credited yet */
	uint32_t cwnd_rest; /* parts of a byte, likewise */
	uint8_t running;
};

/* RFC 8257 section 3.3. */
struct toe_dctcp {
	uint32_t alpha; /* fraction of marked bytes, 1 = 2^20 */
	uint32_t window_end;
	uint32_t acked, marked; /* bytes in this window of data */
	uint8_t running;
};

/* Sequence numbers [start, end). */
struct toe_range {
	uint32_t start, end;
};

#define TOE_UNDO_RANGES 3u
/* toe_sender.undo_ranges: too many, one sent again more than once, or the network doubles what is sent */
#define TOE_UNDO_UNKNOWN UINT8_MAX

struct toe_sender {
	/* line 0: every segment sent and every ACK */
	uint32_t conn; /* whose it is: readers of a copy check it */
	uint32_t head, tail; /* records by sequence */
	uint32_t time_head, time_tail; /* records by time */
	uint32_t records;
	uint32_t sacked, lost, again; /* bytes of records with these flags */
	uint32_t
	        rto_due; /* worker ms at which the retransmission timeout is due, unless something sooner runs */
	uint32_t last_sent; /* us */
	uint32_t rack_time, rack_end; /* RACK.xmit_ts, RACK.end_seq */
	uint32_t rack_rtt; /* us */
	uint32_t min_rtt; /* us, 0: none yet */
	uint8_t phase; /* enum toe_phase */
	uint8_t timer; /* enum toe_sender_timer */
	uint8_t has_recovery : 1; /* recovery_end holds */
	uint8_t burst : 1; /* a segment goes, whatever cwnd says: recovery has begun, or a probe is due */
	uint8_t tlp_out : 1; /* a tail loss probe is in flight */
	uint8_t tlp_retransmits : 1; /* it carries old data */
	uint8_t undo_possible : 1;
	uint8_t dsack_seen : 1; /* dsack_round holds */
	uint8_t reorder_waits : 1; /* reorder_due holds: something is lost then, unless it is delivered before */
	uint8_t sent_new : 1; /* new data has left: a tail loss probe's time begins anew */
	uint8_t reo_wnd_mult; /* RFC 8985 section 6.2, step 4 */

	/* line 1: recovery */
	uint32_t recovery_end; /* snd_nxt when recovery began */
	uint32_t fack; /* behind the highest byte that was selectively acknowledged */
	uint32_t tlp_end; /* RFC 8985: TLP.end_seq */
	uint32_t dsack_round; /* RACK.dsack_round */
	uint32_t prr_delivered, prr_out, recover_fs; /* RFC 6937 */
	uint32_t reorder_due; /* worker ms (RFC 8985 section 6.2, step 5) */
	uint32_t undo_start; /* snd_una at the reduction */
	uint32_t
	        undo_end; /* snd_nxt when its recovery was over: what lies behind is no evidence of it */
	uint32_t acked_rest; /* bytes acknowledged that cwnd has not been credited yet */
	uint32_t pace_next; /* us at which pacing lets the next segment go */
	uint32_t reo_wnd; /* us, as it was applied last */
	uint32_t min_rtt_ms; /* worker ms when min_rtt was measured */
	uint32_t segs_sacked; /* RACK.segs_sacked: segments of SACKED records */
	uint8_t reo_wnd_persist;
	bool reordering; /* seen on this connection */

	/* line 2: less often */
	/* Blocks of the last ACK: start and end, 4 of them */
	uint32_t sack_seen[8] __rte_cache_aligned;

	union {
		struct toe_cubic cubic;
		struct toe_dctcp dctcp;
	} cc;
	uint32_t retry; /* record from which on the next one to be sent again is looked for */
	uint32_t echo_from; /* TSval of the first segment of this sender: older echoes are none */
	/* Undoing a reduction (tcp_undo.h): what there was before it, what was sent again since and not reported as a duplicate */
	uint32_t prior_cwnd, prior_ssthresh;
	struct toe_range undo_range[TOE_UNDO_RANGES];
	uint32_t undo_ts,
	        undo_ts_first; /* TSval of the first of it, and of what that repeats (RFC 3522) */
	uint8_t undo_ranges; /* valid in undo_range, or TOE_UNDO_UNKNOWN */
	bool undo_first; /* nothing was sent again yet */
	bool eifel_waits; /* the next ACK of new data says whether the first of it was for nothing */
} __rte_cache_aligned;

_Static_assert(offsetof(struct toe_sender, recovery_end) == 64, "line 0");
_Static_assert(offsetof(struct toe_sender, sack_seen) == 128, "line 1");
_Static_assert(sizeof(struct toe_sender) == 256, "four cache lines");

/* The connection's sender, or NULL. */
static inline struct toe_sender *
toe_sender_of(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return conn->sender == TOE_INDEX_NONE ? NULL : toe_pool_at(&engine->senders, conn->sender);
}

static inline struct toe_sent *
toe_sent_at(const struct toe_engine *engine, uint32_t record)
{
	return toe_pool_at(&engine->sent, record);
}

/* The connection's sender, made when it has none. NULL: none is left (there is one for every connection). */
struct toe_sender *toe_sender_get(struct toe_engine *engine, uint32_t conn);
/* Give everything back: the connection leaves, or has been idle for long. */
void toe_sender_drop(struct toe_engine *engine, uint32_t conn);

/* A connection keeps its sender so long after the last byte was acknowledged (TOE_TIMER_SENDER). */
#define TOE_SENDER_IDLE_MS 2000u
#define TOE_SENDER_RECORDS_MAX 8192u /* of one connection, beyond which it sends no new data */

/*
 * Room for one more record? A connection may always have its first; those behind it take what is not kept for the
 * first ones of others.
 */
static inline bool
toe_sent_room(const struct toe_engine *engine, const struct toe_sender *sender)
{
	uint32_t left = toe_pool_left(&engine->sent);

	if (sender == NULL || sender->records == 0)
		return left > 0;
	return left > engine->conn_capacity - engine->senders_busy;
}

/* New data [snd_nxt, end) has been sent now. The caller has seen to room. */
void toe_sent_append(
        struct toe_engine *engine, struct toe_sender *sender, uint32_t seq, uint32_t end);
/* The part [seq, seq + length) at the beginning of `record` has been sent again now. */
void toe_sent_again(
        struct toe_engine *engine, struct toe_sender *sender, uint32_t record, uint32_t length);
/* Cut a record at `seq`, which lies inside; the second part's index, or TOE_INDEX_NONE: no room. */
uint32_t toe_sent_split(
        struct toe_engine *engine, struct toe_sender *sender, uint32_t record, uint32_t seq);
/* Mark a record that is not SACKED as lost; what was sent again of it is lost again. */
void toe_sent_lose(struct toe_engine *engine, struct toe_sender *sender, uint32_t record);
/*
 * Mark a record, which is so many segments at least, as selectively acknowledged and take it off the list by time. It is one
 * with the record before it where that is SACKED too: the list stays short. Returns the record in which it is now.
 */
uint32_t toe_sent_sack(
        struct toe_engine *engine, struct toe_sender *sender, uint32_t record, uint32_t segments);
/* A SACKED record is not reported any more (RFC 2018 section 8). */
void toe_sent_unsack(struct toe_sender *sender, struct toe_sent *sent);
/* Forget a record (acknowledged). */
void toe_sent_free(struct toe_engine *engine, struct toe_sender *sender, uint32_t record);
/* The record in which `seq` lies, looked for from the nearer end; TOE_INDEX_NONE: none. */
uint32_t toe_sent_find(
        const struct toe_engine *engine, const struct toe_sender *sender, uint32_t seq);
/*
 * What lies from `seq` on, and is the last that was sent, has never left: it has no records. Returns where they end now: at `seq`, or
 * behind what the peer has reported nevertheless.
 */
uint32_t toe_sent_cut(struct toe_engine *engine, struct toe_sender *sender, uint32_t seq);
/*
 * The retransmission of [seq, end) has never left: what was lost is to be sent again, what was not is in flight as before.
 * time: of the transmission before it; ever: that was not the first one.
 */
void toe_sent_not_again(struct toe_engine *engine, struct toe_sender *sender, uint32_t seq,
        uint32_t end, uint32_t time, bool ever);
/* Everything from `seq` on that is not SACKED is to be sent again, but is no sign of congestion. */
void toe_sent_take_back(struct toe_engine *engine, struct toe_sender *sender, uint32_t seq);
/* The next record to be sent again, or TOE_INDEX_NONE. */
uint32_t toe_sent_retry(const struct toe_engine *engine, struct toe_sender *sender);
/* Times are worth nothing after a stop, or behind a closed window: everything in flight was sent just now, in the same order. */
void toe_sent_restamp(struct toe_engine *engine, struct toe_sender *sender);

/* Bytes in flight (RFC 6675 section 2, pipe): sent, and neither acknowledged in any way nor lost. */
static inline uint32_t
toe_pipe(const struct toe_conn *conn, const struct toe_sender *sender)
{
	uint32_t outstanding = conn->snd_nxt - conn->snd_una;

	return sender == NULL ? outstanding
	                      : outstanding - sender->sacked - sender->lost + sender->again;
}

#endif
