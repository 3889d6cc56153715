/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Crowds: so many connections that walks take many turns and event rings fill up. Invalidates, then relinks
 * and terminates in the middle of the walks; hosts that do not read, or read at once (INV-9, D2, D3, EVT-4).
 */
#include "sim.h"

#define CROWD_PHASES 3u

/* Offload the crowd in peace. */
static void
crowd_begin(struct sim *sim)
{
	for (uint32_t i = 0; i < 12 && sim_ok(sim); i++) {
		sim_submit(sim, sim_build_initiate(sim, i % sim->world.params.hosts));
		sim_rest(sim);
	}
}

/* Name neighbors, paths or connections, whatever is there, in one go. */
static void
crowd_invalidate(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->neighbors && sim_ok(sim); i++) {
		struct sim_object *object = &sim->neighbor[i].object;
		struct sim_request *request;

		if (object->life != SIM_LIVE || !rng_chance(&sim->rng, 70))
			continue;
		request = sim_request_new(sim, object->host, CHIMNEY_INVALIDATE);
		if (request == NULL)
			return;
		sim_ref_add(sim, request, -1, SIM_NAMED, object, OFFLOAD_LAYER_NEIGHBOR, 0);
		sim_submit(sim, request);
	}
	if (rng_chance(&sim->rng, 50))
		sim_submit(
		        sim, sim_build_reference(sim, rng_below(&sim->rng, sim->world.params.hosts),
		                     CHIMNEY_INVALIDATE));
}

static void
crowd_relink(struct sim *sim)
{
	uint32_t path = rng_below(&sim->rng, sim->paths);
	uint32_t to = rng_below(&sim->rng, sim->neighbors);

	if (sim->path[path].object.life == SIM_LIVE && sim->neighbor[to].object.life == SIM_LIVE &&
	        !sim->neighbor[to].object.invalid &&
	        sim->neighbor[to].object.host == sim->path[path].object.host)
		sim_submit(sim, sim_build_relink(sim, path, to));
}

void
sim_crowd_acts(struct sim *sim)
{
	uint32_t host = rng_below(&sim->rng, sim->world.params.hosts);
	uint32_t dice = rng_below(&sim->rng, 100);

	if (sim->in_progress >= SIM_REQUESTS - 8)
		return;
	if (dice < 25)
		crowd_relink(sim);
	else if (dice < 40)
		sim_submit(sim, sim_build_reference(sim, host, CHIMNEY_TERMINATE));
	else if (dice < 50)
		sim_submit(sim, sim_build_initiate(sim, host));
	else if (dice < 54)
		crowd_invalidate(sim);
	/* many small requests: a host that does not read finds all of them completed (INV-2) */
	for (uint32_t i = 0; sim->mute && i < 3 && sim->in_progress < SIM_REQUESTS - 8; i++)
		sim_submit(sim, sim_build_lone_query(sim, host));
}

void
sim_crowd(struct sim *sim)
{
	crowd_begin(sim);
	for (uint32_t phase = 0; phase < CROWD_PHASES && sim_ok(sim); phase++) {
		uint32_t style = rng_below(&sim->rng, 3);

		sim->mute = style == 0;
		sim->eager = style == 1;
		crowd_invalidate(sim);
		for (uint32_t i = 0; i < 60 && sim_ok(sim); i++)
			sim_step(sim);
		/* now RETRIEVE is due: walks and terminates meet */
		if (rng_chance(&sim->rng, 50))
			sim_submit(sim, sim_build_reference(sim, 0, CHIMNEY_TERMINATE));
		world_advance(&sim->world, (sim->world.params.retrieve_delay_ms + 1) * WORLD_MS);
		for (uint32_t i = 0; i < 400 && sim_ok(sim); i++)
			sim_step(sim);
	}
	sim->mute = false;
}
