/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet pool, shared tables, workers and the target, sized by the options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_random.h>

#include "lcores.h"
#include "report.h"
#include "target_setup.h"

#define POOL_CACHE 256u
#define MBUFS_SPARE 8192u /* what workers keep: echo queues, text out of order, held tuples */
#define MBUFS_STEERED 1024u /* between workers, each */

/* Packet buffers in the rings of ports and between workers, in transmit buffers and in caches. */
static uint32_t
mbufs_passing(const struct program *program, const struct chimney_target_params *wanted)
{
	uint32_t workers = program->worker_count;
	uint32_t per_queue = wanted->rx_ring + wanted->tx_ring + TOE_TXQ_SIZE;

	return program->shared.port_count * workers * per_queue +
	       workers * (2 * POOL_CACHE + (workers > 1 ? MBUFS_STEERED : 0));
}

/* What each worker may keep of the packet buffers: all but those, from a quarter of the pool to three. */
static uint32_t
mbufs_kept(const struct program *program, const struct chimney_target_params *wanted)
{
	uint32_t passing = mbufs_passing(program, wanted);
	uint32_t left = program->mbufs - RTE_MIN(program->mbufs, passing);

	left = RTE_MIN(left, program->mbufs / 4 * 3);
	return RTE_MAX(left, program->mbufs / 4) / program->worker_count;
}

/* Each worker gets its share of the connections, and room for an uneven spread. */
void
target_plan(struct program *program, const struct chimney_target_params *wanted)
{
	uint32_t workers = program->worker_count;
	uint64_t share = (wanted->connections + workers - 1) / workers;

	program->shared.worker_count = workers;
	program->shared.neighbor_capacity = wanted->neighbors;
	program->shared.path_capacity = wanted->paths;
	program->connections = wanted->connections;
	program->conn_capacity = (uint32_t)(workers == 1 ? share : share + share / 8 + 64);
	program->drain_deadline_ms = wanted->drain_deadline_ms;
	program->mbufs = wanted->mbufs;
	if (program->mbufs == 0)
		program->mbufs = mbufs_passing(program, wanted) + MBUFS_SPARE;
}

void
target_worker_params(const struct program *program, const struct chimney_target_params *wanted,
        uint32_t index, struct toe_worker_params *params)
{
	uint32_t services = RTE_MIN(wanted->services, wanted->connections);

	memset(params, 0, sizeof(*params));
	params->shared = (struct toe_shared *)(uintptr_t)&program->shared;
	params->index = index;
	params->conn_capacity = program->conn_capacity;
	params->attached_capacity = services / program->worker_count +
	                            (program->worker_count > 1 ? services / 8 + 64 : 0);
	params->sent_capacity = wanted->sent_records;
	params->reassembly_capacity = RTE_MIN(wanted->reassemblies, program->conn_capacity);
	params->piece_capacity = wanted->pieces;
	params->mailbox_size = wanted->mailbox;
	params->hold_capacity = wanted->holds;
	params->mbuf_pool = program->pool;
	params->kept_capacity = mbufs_kept(program, wanted);
	params->drop_bad = wanted->drop_bad;
	params->check_checksums = !wanted->no_check;
	params->max_retransmit = wanted->max_retransmit;
	params->socket = (int)rte_lcore_to_socket_id(program->worker_lcore[index]);
}

void
target_params(const struct program *program, const struct chimney_target_params *wanted,
        struct chimney_params *params)
{
	chimney_params_default(params);
	params->shared = (struct toe_shared *)(uintptr_t)&program->shared;
	params->conn_capacity = program->conn_capacity;
	params->drain_deadline_ms = wanted->drain_deadline_ms;
	params->retrieve_delay_ms = wanted->retrieve_delay_ms;
	params->retrieve_policy = wanted->retrieve_policy;
	params->salt = rte_rand();
	params->vlans = wanted->vlan_count != 0 ? wanted->vlans : NULL;
	params->vlan_count = wanted->vlan_count;
	params->memory = program->memory.total;
	params->cpu_time = lcores_cpu_time;
	params->cpu_time_context = (struct program *)(uintptr_t)program;
}

static int
workers_open(struct program *program, const struct chimney_target_params *wanted)
{
	uint64_t now = clock_now(&program->clock);

	for (uint32_t i = 0; i < program->worker_count; i++) {
		struct toe_worker_params params;
		struct toe_worker *worker;
		int result;

		target_worker_params(program, wanted, i, &params);
		if (posix_memalign((void **)&worker, RTE_CACHE_LINE_SIZE, sizeof(*worker)) != 0)
			return report_error(program, "out of memory for worker %u", i);
		memset(worker, 0, sizeof(*worker));
		result = toe_worker_init(worker, &params, now);
		if (result != 0) {
			free(worker);
			return report_error(program,
			        "worker %u with %u connections: %s; lower --connections, "
			        "or raise EAL's -m",
			        i, params.conn_capacity, strerror(-result));
		}
		program->workers[i] = worker;
	}
	if (toe_workers_connect(program->workers, program->worker_count) != 0)
		return report_error(program, "out of memory for the rings between workers");
	return 0;
}

static int
target_open_steps(struct program *program, const struct chimney_target_params *wanted)
{
	struct toe_worker_control *controls[TOE_MAX_WORKERS];
	struct chimney_params params;
	int result;

	program->pool = rte_pktmbuf_pool_create("chimney_mbufs", program->mbufs, POOL_CACHE, 0,
	        (uint16_t)(RTE_PKTMBUF_HEADROOM + wanted->mbuf_size), (int)rte_socket_id());
	if (program->pool == NULL)
		return report_error(program,
		        "%u packet buffers: %s; lower --mbufs, or raise EAL's -m", program->mbufs,
		        rte_strerror(rte_errno));
	if (toe_shared_init(&program->shared, wanted->neighbors, wanted->paths) != 0)
		return report_error(program, "out of memory for %u neighbors and %u paths",
		        wanted->neighbors, wanted->paths);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): it is an array of pointers */
	program->workers = calloc(program->worker_count, sizeof(*program->workers));
	if (program->workers == NULL)
		return report_error(program, "out of memory for %u workers", program->worker_count);
	if (workers_open(program, wanted) != 0)
		return -1;
	target_params(program, wanted, &params);
	for (uint32_t i = 0; i < program->worker_count; i++)
		controls[i] = &program->workers[i]->control;
	params.workers = controls;
	result = chimney_create(&params, clock_now(&program->clock), &program->target);
	if (result != 0)
		return report_error(
		        program, "the target: %s; lower --connections", strerror(-result));
	return 0;
}

int
target_open(struct program *program, const struct chimney_target_params *wanted)
{
	if (target_open_steps(program, wanted) == 0)
		return 0;
	target_close(program);
	return -1;
}

void
target_close(struct program *program)
{
	if (program->lcores_stuck)
		return; /* an lcore still runs on it */
	if (program->target != NULL)
		chimney_destroy(program->target);
	program->target = NULL;
	for (uint32_t i = 0; program->workers != NULL && i < program->worker_count; i++) {
		if (program->workers[i] == NULL)
			continue;
		toe_worker_fini(program->workers[i]);
		free(program->workers[i]);
	}
	free(program->workers);
	program->workers = NULL;
	toe_shared_fini(&program->shared);
	rte_mempool_free(program->pool);
	program->pool = NULL;
}
