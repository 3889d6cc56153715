/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seeded interleavings of control, workers, hosts and the port's peer, against an independent model of the
 * contract (TREE, CTX, INIT, INV, QRY, UPD, TERM). `--seed N --count N` replays exactly: interleavings come in
 * groups that share a world, and a replay starts at the beginning of the group.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "test_eal.h"
#include "test_mutant.h"

#define GROUP 64u /* interleavings that share a world; the last one may end it */

#define LOST 16u /* every so many interleavings a worker is lost, and comes back */
#define CROWDED 4u /* every so many groups have a large world, and crowds in it */

static struct sim sim;
static struct sim_totals totals;

static enum sim_kind
kind_of(uint64_t number)
{
	uint64_t group = number / GROUP;

	if (number % GROUP == GROUP - 1)
		return group % 2 == 1 ? SIM_SHUTDOWN : SIM_MIXED;
	if (number % LOST == LOST - 1)
		return SIM_LOST;
	return group % CROWDED == CROWDED - 1 && number % 16 == 3 ? SIM_CROWD : SIM_MIXED;
}

/* One group, or its part up to `end`. False when something was wrong. */
static bool
group_run(uint64_t first, uint64_t end, struct rte_mempool *pool, uint64_t trace_from)
{
	if (!sim_world_create(&sim, first, pool, first / GROUP % CROWDED == CROWDED - 1)) {
		snprintf(sim.wrong, sizeof(sim.wrong), "no world");
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
	}
	sim_world_destroy(&sim);
	if (!sim_ok(&sim))
		printf("group of seed %lu: %s\n", (unsigned long)first, sim.wrong);
	return sim_ok(&sim);
}

static void
totals_print(void)
{
	printf("%lu interleavings, %lu steps, %lu frames\n", (unsigned long)totals.runs,
	        (unsigned long)totals.steps, (unsigned long)totals.frames);
	for (uint32_t i = 0; i < CHIMNEY_REQUEST_COUNT; i++)
		printf("%s %lu, ", chimney_request_name(i), (unsigned long)totals.requests[i]);
	printf("behind a full ring %lu\n", (unsigned long)totals.overflows);
	printf("blocks: %lu SUCCESS, %lu FAILURE, %lu PARTIAL_SUCCESS, %lu lack of resources, %lu "
	       "stale\n",
	        (unsigned long)totals.success, (unsigned long)totals.failure,
	        (unsigned long)totals.partial, (unsigned long)totals.resources,
	        (unsigned long)totals.stale);
	printf("%lu frames discarded in %lu interleavings, %lu RETRIEVE, %lu relinks, "
	       "%lu connections saved from RETRIEVE, %lu lost workers, %lu shutdowns\n",
	        (unsigned long)totals.discarded, (unsigned long)totals.runs_with_discards,
	        (unsigned long)totals.retrieves, (unsigned long)totals.relinks,
	        (unsigned long)totals.resumed, (unsigned long)totals.lost,
	        (unsigned long)totals.shutdowns);
}

/* A check that never met its case proves nothing: in a long run every case must have come up. */
static bool
totals_cover(void)
{
	bool cover = totals.runs_with_discards * 10 >= totals.runs && totals.retrieves > 0 &&
	             totals.relinks > 0 && totals.stale > 0 && totals.lost > 0 &&
	             totals.shutdowns > 0 && totals.partial > 0 && totals.resources > 0 &&
	             totals.overflows > 0 && totals.resumed > 0;

	if (!cover)
		printf("the interleavings did not cover what they should: see the totals\n");
	return cover;
}

static void
usage(void)
{
	printf("usage: test_interleave [--seed N] [--count N] [--mutant NAME] [--trace]\n"
	       "  --seed N    first interleaving (default 0)\n"
	       "  --count N   how many (default 2000)\n"
	       "  --mutant M  switch on a planted fault (builds with -Dmutants=true)\n"
	       "  --trace     print what the hosts do and see\n");
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
	        {"count", required_argument, NULL, 'c'}, {"mutant", required_argument, NULL, 'm'},
	        {"trace", no_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'},
	        {NULL, 0, NULL, 0}};
	uint64_t seed = 0, count = 2000, trace_from = UINT64_MAX;
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
	if (test_eal_start(256) != 0 || (pool = test_pool_create("sim", 8191)) == NULL)
		return EXIT_FAILURE;
	sim.totals = &totals;
	sim.others = &sim_peers;
	if (trace)
		trace_from = seed;
	for (uint64_t first = seed / GROUP * GROUP; ok && first < seed + count; first += GROUP)
		ok = group_run(first, RTE_MIN(first + GROUP, seed + count), pool, trace_from);
	totals_print();
	if (ok && seed == 0 && count >= 2000)
		ok = totals_cover();
	printf("%u passed, %u failed\n", ok ? 1 : 0, ok ? 0 : 1);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
