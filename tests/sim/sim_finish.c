/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a scenario: rest, what must hold at rest, and everything given back (INV-9, INV-10, INV-15). */
#include "sim.h"
#include "test_eal.h"

#define FINISH_TURNS 400u

/* Let delayed ACKs go and the peer's last words arrive; shorter than any RTO. */
static void
let_acks_flow(struct sim *sim)
{
	for (uint32_t i = 0; i < 6 && sim_ok(sim); i++) {
		world_advance(&sim->world, 10 * WORLD_MS);
		for (uint32_t turn = 0; turn < 3; turn++)
			sim_turn(sim);
	}
}

static bool
everybody_progressed(struct sim *sim, struct sim_conn **missing)
{
	for (uint32_t i = 0; i < sim->conns; i++) {
		struct sim_conn *conn = &sim->conn[i];

		if (!sim_may_transmit(sim, conn))
			continue;
		if (conn->peer.service == OFFLOAD_SERVICE_SOURCE &&
		        conn->peer.data_frames == conn->progress) {
			*missing = conn;
			return false;
		}
	}
	return true;
}

/*
 * Every connection that nothing stops sends on, without waiting for a timer: an unlimited source has data
 * and the peer acknowledges all it gets (INV-10, D3, and the rewind of design.md step 3).
 */
void
sim_check_progress(struct sim *sim)
{
	struct sim_conn *missing = NULL;

	for (uint32_t i = 0; i < sim->conns; i++)
		sim->conn[i].progress = sim->conn[i].peer.data_frames;
	for (uint32_t i = 0; i < FINISH_TURNS && sim_ok(sim); i++) {
		if (everybody_progressed(sim, &missing))
			return;
		sim_turn(sim);
	}
	if (sim_ok(sim))
		sim_wrong(sim, "INV-10: %s does not send although nothing stops it",
		        sim_object_name(sim, &missing->object));
}

static const struct sim_conn *
unacknowledged(const struct sim *sim)
{
	for (uint32_t i = 0; i < sim->conns; i++) {
		const struct sim_conn *conn = &sim->conn[i];

		if (sim_may_transmit(sim, conn) && conn->peer.service == OFFLOAD_SERVICE_SINK &&
		        peer_unacked(&conn->peer) != 0)
			return conn;
	}
	return NULL;
}

/*
 * What the peer sent has been acknowledged, by the ACK owed again after a discard or by a later one. Where the
 * port takes a frame a turn, an ACK waits in line behind the data of many others.
 */
static void
check_acknowledged(struct sim *sim)
{
	const struct sim_conn *conn;

	let_acks_flow(sim);
	for (uint32_t i = 0; i < FINISH_TURNS && sim_ok(sim); i++) {
		if (unacknowledged(sim) == NULL)
			return;
		sim_turn(sim);
	}
	conn = unacknowledged(sim);
	if (sim_ok(sim) && conn != NULL)
		sim_wrong(sim, "%s owes an ACK of %u bytes and does not send it",
		        sim_object_name(sim, &conn->object), peer_unacked(&conn->peer));
}

/* Some of the paths over invalid neighbors are moved to a valid one while there is time (D3). */
static void
relink_some(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->paths && sim_ok(sim); i++) {
		struct sim_path *path = &sim->path[i];
		uint32_t to = rng_below(&sim->rng, sim->neighbors);
		struct sim_neighbor *neighbor = &sim->neighbor[to];

		if (path->object.life != SIM_LIVE || neighbor->object.life != SIM_LIVE ||
		        neighbor->object.host != path->object.host || neighbor->object.invalid ||
		        !rng_chance(&sim->rng, 70))
			continue;
		sim_submit(sim, sim_build_relink(sim, i, to));
	}
	sim_rest(sim);
}

static bool
retrieves_complete(const struct sim *sim, const struct sim_conn **missing)
{
	bool on_send = sim->world.params.retrieve_policy == CHIMNEY_RETRIEVE_ON_SEND;

	for (uint32_t i = 0; i < sim->conns; i++) {
		const struct sim_conn *conn = &sim->conn[i];

		if (conn->object.life != SIM_LIVE || conn->retrieved || conn->aborted ||
		        conn->reset_sent || !sim_surely_stopped(sim, conn))
			continue;
		/* D2, on-send: a source always has something to send */
		if (on_send &&
		        (conn->peer.service != OFFLOAD_SERVICE_SOURCE || sim->joined != NULL))
			continue;
		*missing = conn;
		return false;
	}
	return true;
}

