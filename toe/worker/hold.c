/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Held tuples: while a connection moves between kernel and target, its frames, both ways, wait in order in a
 * bounded queue. Then they go to the connection's input, or on to where they were going.
 */
#include <errno.h>
#include <string.h>

#include "receive.h"

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

int
toe_hold_add(struct toe_worker *worker, const struct toe_hold_request *request)
{
	struct toe_flow_key key = hold_key(request);

	for (uint32_t i = 0; i < worker->params.hold_capacity; i++) {
		struct toe_hold *hold = &worker->holds[i];
		int rc;

		if (hold->used)
			continue;
		rc = toe_flow_add(&worker->flows, &key, (int32_t)(TOE_FLOW_HELD_BIT | i));
		if (rc == 0) {
			hold->key = key;
			hold->count = 0;
			hold->used = true;
		}
		return rc;
	}
	return toe_flow_lookup(&worker->flows, &key) == TOE_FLOW_MISS ? -ENOSPC : -EEXIST;
}

void
toe_hold_queue(struct toe_worker *worker, uint32_t index, struct rte_mbuf *mbuf)
{
	struct toe_hold *hold = &worker->holds[index];

	if (hold->count == TOE_HOLD_FRAMES) {
		worker->engine.stats.held_dropped++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	hold->frame[hold->count++] = mbuf;
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
	hold->count = 0;
	hold->used = false;
	return 0;
}

void
toe_hold_deliver(struct toe_worker *worker, uint32_t index, uint32_t conn)
{
	struct toe_hold *hold = &worker->holds[index];
	struct toe_segment segment;

	for (uint32_t i = 0; i < hold->count; i++) {
		struct rte_mbuf *mbuf = hold->frame[i];

		/* Its checksums were verified when it arrived. */
		toe_segment_parse(mbuf, hold->key.port,
		        worker->engine.shared->ports[mbuf->port].role == TOE_PORT_HOST, false,
		        &segment);
		if (toe_receive_segment(worker, conn, &segment, mbuf))
			rte_pktmbuf_free(mbuf);
	}
	hold->count = 0;
	hold->used = false;
}

uint32_t
toe_hold_fini(struct toe_worker *worker)
{
	uint32_t frames = 0;

	for (uint32_t i = 0; i < worker->params.hold_capacity; i++) {
		rte_pktmbuf_free_bulk(worker->holds[i].frame, worker->holds[i].count);
		frames += worker->holds[i].count;
		worker->holds[i].count = 0;
		worker->holds[i].used = false;
	}
	return frames;
}
