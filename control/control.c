/* SPDX-License-Identifier: BSD-3-Clause */
/* The target: creation, the turn of the control lcore, shutdown. */
#include "control.h"
#include "give_pages.h"
#include "replies.h"
#include "schedule.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_DEADLINE_MS 1000u
#define DEFAULT_TREE_BLOCKS (64u << 20)

void
chimney_params_default(struct chimney_params *params)
{
	*params = (struct chimney_params){
	        .drain_deadline_ms = DEFAULT_DEADLINE_MS,
	        .retrieve_delay_ms = CHIMNEY_RETRIEVE_DELAY_DEFAULT_MS,
	        .retrieve_policy = CHIMNEY_RETRIEVE_DELAYED,
	};
}

uint64_t
chimney_estimate(const struct chimney_params *params)
{
	return sizeof(struct control) + requests_estimate(params->shared->worker_count) +
	       slots_estimate(params->shared, params->conn_capacity);
}

static int
params_check(const struct chimney_params *params)
{
	if (params->shared == NULL || params->workers == NULL || params->conn_capacity == 0 ||
	        params->shared->worker_count == 0 ||
	        params->shared->worker_count > TOE_MAX_WORKERS || params->drain_deadline_ms == 0 ||
	        params->retrieve_policy > CHIMNEY_RETRIEVE_ON_SEND ||
	        (params->vlan_count > 0 && params->vlans == NULL))
		return -EINVAL;
	return 0;
}

static int
vlans_copy(struct control *control)
{
	struct chimney_params *params = &control->target.params;
	size_t size = params->vlan_count * sizeof(*control->vlans);

	if (size == 0)
		return 0;
	control->vlans = malloc(size);
	if (control->vlans == NULL)
		return -ENOMEM;
	memcpy(control->vlans, params->vlans, size);
	params->vlans = control->vlans;
	return 0;
}

static void
target_init(struct chimney *target, const struct chimney_params *params, uint64_t now)
{
	target->params = *params;
	target->shared = params->shared;
	target->now = now;
	target->nonces.salt = params->salt;
	target->bell.fd = -1;
	if (target->params.max_tree_blocks == 0)
		target->params.max_tree_blocks = DEFAULT_TREE_BLOCKS;
	for (uint32_t i = 0; i < target->shared->worker_count; i++)
		target->workers[i] = params->workers[i];
}

static int
control_init(struct control *control, const struct chimney_params *params, uint64_t now)
{
	/* On-send is decided by the worker, connection by connection, so it is told at once (D2). */
	bool on_send = params->retrieve_policy == CHIMNEY_RETRIEVE_ON_SEND;
	struct chimney *target = &control->target;
	int rc;

	target_init(target, params, now);
	stops_init(&control->stops, &control->slots,
	        on_send ? 0 : params->retrieve_delay_ms * UINT64_C(1000000));
	workers_init(&control->workers, target, &control->slots, now);
	announce_init(&control->announce, &control->workers);
	reachability_init(&control->reachability, &control->workers);
	retrieve_init(&control->retrieve, &control->stops, &control->workers, on_send);
	rc = slots_init(&control->slots, target->shared, params->conn_capacity, params->salt);
	if (rc == 0)
		rc = requests_init(&control->requests, target, &control->workers, &control->stops);
	if (rc == 0)
		rc = operator_init(target);
	if (rc == 0)
		rc = toe_doorbell_init(&target->bell);
	if (rc == 0)
		rc = vlans_copy(control);
	return rc;
}

int
chimney_create(const struct chimney_params *params, uint64_t now, struct chimney **out)
{
	struct control *control;
	int rc = params_check(params);

	if (rc != 0)
		return rc;
	control = toe_table_alloc(1, sizeof(*control));
	if (control == NULL)
		return -ENOMEM;
	rc = control_init(control, params, now);
	if (rc != 0)
		chimney_destroy(&control->target);
	else
		*out = &control->target;
	return rc;
}

void
chimney_destroy(struct chimney *target)
{
	struct control *control = control_of(target);

	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		if (atomic_load_explicit(&target->hosts[i].state, memory_order_acquire) !=
		        HOST_FREE)
			host_fini(&target->hosts[i]);
	free(control->vlans);
	toe_doorbell_fini(&target->bell);
	operator_fini(target);
	requests_fini(&control->requests);
	slots_fini(&control->slots);
	toe_table_free(control, 1, sizeof(*control));
}

/* INV-15: has everything that was accepted been completed? */
static bool
all_completed(struct control *control)
{
	if (control->requests.in_progress > 0)
		return false;
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		struct chimney_host *host = &control->target.hosts[i];

		if (atomic_load_explicit(&host->state, memory_order_acquire) != HOST_USED)
			continue;
		if (host->waiting_first != NULL || !requests_idle(&control->requests, host) ||
		        atomic_load_explicit(&host->holding, memory_order_acquire) > 0)
			return false;
	}
	return true;
}

/* Do workers owe answers? Then the control lcore must not sleep: they do not ring its bell. */
static uint32_t
answers_owed(const struct workers *workers)
{
	for (uint32_t i = 0; i < workers->count; i++)
		if (workers->links[i].owed > 0)
			return 1;
	return 0;
}

/* Workers that have been silent for too long are lost, and what requests need of them fails. */
static void
silence_turn(struct control *control)
{
	uint64_t lost = workers_watch(&control->workers, control->requests.sequence);

	for (; lost != 0; lost &= lost - 1)
		requests_lost(&control->requests, (uint32_t)__builtin_ctzll(lost));
}

uint32_t
chimney_control_poll(struct chimney *target, uint64_t now)
{
	uint32_t hosts = atomic_load_explicit(&target->hosts_in_use, memory_order_acquire), work;
	struct control *control = control_of(target);
	struct workers *workers = &control->workers;

	target->now = now;
	toe_awake_look(&workers->awake, now);
	work = replies_turn(control);
	/* Before the requests that a resume lets go on. */
	work += announce_turn(&control->announce, hosts);
	work += requests_turn(&control->requests, hosts);
	for (uint32_t left = hosts; left != 0; left &= left - 1)
		work += holds_turn(workers, &target->hosts[__builtin_ctz(left)]);
	silence_turn(control);
	for (uint32_t left = hosts; left != 0; left &= left - 1)
		work += host_turn(&target->hosts[__builtin_ctz(left)]);
	work += retrieve_turn(&control->retrieve);
	work += reachability_turn(&control->reachability, hosts);
	if (workers->losses != 0)
		work += lost_turn(workers, requests_oldest(&control->requests));
	work += answers_owed(workers);
	pages_turn(workers);
	if (atomic_load_explicit(&target->stopping, memory_order_relaxed))
		atomic_store_explicit(&target->stopped, work == 0 && all_completed(control),
		        memory_order_release);
	return work;
}

void
chimney_stop(struct chimney *target)
{
	atomic_store_explicit(&target->stopping, 1, memory_order_release);
	toe_doorbell_ring(&target->bell);
}

bool
chimney_stopped(const struct chimney *target)
{
	return atomic_load_explicit(
	        (_Atomic uint32_t *)(uintptr_t)&target->stopped, memory_order_acquire);
}

struct toe_doorbell *
chimney_control_bell(struct chimney *target)
{
	return &target->bell;
}
