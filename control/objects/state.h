/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of neighbors and paths as the host's structures hold it (CTX-5, CTX-6). */
#ifndef CONTROL_STATE_H
#define CONTROL_STATE_H

#include "host.h"
#include "slots.h"

/*
 * Fill the parts that are wanted (NULL: not wanted). Reachability times: the host's as it gave it; the target's
 * goes on from what was handed over, in the host's ticks (nothing refreshes it before EVT-2).
 */
void neighbor_save(const struct slots *slots, const struct chimney_host *host, uint32_t index,
        struct neighbor_const *constant, struct neighbor_cached *cached,
        struct neighbor_delegated *delegated);
/* constant: struct path4_const or path6_const, by the path's family. */
void path_save(
        const struct slots *slots, uint32_t index, void *constant, struct path_cached *cached);

#endif
