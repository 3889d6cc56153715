/* SPDX-License-Identifier: BSD-3-Clause */
/* Measured values and what is reported of them. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stdint.h>

/* In order of measurement. Zero-initialise; `count` set to 0 begins anew. */
struct samples {
	uint32_t count, capacity;
	double *value;
};

struct samples_range {
	double min, max;
};

/* Ends the process when there is no memory for another. */
void samples_add(struct samples *samples, double value);
/* Nearest rank, percent from 0 to 100 (100: the maximum); 0 when there are no values. */
double samples_percentile(const struct samples *samples, double percent);
/* Smallest and largest median of `parts` consecutive parts: how much the median itself moves. */
struct samples_range samples_median_range(const struct samples *samples, uint32_t parts);

#endif
