/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of what was sent when, and the counters that follow from them. */
#include "sender.h"

#include <rte_branch_prediction.h>

#include "sender_parts.h"

#define RUN_MAX 65535u /* bytes that one record stands for at most, when it is made */

struct toe_sender *
toe_sender_get(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sender *sender;

	if (likely(conn->sender != TOE_INDEX_NONE))
		return toe_pool_at(&engine->senders, conn->sender);
	conn->sender = toe_pool_take(&engine->senders);
	if (conn->sender == TOE_INDEX_NONE)
		return NULL;
	sender = toe_pool_at(&engine->senders, conn->sender);
	memset(sender, 0, sizeof(*sender));
	sender->conn = index;
	sender->head = sender->tail = TOE_INDEX_NONE;
	sender->time_head = sender->time_tail = TOE_INDEX_NONE;
	sender->retry = TOE_INDEX_NONE;
	sender->last_sent = sender->pace_next = engine->now_us;
	sender->echo_from = engine->now_ms + conn->ts_offset;
	sender->reo_wnd_mult = 1;
	return sender;
}

void
toe_sender_drop(struct toe_engine *engine, uint32_t index)
{
	struct toe_conn *conn = &engine->conns[index];
	struct toe_sender *sender = toe_sender_of(engine, conn);

	if (sender == NULL)
		return;
	while (sender->head != TOE_INDEX_NONE)
		toe_sent_free(engine, sender, sender->head);
	toe_pool_give(&engine->senders, conn->sender);
	conn->sender = TOE_INDEX_NONE;
}

/* A record from the pool, which counts for its connection; the caller has seen to room. */
static uint32_t
record_take(struct toe_engine *engine, struct toe_sender *sender)
{
	uint32_t record = toe_pool_take(&engine->sent);

	if (sender->records++ == 0)
		engine->senders_busy++;
	return record;
}

static void
time_append(struct toe_engine *engine, struct toe_sender *sender, uint32_t record)
{
	struct toe_sent *sent = toe_sent_at(engine, record);

	sent->time = engine->now_us;
	sent->timed = 1;
	sent->later = TOE_INDEX_NONE;
	sent->earlier = sender->time_tail;
	if (sender->time_tail == TOE_INDEX_NONE)
		sender->time_head = record;
	else
		toe_sent_at(engine, sender->time_tail)->later = record;
	sender->time_tail = record;
}

void
toe_sent_append(struct toe_engine *engine, struct toe_sender *sender, uint32_t seq, uint32_t end)
{
	struct toe_sent *sent, *tail = NULL;
	uint32_t record;

	sender->last_sent = engine->now_us;
	if (likely(sender->tail != TOE_INDEX_NONE)) {
		tail = toe_sent_at(engine, sender->tail);
		/* What goes out in one turn is one run, as long as nothing has happened to it. */
		if (tail->flags == 0 && tail->time == engine->now_us &&
		        end - tail->seq <= RUN_MAX) {
			tail->end = end;
			return;
		}
	}
	record = record_take(engine, sender);
	sent = toe_sent_at(engine, record);
	sent->seq = seq;
	sent->end = end;
	sent->flags = 0;
	sent->next = TOE_INDEX_NONE;
	sent->prev = sender->tail;
	if (tail == NULL)
		sender->head = record;
	else
		tail->next = record;
	sender->tail = record;
	time_append(engine, sender, record);
}

uint32_t
toe_sent_split(struct toe_engine *engine, struct toe_sender *sender, uint32_t record, uint32_t seq)
{
	struct toe_sent *sent = toe_sent_at(engine, record), *rest;
	uint32_t index;

	if (!toe_sent_room(engine, sender) || sender->records >= 2 * TOE_SENDER_RECORDS_MAX)
		return TOE_INDEX_NONE;
	index = record_take(engine, sender);
	rest = toe_sent_at(engine, index);
	*rest = *sent;
	rest->seq = seq;
	rest->segments = 0; /* of a SACKED one all count with the first part */
	sent->end = seq;
	rest->prev = record;
	sent->next = index;
	if (rest->next == TOE_INDEX_NONE)
		sender->tail = index;
	else
		toe_sent_at(engine, rest->next)->prev = index;
	if (!sent->timed)
		return index;
	rest->earlier = record;
	sent->later = index;
	if (rest->later == TOE_INDEX_NONE)
		sender->time_tail = index;
	else
		toe_sent_at(engine, rest->later)->earlier = index;
	return index;
}

void
toe_sent_again(
        struct toe_engine *engine, struct toe_sender *sender, uint32_t record, uint32_t length)
{
	struct toe_sent *sent = toe_sent_at(engine, record);

	/* Without room for another record all of it counts as sent: what was not is found lost once more. */
	if (length < sent->end - sent->seq)
		toe_sent_split(engine, sender, record, sent->seq + length);
	if ((sent->flags & (TOE_SENT_LOST | TOE_SENT_AGAIN)) == TOE_SENT_LOST) {
		sent->flags |= TOE_SENT_AGAIN;
		sender->again += sent->end - sent->seq;
	}
	sent->flags |= TOE_SENT_EVER;
	toe_sent_untime(engine, sender, sent);
	time_append(engine, sender, record);
	sender->last_sent = engine->now_us;
}

