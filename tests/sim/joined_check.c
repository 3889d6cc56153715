/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of the bytes at any time, and of progress at the end. */
#include "joined.h"

#include "pattern.h"
#include "tcp_facts.h"

#define PROGRESS_TURNS 3000u
#define PROGRESS_MS 10u

struct toe_conn *
joined_target(const struct sim *sim, const struct sim_conn *conn)
{
	uint64_t handle = conn->object.cell;
	struct toe_conn *target;

	if (handle == 0 || conn->object.life != SIM_LIVE)
		return NULL;
	target = &sim->world.worker[toe_handle_worker(handle)]
	                  ->engine.conns[toe_handle_index(handle)];
	/* A terminate whose completion has not been read yet has taken it. */
	return target->generation == toe_handle_generation(handle) ? target : NULL;
}

/* Of the pattern from `offset` on. */
static uint64_t
hash_from(uint64_t offset, uint64_t bytes)
{
	uint8_t data[4 * TOE_PATTERN_PERIOD];
	XXH64_state_t state;

	for (uint32_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)((offset + i) % TOE_PATTERN_PERIOD);
	XXH64_reset(&state, 0);
	for (; bytes > 0; bytes -= RTE_MIN(bytes, sizeof(data)))
		XXH64_update(&state, data, RTE_MIN(bytes, sizeof(data)));
	return XXH64_digest(&state);
}

/* Both sinks have the other end's stream, byte for byte. */
void
joined_check_bytes(struct sim *sim, uint32_t index)
{
	struct joined_far *far = &sim->joined->far[index];
	const struct sim_conn *conn = &sim->conn[index];
	const struct toe_conn *target = joined_target(sim, conn), *other = end_conn(&far->end);
	const struct toe_engine *engine;

	if (!far->open)
		return;
	if (far->whole && other->service == OFFLOAD_SERVICE_SINK) {
		sim->joined->met.digests++;
		if (toe_service_digest(&far->end.worker.engine, other) !=
		        hash_from(0, other->rcv_bytes))
			sim_wrong(sim, "the other end of %s has not got what was sent",
			        sim_object_name(sim, &conn->object));
	}
	if (target == NULL || target->service != OFFLOAD_SERVICE_SINK || conn->hardware_failure ||
	        sim->lenient)
		return;
	sim->joined->met.digests++;
	engine = &sim->world.worker[toe_handle_worker(conn->object.cell)]->engine;
	if (toe_service_digest(engine, target) != hash_from(far->received_from, target->rcv_bytes))
		sim_wrong(sim, "%s has not got what its other end sent: %lu bytes from %lu",
		        sim_object_name(sim, &conn->object), (unsigned long)target->rcv_bytes,
		        (unsigned long)far->received_from);
}

/* Is there nothing left that could come from the target, or has something come? */
static bool
target_goes_on(const struct sim *sim, const struct sim_conn *conn, const struct joined_far *far)
{
	const struct toe_conn *other = &far->end.worker.engine.conns[0];
	const struct peer *peer = &conn->peer;

	if (other->rcv_nxt != far->rcv_before || (other->flags & TOE_CONN_FIN_RCVD))
		return true;
	if (peer->service != OFFLOAD_SERVICE_SOURCE)
		return other->rcv_nxt == peer->rcv_max;
	return !far->endless && other->rcv_nxt == far->stream_end &&
	       other->rcv_nxt == peer->rcv_max;
}

/* The same of the other end. */
static bool
other_goes_on(const struct joined_far *far)
{
	const struct toe_conn *other = &far->end.worker.engine.conns[0];

	return other->snd_una != far->acked_before || tcp_unacked(other) == 0;
}

static struct sim_conn *
stuck(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->conns; i++) {
		const struct joined_far *far = &sim->joined->far[i];
		struct sim_conn *conn = &sim->conn[i];

		if (far->open && !far->reset && sim_may_transmit(sim, conn) &&
		        !(target_goes_on(sim, conn, far) && other_goes_on(far)))
			return conn;
	}
	return NULL;
}

void
joined_check_progress(struct sim *sim)
{
	struct sim_conn *conn;

	for (uint32_t i = 0; i < sim->conns; i++) {
		struct joined_far *far = &sim->joined->far[i];

		far->rcv_before = end_conn(&far->end)->rcv_nxt;
		far->acked_before = end_conn(&far->end)->snd_una;
		/* Timeouts that double tell nothing: from now on nothing is lost. */
		far->medium.params.loss = 0;
	}
	for (uint32_t i = 0; i < PROGRESS_TURNS && sim_ok(sim); i++) {
		if (stuck(sim) == NULL)
			return;
		sim_turn(sim);
		world_advance(&sim->world, PROGRESS_MS * WORLD_MS);
	}
	conn = stuck(sim);
	if (sim_ok(sim) && conn != NULL)
		sim_wrong(sim, "%s does not go on although nothing stops it",
		        sim_object_name(sim, &conn->object));
}
