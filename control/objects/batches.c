/* SPDX-License-Identifier: BSD-3-Clause */
/* Stop ids of connections that invalidates have named. */
#include "stops.h"

/* The newest batch takes members for a short time, or longer when there is no room for another one. */
static bool
batch_takes_members(const struct stops *stops, struct stop_host *host, uint64_t now)
{
	const struct stop_batch *newest = batch_at(host, host->next_batch - 1);

	if (batches_open(host) == 0)
		return false;
	return now - newest->opened < stops->quantum || batches_open(host) == STOP_BATCHES;
}

uint32_t
batch_join(struct stops *stops, uint32_t host_index, uint64_t now)
{
	struct stop_host *host = &stops->host[host_index];
	uint32_t id;

	if (!batch_takes_members(stops, host, now))
		*batch_at(host, host->next_batch++) = (struct stop_batch){.opened = now};
	id = host->next_batch - 1;
	batch_at(host, id)->members++;
	return id;
}

void
batch_add(struct stops *stops, uint32_t host, uint32_t id, uint32_t worker)
{
	batch_at(&stops->host[host], id)->workers |= worker_bit(worker);
}

void
batch_posted(struct stops *stops, uint32_t host, uint32_t id, uint64_t now)
{
	struct stop_batch *batch = batch_at(&stops->host[host], id);

	batch->members--;
	batch->posted = now;
	stops->hosts |= 1u << host;
}
