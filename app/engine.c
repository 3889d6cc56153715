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

#include "app.h"
#include "say.h"

#define POOL_CACHE 256u
#define MBUFS_SPARE 8192u /* echo queues, held tuples, caches */

uint32_t
engine_mbufs(const struct app *app)
{
	const struct options *options = &app->options;
	uint32_t per_queue = options->rx_ring + options->tx_ring + TOE_TXQ_SIZE;

	if (options->mbufs != 0)
		return options->mbufs;
	return app->shared.port_count * app->worker_count * per_queue +
	       app->worker_count * 2 * POOL_CACHE + MBUFS_SPARE;
}

void
engine_worker_params(const struct app *app, uint32_t index, struct toe_worker_params *params)
{
	const struct options *options = &app->options;
	uint32_t services = RTE_MIN(options->services, options->connections);

	memset(params, 0, sizeof(*params));
	params->shared = (struct toe_shared *)(uintptr_t)&app->shared;
	params->index = index;
	params->conn_capacity = app->conn_capacity;
	params->attached_capacity =
	        services / app->worker_count + (app->worker_count > 1 ? services / 8 + 64 : 0);
	params->sent_capacity = options->sent_records;
	params->reassembly_capacity = RTE_MIN(options->reassemblies, app->conn_capacity);
	params->piece_capacity = options->pieces;
	params->mailbox_size = options->mailbox;
	params->hold_capacity = options->holds;
	params->mbuf_pool = app->pool;
	params->drop_bad = options->drop_bad;
	params->check_checksums = !options->no_check;
	params->max_retransmit = options->max_retransmit;
	params->socket = (int)rte_lcore_to_socket_id(app->worker_lcore[index]);
}

void
engine_target_params(const struct app *app, struct chimney_params *params)
{
	const struct options *options = &app->options;

	chimney_params_default(params);
	params->shared = (struct toe_shared *)(uintptr_t)&app->shared;
	params->workers = app->workers;
	params->conn_capacity = app->conn_capacity;
	params->drain_deadline_ms = options->drain_deadline_ms;
	params->retrieve_delay_ms = options->retrieve_delay_ms;
	params->retrieve_policy = options->retrieve_policy;
	params->salt = rte_rand();
	params->vlans = options->vlan_count != 0 ? options->vlans : NULL;
	params->vlan_count = options->vlan_count;
}

static int
workers_open(struct app *app)
{
	uint64_t now = clock_now(&app->clock);

	for (uint32_t i = 0; i < app->worker_count; i++) {
		struct toe_worker_params params;
		struct toe_worker *worker;
		int result;

		engine_worker_params(app, i, &params);
		if (posix_memalign((void **)&worker, RTE_CACHE_LINE_SIZE, sizeof(*worker)) != 0)
			return say_error("out of memory for worker %u", i);
		memset(worker, 0, sizeof(*worker));
		result = toe_worker_init(worker, &params, now);
		if (result != 0) {
			free(worker);
			return say_error("worker %u with %u connections: %s; lower --connections, "
			                 "or raise EAL's -m",
			        i, params.conn_capacity, strerror(-result));
		}
		app->workers[i] = worker;
	}
	if (toe_workers_connect(app->workers, app->worker_count) != 0)
		return say_error("out of memory for the rings between workers");
	return 0;
}

static int
engine_open_steps(struct app *app)
{
	struct chimney_params params;
	int result;

	app->pool = rte_pktmbuf_pool_create("chimney_mbufs", engine_mbufs(app), POOL_CACHE, 0,
	        RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
	if (app->pool == NULL)
		return say_error("%u packet buffers: %s; lower --mbufs, or raise EAL's -m",
		        engine_mbufs(app), rte_strerror(rte_errno));
	if (toe_shared_init(&app->shared, app->options.neighbors, app->options.paths) != 0)
		return say_error("out of memory for %u neighbors and %u paths",
		        app->options.neighbors, app->options.paths);
	app->workers = calloc(app->worker_count, sizeof(*app->workers));
	if (app->workers == NULL)
		return say_error("out of memory for %u workers", app->worker_count);
	if (workers_open(app) != 0)
		return -1;
	engine_target_params(app, &params);
	result = chimney_create(&params, clock_now(&app->clock), &app->target);
	if (result != 0)
		return say_error("the target: %s; lower --connections", strerror(-result));
	return 0;
}

int
engine_open(struct app *app)
{
	if (engine_open_steps(app) == 0)
		return 0;
	engine_close(app);
	return -1;
}

void
engine_close(struct app *app)
{
	if (app->lcores_stuck)
		return; /* an lcore still runs on it */
	if (app->target != NULL)
		chimney_destroy(app->target);
	app->target = NULL;
	for (uint32_t i = 0; app->workers != NULL && i < app->worker_count; i++) {
		if (app->workers[i] == NULL)
			continue;
		toe_worker_fini(app->workers[i]);
		free(app->workers[i]);
	}
	free(app->workers);
	app->workers = NULL;
	toe_shared_fini(&app->shared);
	rte_mempool_free(app->pool);
	app->pool = NULL;
}
