/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the sender share, and nobody else sees. */
#ifndef TOE_SENDER_PARTS_H
#define TOE_SENDER_PARTS_H

#include "sender.h"

/* Take a record off the list by time, where it is on it. */
static inline void
toe_sent_untime(struct toe_engine *engine, struct toe_sender *sender, struct toe_sent *sent)
{
	if (!sent->timed)
		return;
	if (sent->earlier == TOE_INDEX_NONE)
		sender->time_head = sent->later;
	else
		toe_sent_at(engine, sent->earlier)->later = sent->later;
	if (sent->later == TOE_INDEX_NONE)
		sender->time_tail = sent->earlier;
	else
		toe_sent_at(engine, sent->later)->earlier = sent->earlier;
	sent->timed = 0;
}

#endif
