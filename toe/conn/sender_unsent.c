/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of what was built and never left: a drain took it (INV-7). They are as if it had not been built. */
#include "sender_parts.h"

/* Records that may be younger than that of a frame which has not left: about one for each frame behind it. */
#define YOUNGER_MAX 64u

uint32_t
toe_sent_find(const struct toe_engine *engine, const struct toe_sender *sender, uint32_t seq)
{
	uint32_t record = sender->head;

	if (record == TOE_INDEX_NONE)
		return TOE_INDEX_NONE;
	if (seq - toe_sent_at(engine, record)->seq < toe_sent_at(engine, sender->tail)->end - seq) {
		while (record != TOE_INDEX_NONE && seq_leq(toe_sent_at(engine, record)->end, seq))
			record = toe_sent_at(engine, record)->next;
		return record;
	}
	record = sender->tail;
	while (record != TOE_INDEX_NONE && seq_lt(seq, toe_sent_at(engine, record)->seq))
		record = toe_sent_at(engine, record)->prev;
	return record;
}

uint32_t
toe_sent_cut(struct toe_engine *engine, struct toe_sender *sender, uint32_t seq)
{
	while (sender->tail != TOE_INDEX_NONE) {
		struct toe_sent *tail = toe_sent_at(engine, sender->tail);
		uint32_t length = tail->end - seq;

		if (seq_leq(tail->end, seq))
			return seq;
		/* The peer says that it has it. */
		if (tail->flags & TOE_SENT_SACKED)
			return tail->end;
		if (seq_leq(seq, tail->seq)) {
			toe_sent_free(engine, sender, sender->tail);
			continue;
		}
		if (tail->flags & TOE_SENT_LOST)
			sender->lost -= length;
		if (tail->flags & TOE_SENT_AGAIN)
			sender->again -= length;
		tail->end = seq;
	}
	return seq;
}

/* Back to where it stood on the list by time before it was sent again. */
static void
time_insert(struct toe_engine *engine, struct toe_sender *sender, uint32_t record)
{
	struct toe_sent *sent = toe_sent_at(engine, record);
	uint32_t before = sender->time_tail;

	while (before != TOE_INDEX_NONE &&
	        toe_time_before(sent->time, toe_sent_at(engine, before)->time))
		before = toe_sent_at(engine, before)->earlier;
	sent->timed = 1;
	sent->earlier = before;
	sent->later =
	        before == TOE_INDEX_NONE ? sender->time_head : toe_sent_at(engine, before)->later;
	if (before == TOE_INDEX_NONE)
		sender->time_head = record;
	else
		toe_sent_at(engine, before)->later = record;
	if (sent->later == TOE_INDEX_NONE)
		sender->time_tail = record;
	else
		toe_sent_at(engine, sent->later)->earlier = record;
}

/* The record of a retransmission that has not left: one of the last by time, unless it was found lost since. */
static uint32_t
find_young(const struct toe_engine *engine, const struct toe_sender *sender, uint32_t seq)
{
	uint32_t record = sender->time_tail;

	for (uint32_t n = 0; n < YOUNGER_MAX && record != TOE_INDEX_NONE; n++) {
		const struct toe_sent *sent = toe_sent_at(engine, record);

		if (seq_leq(sent->seq, seq) && seq_lt(seq, sent->end))
			return record;
		record = sent->earlier;
	}
	return toe_sent_find(engine, sender, seq);
}

void
toe_sent_not_again(struct toe_engine *engine, struct toe_sender *sender, uint32_t seq, uint32_t end,
        uint32_t time, bool ever)
{
	uint32_t record = find_young(engine, sender, seq);

	/* More than one where the peer has reported a part since. */
	for (; record != TOE_INDEX_NONE; record = toe_sent_at(engine, record)->next) {
		struct toe_sent *sent = toe_sent_at(engine, record);

		if (!seq_lt(sent->seq, end))
			return;
		if (sent->flags & TOE_SENT_SACKED)
			continue;
		sent->time = time;
		if (!ever)
			sent->flags &= (uint8_t)~TOE_SENT_EVER;
		if (sent->flags & TOE_SENT_LOST) {
			toe_sent_lose(engine, sender, record);
		} else {
			toe_sent_untime(engine, sender, sent);
			time_insert(engine, sender, record);
		}
	}
}
