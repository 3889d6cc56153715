/* SPDX-License-Identifier: BSD-3-Clause */
/* The clock of both lcores: ns from the cycle counter, by multiplication. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>

#include <rte_cycles.h>

struct bench_clock {
	uint64_t base_tsc;
	uint64_t base_ns; /* what the clock showed at base_tsc */
	uint64_t multiplier; /* ns per cycle, 32 fractional bits */
};

/* The clock continues a time that others have used before. */
static inline void
bench_clock_start(struct bench_clock *clock, uint64_t now)
{
	clock->base_tsc = rte_rdtsc();
	clock->base_ns = now;
	clock->multiplier = (uint64_t)(((__uint128_t)1000000000u << 32) / rte_get_tsc_hz());
}

/* ns of a TSC value taken after the start. */
static inline uint64_t
bench_ns(const struct bench_clock *clock, uint64_t tsc)
{
	return clock->base_ns +
	       (uint64_t)(((__uint128_t)(tsc - clock->base_tsc) * clock->multiplier) >> 32);
}

static inline uint64_t
bench_now(const struct bench_clock *clock)
{
	return bench_ns(clock, rte_rdtsc());
}

static inline double
bench_us(uint64_t from_tsc, uint64_t to_tsc)
{
	return (double)(int64_t)(to_tsc - from_tsc) * 1e6 / (double)rte_get_tsc_hz();
}

#endif
