/* SPDX-License-Identifier: BSD-3-Clause */
/* Result lines: a table for people, or one JSON object a line. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct report {
	const char *bench;
	const char *name_key, *count_key; /* in JSON; NULL: "case" and "connections" */
	bool json;
	const char *last; /* case of the line before */
};

/* One figure. NAN: not measured, left out. */
struct report_value {
	const char *key; /* in JSON */
	const char *title; /* of the table's column */
	double value;
	int decimals;
};

/* What a figure is to be. */
struct report_bar {
	const char *what; /* the figure, and what it is measured by */
	double value, limit;
	bool at_least; /* else at most */
};

/* Up to the first value without a key. */
void report_line(struct report *report, const char *name, uint32_t connections,
        const struct report_value *values);
/*
 * Met or not; a value that was not measured, NAN, is not. In JSON an object of its own, "bench":"bar", which names the
 * benchmark in "of".
 */
void report_bar(const struct report *report, const struct report_bar *bar);

#endif
