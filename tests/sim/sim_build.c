/* SPDX-License-Identifier: BSD-3-Clause */
/* Random trees over the objects of the model, for all requests but initiate. */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

struct sim_request *
sim_request_new(struct sim *sim, uint32_t host, enum chimney_request kind)
{
	for (uint32_t i = 0; i < SIM_REQUESTS; i++) {
		struct sim_request *request = &sim->request[i];
		struct sim_ref *refs = request->refs;

		if (request->used)
			continue;
		memset(request, 0, sizeof(*request));
		request->used = true;
		request->kind = (uint8_t)kind;
		request->host = (uint8_t)host;
		/* room for the largest tree: blocks keep pointers into refs */
		request->refs = refs != NULL ? refs
		                             : calloc(SIM_CONNS + 2 * (SIM_NEIGHBORS + SIM_PATHS),
		                                       sizeof(*refs));
		return request;
	}
	return NULL;
}

void
sim_request_drop(struct sim *sim, struct sim_request *request)
{
	tree_free(&request->tree);
	request->used = false;
	request->ref_count = 0;
}

/* Block types that may name an object of this layer in a request of this kind (TREE-6, INV-3). */
static uint8_t
pick_type(struct sim *sim, uint32_t kind, enum sim_role role, enum offload_layer layer,
        uint8_t family)
{
	static const uint8_t base[] = {[OFFLOAD_LAYER_NEIGHBOR] = OFFLOAD_NEIGHBOR_BLOCK,
	        [OFFLOAD_LAYER_PATH] = OFFLOAD_PATH4_BLOCK,
	        [OFFLOAD_LAYER_TCP] = OFFLOAD_TCP_BLOCK};
	uint8_t type = base[layer];

	if (role == SIM_PLACEHOLDER && rng_chance(&sim->rng, 20))
		return (uint8_t)rng_below(&sim->rng, 256) & 0x3C; /* not looked at */
	if (role == SIM_NEW || role == SIM_BAD)
		type += 4;
	else if (kind == CHIMNEY_QUERY && role == SIM_NAMED)
		type += rng_chance(&sim->rng, 70) ? 4 : 0;
	else if (kind == CHIMNEY_TERMINATE && role != SIM_PLACEHOLDER)
		type += layer == OFFLOAD_LAYER_TCP ? 3 + rng_below(&sim->rng, 2) : 0;
	else if (kind == CHIMNEY_UPDATE && role == SIM_NAMED)
		type += 2;
	return layer == OFFLOAD_LAYER_PATH && family == 6 ? type + 8 : type;
}

struct sim_ref *
sim_ref_add(struct sim *sim, struct sim_request *request, int parent, enum sim_role role,
        struct sim_object *object, enum offload_layer layer, uint8_t family)
{
	struct sim_ref *ref = &request->refs[request->ref_count++];
	uint64_t *cell = NULL;

	memset(ref, 0, sizeof(*ref));
	ref->object = object;
	ref->role = (uint8_t)role;
	ref->parent = (int16_t)parent;
	if (role == SIM_STALE)
		ref->cell = object->stale;
	if (role == SIM_STALE || role == SIM_EMPTY)
		cell = &ref->cell;
	else if (role != SIM_PLACEHOLDER)
		cell = &object->cell;
	if (role == SIM_BAD)
		cell = &ref->cell;
	ref->block = tree_block(
	        &request->tree, pick_type(sim, request->kind, role, layer, family), cell);
	ref->block->offload_handle = object; /* any value: only that of an initiate counts */
	if (parent >= 0)
		tree_add_dependent(request->refs[parent].block, ref->block);
	else if (request->root != NULL)
		tree_add_next(request->root, ref->block);
	else
		request->root = ref->block;
	return ref;
}

/* In a request that names live objects: now and then a handle that must be refused (TREE-8, INV-18). */
static void
add_odd(struct sim *sim, struct sim_request *request, int parent, struct sim_object *object,
        enum offload_layer layer, uint8_t family)
{
	uint32_t dice = rng_below(&sim->rng, 100);

	if (object->life == SIM_ABSENT && object->stale != 0 && dice < 40) {
		sim_ref_add(sim, request, parent, SIM_STALE, object, layer, family);
		sim->totals->stale++;
	} else if (dice < 43) {
		sim_ref_add(sim, request, parent, SIM_EMPTY, object, layer, family);
	}
}

/* How likely each layer is named, in percent. */
struct density {
	uint32_t neighbor, path, conn, structure;
};

