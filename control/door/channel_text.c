/* SPDX-License-Identifier: BSD-3-Clause */
/* Received text on the host thread's side: answers to indications, what a flow says for itself. */
#include "channel_parts.h"

#include <rte_mbuf.h>

/* A descriptor of the flow's own goes to the worker; a lost one gets nothing. */
static void
own_submit(struct chimney_channel *channel, struct chimney_flow *flow, struct chimney_io *own)
{
	struct channel_worker *worker = &channel->worker[flow->worker];

	own->flow = flow;
	own->handle = flow->handle;
	own->channel = channel->index;
	own->status = OFFLOAD_PENDING;
	toe_io_append(&worker->waiting, own);
	if (channel_move(worker))
		channel_call(channel, worker);
}

void
channel_say(struct chimney_channel *channel, struct chimney_flow *flow, enum toe_flow_op op)
{
	flow->own.op = (uint8_t)op;
	own_submit(channel, flow, &flow->own);
}

/* The buffers of which every byte is taken are cut off in front of the others. How many; *bytes: what they hold. */
static unsigned int
cut_taken(struct rte_mbuf *head, uint32_t taken, uint32_t *bytes, struct rte_mbuf **rest)
{
	struct rte_mbuf *last = NULL, *at = head;
	unsigned int n = 0;

	*bytes = 0;
	while (at != NULL && taken - *bytes >= at->data_len) {
		*bytes += at->data_len;
		n++;
		last = at;
		at = at->next;
	}
	if (last != NULL) {
		last->next = NULL;
		head->nb_segs = (uint16_t)n;
		head->pkt_len = *bytes;
	}
	*rest = at;
	return n;
}

unsigned int
chimney_answer(struct chimney_channel *channel, struct chimney_flow *flow,
        struct chimney_io_record *record, uint32_t taken, bool keep)
{
	struct channel_worker *worker = &channel->worker[flow->worker];
	struct rte_mbuf *rest = record->data;
	uint32_t bytes = 0;
	unsigned int kept = 0;

	taken = RTE_MIN(taken, (uint32_t)record->value);
	if (keep)
		kept = cut_taken(rest, taken, &bytes, &rest);
	if (kept == 0)
		record->data = NULL;
	/* With its worker the connection is lost, and with it what was not taken (INV-17). */
	if (!channel_notice(channel, worker) || record->stamp != worker->life) {
		chimney_buffers_return(channel, rest);
		return kept;
	}
	/* Not `own`: the flow may be leaving already. */
	flow->answer.op = TOE_FLOW_ANSWER;
	flow->answer.mbuf = rest;
	flow->answer.length = taken;
	flow->answer.done = taken - bytes;
	flow->answer.offset = kept;
	own_submit(channel, flow, &flow->answer);
	return kept;
}
