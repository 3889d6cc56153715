/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Crowds: so many connections that walks take many turns and event rings fill up. Invalidates, then relinks
 * and terminates in the middle of the walks; hosts that do not read, or read at once (INV-9, D2, D3, EVT-4).
 */
#include "sim.h"

#define CROWD_PHASES 3u

/* Offload the crowd in peace, or what can be offloaded of it again. */
static void
crowd_offload(struct sim *sim)
{
	for (uint32_t i = 0; i < 4 && sim_rest(sim); i++)
		sim_submit(sim, sim_build_initiate(sim, i % sim->world.params.hosts));
	sim_rest(sim);
}

/* A neighbor that is still valid, the last one of a host excepted: paths need somewhere to go. */
static struct sim_object *
pick_victim(struct sim *sim)
{
	uint32_t first = rng_below(&sim->rng, sim->neighbors);
	struct sim_object *victim = NULL;
	uint32_t valid = 0;

	for (uint32_t i = 0; i < sim->neighbors; i++) {
		struct sim_object *object = &sim->neighbor[(first + i) % sim->neighbors].object;

		if (object->life != SIM_LIVE || object->invalid ||
		        (victim != NULL && object->host != victim->host))
			continue;
		victim = object;
		valid++;
	}
	return valid > 1 ? victim : NULL;
}

/* Name a neighbor with its crowd; now and then other objects too. */
static void
crowd_invalidate(struct sim *sim)
{
	struct sim_object *victim = pick_victim(sim);
	struct sim_request *request = NULL;

	if (victim != NULL)
		request = sim_request_new(sim, victim->host, CHIMNEY_INVALIDATE);
	if (request != NULL) {
		sim_ref_add(sim, request, -1, SIM_NAMED, victim, OFFLOAD_LAYER_NEIGHBOR, 0);
		sim_submit(sim, request);
	}
	if (rng_chance(&sim->rng, 30))
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
	if (dice < 30)
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

/* Turns in which no host and no peer does anything. */
static void
quiet_turns(struct sim *sim, uint32_t turns)
{
	for (uint32_t i = 0; i < turns && sim_ok(sim); i++) {
		sim->step++;
		world_turn(&sim->world);
	}
}

/*
 * A full event ring holds a walk up, and meanwhile most of what it walks goes away: it must neither miss one
 * that stays nor indicate one that left.
 */
static void
phase_held_up(struct sim *sim)
{
	crowd_invalidate(sim);
	quiet_turns(sim, 30);
	world_advance(&sim->world, (sim->world.params.retrieve_delay_ms + 1) * WORLD_MS);
	quiet_turns(sim, 60);
	sim_submit(sim, sim_build_crowd_terminate(sim));
	quiet_turns(sim, 60);
	sim_rest(sim);
}

/*
 * Relinks overtake the walk: what has not been indicated when the relink completes never is, and sends on (D3).
 * Hosts read at once, so that the model knows who was indicated before.
 */
static void
phase_overtaken(struct sim *sim)
{
	uint32_t turns = rng_range(&sim->rng, 1, 8);

	crowd_invalidate(sim);
	sim_rest(sim);
	world_advance(&sim->world, (sim->world.params.retrieve_delay_ms + 1) * WORLD_MS);
	for (uint32_t i = 0; i < turns; i++)
		sim_turn(sim);
	for (uint32_t i = 0; i < 3; i++)
		crowd_relink(sim);
	for (uint32_t i = 0; i < 60 && sim_ok(sim); i++)
		sim_turn(sim);
}

/* Everything at random, before and after RETRIEVE is due. */
static void
phase_random(struct sim *sim)
{
	sim->mute = rng_chance(&sim->rng, 30);
	sim->eager = rng_chance(&sim->rng, 50);
	crowd_invalidate(sim);
	for (uint32_t i = 0; i < 60 && sim_ok(sim); i++)
		sim_step(sim);
	/* now walks and terminates meet */
	if (rng_chance(&sim->rng, 50))
		sim_submit(sim, sim_build_reference(sim, 0, CHIMNEY_TERMINATE));
	world_advance(&sim->world, (sim->world.params.retrieve_delay_ms + 1) * WORLD_MS);
	for (uint32_t i = 0; i < 300 && sim_ok(sim); i++)
		sim_step(sim);
	sim->mute = false;
}

void
sim_crowd(struct sim *sim)
{
	for (uint32_t phase = 0; phase < CROWD_PHASES && sim_ok(sim); phase++) {
		uint32_t dice = rng_below(&sim->rng, 3);

		crowd_offload(sim);
		if (dice == 0)
			phase_held_up(sim);
		else if (dice == 1)
			phase_overtaken(sim);
		else
			phase_random(sim);
	}
}
