/* SPDX-License-Identifier: BSD-3-Clause */
/* What the benchmark of invalidate has found, for people or as JSON. */
#include "invalidate_report.h"

#include <stdio.h>

#include "report.h"

#define SPREAD_PARTS 5u
#define MEDIAN 50.0

static double
completion_p50(const struct group *group)
{
	return samples_percentile(&group->completion_us, MEDIAN);
}

static void
json_stops(const struct bench *bench, const struct group *group)
{
	const struct samples *completion = &group->completion_us, *ring = &bench->yardstick.ring_us;
	struct samples_range range = samples_median_range(completion, SPREAD_PARTS);
	double p50 = samples_percentile(completion, MEDIAN);

	printf("{\"bench\":\"invalidate\",\"dependents\":%u,\"rounds\":%u,"
	       "\"completion_us_p50\":%.3f,\"completion_us_p99\":%.3f,\"completion_us_p999\":%.3f,"
	       "\"completion_us_max\":%.3f,"
	       "\"completion_us_p50_lowest\":%.3f,\"completion_us_p50_highest\":%.3f,"
	       "\"ratio_vs_1\":%.3f,",
	        group->conns, completion->count, p50, samples_percentile(completion, 99),
	        samples_percentile(completion, 99.9), samples_percentile(completion, 100),
	        range.min, range.max, p50 / completion_p50(&bench->group[1]));
	printf("\"ring_us_p50\":%.3f,\"ring_us_p99\":%.3f,\"stall_us_p99\":%.3f,"
	       "\"request_us_p50\":%.3f,\"stop_us_p50\":%.3f,\"stop_us_p99\":%.3f,"
	       "\"naive_completion_us_p50\":%.3f,",
	        samples_percentile(ring, MEDIAN), samples_percentile(ring, 99),
	        samples_percentile(&bench->yardstick.stall_us, 99),
	        samples_percentile(&group->request_us, MEDIAN),
	        samples_percentile(&group->stop_us, MEDIAN),
	        samples_percentile(&group->stop_us, 99),
	        samples_percentile(&group->naive_us, MEDIAN));
}

static void
json_rest(const struct group *group, const struct bench_memory *memory)
{
	printf("\"retrieve_ns\":%.2f,\"retrieve_ns_min\":%.2f,\"retrieve_ns_max\":%.2f,"
	       "\"retrieve_total_ms\":%.3f,\"retrieve_total_ms_max\":%.3f,"
	       "\"unaffected_goodput_ratio\":%.4f,\"unaffected_goodput_ratio_min\":%.4f,"
	       "\"unaffected_gbit_per_s\":%.2f,"
	       "\"frames_discarded\":%lu,\"frames_after_completion\":%lu,",
	        samples_percentile(&group->retrieve_ns, MEDIAN),
	        samples_percentile(&group->retrieve_ns, 0),
	        samples_percentile(&group->retrieve_ns, 100),
	        samples_percentile(&group->paced_ms, MEDIAN),
	        samples_percentile(&group->paced_ms, 100),
	        samples_percentile(&group->goodput_ratio, MEDIAN),
	        samples_percentile(&group->goodput_ratio, 0),
	        samples_percentile(&group->goodput_gbps, MEDIAN), group->frames_discarded,
	        group->frames_after);
	printf("\"bytes_per_connection\":%.1f,\"bytes_per_connection_estimate\":%.1f,"
	       "\"bytes_per_connection_idle\":%.1f,\"bytes_per_connection_busy\":%.1f,"
	       "\"bytes_per_connection_after\":%.1f}\n",
	        memory->busy, memory->estimate, memory->idle, memory->busy, memory->after);
}

