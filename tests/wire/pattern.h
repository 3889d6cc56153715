/* SPDX-License-Identifier: BSD-3-Clause */
/* What a sink's digest of the pattern (toe/services/service.h) has to be. */
#ifndef TESTS_WIRE_PATTERN_H
#define TESTS_WIRE_PATTERN_H

#include "service.h"

/* XXH64 of the first `bytes` of the pattern. */
static inline uint64_t
pattern_hash(uint64_t bytes)
{
	uint8_t period[TOE_PATTERN_PERIOD];
	XXH64_state_t state;

	for (uint32_t i = 0; i < TOE_PATTERN_PERIOD; i++)
		period[i] = (uint8_t)i;
	XXH64_reset(&state, 0);
	for (; bytes > 0; bytes -= RTE_MIN(bytes, (uint64_t)TOE_PATTERN_PERIOD))
		XXH64_update(&state, period, RTE_MIN(bytes, (uint64_t)TOE_PATTERN_PERIOD));
	return XXH64_digest(&state);
}

#endif
