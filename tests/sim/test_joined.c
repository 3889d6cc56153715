/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link and control in one simulation: seeded sequences of requests by several hosts over several workers, while every connection
 * talks to a whole TCP over a wire that loses and reorders in every other sequence (joined.h). Prints
 * `sequences, operations, coverage_min, violations`; operations: the median of a sequence.
 *
 * `--seed N --count N` replays exactly (sim_range.h). SIM_COUNT: how many, where --count does not say it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "joined.h"
#include "sim_range.h"
#include "test_eal.h"

#define LOST 4u /* every so many sequences a worker is lost, and comes back */
#define COUNT 20000u
#define WANTED                                                                                     \
	100u /* times that each operation is to meet each state and condition, in COUNT sequences */
#define MEDIAN 200u /* operations of a sequence */
#define MOST_OPERATIONS 4096u

static struct sim sim;
static struct sim_totals totals;
static struct joined joined;
static uint64_t sequences_of[MOST_OPERATIONS]; /* by their number of operations */

static enum sim_kind
kind_of(uint64_t number)
{
	if (number % SIM_GROUP == SIM_GROUP - 1)
		return number / SIM_GROUP % 2 == 1 ? SIM_SHUTDOWN : SIM_MIXED;
	return number % LOST == LOST - 1 || number % LOST == 0 ? SIM_LOST : SIM_MIXED;
}

static void
sequence_ran(struct sim *ran)
{
	sequences_of[RTE_MIN(ran->joined->operations, MOST_OPERATIONS - 1)]++;
}

/* The far ends' clock goes on from world to world. */
static void
group_ran(struct sim *ran)
{
	ran->joined->clock_us += ran->world.now / 1000;
}

static const struct sim_program program = {
        .name = "test_joined",
        .kind = kind_of,
        .ran = sequence_ran,
        .group_ran = group_ran,
};

static uint64_t
median(uint64_t sequences)
{
	uint64_t seen = 0;
	uint32_t i = 0;

	while (i + 1 < MOST_OPERATIONS && (seen += sequences_of[i]) * 2 < sequences)
		i++;
	return i;
}

/* What a whole run must have met: else it proves nothing. */
static bool
judge(uint64_t count, bool ok)
{
	bool whole = count >= COUNT;
	uint64_t operations = median(totals.runs);
	uint64_t least = joined_coverage(&joined, whole && ok ? WANTED * count / COUNT : 0);

	printf("%lu steps, %lu frames, %lu bytes of text; wire: %lu lost, %lu doubled, %lu "
	       "reordered; "
	       "%lu digests, %lu resets\n",
	        (unsigned long)totals.steps, (unsigned long)totals.frames,
	        (unsigned long)joined.met.bytes, (unsigned long)joined.met.lost,
	        (unsigned long)joined.met.doubled, (unsigned long)joined.met.reordered,
	        (unsigned long)joined.met.digests, (unsigned long)joined.met.resets);
	printf("offloaded again %lu; %lu frames discarded, %lu RETRIEVE, %lu relinks, %lu lost "
	       "workers, %lu shutdowns\n",
	        (unsigned long)joined.met.again, (unsigned long)totals.discarded,
	        (unsigned long)totals.retrieves, (unsigned long)totals.relinks,
	        (unsigned long)totals.lost, (unsigned long)totals.shutdowns);
	printf("sequences %lu, operations %lu, coverage_min %lu, violations %u\n",
	        (unsigned long)totals.runs, (unsigned long)operations, (unsigned long)least,
	        ok ? 0 : 1);
	if (!whole || !ok)
		return ok;
	ok = least >= WANTED && operations >= MEDIAN && joined.met.again > 0 &&
	     joined.met.lost > 0 && joined.met.reordered > 0 && joined.met.digests > 0 &&
	     totals.discarded > 0 && totals.retrieves > 0 && totals.relinks > 0 &&
	     totals.lost > 0 && totals.shutdowns > 0;
	if (!ok)
		printf("the sequences did not meet what they should\n");
	return ok;
}

int
main(int argc, char **argv)
{
	const char *wanted = getenv("SIM_COUNT");
	struct sim_range range = {.count = wanted != NULL ? strtoull(wanted, NULL, 0) : COUNT};
	struct rte_mempool *pool;
	int status;
	bool ok;

	if (!sim_range_parse(&program, argc, argv, &range, &status))
		return status;
	if (test_eal_start(256) != 0 || (pool = test_pool_create("sim", 8191)) == NULL ||
	        !joined_init(&joined, pool))
		return EXIT_FAILURE;
	sim.totals = &totals;
	sim.others = &joined_others;
	sim.joined = &joined;
	ok = sim_range_run(&program, &sim, &range, pool);
	ok = judge(range.seed == 0 ? range.count : 0, ok);
	joined_fini(&joined);
	printf("%u passed, %u failed\n", ok ? 1 : 0, ok ? 0 : 1);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
