/* SPDX-License-Identifier: BSD-3-Clause */
/* Percentiles and their spread. */
#include "samples.h"

#include <stdlib.h>
#include <string.h>

void
samples_add(struct samples *samples, double value)
{
	if (samples->count < SAMPLES_MAX)
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
	static double sorted[SAMPLES_MAX];
	uint32_t rank;

	if (n == 0)
		return 0;
	memcpy(sorted, values, n * sizeof(values[0]));
	qsort(sorted, n, sizeof(sorted[0]), by_value);
	rank = (uint32_t)(percent / 100 * n);
	return sorted[rank < n ? rank : n - 1];
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
