/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link and control in one simulation: seeded sequences of requests by several hosts over several workers, while every connection
 * talks to a whole TCP over a wire that loses and reorders in every other sequence (joined.h). Prints
 * `sequences, operations, coverage_min, violations`; operations: the median of a sequence.
 *
 * `--seed N --count N` replays exactly: sequences come in groups that share a world, and a replay starts at the beginning of the
 * group. SIM_COUNT: how many, where --count does not say it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "joined.h"
#include "test_eal.h"
#include "test_mutant.h"

#define GROUP 64u /* sequences that share a world; the last one may end it */
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
	if (number % GROUP == GROUP - 1)
		return number / GROUP % 2 == 1 ? SIM_SHUTDOWN : SIM_MIXED;
	return number % LOST == LOST - 1 || number % LOST == 0 ? SIM_LOST : SIM_MIXED;
}

/* One group, or its part up to `end`. False when something was wrong. */
static bool
group_run(uint64_t first, uint64_t end, struct rte_mempool *pool, uint64_t trace_from)
{
	if (!sim_world_create(&sim, first, pool, false)) {
		printf("no world\n");
		return false;
	}
	for (uint64_t number = first; number < end; number++) {
		sim.trace = number >= trace_from;
		if (sim.trace)
			printf("seed %lu\n", (unsigned long)number);
		if (!sim_run(&sim, number, kind_of(number))) {
			printf("seed %lu, step %lu: %s\n", (unsigned long)number,
			        (unsigned long)sim.step, sim.wrong);
			sim_world_destroy(&sim);
			return false;
		}
		sequences_of[RTE_MIN(joined.operations, MOST_OPERATIONS - 1)]++;
	}
	joined.clock_us += sim.world.now / 1000;
	sim_world_destroy(&sim);
	if (!sim_ok(&sim))
		printf("group of seed %lu: %s\n", (unsigned long)first, sim.wrong);
	return sim_ok(&sim);
}

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

static void
usage(void)
{
	printf("usage: test_joined [--seed N] [--count N] [--mutant NAME] [--trace]\n"
	       "  --seed N    first sequence (default 0)\n"
	       "  --count N   how many (default SIM_COUNT, else %u)\n"
	       "  --mutant M  switch on a planted fault (builds with -Dmutants=true)\n"
	       "  --trace     print what the hosts do and see\n",
	        COUNT);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
	        {"count", required_argument, NULL, 'c'}, {"mutant", required_argument, NULL, 'm'},
	        {"trace", no_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'},
	        {NULL, 0, NULL, 0}};
	const char *wanted = getenv("SIM_COUNT");
	uint64_t seed = 0, count = wanted != NULL ? strtoull(wanted, NULL, 0) : COUNT;
	uint64_t trace_from = UINT64_MAX;
	struct rte_mempool *pool;
	bool trace = false, ok = true;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'c')
			count = strtoull(optarg, NULL, 0);
		else if (option == 't')
			trace = true;
		else if (option != 'm' || !test_mutant(optarg))
			return usage(), option == 'h' ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (test_eal_start(256) != 0 || (pool = test_pool_create("sim", 8191)) == NULL ||
	        !joined_init(&joined, pool))
		return EXIT_FAILURE;
	sim.totals = &totals;
	sim.others = &joined_others;
	sim.joined = &joined;
	if (trace)
		trace_from = seed;
	for (uint64_t first = seed / GROUP * GROUP; ok && first < seed + count; first += GROUP)
		ok = group_run(first, RTE_MIN(first + GROUP, seed + count), pool, trace_from);
	ok = judge(seed == 0 ? count : 0, ok);
	joined_fini(&joined);
	printf("%u passed, %u failed\n", ok ? 1 : 0, ok ? 0 : 1);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
