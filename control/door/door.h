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
	_Atomic uint32_t channels; /* bit per channel that is open; host threads */
	/* The operator's (target.h) */
	_Atomic uint32_t pauses; /* changes between resumed and paused: odd while paused */
	_Atomic uint32_t uploads; /* times that everything was asked back */
	_Atomic uint32_t limit[OFFLOAD_LAYER_TCP + 1]; /* objects of a layer, at most */
	struct rte_ring *asked; /* handles of connections to ask back; operator -> control */
	struct chimney_host hosts[TOE_MAX_HOSTS];
};

/* operator.c: what the operator's calls use. 0 or -ENOMEM. */
int operator_init(struct chimney *target);
void operator_fini(struct chimney *target);

/* Does this host's initiate have to wait (EVT-3)? On shutdown, and for a host that leaves, none does. */
static inline bool
host_is_paused(const struct chimney *target, const struct chimney_host *host)
{
	return (atomic_load_explicit(
	                (_Atomic uint32_t *)(uintptr_t)&target->pauses, memory_order_relaxed) &
	               1) &&
	       !atomic_load_explicit(
	               (_Atomic uint32_t *)(uintptr_t)&target->stopping, memory_order_relaxed) &&
	       !atomic_load_explicit(
	               (_Atomic uint32_t *)(uintptr_t)&host->leaves, memory_order_relaxed);
}

/* Add to a statistic: control writes, others read single words. */
static inline void
stat_add(uint64_t *stat, uint64_t n)
{
	__atomic_store_n(stat, *stat + n, __ATOMIC_RELAXED);
}

/* How many objects of this layer are offloaded. */
static inline uint64_t *
stat_of_layer(struct chimney *target, enum offload_layer layer)
{
	return layer == OFFLOAD_LAYER_TCP    ? &target->stats.connections
	       : layer == OFFLOAD_LAYER_PATH ? &target->stats.paths
	                                     : &target->stats.neighbors;
}

/* n objects of a host came, or went. */
static inline void
stat_objects(struct chimney_host *host, enum offload_layer layer, int n)
{
	struct chimney *target = host->target;

	stat_add(stat_of_layer(target, layer), (uint64_t)(int64_t)n);
	atomic_store_explicit(&host->objects,
	        atomic_load_explicit(&host->objects, memory_order_relaxed) + (uint64_t)(int64_t)n,
	        memory_order_release);
}

#endif