static void
add_conns(struct sim *sim, struct sim_request *request, int parent, uint32_t path,
        const struct density *density, enum sim_role role)
{
	for (uint32_t i = 0; i < sim->conns; i++) {
		struct sim_conn *conn = &sim->conn[i];

		if (conn->path != path)
			continue;
		if (conn->object.life == SIM_LIVE && rng_chance(&sim->rng, density->conn))
			sim_ref_add(
			        sim, request, parent, role, &conn->object, OFFLOAD_LAYER_TCP, 0);
		else if (rng_chance(&sim->rng, density->conn / 4))
			add_odd(sim, request, parent, &conn->object, OFFLOAD_LAYER_TCP, 0);
	}
}

/* Paths that now hang from this neighbor, as far as the model knows, each under `parent`. */
static void
add_paths(struct sim *sim, struct sim_request *request, int parent, uint32_t neighbor,
        const struct density *density, enum sim_role role)
{
	for (uint32_t i = 0; i < sim->paths; i++) {
		struct sim_path *path = &sim->path[i];
		uint8_t family = path->description.family;
		int here = (int)request->ref_count;

		/* a path that two neighbors may hold is shown under the first */
		if (path->object.host != request->host ||
		        (uint32_t)__builtin_ctz(path->link.possible) != neighbor)
			continue;
		if (path->object.life == SIM_LIVE && rng_chance(&sim->rng, density->path))
			sim_ref_add(sim, request, parent, role, &path->object, OFFLOAD_LAYER_PATH,
			        family);
		else if (rng_chance(&sim->rng, density->structure))
			sim_ref_add(sim, request, parent, SIM_PLACEHOLDER, NULL, OFFLOAD_LAYER_PATH,
			        family);
		else
			continue;
		add_conns(sim, request, here, i, density, role);
	}
}

static void
add_neighbors(struct sim *sim, struct sim_request *request, const struct density *density)
{
	uint32_t shown = 0;

	for (uint32_t i = 0; i < sim->neighbors && shown < 4; i++) {
		struct sim_neighbor *neighbor = &sim->neighbor[i];
		int here = (int)request->ref_count;

		if (neighbor->object.host != request->host)
			continue;
		if (neighbor->object.life == SIM_LIVE && rng_chance(&sim->rng, density->neighbor))
			sim_ref_add(sim, request, -1, SIM_NAMED, &neighbor->object,
			        OFFLOAD_LAYER_NEIGHBOR, 0);
		else if (rng_chance(&sim->rng, density->structure))
			sim_ref_add(
			        sim, request, -1, SIM_PLACEHOLDER, NULL, OFFLOAD_LAYER_NEIGHBOR, 0);
		else
			continue;
		shown++;
		add_paths(sim, request, here, i, density, SIM_NAMED);
	}
}

static void
build_lone(struct sim *sim, struct sim_request *request)
{
	uint32_t dice = rng_below(&sim->rng, 3);
	struct sim_object *object;
	uint8_t family = 4;

	if (dice == 0) {
		object = &sim->neighbor[rng_below(&sim->rng, sim->neighbors)].object;
	} else if (dice == 1) {
		struct sim_path *path = &sim->path[rng_below(&sim->rng, sim->paths)];

		object = &path->object;
		family = path->description.family;
	} else {
		object = &sim->conn[rng_below(&sim->rng, sim->conns)].object;
	}
	if (object->life == SIM_LIVE && object->host == request->host)
		sim_ref_add(sim, request, -1, SIM_NAMED, object, object->layer, family);
	else if (object->life == SIM_LIVE)
		sim_ref_add(sim, request, -1, SIM_FOREIGN, object, object->layer, family);
	else
		add_odd(sim, request, -1, object, object->layer, family);
}

struct sim_request *
sim_build_reference(struct sim *sim, uint32_t host, enum chimney_request kind)
{
	static const struct density densities[] = {
	        {60, 0, 0, 0}, /* neighbors alone */
	        {10, 50, 0, 80},
	        {0, 10, 50, 90},
	        {40, 40, 40, 70},
	        {0, 0, 100, 100},
	        {100, 100, 100, 100},
	};
	struct sim_request *request = sim_request_new(sim, host, kind);

	if (request == NULL)
		return NULL;
	if (rng_chance(&sim->rng, 45))
		build_lone(sim, request);
	else
		add_neighbors(sim, request, &densities[rng_below(&sim->rng, RTE_DIM(densities))]);
	if (request->ref_count == 0) {
		sim_request_drop(sim, request);
		return NULL;
	}
	return request;
}

struct sim_request *
sim_build_lone_query(struct sim *sim, uint32_t host)
{
	struct sim_request *request = sim_request_new(sim, host, CHIMNEY_QUERY);

	if (request == NULL)
		return NULL;
	build_lone(sim, request);
	if (request->ref_count > 0)
		return request;
	sim_request_drop(sim, request);
	return NULL;
}

