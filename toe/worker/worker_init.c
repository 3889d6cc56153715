/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting a worker up and tearing it down. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_log.h>

#include "held.h"
#include "host_receive.h"
#include "indicate.h"
#include "reassembly.h"
#include "sender.h"
#include "service.h"
#include "worker.h"

#define STEER_FRAMES 1024u /* on their way to a worker from all others, at most */
#define STEER_RING_MIN 32u
#define STEER_SHARE 4u /* and of its share of the pool */
#define FLOW_HEADROOM_PERCENT 5u
#define POOLS 6u

struct pool_size {
	uint32_t capacity, size;
};

static uint32_t
flow_entries(const struct toe_worker_params *params)
{
	uint64_t entries = (uint64_t)params->conn_capacity + params->hold_capacity;

	return (uint32_t)(entries + entries * FLOW_HEADROOM_PERCENT / 100 + 64);
}

/* Pools whose records take memory as far as they are needed: large enough by themselves. */
static void
params_default(struct toe_worker_params *params)
{
	if (params->sent_capacity == 0)
		params->sent_capacity = 65536;
	if (params->reassembly_capacity == 0)
		params->reassembly_capacity = RTE_MIN(params->conn_capacity, 4096u);
	if (params->piece_capacity == 0)
		params->piece_capacity = 16384;
}

static void
pool_sizes(const struct toe_worker_params *given, struct pool_size sizes[POOLS])
{
	struct toe_worker_params params = *given;

	params_default(&params);
	sizes[0] = (struct pool_size){params.attached_capacity, sizeof(struct toe_attached)};
	sizes[1] = (struct pool_size){params.conn_capacity, sizeof(struct toe_sender)};
	sizes[2] = (struct pool_size){
	        params.conn_capacity + params.sent_capacity, sizeof(struct toe_sent)};
	sizes[3] = (struct pool_size){params.reassembly_capacity, sizeof(struct toe_reassembly)};
	sizes[4] = (struct pool_size){params.piece_capacity, sizeof(struct toe_piece)};
	sizes[5] = (struct pool_size){params.conn_capacity, sizeof(struct toe_host_block)};
}

uint64_t
toe_worker_estimate_eal(const struct toe_worker_params *params)
{
	return toe_flow_table_bytes(flow_entries(params));
}

uint64_t
toe_worker_estimate(const struct toe_worker_params *params)
{
	uint64_t bytes = sizeof(struct toe_worker) + toe_worker_estimate_eal(params);
	struct pool_size sizes[POOLS];

	pool_sizes(params, sizes);
	for (uint32_t i = 0; i < POOLS; i++)
		bytes += toe_pool_estimate(sizes[i].capacity, sizes[i].size);

	bytes += (uint64_t)params->conn_capacity * sizeof(struct toe_conn);
	bytes += (uint64_t)toe_wheel_chunks(params->conn_capacity) * TOE_WHEEL_CHUNK_BYTES;
	bytes += (uint64_t)params->shared->path_capacity * sizeof(struct toe_path_local);
	bytes += toe_vector_pool_estimate(
	        params->conn_capacity * 2, params->shared->path_capacity + TOE_MAX_HOSTS);
	bytes += (uint64_t)params->attached_capacity * sizeof(struct toe_attached);
	bytes += (uint64_t)params->hold_capacity * sizeof(struct toe_hold);
	bytes += (uint64_t)params->shared->port_count * sizeof(struct toe_txq);
	bytes += toe_indications_estimate(params->conn_capacity);
	bytes += toe_reaches_estimate(params->shared->neighbor_capacity);
	return bytes;
}

/* The records of what idle connections do not have; attached ones are counted there. */
uint64_t
toe_worker_estimate_busy(const struct toe_worker_params *params)
{
	struct pool_size sizes[POOLS];
	uint64_t bytes = 0;

	pool_sizes(params, sizes);
	for (uint32_t i = 1; i < POOLS; i++)
		bytes += (uint64_t)sizes[i].capacity * sizes[i].size;
	return bytes + toe_survey_estimate(params->conn_capacity);
}

/* Only on a wire with a host behind it do connections and the exception path meet. */
static void
txq_init(struct toe_worker *worker, uint32_t index)
{
	const struct toe_port *port = &worker->engine.shared->ports[index];
	bool shares = port->role == TOE_PORT_WIRE && port->peer != UINT8_MAX;
	struct toe_txq *txq = &worker->engine.txq[index];

	txq->port = port;
	txq->ethdev = port->ethdev;
	txq->queue = (uint16_t)worker->engine.index;
	txq->wait_head = TOE_INDEX_NONE;
	txq->dropped = &worker->engine.stats.tx_refused;
	txq->dropped_down = &worker->engine.stats.tx_link_down;
	txq->others_sent = port->role == TOE_PORT_HOST ? &worker->engine.stats.exception_to_host
	                                               : &worker->engine.stats.exception_to_wire;
	txq->others_min = shares ? TOE_TXQ_OTHERS_MIN : 0;
	txq->others_max = shares ? TOE_TXQ_OTHERS_MAX : TOE_TXQ_SIZE;
}

