/* SPDX-License-Identifier: BSD-3-Clause */
/* What the benchmark of invalidate has found, for people or as JSON. */
#ifndef BENCH_INVALIDATE_REPORT_H
#define BENCH_INVALIDATE_REPORT_H

#include "bench.h"

/* Group 1 is the one that the others are compared with. */
void invalidate_report(const struct bench *bench, const struct bench_memory *memory, bool json);
/* Each bar, and whether it is met; the last group is the one of a million. */
void invalidate_report_bars(
        const struct bench *bench, const struct bench_memory *memory, bool json);

#endif
