/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests that are run once for each of many seeds. */
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

uint64_t
seeds_run(uint64_t count, seed_run *run, const uint64_t *now_us)
{
	const char *only = getenv("WIRE_SEED"), *wanted = getenv("WIRE_COUNT");
	uint64_t first = only != NULL ? strtoull(only, NULL, 10) : 1;
	uint64_t n = only != NULL ? 1 : wanted != NULL ? strtoull(wanted, NULL, 10) : count;

	for (uint64_t seed = first; seed < first + n; seed++) {
		const char *wrong = run(seed);

		if (wrong == NULL)
			continue;
		printf("    seed %lu at %lu us: %s\n", seed, *now_us, wrong);
		CU_FAIL("a seed fails; run it alone with WIRE_SEED");
		return 0;
	}
	return only != NULL ? 0 : n;
}
