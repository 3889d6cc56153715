/* SPDX-License-Identifier: BSD-3-Clause */
/* One scenario: objects, knobs and a random interleaving of all actors, in a world that is reused. */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* Rings small enough to be full all the time; every group of scenarios gets other sizes. */
bool
sim_world_create(struct sim *sim, uint64_t seed, struct rte_mempool *pool, bool big)
{
	static const uint32_t delays[] = {0, 2, 20, 200};
	struct world_params params;
	struct rng rng;

	rng_seed(&rng, seed ^ UINT64_C(0x5A5A5A5A));
	world_params_default(&params);
	params.workers = rng_range(&rng, 1, big ? 2 : 3);
	params.hosts = big ? 1 : rng_range(&rng, 1, SIM_HOSTS);
	params.neighbors = !big && rng_chance(&rng, 20) ? 3 : SIM_NEIGHBORS;
	params.paths = !big && rng_chance(&rng, 20) ? 4 : SIM_PATHS;
	params.conns = big ? SIM_CONNS : rng_chance(&rng, 20) ? 4 : 32;
	params.mailbox_size = 2u << rng_below(&rng, 3);
	params.request_ring_size = 2u << rng_below(&rng, 3);
	params.event_ring_size = 64;
	params.tx_ring_size = rng_range(&rng, 1, 6);
	params.rx_ring_size = rng_range(&rng, 4, 32);
	params.retrieve_delay_ms = delays[rng_below(&rng, RTE_DIM(delays))];
	params.retrieve_policy =
	        rng_chance(&rng, 15) ? CHIMNEY_RETRIEVE_ON_SEND : CHIMNEY_RETRIEVE_DELAYED;
	params.salt = rng_next(&rng);
	params.pool = pool;
	if (sim->others->world != NULL)
		sim->others->world(sim, seed, &params);
	return world_create(&sim->world, &params) == 0;
}

void
sim_world_destroy(struct sim *sim)
{
	uint32_t leaked;

	if (sim->others->leave != NULL)
		sim->others->leave(sim);
	leaked = world_destroy(&sim->world);
	if (leaked != 0)
		sim_wrong(sim, "%u mbufs leaked", leaked);
	for (uint32_t i = 0; i < SIM_REQUESTS; i++) {
		if (sim->request[i].used)
			sim_request_drop(sim, &sim->request[i]);
		free(sim->request[i].refs);
		sim->request[i].refs = NULL;
	}
}

static void
objects_init(struct sim *sim)
{
	uint32_t hosts = sim->world.params.hosts;

	memset(sim->neighbor, 0, sizeof(sim->neighbor));
	memset(sim->path, 0, sizeof(sim->path));
	memset(sim->conn, 0, sizeof(sim->conn));
	for (uint32_t i = 0; i < sim->neighbors; i++) {
		sim->neighbor[i].object.layer = OFFLOAD_LAYER_NEIGHBOR;
		sim->neighbor[i].object.host = (uint8_t)(i % hosts);
		tree_usual_neighbor(&sim->neighbor[i].description, i);
		sim_value_set(&sim->neighbor[i].mac, 0);
	}
	for (uint32_t i = 0; i < sim->paths; i++) {
		uint32_t home = i % sim->neighbors;

		sim->path[i].object.layer = OFFLOAD_LAYER_PATH;
		sim->path[i].object.host = sim->neighbor[home].object.host;
		tree_usual_path(&sim->path[i].description, i, i % 3 == 2 ? 6 : 4);
		sim_value_set(&sim->path[i].link, home);
	}
	for (uint32_t i = 0; i < sim->conns; i++) {
		sim->conn[i].path = rng_below(&sim->rng, sim->paths);
		sim->conn[i].object.layer = OFFLOAD_LAYER_TCP;
		sim->conn[i].object.host = sim->path[sim->conn[i].path].object.host;
	}
}

static void
scenario_init(struct sim *sim, uint64_t seed, enum sim_kind kind)
{
	uint32_t hosts = sim->world.params.hosts;

	rng_seed(&sim->rng, seed);
	sim->kind = kind;
	sim->wrong[0] = '\0';
	sim->step = 1;
	sim->eager = rng_chance(&sim->rng, 40);
	sim->mute = false;
	sim->stalled = 0;
	sim->dead = 0;
	sim->lenient = false;
	sim->at_rest = false;
	sim->in_progress = 0;
	sim->discarded = 0;
	sim->relinks_unsettled = 0;
	sim->neighbors = kind == SIM_CROWD ? 4 : rng_range(&sim->rng, hosts, SIM_NEIGHBORS);
	sim->paths = kind == SIM_CROWD ? rng_range(&sim->rng, 1, 3)
	                               : rng_range(&sim->rng, hosts, SIM_PATHS);
	sim->conns = kind == SIM_CROWD
	                     ? rng_range(&sim->rng, 150, SIM_CONNS)
	                     : rng_range(&sim->rng, sim->others->conns_min, sim->others->conns_max);
	objects_init(sim);
	if (sim->others->begin != NULL)
		sim->others->begin(sim, seed);
}

