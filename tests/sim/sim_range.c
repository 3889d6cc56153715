/* SPDX-License-Identifier: BSD-3-Clause */
/* Seeded sequences, as the command line says. */
#include "sim_range.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_mutant.h"

static void
usage(const struct sim_program *program, uint64_t count)
{
	printf("usage: %s [--seed N] [--count N] [--mutant NAME] [--trace]\n"
	       "  --seed N    first sequence (default 0)\n"
	       "  --count N   how many (default %lu)\n"
	       "  --mutant M  switch on a planted fault (builds with -Dmutants=true)\n"
	       "  --trace     print what the hosts do and see\n",
	        program->name, (unsigned long)count);
}

bool
sim_range_parse(const struct sim_program *program, int argc, char **argv, struct sim_range *range,
        int *status)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
	        {"count", required_argument, NULL, 'c'}, {"mutant", required_argument, NULL, 'm'},
	        {"trace", no_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'},
	        {NULL, 0, NULL, 0}};
	uint64_t count = range->count;
	bool trace = false;
	int option;

	range->seed = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's') {
			range->seed = strtoull(optarg, NULL, 0);
		} else if (option == 'c') {
			range->count = strtoull(optarg, NULL, 0);
		} else if (option == 't') {
			trace = true;
		} else if (option != 'm' || !test_mutant(optarg)) {
			usage(program, count);
			*status = option == 'h' ? EXIT_SUCCESS : EXIT_FAILURE;
			return false;
		}
	}
	range->trace_from = trace ? range->seed : UINT64_MAX;
	return true;
}

/* One group, or its part up to `end`. False when something was wrong. */
static bool
group_run(const struct sim_program *program, struct sim *sim, const struct sim_range *range,
        uint64_t first, struct rte_mempool *pool)
{
	uint64_t end = RTE_MIN(first + SIM_GROUP, range->seed + range->count);
	bool crowded = program->crowded != NULL && program->crowded(first / SIM_GROUP);

	if (!sim_world_create(sim, first, pool, crowded)) {
		printf("group of seed %lu: no world\n", (unsigned long)first);
		return false;
	}
	for (uint64_t number = first; number < end; number++) {
		sim->trace = number >= range->trace_from;
		if (sim->trace)
			printf("seed %lu\n", (unsigned long)number);
		if (!sim_run(sim, number, program->kind(number))) {
			printf("seed %lu, step %lu: %s\n", (unsigned long)number,
			        (unsigned long)sim->step, sim->wrong);
			sim_world_destroy(sim);
			return false;
		}
		if (program->ran != NULL)
			program->ran(sim);
	}
	if (program->group_ran != NULL)
		program->group_ran(sim);
	sim_world_destroy(sim);
	if (!sim_ok(sim))
		printf("group of seed %lu: %s\n", (unsigned long)first, sim->wrong);
	return sim_ok(sim);
}

bool
sim_range_run(const struct sim_program *program, struct sim *sim, const struct sim_range *range,
        struct rte_mempool *pool)
{
	uint64_t first = range->seed / SIM_GROUP * SIM_GROUP;

	for (; first < range->seed + range->count; first += SIM_GROUP)
		if (!group_run(program, sim, range, first, pool))
			return false;
	return true;
}
