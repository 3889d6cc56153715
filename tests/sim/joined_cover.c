/* SPDX-License-Identifier: BSD-3-Clause */
/* Which operation met which state of a connection, and what else held of it then. */
#include <stdio.h>

#include "joined.h"

static const char *const state_names[JOINED_STATES] = {"ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2",
        "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT", "CLOSED", "aborted"};
static const char *const condition_names[JOINED_CONDITIONS] = {
        "valid", "stopped", "named", "lost worker"};

/* Cells that nothing can meet. ANY: of all of them. */
#define ANY UINT8_MAX
static const struct impossible {
	uint8_t op, state, condition;
	const char *reason;
} impossible[] = {
        {CHIMNEY_INITIATE, ANY, JOINED_NAMED,
                "what is not offloaded has no handle by which an invalidate could name it"},
};

static bool
is_possible(uint32_t op, uint32_t state, uint32_t condition)
{
	for (uint32_t i = 0; i < RTE_DIM(impossible); i++)
		if (impossible[i].op == op &&
		        (impossible[i].state == ANY || impossible[i].state == state) &&
		        (impossible[i].condition == ANY || impossible[i].condition == condition))
			return false;
	return true;
}

static enum joined_state
state_of(uint32_t state)
{
	switch (state) {
	case TCP_ESTABLISHED:
		return JOINED_ESTABLISHED;
	case TCP_FIN_WAIT_1:
		return JOINED_FIN_WAIT_1;
	case TCP_FIN_WAIT_2:
		return JOINED_FIN_WAIT_2;
	case TCP_CLOSE_WAIT:
		return JOINED_CLOSE_WAIT;
	case TCP_CLOSING:
		return JOINED_CLOSING;
	case TCP_LAST_ACK:
		return JOINED_LAST_ACK;
	case TCP_TIME_WAIT:
		return JOINED_TIME_WAIT;
	default:
		return JOINED_CLOSED;
	}
}

/* The worker that owns the tuple of a connection, offloaded or not. */
static uint32_t
owner(const struct sim *sim, const struct sim_conn *conn)
{
	const struct tree_path *path = &sim->path[conn->path].description;
	uint32_t index = (uint32_t)(conn - sim->conn);
	uint32_t hash = toe_tuple_hash(path->source, path->destination, path->family == 6 ? 16 : 4,
	        rte_cpu_to_be_16((uint16_t)(SIM_FIRST_PORT + index)),
	        rte_cpu_to_be_16((uint16_t)(5000 + index % 7)));

	return toe_owner(hash, sim->world.params.workers);
}

/* False: requests in progress decide what holds. */
static bool
condition_of(const struct sim *sim, const struct sim_conn *conn, enum joined_condition *condition)
{
	const struct sim_path *path = &sim->path[conn->path];
	const struct sim_object *below = &sim->neighbor[__builtin_ctz(path->link.possible)].object;

	if (sim->dead == owner(sim, conn) + 1)
		*condition = JOINED_LOST;
	else if (conn->object.life == SIM_LIVE && conn->object.invalid)
		*condition = JOINED_NAMED;
	else if (sim_surely_stopped(sim, conn))
		*condition = JOINED_STOPPED;
	else if (!path->object.invalid && !below->invalid &&
	         conn->object.inflight[CHIMNEY_INVALIDATE] +
	                         path->object.inflight[CHIMNEY_INVALIDATE] +
	                         below->inflight[CHIMNEY_INVALIDATE] ==
	                 0)
		*condition = JOINED_VALID;
	else
		return false;
	return true;
}

void
joined_note(struct sim *sim, const struct sim_request *request, const struct sim_ref *ref)
{
	const struct tcp_delegated *offered = offload_block_delegated(ref->block);
	const struct sim_conn *conn = (const struct sim_conn *)ref->object;
	const struct toe_conn *target;
	enum joined_condition condition;
	enum joined_state state;

	sim->joined->operations++;
	if (ref->object == NULL || ref->object->layer != OFFLOAD_LAYER_TCP)
		return;
	if (request->kind == CHIMNEY_INITIATE) {
		if (ref->role != SIM_NEW && ref->role != SIM_BAD)
			return;
		state = state_of(offered->state);
		if (state == JOINED_CLOSED && conn->aborted)
			state = JOINED_ABORTED;
	} else {
		target = ref->role == SIM_NAMED ? joined_target(sim, conn) : NULL;
		if (target == NULL)
			return;
		state = target->flags & TOE_CONN_ABORTED ? JOINED_ABORTED : state_of(target->state);
	}
	if (condition_of(sim, conn, &condition))
		sim->joined->count[request->kind][state][condition]++;
}

uint64_t
joined_coverage(const struct joined *joined, uint64_t wanted)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t op = 0; op < JOINED_OPS; op++) {
		for (uint32_t state = 0; state < JOINED_STATES; state++) {
			for (uint32_t i = 0; i < JOINED_CONDITIONS; i++) {
				uint64_t count = joined->count[op][state][i];

				if (!is_possible(op, state, i)) {
					if (count > 0)
						printf("%s of an %s, %s connection was met, and is "
						       "listed as impossible\n",
						        chimney_request_name(op),
						        state_names[state], condition_names[i]);
					continue;
				}
				least = RTE_MIN(least, count);
				if (count < wanted)
					printf("%s of a connection %s, %s: %lu times\n",
					        chimney_request_name(op), state_names[state],
					        condition_names[i], (unsigned long)count);
			}
		}
	}
	return least;
}
