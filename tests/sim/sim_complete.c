/* SPDX-License-Identifier: BSD-3-Clause */
/* Judging the statuses of completed requests, and what they mean for the model (TREE-9, INV, QRY, UPD, TERM). */
#include <string.h>

#include "sim.h"

enum verdict { MUST_FAIL, MUST_SUCCEED, MAY_BOTH };

static bool
is_neighbor(const struct sim_ref *ref)
{
	return ref->object->layer == OFFLOAD_LAYER_NEIGHBOR;
}

/* Is this object named in the request with the given status? */
static bool
named_with(const struct sim_request *request, const struct sim_object *object, uint32_t status)
{
	for (uint32_t i = 0; i < request->ref_count; i++)
		if (request->refs[i].object == object && request->refs[i].role == SIM_NAMED &&
		        request->refs[i].block->status == status)
			return true;
	return false;
}

/*
 * TERM-6: what depends on an object and does not leave with it. *surely: something does, all the time;
 * *possibly: something may have, at some time of the request.
 */
static void
count_dependent(const struct sim_request *request, const struct sim_object *dependent,
        bool linked_surely, bool *surely, bool *possibly)
{
	if (named_with(request, dependent, OFFLOAD_SUCCESS))
		return;
	if (!sim_surely_absent(dependent, request))
		*possibly = true;
	if (linked_surely && sim_surely_live(dependent, request))
		*surely = true;
}

static void
find_dependents(const struct sim *sim, const struct sim_request *request,
        const struct sim_object *object, bool *surely, bool *possibly)
{
	*surely = *possibly = false;
	if (object->layer == OFFLOAD_LAYER_PATH) {
		for (uint32_t i = 0; i < sim->conns; i++)
			if (object == &sim->path[sim->conn[i].path].object)
				count_dependent(
				        request, &sim->conn[i].object, true, surely, possibly);
		return;
	}
	for (uint32_t i = 0; object->layer == OFFLOAD_LAYER_NEIGHBOR && i < sim->paths; i++) {
		const struct sim_path *path = &sim->path[i];
		uint32_t bit = 1u << ((const struct sim_neighbor *)object - sim->neighbor);
		bool moved = sim_overlapped(&path->object, CHIMNEY_UPDATE, request);

		if (path->object.host == object->host && (moved || (path->link.possible & bit)))
			count_dependent(request, &path->object,
			        !moved && path->link.possible == bit, surely, possibly);
	}
}

static enum verdict
judge_terminate(const struct sim *sim, const struct sim_request *request, const struct sim_ref *ref)
{
	bool surely, possibly;

	find_dependents(sim, request, ref->object, &surely, &possibly);
	if (surely)
		return MUST_FAIL;
	if (!possibly && sim_surely_live(ref->object, request))
		return MUST_SUCCEED;
	return MAY_BOTH;
}

static enum verdict
judge_update(const struct sim *sim, const struct sim_request *request, const struct sim_ref *ref)
{
	const struct sim_object *parent =
	        ref->role == SIM_RELINKED ? request->refs[ref->parent].object : NULL;

	if (sim_surely_invalid(ref->object, request) ||
	        (parent != NULL && sim_surely_invalid(parent, request)))
		return MUST_FAIL;
	if (!sim_surely_live(ref->object, request) || !sim_surely_valid(ref->object, request))
		return MAY_BOTH;
	if (parent != NULL &&
	        (!sim_surely_live(parent, request) || !sim_surely_valid(parent, request)))
		return MAY_BOTH;
	return MUST_SUCCEED;
}

static enum verdict
judge(const struct sim *sim, const struct sim_request *request, const struct sim_ref *ref)
{
	if (ref->role == SIM_PLACEHOLDER)
		return MUST_SUCCEED;
	if (ref->role == SIM_STALE || ref->role == SIM_EMPTY || ref->role == SIM_FOREIGN ||
	        sim_surely_absent(ref->object, request))
		return MUST_FAIL;
	if (request->kind == CHIMNEY_TERMINATE)
		return judge_terminate(sim, request, ref);
	if (request->kind == CHIMNEY_UPDATE)
		return judge_update(sim, request, ref);
	return sim_surely_live(ref->object, request) ? MUST_SUCCEED : MAY_BOTH;
}

