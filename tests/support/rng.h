/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seeded random numbers for tests (splitmix64): the same seed gives the same sequence everywhere, so that a
 * failure is replayed from the seed that it printed.
 */
#ifndef TESTS_RNG_H
#define TESTS_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t
rng_next(struct rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/*
 * The state walks in equal steps. Seeds that follow each other must not lie a step apart, or a sequence would be the one before
 * but for its first number: the seed is scrambled.
 */
static inline void
rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = seed * UINT64_C(0x9E3779B97F4A7C15) + UINT64_C(0xD1B54A32D192ED03);
	rng->state = rng_next(rng);
}

/* Uniform in [0, n); n > 0. */
static inline uint32_t
rng_below(struct rng *rng, uint32_t n)
{
	return (uint32_t)(((rng_next(rng) >> 32) * n) >> 32);
}

/* Uniform in [low, high]. */
static inline uint32_t
rng_range(struct rng *rng, uint32_t low, uint32_t high)
{
	return low + rng_below(rng, high - low + 1);
}

/* True in `percent` of 100 cases. */
static inline bool
rng_chance(struct rng *rng, uint32_t percent)
{
	return rng_below(rng, 100) < percent;
}

#endif
