/* SPDX-License-Identifier: BSD-3-Clause */
/* A context before its frames were built, and after a drain. */
#include "look.h"

#include <string.h>

#include "sender.h"

#define OWED (TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED)
#define COMPARED (OWED | TOE_CONN_PROBE | TOE_CONN_FIN_SENT | TOE_CONN_ECN_CWR)

static void
look_records(struct end *end, struct look *look)
{
	const struct toe_sender *sender = toe_sender_of(&end->worker.engine, end_conn(end));

	for (uint32_t i = sender->head; i != TOE_INDEX_NONE;) {
		const struct toe_sent *sent = toe_sent_at(&end->worker.engine, i);
		struct look_run *last = look->runs > 0 ? &look->run[look->runs - 1] : NULL;

		i = sent->next;
		/* The time of what is reported says nothing any more. */
		if (last != NULL && last->flags == sent->flags &&
		        (last->time == sent->time || (sent->flags & TOE_SENT_SACKED))) {
			last->end = sent->end;
		} else if (look->runs < LOOK_RUNS) {
			look->run[look->runs++] =
			        (struct look_run){sent->seq, sent->end, sent->time, sent->flags};
		}
	}
}

void
look_at(struct end *end, struct look *look)
{
	const struct toe_conn *conn = end_conn(end);
	const struct toe_sender *sender = toe_sender_of(&end->worker.engine, end_conn(end));

	memset(look, 0, sizeof(*look));
	look->snd_nxt = conn->snd_nxt;
	look->rcv_adv = conn->rcv_adv;
	look->last_ack_sent = conn->last_ack_sent;
	look->again_count = conn->segments_retransmitted;
	look->flags = conn->flags & COMPARED;
	if (look->flags & TOE_CONN_ACK_NOW)
		look->flags &= ~TOE_CONN_ACK_DELAYED;
	if (look->flags & TOE_CONN_ACK_DELAYED)
		look->delack = conn->delack_count;
	if (sender == NULL)
		return;
	look->lost = sender->lost;
	look->again = sender->again;
	look->burst = sender->burst;
	look->tlp_out = sender->tlp_out;
	if (sender->phase == TOE_PHASE_RECOVERY || sender->phase == TOE_PHASE_CWR)
		look->prr_out = sender->prr_out;
	if (sender->phase == TOE_PHASE_RECOVERY && sender->undo_possible) {
		look->undo_ranges = sender->undo_ranges;
		look->undo_first = sender->undo_first;
		look->eifel_waits = sender->eifel_waits;
	}
	look_records(end, look);
}

/* The drain took all that was built since. */
const char *
look_compare(const struct look *before, const struct look *after)
{
	uint32_t owed = before->flags & OWED;

	if (after->snd_nxt != before->snd_nxt)
		return "SND.NXT is not what it was";
	if (after->rcv_adv != before->rcv_adv || after->last_ack_sent != before->last_ack_sent)
		return "what the peer was told is not what it was";
	if (after->again_count != before->again_count)
		return "retransmissions are not counted as they were";
	/* Where nothing was owed a window that has moved is. */
	if ((owed != 0 && (after->flags & OWED) != owed) || after->delack != before->delack)
		return "ACKs are not owed as they were";
	if ((after->flags & COMPARED & ~OWED) != (before->flags & COMPARED & ~OWED))
		return "a probe, CWR or FIN is not owed as it was";
	if (after->lost != before->lost || after->again != before->again)
		return "what is lost is not what it was";
	if (after->burst != before->burst || after->tlp_out != before->tlp_out ||
	        after->prr_out != before->prr_out)
		return "recovery is not where it was";
	if (before->undo_ranges != TOE_UNDO_UNKNOWN && after->undo_ranges != TOE_UNDO_UNKNOWN &&
	        (after->undo_ranges != before->undo_ranges ||
	                after->undo_first != before->undo_first ||
	                after->eifel_waits != before->eifel_waits))
		return "what undoes a reduction is not what it was";
	if (before->runs < LOOK_RUNS &&
	        (after->runs != before->runs ||
	                memcmp(after->run, before->run, before->runs * sizeof(before->run[0])) !=
	                        0))
		return "the records are not what they were";
	return NULL;
}
