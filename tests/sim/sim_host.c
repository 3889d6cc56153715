/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts of the simulation: submitting requests, reading completions and indications. */
#include <errno.h>
#include <string.h>

#include "sim.h"

/* The model learns of a request when it is submitted, before the target can act on it. */
static void
note_submission(struct sim *sim, struct sim_request *request)
{
	request->submitted = sim->step++;
	request->submitted_at = sim->world.now;
	request->serial = sim->serial++;
	for (uint32_t i = 0; i < request->ref_count; i++) {
		struct sim_ref *ref = &request->refs[i];

		if (sim->others->submitting != NULL)
			sim->others->submitting(sim, request, ref);
		if (!sim_counts(ref))
			continue;
		ref->object->inflight[request->kind]++;
		ref->lost = ref->object->layer == OFFLOAD_LAYER_TCP &&
		            ((const struct sim_conn *)ref->object)->hardware_failure;
		if (ref->role == SIM_NEW)
			ref->object->life = SIM_RISING;
		if (!ref->moves_link)
			continue;
		if (ref->object->layer == OFFLOAD_LAYER_NEIGHBOR)
			sim_value_begin(&((struct sim_neighbor *)ref->object)->mac, ref->value);
		else
			sim_value_begin(&((struct sim_path *)ref->object)->link, ref->value);
	}
	sim->in_progress++;
	sim_trace_request(sim, request, "submits");
	sim->totals->requests[request->kind]++;
}

void
sim_submit(struct sim *sim, struct sim_request *request)
{
	int err;

	if (request == NULL)
		return;
	tree_seal(&request->tree);
	note_submission(sim, request);
	err = world_submit(&sim->world, request->host, request->kind, request->root);
	if (err != 0) {
		sim_wrong(sim, "INV-1: %s was refused with %d", chimney_request_name(request->kind),
		        err);
		return;
	}
	/* INV-1: submitting the same root twice is caught */
	if (rng_chance(&sim->rng, 5)) {
		err = world_submit(&sim->world, request->host,
		        rng_below(&sim->rng, CHIMNEY_REQUEST_COUNT), request->root);
		if (err != -EALREADY)
			sim_wrong(sim, "a root submitted twice is answered with %d", err);
	}
}

static struct sim_request *
find_request(struct sim *sim, const struct offload_block_list *root)
{
	for (uint32_t i = 0; i < SIM_REQUESTS; i++)
		if (sim->request[i].used && sim->request[i].root == root)
			return &sim->request[i];
	return NULL;
}

static struct sim_conn *
find_conn(struct sim *sim, const void *handle)
{
	uintptr_t value = (uintptr_t)handle - 1;

	if (handle == NULL || (value & 0xFFFF) >= sim->conns ||
	        value >> 16 > sim->conn[value & 0xFFFF].life_number)
		return NULL;
	return &sim->conn[value & 0xFFFF];
}

static void
read_retrieve(struct sim *sim, struct sim_conn *conn, uint8_t reason)
{
	if (conn->hardware_failure && reason != RETRIEVE_HARDWARE_FAILURE)
		sim_wrong(sim, "INV-17: RETRIEVE(%s) of %s after its state was lost",
		        retrieve_reason_name(reason), sim_object_name(sim, &conn->object));
	if (reason == RETRIEVE_HARDWARE_FAILURE && sim->kind == SIM_LOST) {
		if (conn->hardware_failure)
			sim_wrong(sim, "second RETRIEVE(HARDWARE_FAILURE)");
		conn->hardware_failure = true;
		conn->is_kept = false;
		return;
	}
	if (reason == RETRIEVE_UPLOAD_REQUESTED && conn->peer.fin_sent)
		return;
	if (reason != RETRIEVE_INVALID_STATE) {
		sim_wrong(sim, "RETRIEVE of %s with reason %s", sim_object_name(sim, &conn->object),
		        retrieve_reason_name(reason));
		return;
	}
	if (conn->retrieved)
		sim_wrong(sim, "INV-9: second RETRIEVE of %s", sim_object_name(sim, &conn->object));
	else if (!sim->lenient && !sim_retrieve_allowed(sim, conn))
		sim_wrong(sim, "INV-9, D2, D3: RETRIEVE of %s, which is not stopped or not due",
		        sim_object_name(sim, &conn->object));
	conn->retrieved = true;
	conn->maybe_retrieved = false;
	sim->totals->retrieves++;
}