static void
lists_init(struct toe_worker *worker)
{
	worker->engine.ready_head = worker->engine.ready_tail = TOE_INDEX_NONE;
	for (uint32_t i = 0; i < TOE_SENDS_LINE_COUNT; i++)
		worker->engine.sends_first[i] = worker->engine.sends_last[i] = TOE_INDEX_NONE;
	toe_host_receive_init(&worker->engine);
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		struct toe_host_walks *walks = &worker->walks[i];

		toe_vector_init(&walks->named);
		walks->retrieve.first = walks->retrieve.last = TOE_INDEX_NONE;
		walks->resume.first = walks->resume.last = TOE_INDEX_NONE;
	}
	for (uint32_t i = 0; i < worker->engine.shared->path_capacity; i++)
		toe_vector_init(&worker->paths[i].dependents);
	for (uint32_t i = 0; i < worker->engine.shared->port_count; i++)
		txq_init(worker, i);
}

/* Every table that the worker owns; NULL members are what is missing. */
static int
pools_alloc(struct toe_worker *worker)
{
	struct toe_engine *engine = &worker->engine;
	struct toe_pool *pools[POOLS] = {&engine->attached, &engine->senders, &engine->sent,
	        &engine->reassemblies, &engine->pieces, &engine->sends};
	struct pool_size sizes[POOLS];
	int rc = 0;

	pool_sizes(&worker->params, sizes);
	for (uint32_t i = 0; rc == 0 && i < POOLS; i++)
		rc = toe_pool_init(pools[i], sizes[i].capacity, sizes[i].size);
	return rc;
}

static int
tables_alloc(struct toe_worker *worker)
{
	const struct toe_worker_params *params = &worker->params;
	struct toe_shared *shared = worker->engine.shared;

	worker->engine.conns =
	        toe_table_alloc(params->conn_capacity, sizeof(*worker->engine.conns));
	worker->engine.wheel.words =
	        toe_table_alloc(toe_wheel_chunks(params->conn_capacity), TOE_WHEEL_CHUNK_BYTES);
	worker->paths = toe_table_alloc(shared->path_capacity, sizeof(*worker->paths));
	worker->engine.txq =
	        toe_table_alloc(RTE_MAX(shared->port_count, 1u), sizeof(*worker->engine.txq));
	worker->holds = toe_table_alloc(RTE_MAX(params->hold_capacity, 1u), sizeof(*worker->holds));
	if (worker->engine.conns == NULL || worker->engine.wheel.words == NULL ||
	        worker->paths == NULL || worker->engine.txq == NULL || worker->holds == NULL)
		return -ENOMEM;
	if (toe_reaches_init(&worker->control.reach, shared->neighbor_capacity) != 0 ||
	        pools_alloc(worker) != 0 || toe_indications_init(&worker->engine) != 0 ||
	        toe_survey_init(&worker->engine) != 0)
		return -ENOMEM;
	return toe_vector_pool_init(
	        &worker->vectors, params->conn_capacity * 2, shared->path_capacity + TOE_MAX_HOSTS);
}

static int
rings_alloc(struct toe_worker *worker)
{
	char name[32];
	int rc = toe_mailbox_init(&worker->control.urgent, worker->params.mailbox_size);

	if (rc == 0)
		rc = toe_mailbox_init(&worker->control.ordinary, worker->params.mailbox_size);
	if (rc == 0)
		rc = toe_doorbell_init(&worker->control.bell);
	/* The address makes the name unique when tests make several targets in one process. */
	snprintf(name, sizeof(name), "toe%u_%lx", worker->engine.index,
	        (uintptr_t)worker & 0xFFFFFFFFFF);
	if (rc == 0)
		rc = toe_flow_table_init(
		        &worker->flows, name, flow_entries(&worker->params), worker->params.socket);
	return rc;
}

/* What the worker may keep: a third for echoes, a quarter each for hosts and for text out of order, a sixth for holds. */
static void
kept_divide(struct toe_worker *worker)
{
	const struct toe_worker_params *params = &worker->params;
	uint32_t kept = params->kept_capacity;

	if (kept == 0)
		kept = params->mbuf_pool->size / 4 * 3 / params->shared->worker_count;
	worker->engine.echo_buffers_max = kept / 3;
	worker->engine.host_buffers_max = kept / 4;
	worker->engine.reassembly_buffers_max = kept / 4;
	worker->held_buffers_max = kept / 6;
}

