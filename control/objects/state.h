/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of neighbors and paths as the host's structures hold it (CTX-5, CTX-6). */
#ifndef CONTROL_STATE_H
#define CONTROL_STATE_H

#include "host.h"
#include "slots.h"

/*
 * When this neighbor was last known to be reachable, in ns (EVT-2): by what was handed over, and by the forward progress that workers
 * have seen since. They look for it on connections of hosts that gave a NceStaleTicks.
 */
int64_t neighbor_reached(const struct chimney *target, uint32_t index);
/* The host says that it was so many of its ticks ago. */
void neighbor_reach_said(
        struct toe_neighbor *neighbor, const struct chimney_host *host, uint32_t delta);
/* A new neighbor: what both sides knew of it when it was handed over, in ticks ago. */
void neighbor_reach_begin(struct toe_neighbor *neighbor, const struct chimney_host *host,
        uint32_t host_delta, uint32_t target_delta);

/*
 * Fill the parts that are wanted (NULL: not wanted). Reachability times: the host's as it gave it; the target's in the host's ticks.
 */
void neighbor_save(const struct slots *slots, const struct chimney_host *host, uint32_t index,
        struct neighbor_const *constant, struct neighbor_cached *cached,
        struct neighbor_delegated *delegated);
/* constant: struct path4_const or path6_const, by the path's family. */
void path_save(
        const struct slots *slots, uint32_t index, void *constant, struct path_cached *cached);

#endif
