/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every byte that an end's service is given, whatever the service: counted and hashed in the order of delivery. It stands
 * between the engine and toe_service_deliver, so that the engine needs no hook for it.
 */
#ifndef TESTS_WIRE_DELIVERED_H
#define TESTS_WIRE_DELIVERED_H

#include "end.h"
#include "pattern.h"

struct delivered {
	XXH64_state_t digest; /* seed 0 */
	uint64_t bytes;
};

/* From now on what is delivered at `end` (up to two of them at a time, by `which`) counts here. NULL: no more. */
void delivered_watch(uint32_t which, const struct end *end, struct delivered *delivered);

/* Is it the beginning of what a source sends? */
static inline bool
delivered_is_pattern(const struct delivered *delivered)
{
	return XXH64_digest(&delivered->digest) == pattern_hash(delivered->bytes);
}

#endif
