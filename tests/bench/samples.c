/* SPDX-License-Identifier: BSD-3-Clause */
/* Percentiles and their spread. */
#include "samples.h"

#include <stdlib.h>
#include <string.h>

#include "bench_fail.h"

#define FIRST_CAPACITY 512u

void
samples_add(struct samples *samples, double value)
{
	if (samples->count == samples->capacity) {
		samples->capacity = samples->capacity ? 2 * samples->capacity : FIRST_CAPACITY;
		samples->value =
		        realloc(samples->value, samples->capacity * sizeof(samples->value[0]));
		if (samples->value == NULL)
			bench_fail("no memory for %u samples", samples->capacity);
	}
	samples->value[samples->count++] = value;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
percentile(const double *values, uint32_t n, double percent)
{
	double *sorted, found;
	uint32_t rank;

	if (n == 0)
		return 0;
	sorted = malloc(n * sizeof(sorted[0]));
	if (sorted == NULL)
		bench_fail("no memory to sort %u samples", n);
	memcpy(sorted, values, n * sizeof(values[0]));
	qsort(sorted, n, sizeof(sorted[0]), by_value);
	rank = (uint32_t)(percent / 100 * n);
	found = sorted[rank < n ? rank : n - 1];
	free(sorted);
	return found;
}

double
samples_percentile(const struct samples *samples, double percent)
{
	return percentile(samples->value, samples->count, percent);
}

struct samples_range
samples_median_range(const struct samples *samples, uint32_t parts)
{
	struct samples_range range = {0, 0};

	for (uint32_t i = 0; i < parts; i++) {
		uint32_t from = (uint32_t)((uint64_t)samples->count * i / parts);
		uint32_t to = (uint32_t)((uint64_t)samples->count * (i + 1) / parts);
		double p50 = percentile(&samples->value[from], to - from, 50);

		if (to == from)
			continue;
		if (range.max == 0 || p50 < range.min)
			range.min = p50;
		if (p50 > range.max)
			range.max = p50;
	}
	return range;
}
