/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seeded interleavings of control, workers, hosts and the port's peer, against an independent model of the
 * contract (TREE, CTX, INIT, INV, QRY, UPD, TERM). `--seed N --count N` replays exactly (sim_range.h).
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim_range.h"
#include "test_eal.h"

#define COUNT 2000u
#define LOST 16u /* every so many interleavings a worker is lost, and comes back */
#define CROWDED 4u /* every so many groups have a large world, and crowds in it */

static struct sim sim;
static struct sim_totals totals;

static bool
is_crowded(uint64_t group)
{
	return group % CROWDED == CROWDED - 1;
}

static enum sim_kind
kind_of(uint64_t number)
{
	uint64_t group = number / SIM_GROUP;

	if (number % SIM_GROUP == SIM_GROUP - 1)
		return group % 2 == 1 ? SIM_SHUTDOWN : SIM_MIXED;
	if (number % LOST == LOST - 1)
		return SIM_LOST;
	return is_crowded(group) && number % 16 == 3 ? SIM_CROWD : SIM_MIXED;
}

static const struct sim_program program = {
        .name = "test_interleave",
        .kind = kind_of,
        .crowded = is_crowded,
};

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

int
main(int argc, char **argv)
{
	struct sim_range range = {.count = COUNT};
	struct rte_mempool *pool;
	int status;
	bool ok;

	if (!sim_range_parse(&program, argc, argv, &range, &status))
		return status;
	if (test_eal_start(256) != 0 || (pool = test_pool_create("sim", 8191)) == NULL)
		return EXIT_FAILURE;
	sim.totals = &totals;
	sim.others = &sim_peers;
	ok = sim_range_run(&program, &sim, &range, pool);
	totals_print();
	if (ok && range.seed == 0 && range.count >= COUNT)
		ok = totals_cover();
	printf("%u passed, %u failed\n", ok ? 1 : 0, ok ? 0 : 1);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