struct sim_request *
sim_build_crowd_terminate(struct sim *sim)
{
	static const struct density most = {0, 0, 90, 100};
	struct sim_request *request = sim_request_new(sim, 0, CHIMNEY_TERMINATE);

	if (request == NULL)
		return NULL;
	add_neighbors(sim, request, &most);
	if (request->ref_count > 0)
		return request;
	sim_request_drop(sim, request);
	return NULL;
}

struct sim_request *
sim_build_terminate_all(struct sim *sim, uint32_t host)
{
	static const struct density everything = {100, 100, 100, 100};
	struct sim_request *request = sim_request_new(sim, host, CHIMNEY_TERMINATE);
	uint32_t count = 0;

	if (request == NULL)
		return NULL;
	for (uint32_t i = 0; i < sim->neighbors; i++) {
		int here = (int)request->ref_count;

		if (sim->neighbor[i].object.host != host)
			continue;
		if (sim->neighbor[i].object.life == SIM_LIVE)
			sim_ref_add(sim, request, -1, SIM_NAMED, &sim->neighbor[i].object,
			        OFFLOAD_LAYER_NEIGHBOR, 0);
		else
			sim_ref_add(
			        sim, request, -1, SIM_PLACEHOLDER, NULL, OFFLOAD_LAYER_NEIGHBOR, 0);
		add_paths(sim, request, here, i, &everything, SIM_NAMED);
	}
	for (uint32_t i = 0; i < request->ref_count; i++)
		count += request->refs[i].role == SIM_NAMED;
	if (count == 0) {
		sim_request_drop(sim, request);
		return NULL;
	}
	return request;
}

static void
fill_update(struct sim_request *request, struct sim_ref *ref, struct sim *sim)
{
	struct tree_neighbor description;
	struct sim_neighbor *neighbor;

	if (ref->object->layer == OFFLOAD_LAYER_TCP) {
		tree_fill_tcp(ref->block, &((struct sim_conn *)ref->object)->description);
		return;
	}
	if (ref->object->layer == OFFLOAD_LAYER_PATH) {
		tree_fill_path(ref->block, &((struct sim_path *)ref->object)->description);
		if (ref->parent < 0 || request->refs[ref->parent].role != SIM_NAMED)
			return;
		/* under a named neighbor: relinked to it, here to the one that it has (UPD-5) */
		neighbor = (struct sim_neighbor *)request->refs[ref->parent].object;
		ref->role = SIM_RELINKED;
		ref->moves_link = true;
		ref->value = (uint32_t)(neighbor - sim->neighbor);
		return;
	}
	neighbor = (struct sim_neighbor *)ref->object;
	description = neighbor->description;
	ref->moves_link = true;
	ref->value = neighbor->next_version < 32 ? neighbor->next_version++ : 31;
	description.destination_mac[4] = (uint8_t)ref->value;
	tree_fill_neighbor(ref->block, &description);
}

/* Cached variables: a new MAC for a neighbor, any for a connection (UPD-1). */
struct sim_request *
sim_build_update(struct sim *sim, uint32_t host)
{
	struct sim_request *request = sim_build_reference(sim, host, CHIMNEY_UPDATE);

	for (uint32_t i = 0; request != NULL && i < request->ref_count; i++)
		if (request->refs[i].role == SIM_NAMED)
			fill_update(request, &request->refs[i], sim);
	return request;
}

struct sim_request *
sim_build_relink(struct sim *sim, uint32_t path_index, uint32_t to)
{
	struct sim_path *path = &sim->path[path_index];
	struct sim_request *request = sim_request_new(sim, path->object.host, CHIMNEY_UPDATE);
	struct sim_ref *ref;

	if (request == NULL)
		return NULL;
	/* a root without cached state: only the link changes */
	ref = sim_ref_add(
	        sim, request, -1, SIM_LINKER, &sim->neighbor[to].object, OFFLOAD_LAYER_NEIGHBOR, 0);
	ref->role = SIM_NAMED;
	for (uint32_t i = path_index; i < sim->paths; i++) {
		path = &sim->path[i];
		if (path->object.host != request->host || path->object.life != SIM_LIVE ||
		        (i != path_index && !rng_chance(&sim->rng, 30)))
			continue;
		ref = sim_ref_add(sim, request, 0, SIM_RELINKED, &path->object, OFFLOAD_LAYER_PATH,
		        path->description.family);
		ref->moves_link = true;
		ref->value = to;
	}
	return request;
}
