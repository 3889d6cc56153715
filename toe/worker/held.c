/* SPDX-License-Identifier: BSD-3-Clause */
/* Held tuples. */
#include "held.h"

#include <errno.h>
#include <string.h>

#include "exception.h"

void
toe_hold_free(struct toe_worker *worker, struct toe_hold *hold)
{
	worker->held_buffers -= hold->buffers;
	hold->count = hold->buffers = 0;
	hold->used = false;
}

static struct toe_flow_key
hold_key(const struct toe_hold_request *request)
{
	struct toe_flow_key key = {
	        .local_port = request->local_port,
	        .remote_port = request->remote_port,
	        .port = request->port,
	        .family = request->family,
	};
	size_t size = request->family == 4 ? 4 : 16;

	memcpy(key.local, request->source, size);
	memcpy(key.remote, request->destination, size);
	return key;
}

int32_t
toe_hold_find(const struct toe_worker *worker)
{
	if (worker->held_buffers >= worker->held_buffers_max)
		return -1;
	for (uint32_t i = 0; i < worker->params.hold_capacity; i++)
		if (!worker->holds[i].used)
			return (int32_t)i;
	return -1;
}

static void
hold_begin(struct toe_hold *hold, const struct toe_flow_key *key)
{
	hold->key = *key;
	hold->count = hold->buffers = 0;
	hold->used = true;
}

int
toe_hold_add(struct toe_worker *worker, const struct toe_hold_request *request)
{
	struct toe_flow_key key = hold_key(request);
	int32_t found = toe_hold_find(worker);
	int rc;

	if (found < 0)
		return toe_flow_lookup(&worker->flows, &key) == TOE_FLOW_MISS ? -ENOSPC : -EEXIST;
	rc = toe_flow_add(&worker->flows, &key, (int32_t)TOE_FLOW_HELD_BIT | found);
	if (rc == 0)
		hold_begin(&worker->holds[found], &key);
	return rc;
}

void
toe_hold_convert(struct toe_worker *worker, const struct toe_flow_key *key, uint32_t hold)
{
	hold_begin(&worker->holds[hold], key);
	toe_flow_replace(&worker->flows, key, (int32_t)(TOE_FLOW_HELD_BIT | hold));
}

void
toe_hold_queue(struct toe_worker *worker, uint32_t index, struct rte_mbuf *mbuf)
{
	struct toe_hold *hold = &worker->holds[index];

	if (hold->count == TOE_HOLD_FRAMES ||
	        worker->held_buffers + mbuf->nb_segs > worker->held_buffers_max) {
		worker->engine.stats.held_dropped++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	hold->frame[hold->count++] = mbuf;
	hold->buffers += mbuf->nb_segs;
	worker->held_buffers += mbuf->nb_segs;
	worker->engine.stats.held_frames++;
}

int
toe_hold_release(struct toe_worker *worker, const struct toe_hold_request *request)
{
	struct toe_flow_key key = hold_key(request);
	int32_t found = toe_flow_lookup(&worker->flows, &key);
	struct toe_hold *hold;

	if (found == TOE_FLOW_MISS || !(found & TOE_FLOW_HELD_BIT))
		return -ENOENT;
	hold = &worker->holds[found & ~TOE_FLOW_HELD_BIT];
	toe_flow_delete(&worker->flows, &key);
	for (uint32_t i = 0; i < hold->count; i++)
		toe_exception_forward(worker, hold->frame[i], hold->frame[i]->port);
	toe_hold_free(worker, hold);
	return 0;
}

uint32_t
toe_hold_fini(struct toe_worker *worker)
{
	uint32_t frames = 0;

	for (uint32_t i = 0; i < worker->params.hold_capacity; i++) {
		rte_pktmbuf_free_bulk(worker->holds[i].frame, worker->holds[i].count);
		frames += worker->holds[i].count;
		toe_hold_free(worker, &worker->holds[i]);
	}
	return frames;
}