static void
host_acts(struct sim *sim)
{
	uint32_t host = rng_below(&sim->rng, sim->world.params.hosts);
	uint32_t dice = rng_below(&sim->rng, 100);
	uint32_t path = rng_below(&sim->rng, sim->paths);
	uint32_t to = rng_below(&sim->rng, sim->neighbors);
	struct sim_request *request = NULL;

	if (sim->in_progress >= SIM_REQUESTS - 8)
		return;
	if (dice < 30)
		request = sim_build_initiate(sim, host);
	else if (dice < 55)
		request = sim_build_reference(sim, host, CHIMNEY_INVALIDATE);
	else if (dice < 67)
		request = sim_build_reference(sim, host, CHIMNEY_QUERY);
	else if (dice < 75)
		request = sim_build_update(sim, host);
	else if (dice < 90)
		request =
		        sim->path[path].object.life == SIM_LIVE &&
		                        sim->neighbor[to].object.life == SIM_LIVE &&
		                        sim->neighbor[to].object.host == sim->path[path].object.host
		                ? sim_build_relink(sim, path, to)
		                : NULL;
	else
		request = sim_build_reference(sim, host, CHIMNEY_TERMINATE);
	if (sim->in_progress >= sim->world.params.request_ring_size)
		sim->totals->overflows += request != NULL;
	sim_submit(sim, request);
}

static void
time_passes(struct sim *sim)
{
	static const uint32_t jumps_us[] = {10, 100, 1000, 3000, 25000};

	world_advance(
	        &sim->world, 1000 * (uint64_t)jumps_us[rng_below(&sim->rng, RTE_DIM(jumps_us))]);
}

static void
workers_stall(struct sim *sim)
{
	uint32_t worker = rng_below(&sim->rng, sim->world.params.workers);

	if (rng_chance(&sim->rng, 50))
		sim->stalled |= 1u << worker;
	else
		sim->stalled = 0;
}

void
sim_step(struct sim *sim)
{
	uint32_t dice = rng_below(&sim->rng, 100);

	sim->step++;
	sim->totals->steps++;
	if (dice < 28) {
		world_step(&sim->world, WORLD_CONTROL);
		if (sim->eager && !sim->mute)
			sim_host_read_all(sim);
	} else if (dice < 62) {
		uint32_t worker = rng_below(&sim->rng, sim->world.params.workers);

		if (!(sim->stalled >> worker & 1) && sim->dead != worker + 1)
			world_step(&sim->world, WORLD_WORKER(worker));
	} else if (dice < 72) {
		if (sim->kind == SIM_CROWD)
			sim_crowd_acts(sim);
		else
			host_acts(sim);
	} else if (dice < 78) {
		if (!sim->mute)
			sim_host_read(sim, rng_below(&sim->rng, sim->world.params.hosts),
			        rng_range(&sim->rng, 1, 6));
	} else if (dice < 84) {
		sim_wire_read(sim, rng_range(&sim->rng, 1, 6));
	} else if (dice < 96) {
		sim->others->act(sim);
	} else if (dice < 98) {
		workers_stall(sim);
	} else {
		time_passes(sim);
	}
}

/* Everybody is served in turn: to bring a scenario forward, and to its end. */
void
sim_turn(struct sim *sim)
{
	sim->step++;
	world_step(&sim->world, WORLD_CONTROL);
	for (uint32_t i = 0; i < sim->world.params.workers; i++)
		if (sim->dead != i + 1)
			world_step(&sim->world, WORLD_WORKER(i));
	sim_host_read_all(sim);
	sim_wire_read_all(sim);
	sim->others->serve(sim);
}

bool
sim_rest(struct sim *sim)
{
	for (uint32_t i = 0; i < 20000 && sim->in_progress > 0 && sim_ok(sim); i++)
		sim_turn(sim);
	if (sim->in_progress > 0)
		sim_wrong(sim, "INV-2: %u requests do not complete", sim->in_progress);
	return sim_ok(sim);
}

bool
sim_run(struct sim *sim, uint64_t seed, enum sim_kind kind)
{
	uint32_t steps;

	scenario_init(sim, seed, kind);
	steps = rng_range(&sim->rng, sim->others->steps_min, sim->others->steps_max);
	if (kind == SIM_CROWD) {
		sim_crowd(sim);
		steps = 0;
	}
	for (uint32_t i = 0; i < steps && sim_ok(sim); i++) {
		if (i == steps / 2 && kind == SIM_LOST) {
			sim->dead = 1 + rng_below(&sim->rng, sim->world.params.workers);
			sim->lenient = true;
		}
		if (i == steps / 2 && kind == SIM_SHUTDOWN) {
			chimney_stop(sim->world.target);
			sim->lenient = true;
			break;
		}
		sim_step(sim);
	}
	sim->mute = false;
	sim->stalled = 0;
	/* What was found wrong may have come before its worker was lost. */
	if (kind == SIM_LOST && sim_ok(sim))
		sim_finish_lost(sim);
	else if (kind == SIM_SHUTDOWN)
		sim_finish_shutdown(sim);
	else if (sim_ok(sim))
		sim_finish(sim);
	sim->totals->runs++;
	sim->totals->discarded += sim->discarded;
	sim->totals->runs_with_discards += sim->discarded > 0;
	return sim_ok(sim);
}
