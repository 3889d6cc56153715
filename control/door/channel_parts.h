/* SPDX-License-Identifier: BSD-3-Clause */
/* The host thread's end of a channel: what its parts share. All of it is the host thread's. */
#ifndef CONTROL_CHANNEL_PARTS_H
#define CONTROL_CHANNEL_PARTS_H

#include "channel.h"
#include "channel_port.h"
#include "handle.h"
#include "worker_control.h"

/* A worker, as the channel sees it. */
struct channel_worker {
	struct toe_worker_control *control;
	uint32_t life; /* toe_worker_control.lost, as it was seen last */
	uint64_t changed; /* chimney_channel.changes, when that was seen to change last */
	struct toe_io_list waiting; /* for room in its ring */
	struct toe_channel_port *port;
};

struct chimney_channel {
	struct chimney_host *host;
	uint8_t index;
	bool leaving;
	uint32_t workers;
	uint32_t next; /* whose records are read first */
	uint32_t flows; /* that are open */
	uint64_t changes; /* of lives of workers, that were seen */
	/* of lost connections whose flows were closed, by chimney_io.outstanding */
	struct chimney_io *aborted_first, *aborted_last;
	struct toe_doorbell bell;
	struct channel_worker worker[TOE_MAX_WORKERS];
	struct toe_channel_port ports[]; /* of each worker */
};

/* Is it something that could be sent, and do its buffers hold that? */
bool channel_io_fits(const struct chimney_io *io);
/* It is outstanding on this flow, behind what is. */
void channel_io_outstanding(
        struct chimney_channel *channel, struct chimney_flow *flow, struct chimney_io *io);

static inline void
channel_call(struct chimney_channel *channel, struct channel_worker *worker)
{
	toe_channel_call(&worker->control->channels, channel->index);
	toe_doorbell_ring(&worker->control->bell);
}

/* What waits for the worker's ring is not for it any more. */
void channel_forget(struct channel_worker *worker);
/* What waits goes into the worker's ring, as far as there is room; true when something did. */
bool channel_move(struct channel_worker *worker);
/* Buffers of received text go back to their pool, and count as returned; channel: plus one, or 0. */
void channel_buffers_free(struct toe_worker_control *const *workers, uint32_t n, uint32_t channel,
        struct rte_mbuf *at);

/*
 * Its worker was lost, or is back, since the last look: what waits for its ring is not for it any more. False: it is lost, and nothing
 * is put into its ring or read from it.
 */
static inline bool
channel_notice(struct chimney_channel *channel, struct channel_worker *worker)
{
	uint32_t lost = atomic_load_explicit(&worker->control->lost, memory_order_acquire);

	if (unlikely(lost != worker->life)) {
		worker->life = lost;
		worker->changed = ++channel->changes;
		channel_forget(worker);
	}
	return !(lost & 1);
}

/* What the flow itself has to say; `own` is not in use. */
void channel_say(struct chimney_channel *channel, struct chimney_flow *flow, enum toe_flow_op op);
static inline bool
channel_is_saying(const struct chimney_flow *flow)
{
	return __atomic_load_n(&flow->own.status, __ATOMIC_ACQUIRE) == OFFLOAD_PENDING ||
	       __atomic_load_n(&flow->answer.status, __ATOMIC_ACQUIRE) == OFFLOAD_PENDING;
}

/* Receives of both kinds come back in one order. */
static inline uint32_t
io_kind(const struct chimney_io *io)
{
	return io->op == CHIMNEY_IO_RECEIVE_PUSH ? CHIMNEY_IO_RECEIVE : io->op;
}

static inline bool
flow_is_lost(const struct chimney_channel *channel, const struct chimney_flow *flow)
{
	uint32_t life = channel->worker[flow->worker].life;

	return life != flow->life || (life & 1);
}

#endif
