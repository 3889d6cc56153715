/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a lost worker comes back. It has parked (toe/worker/park.h): it holds nothing and is as new. When control has nothing
 * left from before the loss that could still mean the worker as it was, the worker goes on: it takes frames from its
 * queues again, and new connections. Its lost connections are known to control alone.
 */
#ifndef CONTROL_REJOIN_H
#define CONTROL_REJOIN_H

#include "workers.h"

/*
 * It has parked, and no request from before its loss is in progress. All its slots are marked as lost. oldest: as in lost_turn.
 */
bool worker_may_rejoin(const struct workers *workers, uint32_t worker, uint64_t oldest);
void worker_rejoin(struct workers *workers, uint32_t worker);

#endif
