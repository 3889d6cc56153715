/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which seeded sequences of sim.h a program runs, and running them: in groups that share a world, of which the last sequence may
 * end it. A replay (`--seed N --count N`) starts at the beginning of the group.
 */
#ifndef TESTS_SIM_RANGE_H
#define TESTS_SIM_RANGE_H

#include "sim.h"

#define SIM_GROUP 64u /* sequences that share a world */

struct sim_range {
	uint64_t seed, count;
	uint64_t trace_from; /* UINT64_MAX: nothing is printed */
};

/* What a program has of its own. */
struct sim_program {
	const char *name;
	enum sim_kind (*kind)(uint64_t number);
	bool (*crowded)(uint64_t group); /* has this group a large world? NULL: none has */
	void (*ran)(struct sim *sim); /* after each sequence that went well; NULL: nothing */
	void (*group_ran)(struct sim *sim); /* before its world goes; NULL: nothing */
};

/* range->count: the default. True: go on; else *status is how the program ends. */
bool sim_range_parse(const struct sim_program *program, int argc, char **argv,
        struct sim_range *range, int *status);
/* False: something was wrong, and has been printed. */
bool sim_range_run(const struct sim_program *program, struct sim *sim,
        const struct sim_range *range, struct rte_mempool *pool);

#endif