static void
check_status(struct sim *sim, const struct sim_request *request, const struct sim_ref *ref)
{
	uint32_t status = ref->block->status;
	enum verdict verdict = judge(sim, request, ref);

	sim->totals->success += status == OFFLOAD_SUCCESS;
	sim->totals->failure += status == OFFLOAD_FAILURE;
	if (status != OFFLOAD_SUCCESS && status != OFFLOAD_FAILURE)
		sim_wrong(sim, "TREE-9: %s writes %s", chimney_request_name(request->kind),
		        offload_status_name(status));
	/* a worker that does not answer, and shutdown, may turn anything but a placeholder into FAILURE */
	if (verdict == MUST_SUCCEED && status != OFFLOAD_SUCCESS &&
	        !(sim->lenient && ref->role != SIM_PLACEHOLDER))
		sim_wrong(sim, "%s of %s reads %s, SUCCESS is due",
		        chimney_request_name(request->kind), sim_object_name(sim, ref->object),
		        offload_status_name(status));
	/* a lost connection leaves by a terminate that reads FAILURE (TERM-8): its path may follow */
	if (verdict == MUST_FAIL && status != OFFLOAD_FAILURE &&
	        !(sim->lenient && request->kind == CHIMNEY_TERMINATE))
		sim_wrong(sim, "%s of %s (role %u) reads %s, FAILURE is due",
		        chimney_request_name(request->kind), sim_object_name(sim, ref->object),
		        ref->role, offload_status_name(status));
}

static bool
between(uint32_t low, uint32_t x, uint32_t high)
{
	return (int32_t)(x - low) >= 0 && (int32_t)(high - x) >= 0;
}

/*
 * What the target says of a connection agrees with what its peer has seen (QRY-1, TERM-1). `final`: nothing
 * was sent after the values were taken.
 */
static void
check_delegated(
        struct sim *sim, const struct sim_conn *conn, const struct tcp_delegated *state, bool final)
{
	const struct peer *peer = &conn->peer;
	uint32_t seen_from = final ? peer->rcv_max : peer->rcv_start;
	uint32_t acknowledged = final ? peer->snd_una : peer->snd_start;

	if (!between(peer->rcv_start, state->snd_una, peer->rcv_nxt) ||
	        !between(state->snd_una, state->snd_nxt, state->snd_max) ||
	        !between(seen_from, state->snd_max, peer->rcv_max + (1u << 20)))
		sim_wrong(sim,
		        "%s: snd_una %u snd_nxt %u snd_max %u; the peer saw %u to %u, acknowledged "
		        "%u",
		        sim_object_name(sim, &conn->object), state->snd_una, state->snd_nxt,
		        state->snd_max, peer->rcv_start, peer->rcv_max, peer->rcv_nxt);
	if (!between(acknowledged, state->rcv_nxt, peer->snd_nxt))
		sim_wrong(sim, "%s: rcv_nxt %u; the peer sent up to %u, saw %u acknowledged",
		        sim_object_name(sim, &conn->object), state->rcv_nxt, peer->snd_nxt,
		        peer->snd_una);
	if (state->state > TCP_TIME_WAIT || state->state == TCP_LISTEN ||
	        state->state == TCP_SYN_SENT || state->state == TCP_SYN_RCVD)
		sim_wrong(sim, "%s is in state %s", sim_object_name(sim, &conn->object),
		        tcp_state_name(state->state));
}

/*
 * TERM-1, TERM-4, INV-7, INV-11: what a terminate hands back. No byte counts as sent that the port never got.
 * Of a stopped connection at rest every byte is accounted for: nothing is on the way.
 */
static void
check_handed_back(struct sim *sim, const struct sim_conn *conn, const struct tcp_delegated *state)
{
	const struct peer *peer = &conn->peer;

	check_delegated(sim, conn, state, true);
	if (conn->reset_sent || sim->lenient)
		return;
	if (!between(state->snd_una, state->snd_nxt, peer->rcv_max))
		sim_wrong(sim, "%s: snd_nxt %u, but the peer saw only up to %u",
		        sim_object_name(sim, &conn->object), state->snd_nxt, peer->rcv_max);
	/* a FIN that found no room for its indication was dropped (EVT-4): a real peer sends it again */
	if (sim->joined == NULL && sim->at_rest && sim_surely_stopped(sim, conn) &&
	        (state->snd_una != peer->rcv_nxt ||
	                peer->snd_nxt - state->rcv_nxt > (peer->fin_sent ? 1u : 0u)))
		sim_wrong(sim,
		        "%s at rest: snd_una %u, rcv_nxt %u; the peer acknowledged %u, sent up to "
		        "%u",
		        sim_object_name(sim, &conn->object), state->snd_una, state->rcv_nxt,
		        peer->rcv_nxt, peer->snd_nxt);
}