/* INV-9: exactly one RETRIEVE for every connection that is still stopped; more than one is caught on reading. */
static void
check_retrieves(struct sim *sim)
{
	const struct sim_conn *missing = NULL;

	for (uint32_t i = 0; i < sim->conns; i++)
		if (sim->conn[i].object.life == SIM_LIVE && sim_surely_stopped(sim, &sim->conn[i]))
			sim->totals->frames_silent_checked++;
	if (!retrieves_complete(sim, &missing))
		world_advance(&sim->world, (sim->world.params.retrieve_delay_ms + 2) * WORLD_MS);
	for (uint32_t i = 0; i < FINISH_TURNS && sim_ok(sim); i++) {
		if (i >= 6 && retrieves_complete(sim, &missing))
			return;
		sim_turn(sim);
		if (i > 200)
			world_advance(&sim->world, WORLD_MS);
	}
	if (sim_ok(sim))
		sim_wrong(sim, "INV-9: no RETRIEVE for %s", sim_object_name(sim, &missing->object));
}

static uint32_t
count_live(const struct sim *sim)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < sim->neighbors; i++)
		live += sim->neighbor[i].object.life != SIM_ABSENT;
	for (uint32_t i = 0; i < sim->paths; i++)
		live += sim->path[i].object.life != SIM_ABSENT;
	for (uint32_t i = 0; i < sim->conns; i++)
		live += sim->conn[i].object.life != SIM_ABSENT;
	return live;
}

void
sim_check_nothing_left(struct sim *sim)
{
	const struct chimney_stats *stats = chimney_stats(sim->world.target);
	uint32_t in_use;

	if (sim->others->leave != NULL)
		sim->others->leave(sim);
	for (uint32_t i = 0; i < 200 && sim_ok(sim); i++) {
		sim_turn(sim);
		world_drop_frames(&sim->world);
		in_use = test_pool_in_use(sim->world.params.pool) - sim->world.mbufs_before;
		if (in_use == 0 && i >= 4)
			break;
	}
	if (stats->neighbors != 0 || stats->paths != 0 || stats->connections != 0)
		sim_wrong(sim,
		        "%lu neighbors, %lu paths, %lu connections are left after all were "
		        "terminated",
		        (unsigned long)stats->neighbors, (unsigned long)stats->paths,
		        (unsigned long)stats->connections);
	in_use = test_pool_in_use(sim->world.params.pool) - sim->world.mbufs_before;
	if (in_use != 0)
		sim_wrong(sim, "%u mbufs are still in use with nothing offloaded", in_use);
}

void
sim_terminate_all(struct sim *sim)
{
	/* a few trees at random first, so that leaves go before, with and without their parents */
	for (uint32_t i = 0; i < 3 && sim_ok(sim); i++)
		sim_submit(sim,
		        sim_build_reference(sim, i % sim->world.params.hosts, CHIMNEY_TERMINATE));
	sim_rest(sim);
	for (uint32_t i = 0; i < 4 * sim->world.params.hosts && count_live(sim) > 0 && sim_ok(sim);
	        i++) {
		sim_submit(sim, sim_build_terminate_all(sim, i % sim->world.params.hosts));
		sim_rest(sim);
	}
	if (sim_ok(sim) && count_live(sim) > 0)
		sim_wrong(sim, "TERM-6: %u objects cannot be terminated", count_live(sim));
}

void
sim_finish(struct sim *sim)
{
	if (!sim_rest(sim))
		return;
	let_acks_flow(sim);
	if (rng_chance(&sim->rng, 60))
		relink_some(sim);
	if (sim_ok(sim))
		sim->others->check_progress(sim);
	if (sim_ok(sim) && sim->joined == NULL && rng_chance(&sim->rng, 50))
		check_acknowledged(sim);
	if (sim_ok(sim) && rng_chance(&sim->rng, 80))
		check_retrieves(sim);
	/* what the peers sent last has been processed: terminate must account for every byte */
	if (sim_ok(sim))
		let_acks_flow(sim);
	sim->at_rest = true;
	if (sim_ok(sim))
		sim_terminate_all(sim);
	if (sim_ok(sim) && rng_chance(&sim->rng, 30))
		sim_wire_check_uploaded(sim);
	if (sim_ok(sim))
		sim_check_nothing_left(sim);
}

/* INV-15: every accepted request completes, then the target says that it has stopped. */
void
sim_finish_shutdown(struct sim *sim)
{
	if (!sim_rest(sim))
		return;
	for (uint32_t i = 0; i < FINISH_TURNS && !chimney_stopped(sim->world.target); i++)
		sim_turn(sim);
	if (!chimney_stopped(sim->world.target))
		sim_wrong(sim, "INV-15: shutdown does not end");
	sim->totals->shutdowns++;
}
