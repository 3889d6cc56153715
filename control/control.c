/* SPDX-License-Identifier: BSD-3-Clause */
/* The target: creation, the turn of the control lcore, shutdown. */
#include "control.h"
#include "give_pages.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#define DEFAULT_DEADLINE_MS 1000u
#define AWAKE_MOST_NS UINT64_C(5000000) /* of a deadline that passes between two turns */
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
	return sizeof(struct chimney) + requests_estimate(params->shared->worker_count) +
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
vlans_copy(struct chimney *target)
{
	size_t size = target->params.vlan_count * sizeof(*target->vlans);

	if (size == 0)
		return 0;
	target->vlans = malloc(size);
	if (target->vlans == NULL)
		return -ENOMEM;
	memcpy(target->vlans, target->params.vlans, size);
	target->params.vlans = target->vlans;
	return 0;
}

static int
target_init(struct chimney *target, uint64_t now)
{
	const struct chimney_params *params = &target->params;
	uint64_t hz = rte_get_tsc_hz();
	int rc;

	target->shared = params->shared;
	target->now = now;
	toe_awake_start(&target->awake, now, AWAKE_MOST_NS);
	target->deadline = params->drain_deadline_ms * UINT64_C(1000000);
	target->ns_per_tsc = hz == 0 ? 0 : (UINT64_C(1000000000) << 20) / hz;
	target->nonces.salt = params->salt;
	target->bell.fd = -1;
	if (target->params.max_tree_blocks == 0)
		target->params.max_tree_blocks = DEFAULT_TREE_BLOCKS;
	for (uint32_t i = 0; i < target->shared->worker_count; i++)
		target->links[i].worker = params->workers[i];
	retrieve_init(target);
	rc = slots_init(&target->slots, target->shared, params->conn_capacity, params->salt);
	if (rc == 0)
		rc = requests_init(&target->requests, target->shared->worker_count);
	if (rc == 0)
		rc = toe_doorbell_init(&target->bell);
	if (rc == 0)
		rc = vlans_copy(target);
	return rc;
}

int
chimney_create(const struct chimney_params *params, uint64_t now, struct chimney **out)
{
	struct chimney *target;
	int rc = params_check(params);

	if (rc != 0)
		return rc;
	target = toe_table_alloc(1, sizeof(*target));
	if (target == NULL)
		return -ENOMEM;
	target->params = *params;
	rc = target_init(target, now);
	if (rc != 0)
		chimney_destroy(target);
	else
		*out = target;
	return rc;
}

void
chimney_destroy(struct chimney *target)
{
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		if (atomic_load_explicit(&target->hosts[i].state, memory_order_acquire) !=
		        HOST_FREE)
			host_fini(&target->hosts[i]);
	free(target->vlans);
	toe_doorbell_fini(&target->bell);
	requests_fini(&target->requests);
	slots_fini(&target->slots);
	toe_table_free(target, 1, sizeof(*target));
}

/* INV-15: has everything that was accepted been completed? */
static bool
all_completed(struct chimney *target)
{
	if (target->requests.in_progress > 0)
		return false;
	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++) {
		struct chimney_host *host = &target->hosts[i];

		if (atomic_load_explicit(&host->state, memory_order_acquire) != HOST_USED)
			continue;
		if (host->waiting_first != NULL || !requests_idle(target, host) ||
		        atomic_load_explicit(&host->holding, memory_order_acquire) > 0)
			return false;
	}
	return true;
}

/* Do workers owe answers? Then the control lcore must not sleep: they do not ring its bell. */
static uint32_t
answers_owed(const struct chimney *target)
{
	for (uint32_t i = 0; i < target->shared->worker_count; i++)
		if (target->links[i].owed > 0)
			return 1;
	return 0;
}

uint32_t
chimney_control_poll(struct chimney *target, uint64_t now)
{
	uint32_t hosts = atomic_load_explicit(&target->hosts_in_use, memory_order_acquire), work;

	target->now = now;
	toe_awake_look(&target->awake, now);
	work = fanout_replies(target);
	work += requests_turn(target, hosts);
	for (uint32_t left = hosts; left != 0; left &= left - 1)
		work += holds_turn(target, &target->hosts[__builtin_ctz(left)]);
	workers_watch(target);
	for (uint32_t left = hosts; left != 0; left &= left - 1)
		work += host_turn(&target->hosts[__builtin_ctz(left)]);
	work += retrieve_turn(target);
	if (target->losses != 0)
		work += lost_turn(target);
	work += answers_owed(target);
	pages_turn(target);
	if (atomic_load_explicit(&target->stopping, memory_order_relaxed))
		atomic_store_explicit(
		        &target->stopped, work == 0 && all_completed(target), memory_order_release);
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
