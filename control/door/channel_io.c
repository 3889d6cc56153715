/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host thread submits, and what it reads. */
#include "channel_parts.h"

#include <errno.h>

#include <rte_mbuf.h>

/* Do the buffers hold what is to be sent? */
static bool
io_fits(const struct chimney_io *io)
{
	uint64_t bytes = 0, wanted;

	if (((uintptr_t)io & TOE_IO_LIFE_MASK) != 0)
		return false;
	wanted = (uint64_t)io->offset + io->length;
	if (io->op == CHIMNEY_IO_RECEIVE || io->op == CHIMNEY_IO_RECEIVE_PUSH)
		return wanted <= UINT32_MAX && (io->length == 0 || io->buffer != NULL);
	if (io->op == CHIMNEY_IO_ABORT)
		return io->length == 0;
	if (io->op != CHIMNEY_IO_SEND && io->op != CHIMNEY_IO_DISCONNECT)
		return false;
	for (const struct rte_mbuf *at = io->mbuf; at != NULL && bytes < wanted; at = at->next)
		bytes += at->data_len;
	return bytes >= wanted;
}

static void
outstanding_append(struct chimney_flow *flow, struct chimney_io *io)
{
	uint32_t kind = io_kind(io);

	io->outstanding = NULL;
	if (flow->first[kind] == NULL)
		flow->first[kind] = io;
	else
		flow->last[kind]->outstanding = io;
	flow->last[kind] = io;
}

int
chimney_submit(struct chimney_channel *channel, struct chimney_flow *flow,
        struct chimney_io *const *ios, unsigned int n)
{
	struct channel_worker *worker = &channel->worker[flow->worker];
	bool lost = !channel_notice(worker) || flow_is_lost(channel, flow);

	for (unsigned int i = 0; i < n; i++)
		if (!io_fits(ios[i]))
			return -EINVAL;
	for (unsigned int i = 0; i < n; i++) {
		struct chimney_io *io = ios[i];

		io->flow = flow;
		io->handle = flow->handle;
		io->channel = channel->index;
		io->marks = 0;
		io->done = 0;
		io->status = OFFLOAD_PENDING;
		outstanding_append(flow, io);
		/* With a lost worker it stays until the flow is closed (INV-17). Else all wait in one line, or a ring that has room
		 * again meanwhile would be taken by who came last. */
		if (!lost)
			toe_io_append(&worker->waiting, io);
	}
	if (!lost && channel_move(worker))
		channel_call(channel, worker);
	return 0;
}

/* A descriptor comes back: it is the oldest of its kind on its flow. */
static void
io_returned(struct chimney_io *io, const struct chimney_io_record *record)
{
	io->flow->first[io_kind(io)] = io->outstanding;
	io->status = record->detail;
	io->done = (uint32_t)record->value;
}

/* Records of one worker, at most n. What it posted in an earlier life is not for anybody, but for the buffers. */
static unsigned int
worker_read(struct chimney_channel *channel, struct channel_worker *worker,
        struct chimney_io_record *records, unsigned int n)
{
	unsigned int got = rte_ring_sc_dequeue_burst_elem(
	        worker->port->records, records, sizeof(records[0]), n, NULL);
	unsigned int kept = 0;

	for (unsigned int i = 0; i < got; i++) {
		if (unlikely(records[i].stamp != worker->life)) {
			if (records[i].kind == CHIMNEY_IO_INDICATED)
				chimney_buffers_return(channel, records[i].data);
			continue;
		}
		if (records[i].kind == CHIMNEY_IO_COMPLETED)
			io_returned(records[i].io, &records[i]);
		if (kept != i)
			records[kept] = records[i];
		kept++;
	}
	return kept;
}

/* CHN-4: what a lost worker will never return. */
static unsigned int
aborted_read(struct chimney_channel *channel, struct chimney_io_record *records, unsigned int n)
{
	unsigned int count = 0;

	while (count < n && channel->aborted_first != NULL) {
		struct chimney_io *io = channel->aborted_first;

		channel->aborted_first = io->outstanding;
		io->status = OFFLOAD_REQUEST_ABORTED;
		io->done = 0;
		records[count++] = (struct chimney_io_record){
		        .io = io,
		        .kind = CHIMNEY_IO_COMPLETED,
		        .detail = OFFLOAD_REQUEST_ABORTED,
		        .unsettled =
		                toe_worker_is_at_large(channel->worker[io->flow->worker].control),
		        .worker = io->flow->worker,
		};
	}
	return count;
}

unsigned int
chimney_channel_poll(
        struct chimney_channel *channel, struct chimney_io_record *records, unsigned int n)
{
	uint32_t first = channel->next;
	unsigned int all = 0;

	for (uint32_t k = 0; k < channel->workers; k++) {
		uint32_t i = (first + k) % channel->workers;
		struct channel_worker *worker = &channel->worker[i];

		if (unlikely(!channel_notice(worker)))
			continue;
		if (unlikely(worker->waiting.first != NULL) && channel_move(worker))
			channel_call(channel, worker);
		if (all == n)
			continue;
		all += worker_read(channel, worker, records + all, n - all);
		channel->next = (i + 1) % channel->workers;
	}
	if (unlikely(channel->aborted_first != NULL))
		all += aborted_read(channel, records + all, n - all);
	return all;
}

int
chimney_channel_event_fd(const struct chimney_channel *channel)
{
	return channel->bell.fd;
}

/* Nothing to read, and nothing that could go on? Workers are asked to ring when there is room for what waits. */
static bool
has_nothing_to_do(struct chimney_channel *channel)
{
	if (channel->aborted_first != NULL)
		return false;
	for (uint32_t i = 0; i < channel->workers; i++) {
		struct channel_worker *worker = &channel->worker[i];
		struct chimney_io_record record;

		if (!channel_notice(worker))
			continue;
		if (toe_ring_has_record(worker->port->records, &record, sizeof(record)))
			return false;
		if (worker->waiting.first == NULL)
			continue;
		atomic_store_explicit(&worker->port->crowded, 1, memory_order_relaxed);
		atomic_thread_fence(memory_order_seq_cst);
		if (toe_ring_has_room(worker->port->submit, sizeof(uintptr_t)))
			return false;
	}
	return true;
}

bool
chimney_channel_sleep_prepare(struct chimney_channel *channel)
{
	bool idle;

	toe_doorbell_announce(&channel->bell);
	idle = has_nothing_to_do(channel);
	if (!idle)
		toe_doorbell_awake(&channel->bell);
	return idle;
}

void
chimney_channel_sleep_done(struct chimney_channel *channel)
{
	toe_doorbell_awake(&channel->bell);
}
