/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker does with each item of a request. */
#include "items.h"

#include <string.h>

#include "conn_mib.h"
#include "conn_state.h"
#include "drain.h"
#include "exception.h"
#include "held.h"
#include "host_leave.h"
#include "host_receive.h"
#include "indicate.h"
#include "output_loop.h"
#include "reassembly.h"
#include "receive.h"
#include "sender.h"
#include "service.h"
#include "stop.h"
#include "tcp.h"

static struct toe_flow_key
conn_key(const struct toe_worker *worker, uint32_t path, uint16_t local_port, uint16_t remote_port)
{
	const struct toe_path *shared = &worker->engine.shared->paths[path];
	struct toe_route route = toe_route_read(worker->engine.shared, path);
	struct toe_flow_key key = {
	        .local_port = local_port,
	        .remote_port = remote_port,
	        .port = worker->engine.shared->neighbors[toe_path_word_neighbor(route.path_word)]
	                        .port,
	        .family = shared->family,
	};

	memcpy(key.local, shared->source, sizeof(key.local));
	memcpy(key.remote, shared->destination, sizeof(key.remote));
	return key;
}

/* Enter the tuple: free, or held for this very connection. *hold: the hold to deliver, or negative. */
static enum offload_status
flow_enter(struct toe_worker *worker, const struct toe_flow_key *key, uint32_t index, int32_t *hold)
{
	int32_t present = toe_flow_lookup(&worker->flows, key);

	*hold = -1;
	if (present == TOE_FLOW_MISS)
		return toe_flow_add(&worker->flows, key, (int32_t)index) == 0 ? OFFLOAD_SUCCESS
		                                                              : OFFLOAD_TCP_ENTRIES;
	if (!(present & TOE_FLOW_HELD_BIT))
		return OFFLOAD_CONNECTION_REJECTED;
	*hold = present & ~TOE_FLOW_HELD_BIT;
	toe_flow_replace(&worker->flows, key, (int32_t)index);
	return OFFLOAD_SUCCESS;
}

/* A context as new, but for its place on the ready list: a freed slot may still be there. */
static void
conn_clear(struct toe_conn *conn)
{
	uint32_t ready = conn->flags & TOE_CONN_READY;
	uint32_t next = conn->ready_next;

	memset(conn, 0, sizeof(*conn));
	conn->flags = ready;
	conn->ready_next = next;
	conn->dep_pos = TOE_INDEX_NONE;
	conn->sender = TOE_INDEX_NONE;
	conn->attached = TOE_INDEX_NONE;
	conn->reassembly = TOE_INDEX_NONE;
}

void
toe_item_initiate(
        struct toe_worker *worker, const struct toe_message *message, struct toe_item *item)
{
	const struct tcp_const *constant = item->constant;
	struct toe_conn *conn = &worker->engine.conns[item->index];
	struct toe_flow_key key;
	int32_t hold;

	if (item->index >= worker->engine.conn_capacity || conn->generation != 0) {
		item->status = OFFLOAD_FAILURE;
		return;
	}
	key = conn_key(worker, item->path, constant->local_port, constant->remote_port);
	item->status = (uint16_t)flow_enter(worker, &key, item->index, &hold);
	if (item->status != OFFLOAD_SUCCESS)
		return;
	conn_clear(conn);
	conn->path = item->path;
	conn->host = message->host;
	conn->host_handle = item->host_handle;
	toe_conn_fresh(conn, message->request);
	toe_conn_load(
	        &worker->engine, conn, constant, item->cached, item->delegated, message->tick_ms);
	if (worker->engine.events[message->host].stale != 0)
		conn->flags |= TOE_CONN_REACH;
	if (toe_service_open(&worker->engine, item->index) != 0)
		item->status = OFFLOAD_TCP_RCV_BUFFER;
	else if (!host_arrive(&worker->engine, item->index, item->delegated))
		item->status = OFFLOAD_FAILURE;
	if (item->status != OFFLOAD_SUCCESS) {
		toe_wheel_remove(&worker->engine.wheel, item->index);
		toe_sender_drop(&worker->engine, item->index);
		if (hold >= 0) /* still held: what waits there is not lost */
			toe_flow_replace(&worker->flows, &key, hold | TOE_FLOW_HELD_BIT);
		else
			toe_flow_delete(&worker->flows, &key);
		return;
	}
	conn->dep_pos = toe_vector_push(
	        &worker->paths[item->path].dependents, &worker->vectors, item->index);
	conn->generation = item->generation;
	worker->engine.stats.connections++;
	toe_conn_count(&worker->engine, conn);
	if (hold >= 0)
		toe_receive_held(worker, (uint32_t)hold, item->index);
	if (conn->flags & TOE_CONN_READY) /* the freed slot may be waiting for another port */
		toe_worker_requeue(worker);
	if (toe_tcp_has_work(&worker->engine, conn))
		toe_conn_ready(&worker->engine, item->index);
}

