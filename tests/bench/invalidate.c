/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Benchmark: how fast one invalidate of a neighbor stops 1 to 1,000,000 connections beside traffic,
 * what it would cost to visit each of them first, and how fast RETRIEVE follows (INV-7, INV-9,
 * INV-13).
 *
 * Ends with 1 when a frame of a stopped connection reached the port after the completion, whatever
 * the speed: bars that are missed are only reported.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "invalidate_report.h"
#include "rng.h"
#include "test_mutant.h"

#define BUSY_CONNS 64u
#define STOP_ROUNDS 400u
#define QUICK_ROUNDS 20u
#define STOPS_PER_RETRIEVE 80u
#define STOPS_PER_NAIVE 20u
#define WARM_UP_NS (500 * BENCH_NS_PER_MS)
#define SETTLE_NS (BENCH_NS_PER_MS / 4)
#define MOST_ADJACENT 0.1
#define MEMORY_CONNS 1000000u
#define MEMORY_AFTER_NS (10000 * BENCH_NS_PER_MS)

struct options {
	bool json;
	bool quick;
	uint32_t rounds, retrieves;
	const char *fault;
};

static struct group groups[] = {
        {.conns = BUSY_CONNS, .paths = 1},
        {.conns = 1, .paths = 1},
        {.conns = 1000, .paths = BENCH_GROUP_PATHS},
        {.conns = 100000, .paths = BENCH_GROUP_PATHS},
        {.conns = 1000000, .paths = BENCH_GROUP_PATHS},
};

/* Per connection of this target: what the process grew by. */
static double
resident_per_connection(const struct bench *bench)
{
	malloc_trim(0);
	return (double)(bench_resident() - bench->resident_before) / bench->conns;
}

/*
 * Slots are given out in order to begin with. Freed in one random order and taken again in another, they tell nothing about
 * the order of the walk. Before that, with windows closed, no connection has sent anything yet.
 */
static void
offload_all(struct bench *bench, struct bench_memory *memory)
{
	bench->closed = true;
	for (uint32_t i = 0; i < bench->groups; i++) {
		group_offload(bench, &bench->group[i]);
		group_connect(bench, &bench->group[i]);
	}
	bench_await_idle(bench);
	memory->idle = resident_per_connection(bench);
	bench->closed = false;
	for (uint32_t i = 0; i < bench->groups; i++) {
		struct group *group = &bench->group[i];

		group_disconnect(bench, group);
		group_connect(bench, group);
		if (group->conns >= 1000 && group_adjacent(bench, group) > MOST_ADJACENT)
			bench_fail("the %u connections were not offloaded in shuffled order",
			        group->conns);
	}
}

/* A stop in the middle of traffic that has found its pace, at no particular moment of a turn. */
static void
stop_at_random(struct bench *bench, struct group *group, struct rng *rng)
{
	bench_wait(bench, SETTLE_NS + rng_below(rng, SETTLE_NS));
	round_stop(bench, group);
}

/* All sizes in turn, in changing order, so that what the machine does to one it does to all. */
static void
measure(struct bench *bench, const struct options *options)
{
	uint32_t retrieves = options->retrieves;
	uint32_t order[RTE_DIM(groups)];
	struct rng rng;

	rng_seed(&rng, 1);
	for (uint32_t i = 0; i < bench->groups; i++)
		order[i] = i;
	for (uint32_t round = 0; round < options->rounds; round++) {
		for (uint32_t i = 1; i < bench->groups; i++) {
			uint32_t j = rng_range(&rng, i, bench->groups - 1), number = order[j];

			order[j] = order[i];
			order[i] = number;
			stop_at_random(bench, &bench->group[number], &rng);
			if (round % STOPS_PER_NAIVE == 0)
				round_naive(bench, &bench->group[number]);
		}
		yardstick_measure(&bench->yardstick, &bench->loop);
	}
	if (retrieves == 0)
		retrieves = RTE_MAX(options->rounds / STOPS_PER_RETRIEVE, 1u);
	for (uint32_t round = 0; round < retrieves; round++) {
		for (uint32_t i = 1; i < bench->groups; i++) {
			round_retrieve(bench, &bench->group[i], false);
			round_retrieve(bench, &bench->group[i], true);
		}
	}
}

/* Once traffic has gone quiet, with data of each connection in flight; and when all have been idle for a while. */
static void
measure_memory(struct bench *bench, struct bench_memory *memory)
{
	bench_silence(bench);
	memory->busy = resident_per_connection(bench);
	bench_fall_idle(bench);
	bench_wait(bench, MEMORY_AFTER_NS);
	memory->after = resident_per_connection(bench);
	memory->estimate = (double)bench_estimate(bench, MEMORY_CONNS) / MEMORY_CONNS;
}

static int
options_parse(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			options->json = true;
		} else if (strcmp(argv[i], "--quick") == 0) {
			options->quick = true;
			options->rounds = QUICK_ROUNDS;
		} else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc &&
		           atoi(argv[i + 1]) > 0) {
			options->rounds = (uint32_t)atoi(argv[++i]);
		} else if (strcmp(argv[i], "--retrieves") == 0 && i + 1 < argc &&
		           atoi(argv[i + 1]) > 0) {
			options->retrieves = (uint32_t)atoi(argv[++i]);
		} else if (strcmp(argv[i], "--fault") == 0 && i + 1 < argc) {
			options->fault = argv[++i];
		} else {
			fprintf(stderr,
			        "usage: %s [--json] [--quick] [--rounds N] [--retrieves N] "
			        "[--fault NAME]\n"
			        "  --json    one JSON object per number of dependents\n"
			        "  --quick   small sizes and few rounds: to see that it works\n"
			        "  --rounds  stops of each size (default %u)\n"
			        "  --retrieves  walks of each size (default: one in %u stops)\n"
			        "  --fault   switch on a planted fault (build with "
			        "-Dmutants=true)\n",
			        argv[0], STOP_ROUNDS, STOPS_PER_RETRIEVE);
			return -1;
		}
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static struct bench bench = {.group = groups, .groups = RTE_DIM(groups)};
	struct options options = {.rounds = STOP_ROUNDS};
	struct bench_memory memory;
	uint64_t after = 0, discarded = 0;

	if (options_parse(argc, argv, &options) != 0)
		return 2;
	if (options.fault != NULL && !test_mutant(options.fault))
		bench_fail("no planted fault %s in this build", options.fault);
	if (options.quick)
		bench.groups -= 2;
	bench_start(&bench);
	offload_all(&bench, &memory);
	bench_wait(&bench, WARM_UP_NS);
	measure(&bench, &options);
	measure_memory(&bench, &memory);
	invalidate_report(&bench, &memory, options.json);
	if (!options.quick)
		invalidate_report_bars(&bench, &memory, options.json);
	for (uint32_t i = 1; i < bench.groups; i++) {
		after += groups[i].frames_after;
		discarded += groups[i].frames_discarded;
	}
	bench_stop(&bench);
	if (after > 0)
		bench_fail("%lu frames of stopped connections after the completion", after);
	if (discarded == 0)
		bench_fail("no frame was discarded: the stops did not meet frames held back");
	return 0;
}
