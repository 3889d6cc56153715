/* SPDX-License-Identifier: BSD-3-Clause */
/* Channels come and go. */
#include "channel_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "door.h"

/* What is left there a worker posted before it was lost: nobody will read it, but its buffers go back. */
static void
records_drop(struct chimney_channel *channel, struct toe_channel_port *port)
{
	struct chimney_io_record record;

	while (port->records != NULL &&
	        rte_ring_sc_dequeue_elem(port->records, &record, sizeof(record)) == 0)
		if (record.kind == CHIMNEY_IO_INDICATED)
			chimney_buffers_return(channel, record.data);
}

static void
channel_free(struct chimney_channel *channel)
{
	for (uint32_t i = 0; i < channel->workers; i++)
		records_drop(channel, &channel->ports[i]);
	for (uint32_t i = 0; i < channel->workers; i++)
		toe_channel_port_fini(&channel->ports[i]);
	toe_doorbell_fini(&channel->bell);
	atomic_fetch_and_explicit(
	        &channel->host->target->channels, ~(1u << channel->index), memory_order_release);
	atomic_fetch_sub_explicit(&channel->host->channels, 1, memory_order_release);
	free(channel);
}

/* A free index; negative: none. */
static int
index_take(struct chimney *target)
{
	uint32_t used = atomic_load_explicit(&target->channels, memory_order_relaxed), index;

	do {
		if (used == UINT32_MAX)
			return -ENOSPC;
		index = (uint32_t)__builtin_ctz(~used);
	} while (!atomic_compare_exchange_weak_explicit(&target->channels, &used,
	        used | 1u << index, memory_order_acq_rel, memory_order_relaxed));
	return (int)index;
}

_Static_assert(TOE_MAX_CHANNELS == 32, "a bit each");

static int
ports_init(struct chimney_channel *channel, uint32_t ring_size)
{
	int rc = toe_doorbell_init(&channel->bell);

	for (uint32_t i = 0; rc == 0 && i < channel->workers; i++) {
		struct channel_worker *worker = &channel->worker[i];
		struct toe_channel_port *port = &channel->ports[i];

		worker->control = channel->host->target->workers[i];
		worker->life = atomic_load_explicit(&worker->control->lost, memory_order_acquire);
		worker->port = port;
		port->bell = &channel->bell;
		port->channel = channel->index;
		port->host = channel->host->index;
		port->worker = (uint8_t)i;
		rc = toe_channel_port_init(port, ring_size);
	}
	return rc;
}

int
chimney_channel_open(struct chimney_host *host, uint32_t ring_size, struct chimney_channel **out)
{
	uint32_t workers = host->target->shared->worker_count;
	struct chimney_channel *channel;
	size_t size = sizeof(*channel) + workers * sizeof(channel->ports[0]);
	int rc;

	if ((ring_size & (ring_size - 1)) != 0 || ring_size < CHIMNEY_CHANNEL_RING_MIN ||
	        ring_size > CHIMNEY_CHANNEL_RING_MAX)
		return -EINVAL;
	channel = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE));
	if (channel == NULL)
		return -ENOMEM;
	memset(channel, 0, size);
	rc = index_take(host->target);
	if (rc < 0) {
		free(channel);
		return rc;
	}
	channel->host = host;
	channel->index = (uint8_t)rc;
	channel->workers = workers;
	channel->bell.fd = -1;
	atomic_fetch_add_explicit(&host->channels, 1, memory_order_relaxed);
	rc = ports_init(channel, ring_size);
	if (rc != 0) {
		channel_free(channel);
		return rc;
	}
	for (uint32_t i = 0; i < workers; i++)
		atomic_store_explicit(&channel->worker[i].control->channels.port[channel->index],
		        &channel->ports[i], memory_order_release);
	*out = channel;
	return 0;
}

/*
 * Has the worker let go of the channel? One that has parked has nothing of it; when it comes back meanwhile, it finds that there is
 * none (the fence belongs to the one in toe_channel_look).
 */
static bool
worker_has_let_go(struct chimney_channel *channel, struct channel_worker *worker)
{
	_Atomic(struct toe_channel_port *) *slot = &worker->control->channels.port[channel->index];
	uint32_t lost;

	if (atomic_load_explicit(&worker->port->leaving, memory_order_acquire) == 2)
		return true;
	lost = atomic_load_explicit(&worker->control->lost, memory_order_acquire);
	/* One that has not parked uses it until it has. */
	if (!(lost & 1) ||
	        atomic_load_explicit(&worker->control->parked, memory_order_acquire) != lost)
		return false;
	atomic_store_explicit(slot, NULL, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&worker->control->lost, memory_order_acquire) == lost)
		return true;
	atomic_store_explicit(slot, worker->port, memory_order_release);
	return false;
}

int
chimney_channel_close(struct chimney_channel *channel)
{
	bool gone = true;

	if (channel->flows > 0 || channel->aborted_first != NULL)
		return -EBUSY;
	for (uint32_t i = 0; i < channel->workers; i++) {
		struct channel_worker *worker = &channel->worker[i];

		if (!channel->leaving)
			atomic_store_explicit(&worker->port->leaving, 1, memory_order_release);
		if (worker_has_let_go(channel, worker))
			continue;
		channel_call(channel, worker);
		gone = false;
	}
	channel->leaving = true;
	if (!gone)
		return -EAGAIN;
	channel_free(channel);
	return 0;
}
