/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's end of all channels. */
#include "channels.h"

#include "handle.h"
#include "host_flow.h"
#include "host_queue.h"
#include "items.h"
#include "urgent.h"

/* What a flow has to say, of its connection if that is there and this host's. */
static void
flow_take(struct toe_engine *engine, struct toe_channel_port *port, const struct toe_conn *conn,
        struct chimney_io *io)
{
	if (conn == NULL)
		toe_host_flow_gone(engine, port, io);
	else if (conn->host != port->host || conn->service != OFFLOAD_SERVICE_HOST)
		toe_flow_done(io, OFFLOAD_FAILURE);
	else
		toe_host_flow(engine, (uint32_t)(conn - engine->conns), port, io);
}

static struct toe_conn *
io_conn(struct toe_worker *worker, const struct chimney_io *io)
{
	struct toe_item item = {
	        .index = toe_handle_index(io->handle),
	        .generation = toe_handle_generation(io->handle),
	};

	return toe_item_conn(worker, &item);
}

/* A descriptor of a connection that is not there, or not this host's, comes back at once. */
static void
io_take(struct toe_worker *worker, struct toe_channel_port *port, struct chimney_io *io)
{
	struct toe_engine *engine = &worker->engine;
	struct toe_conn *conn = io_conn(worker, io);
	uint32_t index = toe_handle_index(io->handle);

	if (toe_io_is_of_flow(io))
		flow_take(engine, port, conn, io);
	else if (conn == NULL)
		toe_io_complete(engine, io, OFFLOAD_UPLOAD_IN_PROGRESS, 0);
	else if (conn->host != port->host || conn->service != OFFLOAD_SERVICE_HOST)
		toe_io_complete(engine, io, OFFLOAD_FAILURE, 0);
	else if (io->op == CHIMNEY_IO_RECEIVE || io->op == CHIMNEY_IO_RECEIVE_PUSH)
		toe_host_post(engine, index, io);
	else
		toe_host_submit(engine, index, io);
}

/* What the worker has taken out of the ring, and then was lost: the buffers of an answered indication came with the answer. */
static void
entry_lost(struct toe_worker *worker, struct toe_channel_port *port, uintptr_t entry)
{
	struct chimney_io *io = (struct chimney_io *)(entry & ~TOE_IO_LIFE_MASK);

	if (entry != toe_io_entry(io, worker->engine.life) || !toe_io_is_of_flow(io))
		return;
	if (io_conn(worker, io) == NULL)
		toe_host_flow_gone(&worker->engine, port, io);
	else
		toe_host_flow_lost(&worker->engine, toe_handle_index(io->handle), io);
}

/*
 * A burst of one channel. When it is a whole one there may be more, and whoever found the ring full may wait to hear that it no longer is
 * (the fence belongs to the one in chimney_channel_sleep_prepare).
 */
static uint32_t
port_take(struct toe_worker *worker, struct toe_channel_port *port)
{
	uintptr_t entry[TOE_CHANNEL_BURST];
	uint32_t n = toe_channel_take(port, entry, TOE_CHANNEL_BURST);
	uint32_t life = worker->engine.life;

	for (uint32_t i = 0; i < n; i++)
		rte_prefetch0((void *)(entry[i] & ~TOE_IO_LIFE_MASK));
	for (uint32_t i = 0; i < n; i++) {
		struct chimney_io *io = (struct chimney_io *)(entry[i] & ~TOE_IO_LIFE_MASK);

		if (i % TOE_LOOK_IOS == TOE_LOOK_IOS - 1)
			toe_worker_urgent(worker);
		if (toe_worker_is_lost(&worker->control)) {
			for (; i < n; i++)
				entry_lost(worker, port, entry[i]);
			return n;
		}
		if (likely(entry[i] == toe_io_entry(io, life)))
			io_take(worker, port, io);
	}
	if (n < TOE_CHANNEL_BURST)
		return n;
	worker->engine.channels_busy |= 1u << port->channel;
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&port->crowded, memory_order_relaxed)) {
		atomic_store_explicit(&port->crowded, 0, memory_order_relaxed);
		port->posted = true;
	}
	return n;
}

/* The host thread closes the channel: nothing of it is outstanding any more. */
static void
port_leave(struct toe_worker *worker, struct toe_channel_port *port)
{
	atomic_store_explicit(
	        &worker->control.channels.port[port->channel], NULL, memory_order_relaxed);
	atomic_store_explicit(&port->leaving, 2, memory_order_release);
}

static struct toe_channel_port *
port_at(struct toe_worker *worker, uint32_t channel)
{
	return atomic_load_explicit(&worker->control.channels.port[channel], memory_order_acquire);
}

/* One channel; it stays busy while something of it waits. */
static uint32_t
channel_turn(struct toe_worker *worker, uint32_t channel)
{
	struct toe_channel_port *port = port_at(worker, channel);
	struct toe_engine *engine = &worker->engine;
	uint32_t work;

	if (port == NULL)
		return 0;
	if (atomic_load_explicit(&port->leaving, memory_order_acquire) == 1) {
		port_leave(worker, port);
		return 1;
	}
	work = toe_channel_post(port, engine->life);
	work += port_take(worker, port);
	/* Behind what was taken: buffers that were posted come first. */
	work += toe_host_indicate(engine, port);
	if (port->waiting.first != NULL || port->due.first != TOE_INDEX_NONE)
		engine->channels_busy |= 1u << channel;
	toe_channel_ring(port);
	return work;
}

/*
 * All that have something to do, from another one on each time, until a burst is taken: what is left has its turn in the next one.
 */
uint32_t
toe_worker_channels_turn(struct toe_worker *worker)
{
	struct toe_engine *engine = &worker->engine;
	uint32_t busy = toe_channel_look(&worker->control.channels) | engine->channels_busy;
	uint32_t first = worker->channel_first, work = 0;

	engine->channels_busy = 0;
	for (uint32_t k = 0; k < TOE_MAX_CHANNELS && busy != 0; k++) {
		uint32_t channel = (first + k) % TOE_MAX_CHANNELS, bit = 1u << channel;

		if (!(busy & bit))
			continue;
		if (work >= TOE_CHANNEL_BURST)
			break;
		busy &= ~bit;
		work += channel_turn(worker, channel);
		worker->channel_first = (channel + 1) % TOE_MAX_CHANNELS;
		if (toe_worker_is_lost(&worker->control))
			break;
	}
	engine->channels_busy |= busy;
	return work;
}

void
toe_worker_channels_forget(struct toe_worker *worker)
{
	uintptr_t entry[TOE_CHANNEL_BURST];
	uint32_t n;

	for (uint32_t i = 0; i < TOE_MAX_CHANNELS; i++) {
		struct toe_channel_port *port = port_at(worker, i);

		if (port == NULL)
			continue;
		port->waiting.first = NULL;
		port->posted = false;
		while ((n = toe_channel_take(port, entry, TOE_CHANNEL_BURST)) > 0)
			for (uint32_t k = 0; k < n; k++)
				entry_lost(worker, port, entry[k]);
		if (atomic_load_explicit(&port->leaving, memory_order_acquire) == 1)
			port_leave(worker, port);
	}
	worker->engine.channels_busy = 0;
}