void
toe_item_query(struct toe_worker *worker, const struct toe_message *message, struct toe_item *item)
{
	const struct toe_conn *conn = toe_item_conn(worker, item);

	if (conn == NULL) {
		item->status = OFFLOAD_FAILURE;
		return;
	}
	toe_conn_save(&worker->engine, conn, item->constant, item->cached, item->delegated,
	        message->tick_ms);
	item->status = OFFLOAD_SUCCESS;
}

void
toe_item_update(struct toe_worker *worker, const struct toe_message *message, struct toe_item *item)
{
	struct toe_conn *conn = toe_item_conn(worker, item);

	/* INV-10: an invalidated object takes no update. */
	if (conn == NULL || item->cached == NULL || (conn->flags & TOE_CONN_INVALID)) {
		item->status = OFFLOAD_FAILURE;
		return;
	}
	toe_conn_update(&worker->engine, item->index, item->cached, message->tick_ms);
	item->status = OFFLOAD_SUCCESS;
}

void
toe_conn_give_back(struct toe_worker *worker, uint32_t index)
{
	toe_conn_unlink(worker, index);
	toe_service_close(&worker->engine, index);
	toe_reassembly_drop(&worker->engine, index);
	toe_sender_drop(&worker->engine, index);
	worker->engine.conns[index].generation = 0;
}

void
toe_item_leave(struct toe_worker *worker, const struct toe_message *message, struct toe_item *item,
        uint64_t job)
{
	struct toe_conn *conn = toe_item_conn(worker, item);
	struct rte_mbuf *urgent[TOE_URGENT_FRAMES];
	struct toe_flow_key key;
	int32_t hold = -1;
	uint32_t n;

	if (conn == NULL || host_is_closing(&worker->engine, item->index, item) ||
	        (item->hold && (hold = toe_hold_find(worker)) < 0)) {
		item->status = OFFLOAD_FAILURE;
		return;
	}
	item->request = message->request;
	item->status = OFFLOAD_PENDING;
	if (host_close(&worker->engine, item->index, item, job, message->tick_ms))
		return;
	toe_tcp_acknowledge(&worker->engine, item->index);
	toe_drain_conn(&worker->engine, item->index);
	toe_conn_save(&worker->engine, conn, NULL, NULL, item->delegated, message->tick_ms);
	toe_service_upload(&worker->engine, item->index, item->delegated);
	key = conn_key(worker, conn->path, conn->local_port, conn->remote_port);
	if (hold >= 0)
		toe_hold_convert(worker, &key, (uint32_t)hold);
	else
		toe_flow_delete(&worker->flows, &key);
	n = toe_reassembly_take_urgent(&worker->engine, item->index, urgent);
	toe_conn_uncount(&worker->engine, conn);
	if (host_leave(&worker->engine, item->index, item, job))
		item->status = OFFLOAD_SUCCESS;
	toe_conn_give_back(worker, item->index);
	worker->engine.stats.connections--;
	/* RX-4: to the host as they came, now that they are nobody else's; before what comes later. */
	for (uint32_t i = 0; i < n; i++) {
		if (hold >= 0)
			toe_hold_queue(worker, (uint32_t)hold, urgent[i]);
		else
			toe_exception_forward(worker, urgent[i], urgent[i]->port);
	}
}

void
toe_item_terminate(
        struct toe_worker *worker, const struct toe_message *message, struct toe_item *item)
{
	toe_item_leave(worker, message, item, worker->job_number);
}
