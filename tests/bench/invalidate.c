/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Benchmark: how fast one invalidate of a neighbor stops 1 to 1,000,000 connections beside traffic,
 * what it would cost to visit each of them first, and how fast RETRIEVE follows (INV-7, INV-9,
 * INV-13).
 *
 * Ends with 1 when a frame of a stopped connection reached the port after the completion, whatever
 * the speed.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "rng.h"
#include "test_mutant.h"

#define BUSY_CONNS 64u
#define STOP_ROUNDS 400u
#define QUICK_ROUNDS 20u
#define STOPS_PER_RETRIEVE 80u
#define STOPS_PER_NAIVE 20u
#define SPREAD_PARTS 5u
#define WARM_UP_NS (500 * BENCH_NS_PER_MS)
#define SETTLE_NS (BENCH_NS_PER_MS / 4)
#define MOST_ADJACENT 0.1
#define MEMORY_CONNS 1000000u

struct options {
	bool json;
	bool quick;
	uint32_t rounds;
	const char *fault;
};

static struct group groups[] = {
        {.conns = BUSY_CONNS, .paths = 1},
        {.conns = 1, .paths = 1},
        {.conns = 1000, .paths = BENCH_GROUP_PATHS},
        {.conns = 100000, .paths = BENCH_GROUP_PATHS},
        {.conns = 1000000, .paths = BENCH_GROUP_PATHS},
};

static void
offload_all(struct bench *bench)
{
	for (uint32_t i = 0; i < bench->groups; i++) {
		struct group *group = &bench->group[i];

		group_offload(bench, group);
		group_connect(bench, group);
		if (i == 0)
			continue;
		/*
		 * Slots are given out in order to begin with. Freed in one random order and taken
		 * again in another, they tell nothing about the order of the walk.
		 */
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
	uint32_t retrieves = RTE_MAX(options->rounds / STOPS_PER_RETRIEVE, 1u);

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
	}
	for (uint32_t round = 0; round < retrieves; round++) {
		for (uint32_t i = 1; i < bench->groups; i++) {
			round_retrieve(bench, &bench->group[i], false);
			round_retrieve(bench, &bench->group[i], true);
		}
	}
}

/* Per connection of this target: what the process grew by, once traffic has gone quiet. */
static double
resident_per_connection(struct bench *bench)
{
	bench_silence(bench);
	malloc_trim(0);
	return (double)(bench_resident() - bench->resident_before) / bench->conns;
}

static void
print_json(const struct group *group, double base, double estimate, double resident)
{
	double p50 = samples_percentile(&group->completion_us, 50);
	struct samples_range range = samples_median_range(&group->completion_us, SPREAD_PARTS);

	printf("{\"bench\":\"invalidate\",\"dependents\":%u,\"rounds\":%u,"
	       "\"completion_us_p50\":%.3f,\"completion_us_p99\":%.3f,\"completion_us_max\":%.3f,"
	       "\"completion_us_p50_lowest\":%.3f,\"completion_us_p50_highest\":%.3f,"
	       "\"ratio_vs_1\":%.3f,\"request_us_p50\":%.3f,\"stop_us_p50\":%.3f,"
	       "\"stop_us_p99\":%.3f,\"naive_completion_us_p50\":%.3f,",
	        group->conns, group->completion_us.count, p50,
	        samples_percentile(&group->completion_us, 99),
	        samples_percentile(&group->completion_us, 100), range.min, range.max, p50 / base,
	        samples_percentile(&group->request_us, 50), samples_percentile(&group->stop_us, 50),
	        samples_percentile(&group->stop_us, 99), samples_percentile(&group->naive_us, 50));
	printf("\"retrieve_ns\":%.2f,\"retrieve_ns_min\":%.2f,\"retrieve_ns_max\":%.2f,"
	       "\"retrieve_total_ms\":%.3f,\"retrieve_total_ms_max\":%.3f,"
	       "\"unaffected_goodput_ratio\":%.4f,\"unaffected_goodput_ratio_min\":%.4f,"
	       "\"unaffected_gbit_per_s\":%.2f,"
	       "\"frames_discarded\":%lu,\"frames_after_completion\":%lu,"
	       "\"bytes_per_connection\":%.1f,\"bytes_per_connection_estimate\":%.1f}\n",
	        samples_percentile(&group->retrieve_ns, 50),
	        samples_percentile(&group->retrieve_ns, 0),
	        samples_percentile(&group->retrieve_ns, 100),
	        samples_percentile(&group->paced_ms, 50), samples_percentile(&group->paced_ms, 100),
	        samples_percentile(&group->goodput_ratio, 50),
	        samples_percentile(&group->goodput_ratio, 0),
	        samples_percentile(&group->goodput_gbps, 50), group->frames_discarded,
	        group->frames_after, resident, estimate);
}

