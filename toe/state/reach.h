/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a neighbor was last known to be reachable (EVT-2): as its host says, and by the forward progress of connections over it.
 * Times: ns of the clock that all lcores have, with a sign, since what is handed over may lie before its start.
 */
#ifndef TOE_REACH_H
#define TOE_REACH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_ring.h>

/* What one worker knows of a neighbor. W writes, C reads. */
struct toe_reach {
	_Atomic int64_t progress; /* forward progress last seen */
	int64_t asked; /* when control was asked for a query last */
};

#define TOE_REACH_RING                                                                             \
	256u /* neighbors that a worker asks a query for, and control has not come to */
/* A worker asks again after this part of the host's time: another worker's progress may have kept control from it */
#define TOE_REACH_AGAIN 8

/* One worker's knowledge, by neighbor, and its way to control. */
struct toe_reaches {
	struct toe_reach *neighbors; /* M before start */
	struct rte_ring *asked; /* of indexes; W -> C */
};

/* 0 or -ENOMEM. */
int toe_reaches_init(struct toe_reaches *reaches, uint32_t neighbors);
void toe_reaches_fini(struct toe_reaches *reaches, uint32_t neighbors);
uint64_t toe_reaches_estimate(uint32_t neighbors);

static inline int64_t
toe_reach_read(const _Atomic int64_t *time)
{
	return atomic_load_explicit((_Atomic int64_t *)(uintptr_t)time, memory_order_relaxed);
}

/* The later of what was handed over and what was seen since then: a neighbor that had this index before says nothing. */
static inline int64_t
toe_reach_later(int64_t since, int64_t handed, int64_t progress)
{
	return progress >= since ? RTE_MAX(handed, progress) : handed;
}

#endif
