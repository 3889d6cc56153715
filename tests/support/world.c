/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole target in one thread: creation, steps and end. */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_eal.h"

void
world_params_default(struct world_params *params)
{
	memset(params, 0, sizeof(*params));
	params->workers = 2;
	params->hosts = 1;
	params->wires = 1;
	params->bump = true;
	params->neighbors = 16;
	params->paths = 32;
	params->conns = 64;
	params->mailbox_size = 16;
	params->request_ring_size = 16;
	params->event_ring_size = 256;
	params->tx_ring_size = 64;
	params->rx_ring_size = 64;
	params->ticks_per_second = 1000;
	params->drain_deadline_ms = 1000;
	params->retrieve_delay_ms = CHIMNEY_RETRIEVE_DELAY_DEFAULT_MS;
	params->salt = 1;
}

static int
port_add(struct world *world, struct test_port *port, uint32_t index, enum toe_port_role role)
{
	static uint32_t serial; /* names are unique in the process */
	const struct world_params *params = &world->params;
	struct toe_port *toe_port = &world->shared.ports[index];
	const uint8_t mac[6] = {0x02, 0xCC, 0, 0, 0, (uint8_t)index};
	char name[24];
	int err;

	snprintf(name, sizeof(name), "world%u", serial++);
	err = test_port_create(port, name, (uint16_t)params->workers, params->tx_ring_size,
	        params->rx_ring_size, params->pool);
	if (err != 0)
		return err;
	toe_port->ethdev = port->ethdev;
	toe_port->role = (uint8_t)role;
	toe_port->peer = UINT8_MAX;
	if (params->bump)
		toe_port->peer = (uint8_t)(role == TOE_PORT_WIRE ? index + params->wires
		                                                 : index - params->wires);
	toe_port->rx_queues = (uint16_t)params->workers;
	toe_port->mtu = 1500;
	memcpy(toe_port->mac, mac, sizeof(mac));
	world->shared.port_count++;
	return 0;
}

static int
ports_add(struct world *world)
{
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < world->params.wires; i++)
		err = port_add(world, &world->wire[i], i, TOE_PORT_WIRE);
	for (uint32_t i = 0; err == 0 && world->params.bump && i < world->params.wires; i++)
		err = port_add(world, &world->bump[i], world->params.wires + i, TOE_PORT_HOST);
	return err;
}

static int
workers_add(struct world *world)
{
	const struct world_params *params = &world->params;
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < params->workers; i++) {
		struct toe_worker_params worker_params = {
		        .shared = &world->shared,
		        .index = i,
		        .conn_capacity = params->conns,
		        .attached_capacity = params->attached ? params->attached : params->conns,
		        .mailbox_size = params->mailbox_size,
		        .hold_capacity = 4,
		        .mbuf_pool = params->pool,
		        .check_checksums = true,
		        .max_retransmit = 15,
		        .socket = SOCKET_ID_ANY,
		};
		struct toe_worker *worker = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*worker));

		if (worker == NULL)
			return -ENOMEM;
		memset(worker, 0, sizeof(*worker));
		err = toe_worker_init(worker, &worker_params, world->now);
		if (err == 0)
			world->worker[i] = worker;
		else
			free(worker);
	}
	return err ? err : toe_workers_connect(world->worker, params->workers);
}

static int
target_add(struct world *world)
{
	const struct world_params *params = &world->params;
	struct toe_worker_control *controls[WORLD_WORKERS];
	struct chimney_params target;
	int err;

	chimney_params_default(&target);
	target.shared = &world->shared;
	for (uint32_t i = 0; i < params->workers; i++)
		controls[i] = &world->worker[i]->control;
	target.workers = controls;
	target.conn_capacity = params->conns;
	target.drain_deadline_ms = params->drain_deadline_ms;
	target.retrieve_delay_ms = params->retrieve_delay_ms;
	target.retrieve_policy = params->retrieve_policy;
	if (params->max_tree_blocks != 0)
		target.max_tree_blocks = params->max_tree_blocks;
	target.salt = params->salt;
	target.vlans = params->vlans;
	target.vlan_count = params->vlan_count;
	err = chimney_create(&target, world->now, &world->target);
	for (uint32_t i = 0; err == 0 && i < params->hosts; i++) {
		struct chimney_host_params host = {
		        .name = "test",
		        .ticks_per_second = params->ticks_per_second,
		        .request_ring_size = params->request_ring_size,
		        .event_ring_size = params->event_ring_size,
		};

		err = chimney_host_register(world->target, &host, &world->host[i]);
	}
	return err;
}

