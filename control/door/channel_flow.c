/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows: the connections of a host thread, from before their initiate until after their terminate. */
#include <errno.h>
#include <string.h>

#include "channel_parts.h"

/* It has a descriptor of its own. */
static bool
is_aligned(const struct chimney_flow *flow)
{
	return ((uintptr_t)flow & TOE_IO_LIFE_MASK) == 0;
}

int
chimney_flow_open(struct chimney_channel *channel, struct chimney_flow *flow, uint64_t handle)
{
	uint32_t worker = toe_handle_worker(handle);
	bool alive;

	if (!is_aligned(flow) || toe_handle_layer(handle) != OFFLOAD_LAYER_TCP ||
	        worker >= channel->workers)
		return -EINVAL;
	alive = channel_notice(channel, &channel->worker[worker]);
	memset(flow, 0, sizeof(*flow));
	flow->handle = handle;
	flow->worker = (uint8_t)worker;
	flow->life = channel->worker[worker].life;
	channel->flows++;
	if (alive)
		channel_say(channel, flow, TOE_FLOW_ATTACH);
	return 0;
}

/* Is it a chain that can be sent from where it lies: no circle, each in place, a disconnect at its end only? */
static bool
chain_fits(const struct chimney_io *first)
{
	const struct chimney_io *behind = first;
	uint64_t n = 0;

	for (const struct chimney_io *io = first; io != NULL; io = io->next, n++) {
		if (!channel_io_fits(io) ||
		        (io->op != CHIMNEY_IO_SEND && io->op != CHIMNEY_IO_DISCONNECT) ||
		        (io->op == CHIMNEY_IO_DISCONNECT && io->next != NULL) ||
		        io->done > (io == first ? io->length : 0))
			return false;
		/* Half as fast: in a circle it is met. */
		if (n > 0 && n % 2 == 0)
			behind = behind->next;
		if (n > 0 && behind == io)
			return false;
	}
	return true;
}

int
chimney_flow_prepare(struct chimney_channel *channel, struct chimney_flow *flow,
        struct offload_block_list *block)
{
	struct tcp_delegated *delegated = offload_block_delegated(block);
	struct chimney_io *first = block->send_chain, *last = NULL;
	uint64_t bytes = 0;

	if (!is_aligned(flow) || block->header.type != OFFLOAD_TCP_ALL || !chain_fits(first))
		return -EINVAL;
	for (uint32_t i = 0; i < channel->workers; i++)
		channel_notice(channel, &channel->worker[i]);
	memset(flow, 0, sizeof(*flow));
	flow->since = channel->changes;
	for (struct chimney_io *io = first; io != NULL; io = io->next) {
		io->marks = TOE_IO_CHAIN | (toe_io_is_attachable(io) ? 0 : TOE_IO_COPY);
		channel_io_outstanding(channel, flow, io);
		bytes += io->length - io->done;
		last = io;
	}
	delegated->send_data_head = first;
	delegated->send_data_tail = last;
	delegated->send_backlog_size = bytes;
	channel->flows++;
	return 0;
}

int
chimney_flow_start(struct chimney_channel *channel, struct chimney_flow *flow, uint64_t handle)
{
	uint32_t worker = toe_handle_worker(handle);

	if (flow->handle != 0 || toe_handle_layer(handle) != OFFLOAD_LAYER_TCP ||
	        worker >= channel->workers)
		return -EINVAL;
	channel_notice(channel, &channel->worker[worker]);
	flow->handle = handle;
	flow->worker = (uint8_t)worker;
	flow->life = channel->worker[worker].life;
	/* Lost since it was prepared: this connection may be one of those that were lost with it. */
	if (channel->worker[worker].changed > flow->since)
		flow->life--;
	else
		channel_say(channel, flow, TOE_FLOW_ATTACH);
	return 0;
}

void
chimney_flow_uploaded(struct chimney_flow *flow, void *send_chain)
{
	for (struct chimney_io *io = send_chain; io != NULL; io = io->next)
		io->flow = NULL;
	for (uint32_t op = 0; op < CHIMNEY_IO_OP_COUNT; op++) {
		struct chimney_io **link = &flow->first[op], *last = NULL;

		for (struct chimney_io *io = *link; io != NULL; io = io->outstanding) {
			if (io->flow == NULL)
				continue;
			*link = io;
			link = &io->outstanding;
			last = io;
		}
		*link = NULL;
		flow->last[op] = last;
		flow->passed[op] = NULL;
	}
}

/* What is outstanding on a lost connection is returned by the next poll. */
static void
outstanding_abort(struct chimney_channel *channel, struct chimney_flow *flow, uint32_t op)
{
	if (flow->first[op] == NULL)
		return;
	if (channel->aborted_first == NULL)
		channel->aborted_first = flow->first[op];
	else
		channel->aborted_last->outstanding = flow->first[op];
	channel->aborted_last = flow->last[op];
}

/* 0: the worker knows, or is lost, that the flow is no more. */
static int
flow_leave(struct chimney_channel *channel, struct chimney_flow *flow)
{
	if (channel_is_saying(flow))
		return -EAGAIN;
	if (!flow->leaving) {
		flow->leaving = true;
		channel_say(channel, flow, TOE_FLOW_DETACH);
		return -EAGAIN;
	}
	flow->leaving = false;
	return flow->own.status == OFFLOAD_INVALID_STATE ? -EBUSY : 0;
}

int
chimney_flow_close(struct chimney_channel *channel, struct chimney_flow *flow)
{
	bool started = flow->handle != 0, lost = false;

	if (started) {
		channel_notice(channel, &channel->worker[flow->worker]);
		lost = flow_is_lost(channel, flow);
	}
	for (uint32_t op = 0; op < CHIMNEY_IO_OP_COUNT; op++)
		if (flow->first[op] != NULL && started && !lost)
			return -EBUSY;
	if (started && !lost) {
		int rc = flow_leave(channel, flow);

		if (rc != 0)
			return rc;
	}
	for (uint32_t op = 0; op < CHIMNEY_IO_OP_COUNT; op++) {
		if (lost)
			outstanding_abort(channel, flow, op);
		for (struct chimney_io *io = flow->first[op]; !started && io != NULL;
		        io = io->outstanding)
			io->marks = 0; /* prepared no more */
		flow->first[op] = NULL;
	}
	channel->flows--;
	return 0;
}
