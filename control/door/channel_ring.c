/* SPDX-License-Identifier: BSD-3-Clause */
/* What waits for a worker's ring, and buffers of received text on their way back. */
#include <rte_mbuf.h>

#include "channel_parts.h"
#include "door.h"

static bool
ring_put(struct channel_worker *worker, const struct chimney_io *io)
{
	uintptr_t entry = toe_io_entry(io, worker->life);

	return rte_ring_sp_enqueue_elem(worker->port->submit, &entry, sizeof(entry)) == 0;
}

bool
channel_move(struct channel_worker *worker)
{
	bool moved = false;

	while (worker->waiting.first != NULL) {
		struct chimney_io *next = worker->waiting.first->next;

		if (!ring_put(worker, worker->waiting.first))
			break;
		worker->waiting.first = next;
		moved = true;
	}
	return moved;
}

void
channel_forget(struct channel_worker *worker)
{
	struct chimney_io *io;

	/* The buffers of an answer came with it. */
	while ((io = toe_io_pop(&worker->waiting)) != NULL)
		if (io->op == TOE_FLOW_ANSWER)
			channel_buffers_free(
			        &worker->control, 1, worker->port->channel + 1u, io->mbuf);
}

/* So many buffers of a worker are back: windows may open. */
static void
returned_count(struct toe_worker_control *worker, uint32_t channel, uint32_t n)
{
	struct toe_channel_ports *ports = &worker->channels;

	atomic_fetch_add_explicit(&ports->returned[channel], n, memory_order_relaxed);
	atomic_fetch_add_explicit(&ports->returned_all, n, memory_order_relaxed);
	toe_doorbell_ring(&worker->bell);
}

void
channel_buffers_free(struct toe_worker_control *const *workers, uint32_t n, uint32_t channel,
        struct rte_mbuf *at)
{
	while (at != NULL) {
		uint32_t worker = n == 1 ? 0 : at->hash.usr, count = 0;

		/* A run of one worker's. */
		while (at != NULL && (n == 1 || at->hash.usr == worker)) {
			struct rte_mbuf *next = at->next;

			at->next = NULL;
			at->nb_segs = 1;
			rte_pktmbuf_free_seg(at);
			count++;
			at = next;
		}
		if (worker < n)
			returned_count(workers[worker], channel, count);
	}
}

void
chimney_buffers_return(struct chimney_channel *channel, struct rte_mbuf *buffers)
{
	channel_buffers_free(
	        channel->host->target->workers, channel->workers, channel->index + 1u, buffers);
}

void
chimney_buffered_return(struct chimney_host *host, struct rte_mbuf *buffers)
{
	channel_buffers_free(host->target->workers, host->target->shared->worker_count, 0, buffers);
}