int
world_create(struct world *world, const struct world_params *params)
{
	int err;

	memset(world, 0, sizeof(*world));
	world->params = *params;
	world->now = 1000 * WORLD_MS;
	world->mbufs_before = test_pool_in_use(params->pool);
	if (params->workers > WORLD_WORKERS || params->hosts > WORLD_HOSTS ||
	        params->wires > WORLD_WIRES)
		return -EINVAL;
	err = toe_shared_init(&world->shared, params->neighbors, params->paths);
	world->shared.worker_count = params->workers;
	if (err == 0)
		err = ports_add(world);
	if (err == 0)
		err = workers_add(world);
	if (err == 0)
		err = target_add(world);
	if (err != 0) {
		fprintf(stderr, "world of %u workers cannot be created: error %d\n",
		        params->workers, err);
		world_destroy(world);
	}
	return err;
}

uint32_t
world_destroy(struct world *world)
{
	uint32_t in_use;

	if (world->target != NULL)
		chimney_destroy(world->target);
	for (uint32_t i = 0; i < WORLD_WORKERS; i++) {
		if (world->worker[i] != NULL)
			toe_worker_fini(world->worker[i]);
		free(world->worker[i]);
	}
	for (uint32_t i = 0; i < WORLD_WIRES; i++) {
		if (world->wire[i].queues != 0)
			test_port_destroy(&world->wire[i]);
		if (world->bump[i].queues != 0)
			test_port_destroy(&world->bump[i]);
	}
	if (world->shared.neighbors != NULL)
		toe_shared_fini(&world->shared);
	in_use = test_pool_in_use(world->params.pool) - world->mbufs_before;
	memset(world, 0, sizeof(*world));
	return in_use;
}

uint32_t
world_step(struct world *world, uint32_t actor)
{
	world->now += 1000;
	if (actor == WORLD_CONTROL)
		return chimney_control_poll(world->target, world->now);
	return toe_worker_poll(world->worker[actor - 1], world->now);
}

uint32_t
world_turn(struct world *world)
{
	uint32_t work = world_step(world, WORLD_CONTROL);

	for (uint32_t i = 0; i < world->params.workers; i++)
		work += world_step(world, WORLD_WORKER(i));
	return work;
}

bool
world_run(struct world *world, bool (*condition)(struct world *, void *), void *argument,
        uint32_t max_turns)
{
	for (uint32_t i = 0; i < max_turns; i++) {
		if (condition(world, argument))
			return true;
		world_turn(world);
	}
	return condition(world, argument);
}

bool
world_settle(struct world *world, uint32_t max_turns)
{
	uint32_t idle = 0;

	/* a message on its way may find its receiver only in the turn after: two idle turns in a row */
	for (uint32_t i = 0; i < max_turns && idle < 2; i++)
		idle = world_turn(world) == 0 ? idle + 1 : 0;
	return idle == 2;
}

int
world_submit(struct world *world, uint32_t host, enum chimney_request request,
        struct offload_block_list *root)
{
	static int (*const submit[CHIMNEY_REQUEST_COUNT])(
	        struct chimney_host *, struct offload_block_list *) = {
	        [CHIMNEY_INITIATE] = chimney_initiate_offload,
	        [CHIMNEY_QUERY] = chimney_query_offload,
	        [CHIMNEY_UPDATE] = chimney_update_offload,
	        [CHIMNEY_INVALIDATE] = chimney_invalidate_offload,
	        [CHIMNEY_TERMINATE] = chimney_terminate_offload,
	};

	return submit[request](world->host[host], root);
}

bool
world_request(struct world *world, uint32_t host, enum chimney_request request,
        struct offload_block_list *root, struct chimney_record *record, uint32_t max_turns)
{
	struct chimney_record got;

	if (world_submit(world, host, request, root) != 0)
		return false;
	for (uint32_t i = 0; i < max_turns; i++) {
		world_turn(world);
		while (chimney_poll(world->host[host], &got, 1) == 1) {
			if (got.kind != CHIMNEY_COMPLETION || got.root != root)
				continue;
			if (record != NULL)
				*record = got;
			return true;
		}
	}
	return false;
}

static uint32_t
port_drop(struct test_port *port)
{
	struct rte_mbuf *frames[32];
	uint32_t count = 0;
	unsigned int n;

	for (uint16_t queue = 0; queue < port->queues; queue++) {
		while ((n = test_port_read_queue(port, queue, frames, 32)) > 0) {
			rte_pktmbuf_free_bulk(frames, n);
			count += n;
		}
	}
	return count;
}

uint32_t
world_drop_frames(struct world *world)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < WORLD_WIRES; i++)
		count += port_drop(&world->wire[i]) + port_drop(&world->bump[i]);
	return count;
}
