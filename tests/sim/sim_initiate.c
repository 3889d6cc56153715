/* SPDX-License-Identifier: BSD-3-Clause */
/* Initiate: random trees of new state, and what their statuses must be (INIT-2 to INIT-5, INIT-10). */
#include <string.h>

#include "sim.h"

/* Absent, and no request of a former life is still in progress. */
static bool
free_to_rise(const struct sim_object *object)
{
	for (uint32_t i = 0; i < CHIMNEY_REQUEST_COUNT; i++)
		if (object->inflight[i] > 0)
			return false;
	return object->life == SIM_ABSENT;
}

static void
prepare_conn(struct sim *sim, struct sim_conn *conn, struct offload_block_list *block)
{
	sim->others->describe(sim, conn, block);
	conn->retrieved = conn->maybe_retrieved = conn->aborted = conn->disconnected = false;
	conn->reset_sent = conn->hardware_failure = false;
	conn->object.invalid = false;
}

/* INIT-5: a state in which nothing may be offloaded. */
static void
add_bad_conn(struct sim *sim, struct sim_request *request, int parent, struct sim_conn *conn)
{
	struct sim_ref *ref =
	        sim_ref_add(sim, request, parent, SIM_BAD, &conn->object, OFFLOAD_LAYER_TCP, 0);
	struct tree_tcp tcp = conn->description;
	struct tcp_delegated *state;

	tcp.local_port = (uint16_t)(SIM_FIRST_PORT + (conn - sim->conn));
	tree_fill_tcp(ref->block, &tcp);
	state = offload_block_delegated(ref->block);
	state->state = conn->aborted || rng_chance(&sim->rng, 50) ? TCP_CLOSED : TCP_TIME_WAIT;
}

static void
add_new_conns(
        struct sim *sim, struct sim_request *request, int parent, uint32_t path, uint32_t share)
{
	for (uint32_t i = 0; i < sim->conns; i++) {
		struct sim_conn *conn = &sim->conn[i];
		struct sim_ref *ref;

		if (conn->path != path || !free_to_rise(&conn->object) ||
		        !rng_chance(&sim->rng, share))
			continue;
		/* an RST has ended it: now and then it is offered as it was given back */
		if (rng_chance(&sim->rng, 1) || (conn->aborted && rng_chance(&sim->rng, 70))) {
			add_bad_conn(sim, request, parent, conn);
			continue;
		}
		ref = sim_ref_add(
		        sim, request, parent, SIM_NEW, &conn->object, OFFLOAD_LAYER_TCP, 0);
		prepare_conn(sim, conn, ref->block);
	}
}

static void
add_new_paths(
        struct sim *sim, struct sim_request *request, int parent, uint32_t neighbor, uint32_t share)
{
	for (uint32_t i = 0; i < sim->paths; i++) {
		struct sim_path *path = &sim->path[i];
		int here = (int)request->ref_count;
		struct sim_ref *ref;

		if (path->object.host != request->host || !rng_chance(&sim->rng, share))
			continue;
		if (free_to_rise(&path->object) && i % sim->neighbors == neighbor) {
			ref = sim_ref_add(sim, request, parent, SIM_NEW, &path->object,
			        OFFLOAD_LAYER_PATH, path->description.family);
			tree_fill_path(ref->block, &path->description);
			path->object.invalid = false;
			sim_value_set(&path->link, neighbor);
			add_new_conns(sim, request, here, i, share);
		} else if (path->object.life == SIM_LIVE && path->link.possible == 1u << neighbor) {
			sim_ref_add(sim, request, parent, SIM_LINKER, &path->object,
			        OFFLOAD_LAYER_PATH, path->description.family);
			add_new_conns(sim, request, here, i, share);
			if (request->ref_count == (uint32_t)here + 1) {
				/* a linker must have dependents (TREE-3): make it a placeholder */
				ref = &request->refs[here];
				ref->block->offload_context = NULL;
				ref->role = SIM_PLACEHOLDER;
				ref->object = NULL;
			}
		}
	}
}

static bool
nothing_new(const struct sim_request *request)
{
	for (uint32_t i = 0; i < request->ref_count; i++)
		if (request->refs[i].role == SIM_NEW || request->refs[i].role == SIM_BAD)
			return false;
	return true;
}

