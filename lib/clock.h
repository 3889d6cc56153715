/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nanoseconds from the cycle counter, by multiplication: the `now` of every lcore loop. All lcores share one
 * struct app_clock, constant after clock_init, so that their times compare.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

#include <rte_cycles.h>

struct app_clock {
	uint64_t base; /* TSC at clock_init */
	uint64_t multiplier; /* ns per cycle, 32 fractional bits */
};

static inline void
clock_init(struct app_clock *clock)
{
	clock->base = rte_rdtsc();
	clock->multiplier = (uint64_t)(((__uint128_t)1000000000u << 32) / rte_get_tsc_hz());
}

/* ns since clock_init of a TSC value taken after it. */
static inline uint64_t
clock_ns(const struct app_clock *clock, uint64_t tsc)
{
	return (uint64_t)(((__uint128_t)(tsc - clock->base) * clock->multiplier) >> 32);
}

static inline uint64_t
clock_now(const struct app_clock *clock)
{
	return clock_ns(clock, rte_rdtsc());
}

#endif
