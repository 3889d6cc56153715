/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The target as its hosts see it: what submitting and polling threads share with the control lcore. The rest of what
 * control has begins with this (control.h); the folders above keep structures of their own.
 */
#ifndef CONTROL_DOOR_H
#define CONTROL_DOOR_H

#include "host.h"
#include "nonce.h"
#include "target.h"

/* The control lcore's, but for what says otherwise. */
struct chimney {
	struct chimney_params params;
	struct toe_shared *shared;
	uint64_t now; /* ns, of control's turn */
	struct nonce_table nonces; /* submitting threads read */
	struct chimney_stats stats; /* anyone reads */
	struct chimney_invalidate_times times; /* anyone reads */
	_Atomic uint64_t initiating[CONTROL_RECORDS]; /* ids of those in progress; workers read */
	struct toe_worker_control *workers[TOE_MAX_WORKERS];
	struct toe_doorbell bell; /* any thread rings */
	_Atomic uint32_t stopping; /* any thread sets */
	_Atomic uint32_t stopped; /* control sets, anyone reads */
	_Atomic uint32_t
	        hosts_in_use; /* bit per host that is not free; whoever registers sets, control clears */
	struct chimney_host hosts[TOE_MAX_HOSTS];
};

/* Add to a statistic: control writes, others read single words. */
static inline void
stat_add(uint64_t *stat, uint64_t n)
{
	__atomic_store_n(stat, *stat + n, __ATOMIC_RELAXED);
}

/* n objects of a host came, or went. */
static inline void
stat_objects(struct chimney_host *host, enum offload_layer layer, int n)
{
	struct chimney *target = host->target;
	uint64_t *count = layer == OFFLOAD_LAYER_TCP    ? &target->stats.connections
	                  : layer == OFFLOAD_LAYER_PATH ? &target->stats.paths
	                                                : &target->stats.neighbors;

	stat_add(count, (uint64_t)(int64_t)n);
	atomic_store_explicit(&host->objects,
	        atomic_load_explicit(&host->objects, memory_order_relaxed) + (uint64_t)(int64_t)n,
	        memory_order_release);
}

#endif