struct sim_request *
sim_build_initiate(struct sim *sim, uint32_t host)
{
	struct sim_request *request = sim_request_new(sim, host, CHIMNEY_INITIATE);
	uint32_t share = rng_chance(&sim->rng, 50) ? 100 : 60;
	uint32_t shown = 0;

	for (uint32_t i = 0; request != NULL && i < sim->neighbors && shown < 3; i++) {
		struct sim_neighbor *neighbor = &sim->neighbor[i];
		int here = (int)request->ref_count;
		struct sim_ref *ref;

		if (neighbor->object.host != host || !rng_chance(&sim->rng, share))
			continue;
		if (free_to_rise(&neighbor->object)) {
			ref = sim_ref_add(sim, request, -1, SIM_NEW, &neighbor->object,
			        OFFLOAD_LAYER_NEIGHBOR, 0);
			tree_usual_neighbor(&neighbor->description, i);
			neighbor->description.destination_mac[4] = 0;
			neighbor->next_version = 1;
			sim_value_set(&neighbor->mac, 0);
			neighbor->object.invalid = false;
			tree_fill_neighbor(ref->block, &neighbor->description);
		} else if (neighbor->object.life == SIM_LIVE) {
			sim_ref_add(sim, request, -1, SIM_LINKER, &neighbor->object,
			        OFFLOAD_LAYER_NEIGHBOR, 0);
		} else {
			continue;
		}
		shown++;
		add_new_paths(sim, request, here, i, share);
		ref = &request->refs[here];
		if (ref->role == SIM_LINKER && ref->block->dependent_block_list == NULL) {
			ref->block->offload_context = NULL;
			ref->role = SIM_PLACEHOLDER;
			ref->object = NULL;
		}
	}
	if (request != NULL && nothing_new(request)) {
		sim_request_drop(sim, request);
		return NULL;
	}
	return request;
}

static bool
offloaded(uint32_t status)
{
	return status == OFFLOAD_SUCCESS || status == OFFLOAD_PARTIAL_SUCCESS;
}

/* Immediate dependents of ref i: how many there are, and how many failed. */
static void
count_dependents(const struct sim_request *request, uint32_t i, uint32_t *all, uint32_t *failed)
{
	*all = *failed = 0;
	for (uint32_t j = i + 1; j < request->ref_count; j++) {
		if (request->refs[j].parent != (int)i)
			continue;
		(*all)++;
		*failed += !offloaded(request->refs[j].block->status);
	}
}

/* INIT-4: the status of a block follows from its own fate and its immediate dependents'. */
static void
check_consistent(struct sim *sim, const struct sim_request *request, uint32_t i)
{
	const struct sim_ref *ref = &request->refs[i];
	uint32_t status = ref->block->status;
	uint32_t all, failed;

	count_dependents(request, i, &all, &failed);
	if (ref->role == SIM_PLACEHOLDER && status != OFFLOAD_SUCCESS)
		sim_wrong(sim, "initiate: placeholder reads %s", offload_status_name(status));
	if (ref->role == SIM_BAD && (status != OFFLOAD_FAILURE || ref->cell != 0))
		sim_wrong(sim, "INIT-5: TIME_WAIT or CLOSED reads %s", offload_status_name(status));
	if (ref->role == SIM_NEW && offloaded(status) != (ref->object->cell != 0))
		sim_wrong(sim, "INIT-2: %s reads %s, its cell is %s",
		        sim_object_name(sim, ref->object), offload_status_name(status),
		        ref->object->cell != 0 ? "written" : "empty");
	if (offloaded(status) && (ref->role == SIM_NEW || ref->role == SIM_LINKER)) {
		uint32_t expected = failed == 0 ? OFFLOAD_SUCCESS : OFFLOAD_PARTIAL_SUCCESS;

		if (status != expected)
			sim_wrong(sim, "INIT-4: %s reads %s, %u of %u dependents failed",
			        sim_object_name(sim, ref->object), offload_status_name(status),
			        failed, all);
	}
	if (ref->role == SIM_LINKER && all > 0 && failed == all && status != OFFLOAD_FAILURE)
		sim_wrong(sim, "INIT-4: linker whose dependents all failed reads %s",
		        offload_status_name(status));
	if (ref->parent >= 0 && offloaded(status) && ref->role == SIM_NEW) {
		const struct sim_ref *parent = &request->refs[ref->parent];

		if (parent->role == SIM_PLACEHOLDER || !offloaded(parent->block->status))
			sim_wrong(sim, "INIT-3: %s is offloaded although its parent is not",
			        sim_object_name(sim, ref->object));
	}
}