static void
read_indication(struct sim *sim, uint32_t host, const struct chimney_record *record)
{
	struct sim_conn *conn = find_conn(sim, record->handle);

	if (sim->trace && conn != NULL)
		printf("%8lu us host %u reads indication %u (%s) of connection %td\n",
		        (unsigned long)(sim->world.now / 1000), host, record->kind,
		        retrieve_reason_name(record->reason), conn - sim->conn);
	if (conn == NULL || conn->object.host != host) {
		sim_wrong(
		        sim, "indication %u with a handle that the host never gave", record->kind);
		return;
	}
	/* TERM-2: nothing may be under way any more when the terminate completes */
	if (conn->object.life == SIM_ABSENT || record->handle != sim_handle(sim, conn)) {
		sim_wrong(sim, "TERM-2: indication %u for %s after its terminate completed",
		        record->kind, sim_object_name(sim, &conn->object));
		return;
	}
	if (record->kind == CHIMNEY_RETRIEVE) {
		read_retrieve(sim, conn, record->reason);
	} else if (record->kind == CHIMNEY_DISCONNECT) {
		if (conn->disconnected || !conn->peer.fin_sent)
			sim_wrong(sim, "EVT-1: DISCONNECT of %s, %s",
			        sim_object_name(sim, &conn->object),
			        conn->disconnected ? "again" : "without FIN");
		conn->disconnected = true;
	} else if (record->kind == CHIMNEY_ABORT) {
		if ((conn->aborted && !conn->hardware_failure) ||
		        !(conn->reset_sent || conn->hardware_failure))
			sim_wrong(sim, "EVT-1: ABORT of %s, %s",
			        sim_object_name(sim, &conn->object),
			        conn->aborted ? "again" : "without RST or lost state");
		conn->aborted = true;
	} else {
		sim_wrong(sim, "record of unknown kind %u", record->kind);
	}
}

/*
 * The rings of a host are empty: what was posted before a relink completed has been read, if no worker
 * holds indications back.
 */
static void
settle_relinks(struct sim *sim, uint32_t host)
{
	if (sim->relinks_unsettled == 0 ||
	        chimney_stats(sim->world.target)->completions_waiting != 0)
		return;
	for (uint32_t i = 0; i < sim->world.params.workers; i++)
		if (sim->world.worker[i]->engine.stats.indications_waiting != 0)
			return;
	for (uint32_t i = 0; i < sim->conns; i++) {
		struct sim_conn *conn = &sim->conn[i];

		if (conn->maybe_retrieved && conn->object.host == host) {
			conn->maybe_retrieved = false;
			sim->relinks_unsettled--;
			sim->totals->resumed++;
		}
	}
}

uint32_t
sim_host_read(struct sim *sim, uint32_t host, uint32_t n)
{
	struct chimney_record record;
	uint32_t count = 0;

	while (count < n && sim_ok(sim)) {
		struct sim_request *request;

		if (chimney_poll(sim->world.host[host], &record, 1) == 0) {
			settle_relinks(sim, host);
			break;
		}
		count++;
		/* what has left before this record does not break its promise: the port must be empty */
		sim_wire_read_all(sim);
		if (record.kind != CHIMNEY_COMPLETION) {
			read_indication(sim, host, &record);
			continue;
		}
		request = find_request(sim, record.root);
		if (request == NULL || request->host != host || request->kind != record.request) {
			sim_wrong(sim, "INV-2: completion of a %s that is not in progress",
			        chimney_request_name(record.request));
			break;
		}
		sim->discarded += record.frames_discarded;
		sim_completed(sim, request);
	}
	return count;
}

void
sim_host_read_all(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->world.params.hosts; i++)
		sim_host_read(sim, i, UINT32_MAX);
}
