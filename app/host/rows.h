/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows of a reply: JSON objects as text, one behind the other, a line each. A row of text takes a tenth of what jansson
 * needs for it, and goes out as it is.
 */
#ifndef APP_ROWS_H
#define APP_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* 10,000 rows of a query, three times over. */
#define ROWS_BYTES_MAX (32u << 20)

struct rows {
	char *text;
	size_t used, room; /* bytes */
	uint32_t count;
	/* rows that were wanted, but for the limit, the bound or for memory */
	uint64_t left_out;
};

/* Add a row, which is taken over; beyond `limit` rows or ROWS_BYTES_MAX it is counted as left out. */
void rows_add(struct rows *rows, uint32_t limit, json_t *row);
/* One more that is not even made. */
static inline void
rows_leave_out(struct rows *rows)
{
	rows->left_out++;
}
/* No more will be added: what is not used goes back. */
void rows_shrink(struct rows *rows);
void rows_free(struct rows *rows);
/* The row that begins at *at, without its end, and its length; *at moves to the next. NULL behind the last one. */
const char *rows_next(const struct rows *rows, size_t *at, size_t *length);

#endif