static void
print_stops(const struct bench *bench)
{
	const struct yardstick *yardstick = &bench->yardstick;

	printf("Invalidate of a neighbor beside traffic. Microseconds; completion: control dequeue "
	       "to\n"
	       "completion, request: from the call until a polling caller has read it, stop: until "
	       "marked,\n"
	       "naive: every dependent marked before completing. (lowest..highest median of %u "
	       "parts)\n\n",
	        SPREAD_PARTS);
	printf("%10s %23s %8s %8s %8s %6s %8s %7s %7s %9s\n", "dependents", "completion p50", "p99",
	        "p99.9", "max", "vs 1", "request", "stop", "p99", "naive");
	for (uint32_t i = 1; i < bench->groups; i++) {
		const struct group *group = &bench->group[i];
		const struct samples *completion = &group->completion_us;
		struct samples_range range = samples_median_range(completion, SPREAD_PARTS);
		double p50 = samples_percentile(completion, MEDIAN);

		printf("%10u %8.2f (%5.2f..%5.2f) %8.2f %8.2f %8.2f %6.2f %8.2f %7.3f %7.3f "
		       "%9.2f\n",
		        group->conns, p50, range.min, range.max, samples_percentile(completion, 99),
		        samples_percentile(completion, 99.9), samples_percentile(completion, 100),
		        p50 / completion_p50(&bench->group[1]),
		        samples_percentile(&group->request_us, MEDIAN),
		        samples_percentile(&group->stop_us, MEDIAN),
		        samples_percentile(&group->stop_us, 99),
		        samples_percentile(&group->naive_us, MEDIAN));
	}
	printf("\nYardsticks between the rounds: a message and its answer p50 %.3f, p99 %.3f; "
	       "longest gap of a\n"
	       "polling lcore in a millisecond p50 %.2f, p99 %.2f.\n",
	        samples_percentile(&yardstick->ring_us, MEDIAN),
	        samples_percentile(&yardstick->ring_us, 99),
	        samples_percentile(&yardstick->stall_us, MEDIAN),
	        samples_percentile(&yardstick->stall_us, 99));
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
		        group->conns, samples_percentile(&group->retrieve_ns, MEDIAN),
		        samples_percentile(&group->retrieve_ns, 0),
		        samples_percentile(&group->retrieve_ns, 100),
		        samples_percentile(&group->paced_ms, MEDIAN),
		        samples_percentile(&group->paced_ms, 100),
		        samples_percentile(&group->goodput_ratio, MEDIAN),
		        samples_percentile(&group->goodput_ratio, 0),
		        samples_percentile(&group->goodput_gbps, MEDIAN), group->frames_discarded,
		        group->frames_after);
	}
}

void
invalidate_report(const struct bench *bench, const struct bench_memory *memory, bool json)
{
	if (json) {
		for (uint32_t i = 1; i < bench->groups; i++) {
			json_stops(bench, &bench->group[i]);
			json_rest(&bench->group[i], memory);
		}
		return;
	}
	print_stops(bench);
	print_retrieves(bench);
	printf("\nBytes per connection, %u of them: %.1f idle, %.1f with data in flight, %.1f ten "
	       "seconds after\n"
	       "that; %.1f estimated idle; context %zu.\n\n",
	        bench->conns, memory->idle, memory->busy, memory->after, memory->estimate,
	        sizeof(struct toe_conn));
}

/* The worst of all sizes. */
static double
worst(const struct bench *bench, double percent)
{
	double worst = 0;

	for (uint32_t i = 1; i < bench->groups; i++)
		worst = RTE_MAX(worst, samples_percentile(&bench->group[i].completion_us, percent));
	return worst;
}

void
invalidate_report_bars(const struct bench *bench, const struct bench_memory *memory, bool json)
{
	const struct report report = {.bench = "invalidate", .json = json};
	const struct group *million = &bench->group[bench->groups - 1];
	const struct yardstick *yardstick = &bench->yardstick;
	double ring = samples_percentile(&yardstick->ring_us, MEDIAN);
	uint64_t after = 0;

	for (uint32_t i = 1; i < bench->groups; i++)
		after += bench->group[i].frames_after;
	const struct report_bar bars[] = {
	        {.what = "completion_us_p50 of every size (10 ring_us_p50)",
	                .value = worst(bench, MEDIAN),
	                .limit = 10 * ring},
	        {.what = "completion_us_p99 of every size (20 us + stall_us_p99)",
	                .value = worst(bench, 99),
	                .limit = 20 + samples_percentile(&yardstick->stall_us, 99)},
	        {.what = "completion_us_p50 of 1,000,000 against 1",
	                .value = completion_p50(million) / completion_p50(&bench->group[1]),
	                .limit = 1.2},
	        {.what = "frames after the completion", .value = (double)after, .limit = 0},
	        {.what = "RETRIEVE of 1,000,000, ns each",
	                .value = samples_percentile(&million->retrieve_ns, MEDIAN),
	                .limit = 50},
	        {.what = "RETRIEVE of 1,000,000 beside traffic, ms until the last",
	                .value = samples_percentile(&million->paced_ms, MEDIAN),
	                .limit = 1000},
	        {.what = "goodput of the unaffected meanwhile",
	                .value = samples_percentile(&million->goodput_ratio, MEDIAN),
	                .limit = 0.95,
	                .at_least = true},
	        {.what = "bytes per connection, idle", .value = memory->idle, .limit = 384},
	        {.what = "bytes per connection, ten seconds after all were busy",
	                .value = memory->after,
	                .limit = 400},
	};

	for (uint32_t i = 0; i < RTE_DIM(bars); i++)
		report_bar(&report, &bars[i]);
}
