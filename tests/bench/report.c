/* SPDX-License-Identifier: BSD-3-Clause */
/* Result lines. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 11

static void
json_line(const struct report *report, const char *name, uint32_t connections,
        const struct report_value *values)
{
	printf("{\"bench\":\"%s\",\"%s\":\"%s\",\"%s\":%u", report->bench,
	        report->name_key == NULL ? "case" : report->name_key, name,
	        report->count_key == NULL ? "connections" : report->count_key, connections);
	for (; values->key != NULL; values++)
		if (!isnan(values->value))
			printf(",\"%s\":%.*f", values->key, values->decimals, values->value);
	printf("}\n");
}

static void
table_line(struct report *report, const char *name, uint32_t connections,
        const struct report_value *values)
{
	if (report->last == NULL || strcmp(report->last, name) != 0) {
		printf("%s%-12s %9s", report->last == NULL ? "" : "\n", name, "conns");
		for (const struct report_value *at = values; at->key != NULL; at++)
			printf(" %*s", WIDTH, at->title);
		printf("\n");
		report->last = name;
	}
	printf("%-12s %9u", "", connections);
	for (; values->key != NULL; values++) {
		if (isnan(values->value))
			printf(" %*s", WIDTH, "-");
		else
			printf(" %*.*f", WIDTH, values->decimals, values->value);
	}
	printf("\n");
}

void
report_line(struct report *report, const char *name, uint32_t connections,
        const struct report_value *values)
{
	if (report->json)
		json_line(report, name, connections, values);
	else
		table_line(report, name, connections, values);
	fflush(stdout);
}

void
report_bar(const struct report *report, const struct report_bar *bar)
{
	bool met = bar->at_least ? bar->value >= bar->limit : bar->value <= bar->limit;

	if (!report->json) {
		printf("%-8s %s: %.2f, %s %.2f\n", met ? "met" : "NOT MET", bar->what, bar->value,
		        bar->at_least ? "at least" : "at most", bar->limit);
	} else {
		printf("{\"bench\":\"bar\",\"of\":\"%s\",\"what\":\"%s\",", report->bench,
		        bar->what);
		if (!isnan(bar->value))
			printf("\"value\":%.3f,", bar->value);
		printf("\"%s\":%.3f,\"met\":%s}\n", bar->at_least ? "at_least" : "at_most",
		        bar->limit, met ? "true" : "false");
	}
	fflush(stdout);
}