int
toe_worker_init(struct toe_worker *worker, const struct toe_worker_params *params, uint64_t now)
{
	int rc;

	if (params->index >= params->shared->worker_count || params->conn_capacity == 0)
		return -EINVAL;
	memset(worker, 0, sizeof(*worker));
	worker->engine.shared = params->shared;
	worker->engine.index = params->index;
	worker->engine.conn_capacity = params->conn_capacity;
	worker->engine.mbuf_pool = params->mbuf_pool;
	worker->engine.events = worker->control.events;
	worker->engine.backlog = worker->control.backlog;
	worker->engine.channels = &worker->control.channels;
	worker->engine.reach = &worker->control.reach;
	worker->engine.max_retransmit = params->max_retransmit;
	worker->params = *params;
	params_default(&worker->params);
	worker->control.bell.fd = -1;
	worker->engine.start = worker->engine.now = now;
	worker->engine.now_ms = 1;
	kept_divide(worker);
	rc = tables_alloc(worker);
	if (rc == 0)
		rc = rings_alloc(worker);
	if (rc != 0) {
		RTE_LOG(ERR, USER1, "worker %u: no memory for %u connections: %s\n",
		        worker->engine.index, worker->engine.conn_capacity, strerror(-rc));
		toe_worker_fini(worker);
		return rc;
	}
	lists_init(worker);
	worker->control.host_handles = &worker->engine.conns->host_handle;
	worker->control.host_handle_step = sizeof(*worker->engine.conns);
	toe_wheel_init(&worker->engine.wheel, worker->engine.conns, worker->engine.wheel.words,
	        worker->engine.now_ms);
	return 0;
}

static void
frames_free(struct toe_worker *worker)
{
	struct rte_mbuf *frame;

	for (uint32_t i = 0; worker->engine.txq != NULL && i < worker->engine.shared->port_count;
	        i++)
		rte_pktmbuf_free_bulk(worker->engine.txq[i].frame, worker->engine.txq[i].count);
	for (uint32_t i = 0; i < TOE_MAX_WORKERS; i++)
		while (worker->steer.from[i] != NULL &&
		        rte_ring_dequeue(worker->steer.from[i], (void **)&frame) == 0)
			rte_pktmbuf_free(frame);
	if (worker->holds != NULL)
		toe_hold_fini(worker);
	for (uint32_t i = 0; worker->engine.conns != NULL && i < worker->engine.conn_capacity; i++)
		if (worker->engine.conns[i].generation != 0) {
			toe_service_close(&worker->engine, i);
			toe_reassembly_drop(&worker->engine, i);
		}
}

void
toe_worker_fini(struct toe_worker *worker)
{
	const struct toe_worker_params *params = &worker->params;
	struct toe_shared *shared = worker->engine.shared;

	worker->engine.channels = NULL; /* their host threads may be gone */
	frames_free(worker);
	for (uint32_t i = 0; i < TOE_MAX_WORKERS; i++)
		toe_ring_free(worker->steer.from[i]);
	toe_flow_table_fini(&worker->flows);
	toe_doorbell_fini(&worker->control.bell);
	toe_mailbox_fini(&worker->control.ordinary);
	toe_mailbox_fini(&worker->control.urgent);
	toe_vector_pool_fini(&worker->vectors);
	toe_indications_fini(&worker->engine);
	toe_survey_fini(&worker->engine);
	toe_reaches_fini(&worker->control.reach, shared->neighbor_capacity);
	toe_pool_fini(&worker->engine.sends);
	toe_pool_fini(&worker->engine.pieces);
	toe_pool_fini(&worker->engine.reassemblies);
	toe_pool_fini(&worker->engine.sent);
	toe_pool_fini(&worker->engine.senders);
	toe_pool_fini(&worker->engine.attached);
	toe_table_free(worker->holds, RTE_MAX(params->hold_capacity, 1u), sizeof(*worker->holds));
	toe_table_free(
	        worker->engine.txq, RTE_MAX(shared->port_count, 1u), sizeof(*worker->engine.txq));
	toe_table_free(worker->paths, shared->path_capacity, sizeof(*worker->paths));
	toe_table_free(worker->engine.wheel.words, toe_wheel_chunks(params->conn_capacity),
	        TOE_WHEEL_CHUNK_BYTES);
	toe_table_free(worker->engine.conns, params->conn_capacity, sizeof(*worker->engine.conns));
	memset(worker, 0, sizeof(*worker));
}

/* Frames that wait between two workers: together no more than a part of the pool. */
static uint32_t
steer_ring_size(const struct toe_worker *worker, uint32_t count)
{
	uint32_t frames = worker->params.mbuf_pool->size / (count * STEER_SHARE);

	frames = RTE_MIN(frames, STEER_FRAMES) / (count - 1);
	return RTE_MAX(rte_align32prevpow2(frames), STEER_RING_MIN);
}

int
toe_workers_connect(struct toe_worker **workers, uint32_t count)
{
	for (uint32_t to = 0; to < count; to++)
		for (uint32_t from = 0; from < count; from++) {
			struct rte_ring *ring;

			if (from == to)
				continue;
			ring = toe_ring_alloc(steer_ring_size(workers[to], count), sizeof(void *),
			        RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (ring == NULL)
				return -ENOMEM;
			workers[to]->steer.from[from] = ring;
			workers[from]->steer_to[to] = ring;
		}
	return 0;
}
