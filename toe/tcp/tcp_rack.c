/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loss detection by time, and the tail loss probe (RFC 8985). What was sent well before something that has been
 * delivered since is lost; how much before is the reordering window.
 */
#include "tcp_facts.h"
#include "tcp_limits.h"
#include "tcp_round.h"
#include "tcp_rtt.h"
#include "tcp_types.h"

#define REO_WND_PERSIST 16u /* recoveries that a widened window lasts (section 6.2, step 4) */
#define REO_WND_MULT_MAX 32u
#define MIN_RTT_MS 60000u /* how long a minimum of the round trip counts */
#define DELAYED_ACK_MAX_MS 200u /* WCDelAckT of section 7.2 */
#define PTO_INITIAL_MS 1000u

static void
note_min_rtt(const struct toe_engine *engine, struct toe_sender *sender, uint32_t rtt)
{
	if (sender->min_rtt != 0 && rtt > sender->min_rtt &&
	        engine->now_ms - sender->min_rtt_ms < MIN_RTT_MS)
		return;
	sender->min_rtt = RTE_MAX(rtt, 1u);
	sender->min_rtt_ms = engine->now_ms;
}

void
tcp_rack_delivered(struct toe_engine *engine, const struct toe_conn *conn,
        struct toe_sender *sender, const struct toe_sent *sent, uint32_t end,
        const struct toe_segment *segment, uint32_t *rtt)
{
	uint32_t age = engine->now_us - sent->time, echo;

	if (sent->flags & TOE_SENT_EVER) {
		/* Step 2: is it the first transmission that was delivered, not the last one? */
		if ((conn->options & TCP_OPTION_TIMESTAMPS) && seq_leq(end, segment->ack) &&
		        (!tcp_echo_age(engine, conn, sender, segment, &echo) ||
		                echo > age / 1000 + 1))
			return;
		if (age < sender->min_rtt)
			return;
	} else {
		/* Step 3: behind something that had been delivered before: reordered. */
		if (sender->sacked > 0 && (conn->options & TCP_OPTION_SACK) &&
		        seq_lt(end, sender->fack))
			sender->reordering = 1;
		if (!(sent->flags & TOE_SENT_LOST)) {
			*rtt = RTE_MAX(age, 1u);
			note_min_rtt(engine, sender, *rtt);
		}
	}
	if (sender->rack_rtt == 0 ||
	        tcp_sent_after(sent->time, end, sender->rack_time, sender->rack_end)) {
		sender->rack_time = sent->time;
		sender->rack_end = end;
	}
	sender->rack_rtt = RTE_MAX(age, 1u);
}

/* Section 6.2, step 4. */
static uint32_t
reordering_window(const struct toe_conn *conn, const struct toe_sender *sender)
{
	uint32_t window;

	if (!sender->reordering &&
	        (sender->phase >= TOE_PHASE_RECOVERY || sender->segs_sacked >= TCP_DUP_THRESHOLD))
		return 0;
	window = sender->reo_wnd_mult * (sender->min_rtt / 4);
	return RTE_MIN(window, conn->srtt >> 3);
}

bool
tcp_rack_detect(struct toe_engine *engine, uint32_t index, struct toe_sender *sender)
{
	struct toe_conn *conn = &engine->conns[index];
	uint32_t wait = 0, record = sender->time_head, window, next;
	bool lost = false;

	sender->reorder_waits = 0;
	if (sender->rack_rtt == 0)
		return false;
	window = sender->reo_wnd = reordering_window(conn, sender);
	for (; record != TOE_INDEX_NONE; record = next) {
		const struct toe_sent *sent = toe_sent_at(engine, record);
		int32_t left;

		if (toe_time_before(sender->rack_time, sent->time))
			break;
		next = sent->later;
		/* Of what left at the same time the later numbers left later, wherever they are on this list. */
		if (tcp_sent_after(sent->time, sent->end, sender->rack_time, sender->rack_end))
			continue;
		left = (int32_t)(sent->time + sender->rack_rtt + window - engine->now_us);
		if (left <= 0) {
			toe_sent_lose(engine, sender, record);
			lost = true;
		} else {
			wait = RTE_MAX(wait, (uint32_t)RTE_MAX(left, 1));
		}
	}
	if (wait > 0) {
		sender->reorder_waits = 1;
		sender->reorder_due = tcp_deadline(engine, (wait + 999) / 1000);
	}
	return lost;
}

void
tcp_rack_dsack(const struct toe_conn *conn, struct toe_sender *sender)
{
	/* Once per round trip: until what was in flight then is acknowledged, when it is forgotten. */
	if (sender->dsack_seen)
		return;
	sender->dsack_seen = true;
	sender->dsack_round = conn->snd_nxt;
	sender->reo_wnd_mult = RTE_MIN(sender->reo_wnd_mult + 1u, REO_WND_MULT_MAX);
	sender->reo_wnd_persist = REO_WND_PERSIST;
}

uint32_t
tcp_tlp_delay(const struct toe_engine *engine, const struct toe_conn *conn,
        const struct toe_sender *sender)
{
	uint32_t pto = PTO_INITIAL_MS;

	if (!tcp_tlp_fits(conn, sender) || (conn->flags & TOE_CONN_PROBE))
		return 0;
	if (conn->srtt != 0) {
		pto = (2 * (conn->srtt >> 3) + 999) / 1000 + 1;
		/* A FIN is no segment of its own. */
		if (conn->snd_nxt - conn->snd_una <=
		        tcp_smss(engine, conn) + (conn->flags & TOE_CONN_FIN_SENT ? 1 : 0))
			pto += DELAYED_ACK_MAX_MS;
	}
	return pto;
}

void
tcp_tlp_sent(const struct toe_conn *conn, struct toe_sender *sender, bool retransmits)
{
	sender->tlp_out = 1;
	sender->tlp_retransmits = retransmits;
	sender->tlp_end = conn->snd_nxt;
}

bool
tcp_tlp_acked(const struct toe_conn *conn, struct toe_sender *sender,
        const struct toe_segment *segment, const struct tcp_round *round)
{
	if (!sender->tlp_out || seq_lt(segment->ack, sender->tlp_end))
		return false;
	if (!sender->tlp_retransmits || round->dsack) {
		sender->tlp_out = 0; /* the peer had it all, or new data was acknowledged */
		return false;
	}
	if (seq_lt(sender->tlp_end, segment->ack)) {
		sender->tlp_out = 0; /* without a report of a duplicate: the probe filled a hole */
		return true;
	}
	if (round->acked == 0 && round->duplicate && !round->sacked)
		sender->tlp_out = 0;
	return false;
}
