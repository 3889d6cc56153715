/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Benchmark: what terminate and initiate again, query and update cost for each connection, when a host asks for 1,000 at a time in
 * no order out of 1,000 to 1,000,000 that exist on one worker. The windows of their peers are closed, so that nothing else happens,
 * but each has a timer. Trees are built before a batch, outside of what is measured. Control and the host share a CPU, the worker
 * has the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "report.h"

#define BATCH 1000u
#define ROUNDS 400u
#define QUICK_ROUNDS 20u
#define WARM_UP_ROUNDS 10u
#define MEDIAN 50.0
#define LOW 5.0
#define HIGH 95.0

enum operation { TERMINATE_INITIATE, QUERY, UPDATE, OPERATIONS };

static const struct {
	const char *name;
	double per_second; /* at 1,000 */
} operations[OPERATIONS] = {
        [TERMINATE_INITIATE] = {"terminate_initiate", 1e6},
        [QUERY] = {"query", 3e6},
        [UPDATE] = {"update", 3e6},
};
#define SLOWER_AT_MOST 2.5 /* with the most connections, in time for each */

static const uint32_t existing[] = {1000, 100000, 1000000};
#define SIZES RTE_DIM(existing)

/* A walk through the shuffled connections, a batch at a time. */
struct cursor {
	struct bench *bench;
	struct group *group;
	uint32_t next;
};

static uint32_t
batch_next(struct cursor *cursor)
{
	uint32_t first = cursor->next;

	if (first + BATCH > cursor->group->conns) {
		group_shuffle(cursor->bench, cursor->group);
		first = 0;
	}
	cursor->next = first + BATCH;
	return first;
}

/* ns for the batch: of those that the batch before has not touched, as long as there are others. */
static double
operate(struct cursor *cursor, enum operation operation)
{
	struct bench *bench = cursor->bench;
	uint32_t first = batch_next(cursor);

	if (operation == QUERY)
		return group_request_some(
		        bench, CHIMNEY_QUERY, OFFLOAD_TCP_DELEGATED, first, BATCH);
	if (operation == UPDATE)
		return group_request_some(bench, CHIMNEY_UPDATE, OFFLOAD_TCP_CACHED, first, BATCH);
	return group_request_some(bench, CHIMNEY_TERMINATE, OFFLOAD_TCP_DELEGATED, first, BATCH) +
	       group_connect_some(bench, cursor->group, first, BATCH);
}

/* The operations in turn, so that a slow phase of the machine meets all of them. */
static void
measure(struct bench *bench, struct group *group, struct samples *ns, uint32_t rounds)
{
	struct cursor cursor = {bench, group, group->conns};

	for (uint32_t round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
		for (uint32_t operation = 0; operation < OPERATIONS; operation++) {
			double taken = operate(&cursor, operation);

			if (round >= WARM_UP_ROUNDS)
				samples_add(&ns[operation], taken / BATCH);
		}
		yardstick_measure(&bench->yardstick, &bench->loop);
	}
}

static void
report_size(const struct bench *bench, struct report *report, uint32_t operation, uint32_t size,
        const struct samples *ns)
{
	double median = samples_percentile(ns, MEDIAN);
	struct report_value values[] = {
	        {"per_second", "a second", 1e9 / median, 0},
	        {"ns_per_object", "ns", median, 1},
	        {"ns_per_object_p5", "ns p5", samples_percentile(ns, LOW), 1},
	        {"ns_per_object_p95", "ns p95", samples_percentile(ns, HIGH), 1},
	        {"ring_us_p50", "ring us", samples_percentile(&bench->yardstick.ring_us, MEDIAN),
	                3},
	        {"stall_us_p99", "stall p99", samples_percentile(&bench->yardstick.stall_us, 99),
	                2},
	        {0},
	};

	report_line(report, operations[operation].name, existing[size], values);
}

static void
report_bars(const struct report *report, struct samples ns[][OPERATIONS])
{
	for (uint32_t i = 0; i < OPERATIONS; i++) {
		double few = samples_percentile(&ns[0][i], MEDIAN),
		       many = samples_percentile(&ns[SIZES - 1][i], MEDIAN);
		char what[64];
		struct report_bar bar = {.what = what};

		snprintf(what, sizeof(what), "%s: millions a second at %u", operations[i].name,
		        existing[0]);
		bar.value = 1e9 / few / 1e6;
		bar.limit = operations[i].per_second / 1e6;
		bar.at_least = true;
		report_bar(report, &bar);
		snprintf(what, sizeof(what), "%s: time at %u by that at %u", operations[i].name,
		        existing[SIZES - 1], existing[0]);
		bar.value = many / few;
		bar.limit = SLOWER_AT_MOST;
		bar.at_least = false;
		report_bar(report, &bar);
	}
}

struct options {
	bool json;
	uint32_t rounds;
	uint32_t sizes;
};

static int
options_parse(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			options->json = true;
		} else if (strcmp(argv[i], "--quick") == 0) {
			options->rounds = QUICK_ROUNDS;
			options->sizes = SIZES - 1;
		} else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc &&
		           atoi(argv[i + 1]) > 0) {
			options->rounds = (uint32_t)atoi(argv[++i]);
		} else {
			fprintf(stderr,
			        "usage: %s [--json] [--quick] [--rounds N]\n"
			        "  --json    one JSON object per operation and number of "
			        "connections\n"
			        "  --quick   small sizes and few rounds: to see that it works\n"
			        "  --rounds  batches of each operation and size (default %u)\n",
			        argv[0], ROUNDS);
			return -1;
		}
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static struct group group = {.conns = 1000000, .paths = BENCH_GROUP_PATHS};
	static struct bench bench = {.group = &group, .groups = 1, .closed = true};
	static struct samples ns[SIZES][OPERATIONS];
	struct options options = {.rounds = ROUNDS, .sizes = SIZES};
	struct report report = {"state", "operation", "existing", false, NULL};

	if (options_parse(argc, argv, &options) != 0)
		return 2;
	report.json = options.json;
	bench_start(&bench);
	group_offload(&bench, &group);
	for (uint32_t size = 0; size < options.sizes; size++) {
		group.conns = existing[size];
		/* Twice, so that neither handles nor memory follow the order of the connections. */
		group_connect(&bench, &group);
		group_disconnect(&bench, &group);
		group_connect(&bench, &group);
		measure(&bench, &group, ns[size], options.rounds);
		group_disconnect(&bench, &group);
	}
	for (uint32_t operation = 0; operation < OPERATIONS; operation++)
		for (uint32_t size = 0; size < options.sizes; size++)
			report_size(&bench, &report, operation, size, &ns[size][operation]);
	if (options.sizes == SIZES)
		report_bars(&report, ns);
	bench_stop(&bench);
	return 0;
}
