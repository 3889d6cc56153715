/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a lost worker comes back. It has parked (toe/worker/park.h): it holds nothing and is as new. When control has nothing
 * left from before the loss that could still mean the worker as it was, the worker goes on: it takes frames from its
 * queues again, and new connections. Its lost connections are known to control alone.
 */
#ifndef CONTROL_REJOIN_H
#define CONTROL_REJOIN_H

#include "fanout.h"

/* Lost, and not parked: it may still use what it had. Any thread. */
static inline bool
worker_at_large(const struct worker_link *link)
{
	uint32_t lost = atomic_load_explicit(&link->worker->lost, memory_order_acquire);

	return (lost & 1) &&
	       atomic_load_explicit(&link->worker->parked, memory_order_acquire) != lost;
}

/* It has parked, and no request from before its loss is in progress. All its slots are marked as lost. */
bool worker_may_rejoin(const struct chimney *target, uint32_t worker);
void worker_rejoin(struct chimney *target, uint32_t worker);

#endif
