/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests that are run once for each of many seeds. */
#ifndef TESTS_WIRE_SEEDS_H
#define TESTS_WIRE_SEEDS_H

#include <stdint.h>

/* NULL: all was as it should be, else what was not. */
typedef const char *seed_run(uint64_t seed);

/*
 * Runs seeds 1 to `count`, or as many as WIRE_COUNT says; WIRE_SEED runs that one alone. A seed that fails is printed with the time at
 * `*now_us`, and ends it. Returns how many were run when that allows to judge them together, else 0: one failed, or was alone.
 */
uint64_t seeds_run(uint64_t count, seed_run *run, const uint64_t *now_us);

#endif
