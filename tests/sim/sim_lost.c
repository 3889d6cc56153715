/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker that stops answering, is declared lost, wakes up and comes back, in a world that is as new afterwards (INV-14,
 * INV-17, TERM-8). While it is away and until its connections are gone, requests may fail for its sake.
 */
#include "sim.h"

#define FALL_MS                                                                                    \
	8000u /* until its loss is declared: control counts a part of each jump in time only */
#define STEP_MS 4u
#define TURNS 400u

/* Requests that need it, and time until it is given up. */
static void
fall(struct sim *sim, uint32_t dead)
{
	for (uint32_t i = 0; i < 8 && sim_ok(sim); i++)
		sim_submit(sim,
		        sim_build_reference(sim, i % sim->world.params.hosts,
		                rng_chance(&sim->rng, 50) ? CHIMNEY_INVALIDATE : CHIMNEY_QUERY));
	for (uint32_t ms = 0; sim->in_progress > 0 && ms < FALL_MS && sim_ok(sim); ms += STEP_MS) {
		world_advance(&sim->world, STEP_MS * WORLD_MS);
		sim_turn(sim);
	}
	sim_rest(sim);
}

static void
view(const struct sim *sim, uint32_t worker, struct chimney_worker_view *view)
{
	chimney_worker_look(sim->world.target, worker, view);
}

/* It wakes up, finds itself lost, and must not hand out anything of what it holds. */
static void
wake(struct sim *sim, uint32_t dead)
{
	const struct toe_worker *worker = sim->world.worker[dead];

	sim_wire_read_all(sim);
	for (uint32_t i = 0; i < 4; i++)
		world_step(&sim->world, WORLD_WORKER(dead));
	if (rte_ring_count(sim->world.wire[0].transmitted[dead]) != 0)
		sim_wrong(sim, "INV-14: a worker declared lost transmits");
	if (worker->control.parked != worker->control.lost)
		sim_wrong(sim, "INV-14: a worker declared lost does not park");
	if (worker->engine.stats.connections != 0)
		sim_wrong(sim, "INV-14: a parked worker has connections");
	sim->dead = 0;
}

/* Others go on meanwhile. */
static void
come_back(struct sim *sim, uint32_t dead, uint32_t returned)
{
	struct chimney_worker_view now;

	for (uint32_t i = rng_below(&sim->rng, 100); i > 0 && sim_ok(sim); i--)
		sim_step(sim);
	sim->stalled = 0;
	if (!sim_rest(sim))
		return;
	for (uint32_t i = 0; i < TURNS; i++) {
		view(sim, dead, &now);
		if (now.returned > returned)
			return;
		sim_turn(sim);
	}
	sim_wrong(sim, "INV-14: a worker that has parked does not come back");
}

/* INV-17: an ABORT follows each RETRIEVE(HARDWARE_FAILURE). */
static void
check_aborts(struct sim *sim)
{
	for (uint32_t i = 0; i < TURNS && sim_ok(sim); i++)
		sim_turn(sim);
	for (uint32_t i = 0; i < sim->conns; i++)
		if (sim->conn[i].hardware_failure && !sim->conn[i].aborted)
			sim_wrong(sim, "INV-17: no ABORT for %s after its state was lost",
			        sim_object_name(sim, &sim->conn[i].object));
}

void
sim_finish_lost(struct sim *sim)
{
	uint32_t dead = sim->dead - 1;
	struct chimney_worker_view before, after;

	view(sim, dead, &before);
	fall(sim, dead);
	view(sim, dead, &after);
	if (sim_ok(sim) && after.lost > before.lost) {
		sim->totals->lost++;
		wake(sim, dead);
		if (sim_ok(sim))
			come_back(sim, dead, before.returned);
		if (sim_ok(sim))
			check_aborts(sim);
	}
	sim->dead = 0;
	if (sim_ok(sim) && sim_rest(sim))
		sim_terminate_all(sim);
	if (sim_ok(sim))
		sim_check_nothing_left(sim);
}