/* QRY-1: the values are this object's own. */
static void
check_query(struct sim *sim, const struct sim_ref *ref)
{
	const void *constant = offload_block_const(ref->block);
	const struct tcp_delegated *delegated = offload_block_delegated(ref->block);

	if (ref->object->layer == OFFLOAD_LAYER_TCP) {
		const struct sim_conn *conn = (const struct sim_conn *)ref->object;
		const struct tcp_const *tcp = constant;

		if (tcp != NULL &&
		        (rte_be_to_cpu_16(tcp->local_port) != conn->description.local_port ||
		                rte_be_to_cpu_16(tcp->remote_port) !=
		                        conn->description.remote_port))
			sim_wrong(sim, "query of %s gives ports %u and %u",
			        sim_object_name(sim, ref->object),
			        rte_be_to_cpu_16(tcp->local_port),
			        rte_be_to_cpu_16(tcp->remote_port));
		if (delegated != NULL && conn->object.life == SIM_LIVE)
			check_delegated(sim, conn, delegated, false);
	} else if (ref->object->layer == OFFLOAD_LAYER_PATH && constant != NULL) {
		const struct tree_path *path = &((const struct sim_path *)ref->object)->description;
		size_t size = path->family == 6 ? 16 : 4;

		if (memcmp(constant, path->source, size) != 0 ||
		        memcmp((const uint8_t *)constant + size, path->destination, size) != 0)
			sim_wrong(sim, "query of %s gives other addresses",
			        sim_object_name(sim, ref->object));
	} else if (is_neighbor(ref) && offload_block_cached(ref->block) != NULL) {
		const struct sim_neighbor *neighbor = (const struct sim_neighbor *)ref->object;
		const struct neighbor_cached *cached = offload_block_cached(ref->block);

		if (cached->destination_mac[5] != neighbor->description.destination_mac[5])
			sim_wrong(sim, "query of %s gives another MAC address",
			        sim_object_name(sim, ref->object));
	}
}

static void
apply_invalidate(struct sim *sim, const struct sim_request *request, struct sim_ref *ref)
{
	struct sim_object *object = ref->object;
	uint64_t delay = sim->world.params.retrieve_policy == CHIMNEY_RETRIEVE_ON_SEND
	                         ? 0
	                         : sim->world.params.retrieve_delay_ms * WORLD_MS;

	if (object->life != SIM_LIVE)
		return;
	if (!object->invalid) {
		object->invalid = true;
		object->invalid_since = sim->step;
		object->due = UINT64_MAX;
	}
	if (request->submitted_at + delay < object->due)
		object->due = request->submitted_at + delay;
}

static void
apply_update(struct sim *sim, const struct sim_request *request, struct sim_ref *ref)
{
	bool success = ref->block->status == OFFLOAD_SUCCESS;
	uint32_t path = (uint32_t)((struct sim_path *)ref->object - sim->path);

	/* failed for a lost worker's sake, it may have taken effect elsewhere: both values stay possible */
	if (!ref->moves_link || (sim->lenient && !success))
		return;
	if (is_neighbor(ref)) {
		sim_value_end(&((struct sim_neighbor *)ref->object)->mac, ref->value,
		        request->serial, success);
		return;
	}
	for (uint32_t i = 0; success && i < sim->conns; i++) {
		struct sim_conn *conn = &sim->conn[i];

		/* its RETRIEVE may have been posted just before the relink (D3): the rings will tell */
		if (conn->path == path && conn->object.life == SIM_LIVE && !conn->retrieved &&
		        sim_retrieve_allowed(sim, conn)) {
			conn->maybe_retrieved = true;
			sim->relinks_unsettled++;
		}
	}
	sim->totals->relinks += success;
	sim_value_end(&sim->path[path].link, ref->value, request->serial, success);
}

