/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Comparisons modulo 2^32: of two numbers less than 2^31 apart, which comes first, also where the count has begun anew
 * between them.
 */
#ifndef TOE_SERIAL_H
#define TOE_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/* Sequence numbers (RFC 9293 section 3.4). */
static inline int
seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline int
seq_leq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

/* Times, in whatever unit. */
static inline bool
toe_time_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