void
toe_sent_lose(struct toe_engine *engine, struct toe_sender *sender, uint32_t record)
{
	struct toe_sent *sent = toe_sent_at(engine, record);
	uint32_t length = sent->end - sent->seq;

	if (sent->flags & TOE_SENT_SACKED)
		return;
	toe_sent_untime(engine, sender, sent);
	if (sent->flags & TOE_SENT_AGAIN)
		sender->again -= length;
	else if (!(sent->flags & TOE_SENT_LOST))
		sender->lost += length;
	sent->flags = (uint8_t)((sent->flags | TOE_SENT_LOST) & ~TOE_SENT_AGAIN);
	if (sender->retry == TOE_INDEX_NONE ||
	        seq_lt(sent->seq, toe_sent_at(engine, sender->retry)->seq))
		sender->retry = record;
}

/* Its bytes count as lost, or in flight again, no more. */
static void
uncount(struct toe_sender *sender, const struct toe_sent *sent)
{
	uint32_t length = sent->end - sent->seq;

	if (sent->flags & TOE_SENT_SACKED) {
		sender->sacked -= length;
		sender->segs_sacked -= sent->segments;
	}
	if (sent->flags & TOE_SENT_LOST)
		sender->lost -= length;
	if (sent->flags & TOE_SENT_AGAIN)
		sender->again -= length;
}

/* A SACKED record holds more segments. The sum for the connection is exact, whatever a record can count. */
static void
add_segments(struct toe_sender *sender, struct toe_sent *sent, uint32_t segments)
{
	uint32_t room = UINT16_MAX - sent->segments;

	segments = RTE_MIN(segments, room);
	sent->segments = (uint16_t)(sent->segments + segments);
	sender->segs_sacked += segments;
}

uint32_t
toe_sent_sack(
        struct toe_engine *engine, struct toe_sender *sender, uint32_t record, uint32_t segments)
{
	struct toe_sent *sent = toe_sent_at(engine, record), *before;
	uint32_t prev = sent->prev;

	uncount(sender, sent);
	toe_sent_untime(engine, sender, sent);
	sender->sacked += sent->end - sent->seq;
	before = prev == TOE_INDEX_NONE ? NULL : toe_sent_at(engine, prev);
	if (before == NULL || !(before->flags & TOE_SENT_SACKED)) {
		sent->flags = (uint8_t)((sent->flags & TOE_SENT_EVER) | TOE_SENT_SACKED);
		sent->segments = 0;
		add_segments(sender, sent, segments);
		return record;
	}
	before->flags |= sent->flags & TOE_SENT_EVER;
	before->end = sent->end;
	add_segments(sender, before, segments);
	sent->flags = 0; /* its bytes are counted with `before` */
	toe_sent_free(engine, sender, record);
	return prev;
}

void
toe_sent_unsack(struct toe_sender *sender, struct toe_sent *sent)
{
	uncount(sender, sent);
	sent->flags = TOE_SENT_EVER;
}

void
toe_sent_free(struct toe_engine *engine, struct toe_sender *sender, uint32_t record)
{
	struct toe_sent *sent = toe_sent_at(engine, record);

	uncount(sender, sent);
	toe_sent_untime(engine, sender, sent);
	if (sender->retry == record)
		sender->retry = sent->next;
	if (sent->prev == TOE_INDEX_NONE)
		sender->head = sent->next;
	else
		toe_sent_at(engine, sent->prev)->next = sent->next;
	if (sent->next == TOE_INDEX_NONE)
		sender->tail = sent->prev;
	else
		toe_sent_at(engine, sent->next)->prev = sent->prev;
	toe_pool_give(&engine->sent, record);
	if (--sender->records == 0)
		engine->senders_busy--;
}

void
toe_sent_take_back(struct toe_engine *engine, struct toe_sender *sender, uint32_t seq)
{
	uint32_t record = sender->tail;

	while (record != TOE_INDEX_NONE && seq_lt(seq, toe_sent_at(engine, record)->seq)) {
		toe_sent_lose(engine, sender, record);
		record = toe_sent_at(engine, record)->prev;
	}
	if (record == TOE_INDEX_NONE || !seq_lt(seq, toe_sent_at(engine, record)->end))
		return;
	if (toe_sent_at(engine, record)->seq != seq) {
		uint32_t rest = toe_sent_split(engine, sender, record, seq);

		record = rest != TOE_INDEX_NONE ? rest : record;
	}
	toe_sent_lose(engine, sender, record);
}

uint32_t
toe_sent_retry(const struct toe_engine *engine, struct toe_sender *sender)
{
	uint32_t record = sender->retry;

	while (record != TOE_INDEX_NONE) {
		const struct toe_sent *sent = toe_sent_at(engine, record);

		if ((sent->flags & (TOE_SENT_LOST | TOE_SENT_AGAIN)) == TOE_SENT_LOST)
			break;
		record = sent->next;
	}
	sender->retry = record;
	return record;
}

void
toe_sent_restamp(struct toe_engine *engine, struct toe_sender *sender)
{
	uint32_t record = sender->time_head, shift = 0;

	/* What left later is still the later one, and what is sent now is sent behind it. */
	if (sender->time_tail != TOE_INDEX_NONE)
		shift = engine->now_us - 1 - toe_sent_at(engine, sender->time_tail)->time;
	/* Nor do they say anything of the round trip, as if it had all been sent twice. */
	for (; record != TOE_INDEX_NONE; record = toe_sent_at(engine, record)->later) {
		toe_sent_at(engine, record)->time += shift;
		toe_sent_at(engine, record)->flags |= TOE_SENT_EVER;
	}
	sender->last_sent = engine->now_us;
	sender->pace_next = engine->now_us;
	/* RACK begins anew with what is delivered next. */
	sender->rack_rtt = 0;
	sender->reorder_waits = 0;
	/* What is echoed of before says nothing either, nor does a report of a duplicate. */
	sender->echo_from = engine->now_ms + engine->conns[sender->conn].ts_offset;
	sender->undo_possible = 0;
}
