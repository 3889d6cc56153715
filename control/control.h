/* SPDX-License-Identifier: BSD-3-Clause */
/* The target as control sees it. All of it belongs to the control lcore but for what says otherwise. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "awake.h"
#include "fanout.h"
#include "hold.h"
#include "host.h"
#include "lost.h"
#include "nonce.h"
#include "request.h"
#include "retrieve.h"
#include "schedule.h"
#include "slots.h"
#include "target.h"

struct chimney {
	struct chimney_params params;
	struct toe_shared *shared;
	uint64_t now; /* ns, of this turn */
	uint64_t deadline; /* ns */
	struct toe_awake awake; /* control's own time */
	uint64_t lost; /* bit per worker that is lost, and not back */
	uint64_t losses; /* bit per worker about whose loss something is still to be done */
	uint64_t ns_per_tsc; /* times 2^20 */
	struct worker_link links[TOE_MAX_WORKERS];
	struct request_pool requests;
	struct slots slots;
	struct retrieve retrieve;
	struct nonce_table nonces; /* submitting threads read */
	struct holds holds; /* ring: any thread puts */
	uint16_t *vlans;
	struct chimney_stats stats; /* anyone reads */
	struct chimney_invalidate_times times;
	_Atomic uint64_t initiating[CONTROL_RECORDS]; /* ids of those in progress; workers read */
	struct toe_doorbell bell; /* any thread rings */
	_Atomic uint32_t stopping; /* any thread sets */
	_Atomic uint32_t stopped; /* control sets, anyone reads */
	_Atomic uint32_t
	        hosts_in_use; /* bit per host that is not free; whoever registers sets, control clears */
	_Atomic uint32_t channels; /* bit per channel that is open; host threads */
	struct chimney_host hosts[TOE_MAX_HOSTS];
};

/* Is the state of this connection lost: with its worker now, or with what its worker was (INV-14)? */
static inline bool
conn_is_lost(const struct chimney *target, uint32_t worker, uint32_t index)
{
	return target->links[worker].lost ||
	       (target->slots.tcp[worker][index].slot.flags & SLOT_LOST);
}

/* Add to a statistic: control writes, others read single words. */
static inline void
stat_add(uint64_t *stat, uint64_t n)
{
	__atomic_store_n(stat, *stat + n, __ATOMIC_RELAXED);
}

/* initiate.c, terminate.c: an object came or went. */
static inline void
stat_objects(struct chimney *target, struct chimney_host *host, enum offload_layer layer, int n)
{
	uint64_t *count = layer == OFFLOAD_LAYER_TCP    ? &target->stats.connections
	                  : layer == OFFLOAD_LAYER_PATH ? &target->stats.paths
	                                                : &target->stats.neighbors;

	stat_add(count, (uint64_t)(int64_t)n);
	atomic_store_explicit(&host->objects,
	        atomic_load_explicit(&host->objects, memory_order_relaxed) + (uint64_t)(int64_t)n,
	        memory_order_release);
}

#endif