/* A lack of resources, as opposed to a failure after which nothing more is tried (INIT-3). */
static bool
is_lack(uint32_t status)
{
	return status >= OFFLOAD_RESOURCES && status <= OFFLOAD_VLAN_ENTRIES;
}

/* Did this block fail for its own sake, and not only because all that hangs from a linker failed? */
static bool
failed_itself(const struct sim_request *request, uint32_t i)
{
	const struct sim_ref *ref = &request->refs[i];
	uint32_t all, failed;

	if (offloaded(ref->block->status))
		return false;
	count_dependents(request, i, &all, &failed);
	return !(ref->role == SIM_LINKER && all > 0 && failed == all &&
	         sim_surely_live(ref->object, request) && sim_surely_valid(ref->object, request));
}

/*
 * INIT-3, exactly, in traversal order: new state fails only for a reason that the model knows, and after the
 * first failure that is no lack of resources nothing is offloaded any more.
 */
static void
check_order(struct sim *sim, const struct sim_request *request)
{
	bool stopped = false;

	for (uint32_t i = 0; i < request->ref_count; i++) {
		const struct sim_ref *ref = &request->refs[i];
		uint32_t status = ref->block->status;

		if (ref->role == SIM_PLACEHOLDER)
			continue;
		if (stopped && offloaded(status))
			sim_wrong(sim,
			        "INIT-3: %s is offloaded after a failure earlier in the tree",
			        sim_object_name(sim, ref->object));
		/* a root that cannot be offloaded stops the traversal, whatever the reason */
		if (i == 0 && is_lack(status))
			stopped = true;
		if (stopped || !failed_itself(request, i) || is_lack(status) ||
		        (ref->parent >= 0 && failed_itself(request, (uint32_t)ref->parent)))
			continue;
		if (ref->role == SIM_NEW)
			sim_wrong(sim, "INIT-4: %s reads %s for no reason",
			        sim_object_name(sim, ref->object), offload_status_name(status));
		stopped = true;
	}
}

static void
settle_object(struct sim *sim, struct sim_request *request, struct sim_ref *ref)
{
	struct sim_object *object = ref->object;

	if (offloaded(ref->block->status)) {
		object->life = SIM_LIVE;
		object->live_since = sim->step;
		return;
	}
	object->life = SIM_ABSENT;
	object->cell = 0;
	if (object->layer == OFFLOAD_LAYER_TCP && sim->lenient)
		((struct sim_conn *)object)->is_kept = false;
	if (object->layer == OFFLOAD_LAYER_TCP && !sim->lenient &&
	        ((struct sim_conn *)object)->peer.frames != 0)
		sim_wrong(sim, "%s sent frames, then failed to be offloaded",
		        sim_object_name(sim, object));
}

void
sim_completed_initiate(struct sim *sim, struct sim_request *request)
{
	bool known = true;

	for (uint32_t i = 0; i < request->ref_count; i++) {
		struct sim_ref *ref = &request->refs[i];

		check_consistent(sim, request, i);
		/* what another request did to a linker meanwhile decides about its dependents */
		if (ref->role == SIM_LINKER &&
		        !(sim_surely_live(ref->object, request) &&
		                (sim_surely_valid(ref->object, request) ||
		                        sim_surely_invalid(ref->object, request))))
			known = false;
		if (ref->role == SIM_LINKER && known && sim_surely_invalid(ref->object, request) &&
		        ref->block->status != OFFLOAD_FAILURE)
			sim_wrong(sim, "INIT-10: an invalid linker reads %s",
			        offload_status_name(ref->block->status));
		sim->totals->partial += ref->block->status == OFFLOAD_PARTIAL_SUCCESS;
		sim->totals->resources += is_lack(ref->block->status);
	}
	if (known && !sim->lenient)
		check_order(sim, request);
	for (uint32_t i = 0; i < request->ref_count; i++)
		if (request->refs[i].role == SIM_NEW)
			settle_object(sim, request, &request->refs[i]);
}