static void
print_stops(const struct bench *bench, double base)
{
	printf("Invalidate of a neighbor beside traffic. Microseconds; completion: control dequeue "
	       "to\n"
	       "completion, request: from the call until a polling caller has read it, stop: until "
	       "marked,\n"
	       "naive: every dependent marked before completing. (lowest..highest median of %u "
	       "parts)\n\n",
	        SPREAD_PARTS);
	printf("%10s %23s %8s %8s %6s %8s %7s %7s %9s\n", "dependents", "completion p50", "p99",
	        "max", "vs 1", "request", "stop", "p99", "naive");
	for (uint32_t i = 1; i < bench->groups; i++) {
		const struct group *group = &bench->group[i];
		struct samples_range range =
		        samples_median_range(&group->completion_us, SPREAD_PARTS);
		double p50 = samples_percentile(&group->completion_us, 50);

		printf("%10u %8.2f (%5.2f..%5.2f) %8.2f %8.2f %6.2f %8.2f %7.3f %7.3f %9.2f\n",
		        group->conns, p50, range.min, range.max,
		        samples_percentile(&group->completion_us, 99),
		        samples_percentile(&group->completion_us, 100), p50 / base,
		        samples_percentile(&group->request_us, 50),
		        samples_percentile(&group->stop_us, 50),
		        samples_percentile(&group->stop_us, 99),
		        samples_percentile(&group->naive_us, 50));
	}
}

static void
print_retrieves(const struct bench *bench)
{
	printf("\nRETRIEVE until the host has read the last: ns each without traffic, ms in all "
	       "beside it,\n"
	       "and what that leaves to the unaffected connections. (lowest..highest round)\n\n");
	printf("%10s %26s %20s %16s %9s %10s %6s\n", "dependents", "ns each", "paced ms (max)",
	        "goodput (min)", "Gbit/s", "discarded", "after");
	for (uint32_t i = 1; i < bench->groups; i++) {
		const struct group *group = &bench->group[i];

		printf("%10u %8.1f (%6.1f..%7.1f) %9.2f (%8.2f) %8.3f (%5.3f) %9.2f %10lu %6lu\n",
		        group->conns, samples_percentile(&group->retrieve_ns, 50),
		        samples_percentile(&group->retrieve_ns, 0),
		        samples_percentile(&group->retrieve_ns, 100),
		        samples_percentile(&group->paced_ms, 50),
		        samples_percentile(&group->paced_ms, 100),
		        samples_percentile(&group->goodput_ratio, 50),
		        samples_percentile(&group->goodput_ratio, 0),
		        samples_percentile(&group->goodput_gbps, 50), group->frames_discarded,
		        group->frames_after);
	}
}

static void
print_table(const struct bench *bench, double base, double estimate, double resident)
{
	print_stops(bench, base);
	print_retrieves(bench);
	printf("\nBytes per connection: %.1f resident at %u, %.1f estimated at %u; context %zu.\n",
	        resident, bench->conns, estimate, MEMORY_CONNS, sizeof(struct toe_conn));
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
		} else if (strcmp(argv[i], "--fault") == 0 && i + 1 < argc) {
			options->fault = argv[++i];
		} else {
			fprintf(stderr,
			        "usage: %s [--json] [--quick] [--rounds N] [--fault NAME]\n"
			        "  --json    one JSON object per number of dependents\n"
			        "  --quick   small sizes and few rounds: to see that it works\n"
			        "  --rounds  stops of each size (default %u)\n"
			        "  --fault   switch on a planted fault (build with "
			        "-Dmutants=true)\n",
			        argv[0], STOP_ROUNDS);
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
	double base, estimate, resident;
	uint64_t after = 0, discarded = 0;

	if (options_parse(argc, argv, &options) != 0)
		return 2;
	if (options.fault != NULL && !test_mutant(options.fault))
		bench_fail("no planted fault %s in this build", options.fault);
	if (options.quick)
		bench.groups -= 2;
	bench_start(&bench);
	offload_all(&bench);
	bench_wait(&bench, WARM_UP_NS);
	measure(&bench, &options);
	base = samples_percentile(&groups[1].completion_us, 50);
	estimate = (double)bench_estimate(&bench, MEMORY_CONNS) / MEMORY_CONNS;
	resident = resident_per_connection(&bench);
	if (!options.json)
		print_table(&bench, base, estimate, resident);
	for (uint32_t i = 1; i < bench.groups; i++) {
		if (options.json)
			print_json(&groups[i], base, estimate, resident);
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
