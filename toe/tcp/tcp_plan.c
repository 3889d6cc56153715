/* SPDX-License-Identifier: BSD-3-Clause */
/* What the next segment of a connection is. */
#include "tcp_plan.h"

#include <rte_branch_prediction.h>

#include "tcp_facts.h"
#include "tcp_types.h"

#define PROBE_NEW_RTT_US 10000u /* a quarter of the usual delayed ACK */

/*
 * Sender's silly window avoidance (RFC 9293 section 3.8.6.2.1) with Nagle's algorithm (section
 * 3.7.4).
 */
static bool
is_worth_sending(const struct toe_conn *conn, uint32_t length, uint64_t unsent)
{
	if (conn->snd_nxt == conn->snd_una)
		return true;
	if (length == unsent)
		return !(conn->cached_flags & TCP_CACHED_NAGLE) || tcp_fin_pending(conn);
	return length >= conn->max_snd_wnd / 2;
}

/*
 * A frame of several segments ends where a segment does, unless it ends what there is: the last segment, if it is a small one, goes
 * with it where it might go alone behind the others (RFC 896).
 */
static uint32_t
whole_segments(const struct toe_conn *conn, uint32_t length, uint64_t unsent, uint32_t mss)
{
	uint32_t small = length % mss;

	if (length <= mss || small == 0)
		return length;
	if (length == unsent && (!(conn->cached_flags & TCP_CACHED_NAGLE) || tcp_fin_pending(conn)))
		return length;
	return length - small;
}

/* New data, up to `window` bytes of it. */
static void
plan_new(const struct toe_conn *conn, struct tcp_plan *plan, uint32_t window,
        const struct tcp_plan_limits *limits)
{
	uint64_t unsent = tcp_unsent(conn);
	uint32_t length = RTE_MIN(window, limits->frame);

	if (length >= unsent)
		length = (uint32_t)unsent;
	length = whole_segments(conn, length, unsent, limits->mss);
	if ((length < limits->mss || limits->mss < TCP_SEGMENT_SMALL) && length > 0 &&
	        !plan->probe && !is_worth_sending(conn, length, unsent))
		length = 0;
	plan->seq = conn->snd_nxt;
	plan->length = length;
	plan->push = length > 0 && length == unsent;
	plan->fin = length == unsent && tcp_fin_pending(conn);
	/* As many as the window holds, but for one that ends the stream: it has other flags. */
	if (length == limits->mss && limits->frame == limits->mss && !plan->probe &&
	        length >= TCP_SEGMENT_SMALL)
		plan->count =
		        RTE_MAX((uint32_t)(RTE_MIN((uint64_t)window, unsent - 1) / length), 1u);
}

/* The part of a record from `seq` on, up to a segment. Our FIN is the sequence number behind the stream. */
static void
plan_again(const struct toe_engine *engine, const struct toe_conn *conn, struct tcp_plan *plan,
        uint32_t record, uint32_t seq, uint32_t mss)
{
	const struct toe_sent *sent = toe_sent_at(engine, record);
	uint64_t unacked = tcp_unacked(conn);
	uint32_t end = sent->end;
	bool fin = (conn->flags & TOE_CONN_FIN_SENT) && (uint64_t)(end - conn->snd_una) > unacked &&
	           tcp_is_sending(conn);

	if (fin)
		end--;
	plan->record = record;
	plan->seq = seq;
	plan->length = RTE_MIN(end - seq, mss);
	plan->fin = fin && plan->length == end - seq;
	plan->push = plan->length > 0 && (uint64_t)(end - conn->snd_una) == unacked &&
	             plan->length == end - seq;
}

/*
 * With nothing in flight: a byte beyond the closed window (RFC 9293 section 3.8.6.1). Else a tail loss probe: new
 * data where the peer's window has room, or the last segment again (RFC 8985 section 7.3). One segment of new data has its
 * ACK delayed, a duplicate has not: where a delayed ACK takes several round trips, the last segment asks sooner.
 */
static void
plan_probe(const struct toe_engine *engine, const struct toe_conn *conn, struct toe_sender *sender,
        struct tcp_plan *plan, const struct tcp_plan_limits *limits)
{
	uint32_t outstanding = tcp_outstanding(conn), room, length;
	const struct tcp_plan_limits one = {.mss = limits->mss, .frame = limits->mss};
	const struct toe_sent *tail;
	/* It ends the tail, and is no text */
	uint32_t fin = conn->flags & TOE_CONN_FIN_SENT ? 1 : 0;

	plan->probe = true;
	if (outstanding == 0 || sender == NULL) {
		plan_new(conn, plan, 1, &one);
		return;
	}
	room = conn->snd_wnd - RTE_MIN(conn->snd_wnd, outstanding);
	if (tcp_unsent(conn) > 0 && room > 0 && conn->srtt >> 3 >= PROBE_NEW_RTT_US) {
		plan_new(conn, plan, room, &one);
		return;
	}
	tail = toe_sent_at(engine, sender->tail);
	length = RTE_MIN(tail->end - tail->seq, limits->mss + fin);
	plan_again(engine, conn, plan, sender->tail, tail->end - length, limits->mss);
}

void
tcp_plan_next(const struct toe_engine *engine, const struct toe_conn *conn,
        struct toe_sender *sender, const struct tcp_plan_limits *limits, struct tcp_plan *plan)
{
	uint32_t outstanding = tcp_outstanding(conn), congestion, window;

	/* With nothing in flight there is nothing in it that matters here, and it is not touched. */
	if (outstanding == 0)
		sender = NULL;
	congestion = conn->cwnd - RTE_MIN(conn->cwnd, toe_pipe(conn, sender));
	plan->record = TOE_INDEX_NONE;
	plan->length = 0;
	plan->count = 1;
	plan->fin = plan->push = plan->probe = plan->reset = false;
	if (unlikely(conn->flags & TOE_CONN_PROBE)) {
		plan_probe(engine, conn, sender, plan, limits);
		return;
	}
	if (unlikely(sender != NULL && sender->lost != sender->again)) {
		uint32_t record = toe_sent_retry(engine, sender);

		if (record != TOE_INDEX_NONE) {
			plan_again(engine, conn, plan, record, toe_sent_at(engine, record)->seq,
			        limits->mss);
			if (plan->length > congestion && !sender->burst)
				plan->length = plan->fin = 0;
			return;
		}
	}
	if (sender != NULL && sender->records >= TOE_SENDER_RECORDS_MAX)
		return;
	window = conn->snd_wnd - RTE_MIN(conn->snd_wnd, outstanding);
	window = RTE_MIN(window, congestion);
	plan_new(conn, plan, window, limits);
}
