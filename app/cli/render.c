/* SPDX-License-Identifier: BSD-3-Clause */
/* A JSON value as text for people. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_text.h"
#include "render.h"

#define CELL_MAX 128u
#define TABLE_COLUMNS 16u /* more members than this make no table */
#define MEMBERS_MAX 12u /* a single object with more members gets a line for each */
#define LINE_WIDTH 96u

/* A scalar as text; nested ones in short. */
static void
value_text(const json_t *value, char to[CELL_MAX])
{
	size_t used = 0, index;
	const char *key;
	json_t *part;

	to[0] = '\0';
	switch (json_typeof(value)) {
	case JSON_STRING:
		snprintf(to, CELL_MAX, "%s", json_string_value(value));
		cli_text_cut(to);
		break;
	case JSON_INTEGER:
		snprintf(to, CELL_MAX, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		snprintf(to, CELL_MAX, "%.3f", json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		snprintf(to, CELL_MAX, "%s", json_is_true(value) ? "yes" : "no");
		break;
	case JSON_NULL:
		snprintf(to, CELL_MAX, "-");
		break;
	case JSON_OBJECT:
		json_object_foreach((json_t *)(uintptr_t)value, key, part)
		{
			char one[CELL_MAX];

			value_text(part, one);
			if (used < CELL_MAX)
				used += (size_t)snprintf(to + used, CELL_MAX - used, "%s%s %s",
				        used ? ", " : "", key, one);
		}
		break;
	case JSON_ARRAY:
		json_array_foreach(value, index, part)
		{
			char one[CELL_MAX];

			value_text(part, one);
			if (used < CELL_MAX)
				used += (size_t)snprintf(
				        to + used, CELL_MAX - used, "%s%s", used ? ", " : "", one);
		}
		break;
	}
}

/* The rows' keys, in order of first appearance. */
void
table_measure(struct table *table, const json_t *row)
{
	const char *key;
	json_t *value;

	table->rows++;
	json_object_foreach((json_t *)(uintptr_t)row, key, value)
	{
		char cell[CELL_MAX];
		unsigned int at;

		for (at = 0; at < table->count && strcmp(table->columns[at].key, key) != 0; at++)
			;
		if (at == TABLE_KEYS_MAX)
			continue;
		if (at == table->count) {
			table->columns[at].width = (int)strlen(key);
			snprintf(table->columns[at].key, sizeof(table->columns[at].key), "%s", key);
			table->count++;
		}
		value_text(value, cell);
		if ((int)strlen(cell) > table->columns[at].width)
			table->columns[at].width = (int)strlen(cell);
	}
}

/* row NULL: the keys. */
static void
table_line(const struct table *table, const json_t *row, render_line emit, void *context)
{
	char line[TABLE_COLUMNS * (CELL_MAX + 2)];
	size_t used = 0;

	for (unsigned int i = 0; i < table->count; i++) {
		const struct table_column *column = &table->columns[i];
		const json_t *value = row != NULL ? json_object_get(row, column->key) : NULL;
		char cell[CELL_MAX];

		if (row == NULL)
			snprintf(cell, sizeof(cell), "%s", column->key);
		else if (value == NULL)
			snprintf(cell, sizeof(cell), "-");
		else
			value_text(value, cell);
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%-*s",
		        i != 0 ? "  " : "", column->width, cell);
	}
	while (used > 0 && line[used - 1] == ' ')
		used--;
	emit(context, line, used);
}

/* One object in full, a line for each of its members: what a table with one row would hide. */
static void
render_members(const json_t *object, render_line emit, void *context)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		char cell[CELL_MAX], line[CELL_MAX + 64];
		int length;

		value_text(value, cell);
		length = snprintf(line, sizeof(line), "  %.56s: %s", key, cell);
		emit(context, line, (size_t)length);
	}
}

/* Objects with too many members for a table: "key value, key value, ...", wrapped. */
static void
render_wrapped(const json_t *object, render_line emit, void *context)
{
	char line[LINE_WIDTH + 2 * CELL_MAX] = "";
	size_t used = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		char cell[CELL_MAX], one[CELL_MAX + 64];
		int length;

		value_text(value, cell);
		length = snprintf(one, sizeof(one), "%.56s %s", key, cell);
		if (used != 0 && used + 2 + (size_t)length > LINE_WIDTH) {
			emit(context, line, used);
			used = (size_t)snprintf(line, sizeof(line), "    %s", one);
		} else {
			used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s",
			        used != 0 ? ", " : "  ", one);
		}
	}
	if (used != 0)
		emit(context, line, used);
}

void
table_head(const struct table *table, const char *key, render_line emit, void *context)
{
	char title[96];

	snprintf(title, sizeof(title), "%s:", key);
	emit(context, title, strlen(title));
	if (table->count <= TABLE_COLUMNS && (table->rows > 1 || table->count <= MEMBERS_MAX))
		table_line(table, NULL, emit, context);
}

void
table_row(const struct table *table, const json_t *row, render_line emit, void *context)
{
	if (table->rows == 1 && table->count > MEMBERS_MAX)
		render_members(row, emit, context);
	else if (table->count > TABLE_COLUMNS)
		render_wrapped(row, emit, context);
	else
		table_line(table, row, emit, context);
}

static void
render_array(const char *key, const json_t *rows, render_line emit, void *context)
{
	struct table table = {0};
	json_t *row;
	size_t index;

	if (json_array_size(rows) == 0)
		return;
	if (json_is_string(json_array_get(rows, 0))) {
		json_array_foreach(rows, index, row)
		        emit(context, json_string_value(row), strlen(json_string_value(row)));
		return;
	}
	json_array_foreach(rows, index, row) table_measure(&table, row);
	table_head(&table, key, emit, context);
	json_array_foreach(rows, index, row) table_row(&table, row, emit, context);
}

void
render_text(json_t *data, render_line emit, void *context)
{
	const char *key;
	json_t *value;

	json_object_foreach(data, key, value)
	{
		char cell[CELL_MAX], line[CELL_MAX + 64];
		int length;

		if (json_is_array(value)) {
			render_array(key, value, emit, context);
			continue;
		}
		if (json_is_string(value)) {
			/* texts may be longer than a cell */
			char *text = NULL;

			length = asprintf(&text, "%s: %s", key, json_string_value(value));
			if (length >= 0)
				emit(context, text, (size_t)length);
			free(text);
			continue;
		}
		value_text(value, cell);
		length = snprintf(line, sizeof(line), "%.56s: %s", key, cell);
		emit(context, line, (size_t)length);
	}
}
