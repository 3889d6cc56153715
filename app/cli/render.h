/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A JSON value as text for people: "key: value" lines, aligned tables for arrays of objects. So every reply
 * is built once, and says the same in both forms.
 */
#ifndef APP_RENDER_H
#define APP_RENDER_H

#include <stddef.h>

#include <jansson.h>

#include "cli_wrap.h"

#define TABLE_KEYS_MAX 96u

struct table_column {
	char key[64];
	unsigned int width;
};

/* What is known of the rows of a table; begins as zeros. */
struct table {
	struct table_column columns[TABLE_KEYS_MAX];
	unsigned int count;
	size_t rows;
};

void render_text(json_t *data, cli_wrap_emit emit, void *context);

/*
 * A table row by row: each is measured, then the head, then each in its turn. It fits 80 columns: a wide one has several
 * lines for each row, a single wide row becomes a line for each member; rows with more members than a table can have are
 * wrapped.
 */
void table_measure(struct table *table, const json_t *row);
void table_head(const struct table *table, const char *key, cli_wrap_emit emit, void *context);
void table_row(const struct table *table, const json_t *row, cli_wrap_emit emit, void *context);

#endif
