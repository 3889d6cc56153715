/* SPDX-License-Identifier: BSD-3-Clause */
/* Host stacks: registration, submission, and control's side of their records. */
#include "host.h"

#include <errno.h>
#include <string.h>

#include "door.h"

#define NS_PER_MS 1000000

void
host_fini(struct chimney_host *host)
{
	for (uint32_t lane = 0; lane < LANE_COUNT; lane++)
		submit_fini(&host->submit[lane]);
	submit_fini(&host->holds);
	toe_ring_free(host->control.ring);
	host->control.ring = NULL;
	for (uint32_t i = 0; i < host->target->shared->worker_count; i++) {
		host->target->workers[i]->events[host->index].ring = NULL;
		toe_ring_free(host->workers[i]);
		host->workers[i] = NULL;
	}
	toe_doorbell_fini(&host->bell);
	host->bell.fd = -1;
}

static struct rte_ring *
event_ring(uint32_t size)
{
	return toe_ring_alloc(size, sizeof(struct toe_event), RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static int
host_init(struct chimney_host *host, const struct chimney_host_params *params)
{
	struct chimney *target = host->target;
	int rc = toe_doorbell_init(&host->bell);

	for (uint32_t lane = 0; rc == 0 && lane < LANE_COUNT; lane++)
		rc = submit_init(&host->submit[lane], params->request_ring_size);
	if (rc == 0)
		rc = submit_init(&host->holds, HOLD_RING);
	host->control.bell = &host->bell;
	host->control.ring = event_ring(params->event_ring_size);
	if (host->control.ring == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < target->shared->worker_count; i++) {
		host->workers[i] = event_ring(params->event_ring_size);
		if (host->workers[i] == NULL)
			return -ENOMEM;
		host->life[i] =
		        atomic_load_explicit(&target->workers[i]->lost, memory_order_acquire);
		/* Seen by the worker before any connection of this host: that comes by its mailbox. */
		target->workers[i]->events[host->index] = (struct toe_event_port){
		        .ring = host->workers[i],
		        .bell = &host->bell,
		        .completed = &host->completed,
		        .initiating = target->initiating,
		        .stale = host->stale,
		        .send_backlog = params->send_backlog,
		};
	}
	return rc;
}

static bool
power_of_two(uint32_t x, uint32_t least, uint32_t most)
{
	return (x & (x - 1)) == 0 && x >= least && x <= most;
}

int
chimney_host_register(
        struct chimney *target, const struct chimney_host_params *params, struct chimney_host **out)
{
	const uint32_t ticks = params->ticks_per_second;
	struct chimney_host *host = NULL;
	int rc;

	if ((ticks != 10 && ticks != 100 && ticks != 1000) ||
	        !power_of_two(params->request_ring_size, 2, 65536) ||
	        !power_of_two(params->event_ring_size, 64, 1048576) || params->name == NULL)
		return -EINVAL;
	for (uint32_t i = 0; host == NULL && i < TOE_MAX_HOSTS; i++)
		if (atomic_load_explicit(&target->hosts[i].state, memory_order_acquire) ==
		        HOST_FREE)
			host = &target->hosts[i];
	if (host == NULL)
		return -ENOSPC;
	memset(host, 0, sizeof(*host));
	host->index = (uint8_t)(host - target->hosts);
	host->tick_ms = (uint8_t)(1000 / ticks);
	host->stale = (int64_t)params->nce_stale_ticks * host->tick_ms * NS_PER_MS;
	host->target = target;
	host->bell.fd = -1;
	/* What the target is in now is told, what it was is not (EVT-3). */
	host->pauses_told = atomic_load_explicit(&target->pauses, memory_order_relaxed) & ~1u;
	host->uploads_told = atomic_load_explicit(&target->uploads, memory_order_relaxed);
	strncpy(host->name, params->name, sizeof(host->name) - 1);
	rc = host_init(host, params);
	if (rc != 0) {
		host_fini(host);
		return rc;
	}
	atomic_store_explicit(&host->state, HOST_USED, memory_order_release);
	atomic_fetch_or_explicit(&target->hosts_in_use, 1u << host->index, memory_order_release);
	*out = host;
	return 0;
}

/*
 * May a worker still post to this host? Its backlog is looked at before its ring: it moves from there to here. What a lost
 * worker has does not count: nobody reads it.
 */
static bool
records_left(struct chimney_host *host)
{
	const struct chimney *target = host->target;

	for (uint32_t i = 0; i < target->shared->worker_count; i++) {
		struct toe_worker_control *worker = target->workers[i];

		if (!toe_worker_is_lost(worker) &&
		        __atomic_load_n(&worker->backlog[host->index].count, __ATOMIC_ACQUIRE) != 0)
			return true;
	}
	return host_has_records(host);
}

void
host_skip(struct chimney_host *host, uint32_t worker)
{
	host->skip[worker] = host->workers[worker]->prod.tail;
}

/* Are requests under way? Initiates of a host that wants to leave do not wait for a resume any more. */
static bool
requests_left(struct chimney_host *host)
{
	if (atomic_load_explicit(&host->submitted, memory_order_acquire) ==
	        atomic_load_explicit(&host->returned, memory_order_acquire))
		return false;
	if (atomic_load_explicit(&host->target->pauses, memory_order_relaxed) & 1) {
		atomic_store_explicit(&host->leaves, 1, memory_order_release);
		toe_doorbell_ring(&host->target->bell);
	}
	return true;
}

int
chimney_host_unregister(struct chimney_host *host)
{
	if (requests_left(host) ||
	        atomic_load_explicit(&host->objects, memory_order_acquire) != 0 ||
	        atomic_load_explicit(&host->holding, memory_order_acquire) != 0 ||
	        atomic_load_explicit(&host->channels, memory_order_acquire) != 0 ||
	        records_left(host))
		return -EBUSY;
	/* The control lcore uses the host's rings, and so may a lost worker: control frees them after them (host_turn). */
	atomic_store_explicit(&host->state, HOST_LEAVING, memory_order_release);
	toe_doorbell_ring(&host->target->bell);
	return 0;
}

/* What is submitted is a root, with its kind in the lowest bits. */
#define ROOT_KIND_MASK ((uintptr_t)OFFLOAD_BLOCK_ALIGNMENT - 1)

_Static_assert(CHIMNEY_REQUEST_COUNT <= OFFLOAD_BLOCK_ALIGNMENT, "a kind fits");

bool
host_take(struct chimney_host *host, enum control_lane lane, struct offload_block_list **root,
        uint32_t *kind, bool *busy)
{
	uintptr_t entry = submit_take(&host->submit[lane], busy);

	*root = (struct offload_block_list *)(entry & ~ROOT_KIND_MASK);
	*kind = (uint32_t)(entry & ROOT_KIND_MASK);
	return entry != 0;
}

/* INV-1: claim, count, put, ring. */
static int
host_submit(struct chimney_host *host, struct offload_block_list *root, uint32_t kind)
{
	struct chimney *target = host->target;
	enum control_lane lane = kind == CHIMNEY_INVALIDATE ? LANE_URGENT : LANE_ORDINARY;

	if (root == NULL || ((uintptr_t)root & (OFFLOAD_BLOCK_ALIGNMENT - 1)) != 0)
		return -EINVAL;
	if (!nonce_take(&target->nonces, root, nonce_claim(&target->nonces, root)))
		return -EALREADY;
	atomic_fetch_add_explicit(&host->submitted, 1, memory_order_relaxed);
	submit_put(&host->submit[lane], root_node(root), (uintptr_t)root | kind);
	toe_doorbell_ring(&target->bell);
	return 0;
}

int
chimney_initiate_offload(struct chimney_host *host, struct offload_block_list *root)
{
	return host_submit(host, root, CHIMNEY_INITIATE);
}

int
chimney_query_offload(struct chimney_host *host, struct offload_block_list *root)
{
	return host_submit(host, root, CHIMNEY_QUERY);
}

int
chimney_update_offload(struct chimney_host *host, struct offload_block_list *root)
{
	return host_submit(host, root, CHIMNEY_UPDATE);
}

int
chimney_invalidate_offload(struct chimney_host *host, struct offload_block_list *root)
{
	return host_submit(host, root, CHIMNEY_INVALIDATE);
}

int
chimney_terminate_offload(struct chimney_host *host, struct offload_block_list *root)
{
	return host_submit(host, root, CHIMNEY_TERMINATE);
}

uint32_t
chimney_hosts(const struct chimney *target)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < TOE_MAX_HOSTS; i++)
		count += atomic_load((_Atomic uint32_t *)(uintptr_t)&target->hosts[i].state) ==
		         HOST_USED;
	return count;
}
