/* SPDX-License-Identifier: BSD-3-Clause */
/* What the model concludes about an object from the steps at which requests began and ended. */
#include <stdarg.h>
#include <stdio.h>

#include "sim.h"

void
sim_wrong(struct sim *sim, const char *format, ...)
{
	va_list arguments;

	if (!sim_ok(sim))
		return;
	va_start(arguments, format);
	vsnprintf(sim->wrong, sizeof(sim->wrong), format, arguments);
	va_end(arguments);
	if (sim_ok(sim))
		snprintf(sim->wrong, sizeof(sim->wrong), "unnamed violation");
}

const char *
sim_object_name(const struct sim *sim, const struct sim_object *object)
{
	static char name[32];

	if (object == NULL)
		snprintf(name, sizeof(name), "placeholder");
	else if (object->layer == OFFLOAD_LAYER_NEIGHBOR)
		snprintf(name, sizeof(name), "neighbor %td",
		        (const struct sim_neighbor *)object - sim->neighbor);
	else if (object->layer == OFFLOAD_LAYER_PATH)
		snprintf(name, sizeof(name), "path %td",
		        (const struct sim_path *)object - sim->path);
	else
		snprintf(name, sizeof(name), "connection %td",
		        (const struct sim_conn *)object - sim->conn);
	return name;
}

void
sim_trace_request(const struct sim *sim, const struct sim_request *request, const char *what)
{
	if (!sim->trace)
		return;
	printf("%8lu us host %u %s %s %d:", (unsigned long)(sim->world.now / 1000), request->host,
	        what, chimney_request_name(request->kind), request->serial);
	for (uint32_t i = 0; i < request->ref_count; i++) {
		const struct sim_ref *ref = &request->refs[i];

		printf(" [%s%s",
		        ref->role == SIM_PLACEHOLDER ? "" : sim_object_name(sim, ref->object),
		        ref->role == SIM_STALE || ref->role == SIM_EMPTY ? " odd" : "");
		if (ref->block->status != OFFLOAD_PENDING)
			printf(" %s", offload_status_name(ref->block->status));
		printf("]");
	}
	printf("\n");
}

bool
sim_overlapped(const struct sim_object *object, uint32_t kind, const struct sim_request *request)
{
	return object->inflight[kind] > 0 || object->ended[kind] > request->submitted;
}

bool
sim_surely_live(const struct sim_object *object, const struct sim_request *request)
{
	return object->life == SIM_LIVE && object->live_since < request->submitted &&
	       !sim_overlapped(object, CHIMNEY_TERMINATE, request);
}

bool
sim_surely_absent(const struct sim_object *object, const struct sim_request *request)
{
	return object->life == SIM_ABSENT && !sim_overlapped(object, CHIMNEY_TERMINATE, request) &&
	       !sim_overlapped(object, CHIMNEY_INITIATE, request);
}

bool
sim_surely_valid(const struct sim_object *object, const struct sim_request *request)
{
	return !object->invalid && !sim_overlapped(object, CHIMNEY_INVALIDATE, request);
}

bool
sim_surely_invalid(const struct sim_object *object, const struct sim_request *request)
{
	return object->invalid && object->invalid_since < request->submitted;
}

bool
sim_silent(const struct sim *sim, const struct sim_conn *conn)
{
	const struct sim_path *path = &sim->path[conn->path];

	if (conn->object.invalid || conn->retrieved || path->object.invalid)
		return true;
	for (uint32_t i = 0; i < sim->neighbors; i++)
		if ((path->link.possible >> i & 1) && !sim->neighbor[i].object.invalid)
			return false;
	return true;
}

bool
sim_surely_stopped(const struct sim *sim, const struct sim_conn *conn)
{
	const struct sim_path *path = &sim->path[conn->path];

	if (conn->object.invalid || path->object.invalid)
		return true;
	for (uint32_t i = 0; i < sim->neighbors; i++)
		if ((path->link.possible >> i & 1) && !sim->neighbor[i].object.invalid)
			return false;
	return true;
}

static bool
settled(const struct sim_object *object)
{
	return object->life == SIM_LIVE && !object->invalid &&
	       object->inflight[CHIMNEY_INVALIDATE] == 0 &&
	       object->inflight[CHIMNEY_TERMINATE] == 0;
}

bool
sim_may_transmit(const struct sim *sim, const struct sim_conn *conn)
{
	const struct sim_path *path = &sim->path[conn->path];

	if (!settled(&conn->object) || !settled(&path->object) || conn->retrieved ||
	        conn->maybe_retrieved || conn->aborted || conn->reset_sent)
		return false;
	for (uint32_t i = 0; i < sim->neighbors; i++)
		if ((path->link.possible >> i & 1) && !settled(&sim->neighbor[i].object))
			return false;
	return true;
}

bool
sim_retrieve_allowed(const struct sim *sim, const struct sim_conn *conn)
{
	const struct sim_path *path = &sim->path[conn->path];
	uint64_t now = sim->world.now;

	if (conn->maybe_retrieved || (conn->object.invalid && now >= conn->object.due) ||
	        (path->object.invalid && now >= path->object.due))
		return true;
	for (uint32_t i = 0; i < sim->neighbors; i++)
		if ((path->link.possible >> i & 1) && sim->neighbor[i].object.invalid &&
		        now >= sim->neighbor[i].object.due)
			return true;
	return false;
}

void
sim_value_set(struct sim_value *value, uint32_t v)
{
	value->possible = 1u << v;
	value->batch = 0;
	value->last = -1;
}

void
sim_value_begin(struct sim_value *value, uint32_t v)
{
	if (value->batch++ == 0) {
		/* what holds if every update of this batch fails */
		value->last = -1;
		value->last_value = UINT32_MAX;
		for (uint32_t i = 0; i < 32; i++)
			if (value->possible == 1u << i)
				value->last_value = i;
	}
	value->possible |= 1u << v;
}

void
sim_value_end(struct sim_value *value, uint32_t v, int32_t serial, bool success)
{
	if (success && serial > value->last) {
		value->last = serial;
		value->last_value = v;
	}
	if (--value->batch == 0 && value->last_value != UINT32_MAX)
		value->possible = 1u << value->last_value;
}