/*
 * TERM-2: what was submitted before the terminate and names the object has completed before. Invalidates have a
 * ring of their own, and the order between two rings is not defined: one that was still on its ring when the
 * terminate was taken finds the object gone.
 */
static void
check_nothing_under_way(
        struct sim *sim, const struct sim_request *terminate, const struct sim_object *object)
{
	uint32_t inflight = 0;

	for (uint32_t i = 0; i < CHIMNEY_REQUEST_COUNT; i++)
		inflight += object->inflight[i];
	for (uint32_t i = 0; inflight > 0 && i < SIM_REQUESTS; i++) {
		const struct sim_request *request = &sim->request[i];

		if (!request->used || request->kind == CHIMNEY_TERMINATE ||
		        request->kind == CHIMNEY_INVALIDATE || request->serial > terminate->serial)
			continue;
		for (uint32_t j = 0; j < request->ref_count; j++)
			if (request->refs[j].object == object && sim_counts(&request->refs[j]))
				sim_wrong(sim, "TERM-2: terminate of %s completes before its %s",
				        sim_object_name(sim, object),
				        chimney_request_name(request->kind));
	}
}

/* CTX-2: its handle never answers again. */
static void
object_gone(struct sim_object *object)
{
	object->life = SIM_ABSENT;
	object->stale = object->cell;
	object->cell = 0;
}

static void
apply_terminate(struct sim *sim, const struct sim_request *request, struct sim_ref *ref)
{
	struct sim_object *object = ref->object;

	check_nothing_under_way(sim, request, object);
	if (ref->lost)
		sim_wrong(sim, "TERM-8: terminate of %s reads SUCCESS, its state is lost",
		        sim_object_name(sim, object));
	if (object->life != SIM_LIVE) {
		sim_wrong(sim, "%s was terminated twice", sim_object_name(sim, object));
		return;
	}
	if (object->layer == OFFLOAD_LAYER_TCP) {
		struct sim_conn *conn = (struct sim_conn *)object;

		check_handed_back(sim, conn, offload_block_delegated(ref->block));
		if (sim->others->given_back != NULL)
			sim->others->given_back(sim, conn, offload_block_delegated(ref->block));
		sim->totals->terminated_busy += ref->block->send_chain != NULL;
		conn->maybe_retrieved = false;
	}
	object_gone(object);
}

static void
apply(struct sim *sim, struct sim_request *request, struct sim_ref *ref)
{
	bool success = ref->block->status == OFFLOAD_SUCCESS;

	if (!sim_counts(ref))
		return;
	if (request->kind == CHIMNEY_UPDATE)
		apply_update(sim, request, ref);
	else if (success && request->kind == CHIMNEY_QUERY)
		check_query(sim, ref);
	else if (success && request->kind == CHIMNEY_INVALIDATE)
		apply_invalidate(sim, request, ref);
	else if (success && request->kind == CHIMNEY_TERMINATE)
		apply_terminate(sim, request, ref);
	else if (ref->lost && request->kind == CHIMNEY_TERMINATE)
		object_gone(ref->object);
}

void
sim_completed(struct sim *sim, struct sim_request *request)
{
	const char *damage = tree_damage(&request->tree);

	sim_trace_request(sim, request, "completed");
	sim->step++; /* what is submitted from now on comes after this completion */
	for (uint32_t i = 0; i < request->ref_count; i++)
		if (sim_counts(&request->refs[i]))
			request->refs[i].object->inflight[request->kind]--;
	if (damage != NULL)
		sim_wrong(sim, "%s: %s", chimney_request_name(request->kind), damage);
	else if (request->kind == CHIMNEY_INITIATE)
		sim_completed_initiate(sim, request);
	for (uint32_t i = 0; request->kind != CHIMNEY_INITIATE && i < request->ref_count; i++)
		check_status(sim, request, &request->refs[i]);
	for (uint32_t i = 0; request->kind != CHIMNEY_INITIATE && i < request->ref_count; i++)
		apply(sim, request, &request->refs[i]);
	for (uint32_t i = 0; i < request->ref_count; i++)
		if (sim_counts(&request->refs[i]))
			request->refs[i].object->ended[request->kind] = sim->step;
	sim->step++;
	sim_request_drop(sim, request);
	sim->in_progress--;
}
