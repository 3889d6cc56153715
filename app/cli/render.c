/* SPDX-License-Identifier: BSD-3-Clause */
/* A JSON value as text for people. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_text.h"
#include "cli_wrap.h"
#include "render.h"

#define CELL_MAX 128u
#define TABLE_COLUMNS 16u /* more members than this make no table */
#define MEMBERS_MAX 12u /* a single object with more members gets a line for each */
#define TEXT_WIDTH_MIN 24u /* less room makes no column of text */
#define GAP 2u /* between columns */
#define INDENT 4u /* of what goes on in a further line */

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
			table->columns[at].width = (unsigned int)strlen(key);
			snprintf(table->columns[at].key, sizeof(table->columns[at].key), "%s", key);
			table->count++;
		}
		value_text(value, cell);
		if (strlen(cell) > table->columns[at].width)
			table->columns[at].width = (unsigned int)strlen(cell);
	}
}

/* How a table is laid out. */
enum layout {
	LAYOUT_LINES, /* a line for each row */
	LAYOUT_TEXT, /* the same, and the text in the last column goes on below itself */
	LAYOUT_FOLDED, /* several lines for each row, and for the head */
	LAYOUT_MEMBERS, /* a line for each member of the one row */
	LAYOUT_WRAPPED, /* "key value, key value, ..." */
};

static unsigned int
table_width(const struct table *table, unsigned int count)
{
	unsigned int width = 0;

	for (unsigned int i = 0; i < count; i++)
		width += table->columns[i].width + (i != 0 ? GAP : 0);
	return width;
}

static enum layout
table_layout(const struct table *table)
{
	bool fits = table_width(table, table->count) <= CLI_WRAP_WIDTH;

	if (table->rows == 1 && (table->count > MEMBERS_MAX || !fits))
		return LAYOUT_MEMBERS;
	if (table->count > TABLE_COLUMNS)
		return LAYOUT_WRAPPED;
	if (fits)
		return LAYOUT_LINES;
	return table_width(table, table->count - 1) + GAP <= CLI_WRAP_WIDTH - TEXT_WIDTH_MIN
	               ? LAYOUT_TEXT
	               : LAYOUT_FOLDED;
}

/* row NULL: the keys. */
static void
table_line(const struct table *table, const json_t *row, enum layout layout, cli_wrap_emit emit,
        void *context)
{
	struct cli_wrap line = {.emit = emit, .context = context};

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
		if (layout == LAYOUT_TEXT && i + 1 == table->count)
			cli_wrap_words(&line, cell, GAP, table_width(table, i) + GAP);
		else
			cli_wrap_put(&line, cell, strlen(cell), column->width, GAP,
			        layout == LAYOUT_FOLDED ? INDENT : 0);
	}
	cli_wrap_end(&line, 0);
}

/* "key: value", going on below itself. */
static void
render_member(
        const char *before, const char *key, const char *value, cli_wrap_emit emit, void *context)
{
	struct cli_wrap line = {.emit = emit, .context = context};
	char left[64];

	snprintf(left, sizeof(left), "%s%.56s:", before, key);
	cli_wrap_put(&line, left, strlen(left), 0, 0, 0);
	cli_wrap_words(&line, value, 1, INDENT);
	cli_wrap_end(&line, 0);
}

/* One object in full, a line for each of its members: what a table with one row would hide. */
static void
render_members(const json_t *object, cli_wrap_emit emit, void *context)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		char cell[CELL_MAX];

		value_text(value, cell);
		render_member("  ", key, cell, emit, context);
	}
}

/* Objects with too many members for a table. */
static void
render_wrapped(const json_t *object, cli_wrap_emit emit, void *context)
{
	struct cli_wrap line = {.emit = emit, .context = context};
	size_t left = json_object_size(object);
	const char *key;
	json_t *value;

	cli_wrap_put(&line, " ", 1, 0, 0, 0);
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		char cell[CELL_MAX], one[CELL_MAX + 64];

		value_text(value, cell);
		snprintf(one, sizeof(one), "%.56s %s%s", key, cell, --left != 0 ? "," : "");
		cli_wrap_put(&line, one, strlen(one), 0, 1, INDENT);
	}
	cli_wrap_end(&line, 0);
}

void
table_head(const struct table *table, const char *key, cli_wrap_emit emit, void *context)
{
	enum layout layout = table_layout(table);
	char title[96];

	snprintf(title, sizeof(title), "%s:", key);
	emit(context, title, strlen(title));
	if (layout < LAYOUT_MEMBERS)
		table_line(table, NULL, layout, emit, context);
}

void
table_row(const struct table *table, const json_t *row, cli_wrap_emit emit, void *context)
{
	enum layout layout = table_layout(table);

	if (layout == LAYOUT_MEMBERS)
		render_members(row, emit, context);
	else if (layout == LAYOUT_WRAPPED)
		render_wrapped(row, emit, context);
	else
		table_line(table, row, layout, emit, context);
}

static void
render_array(const char *key, const json_t *rows, cli_wrap_emit emit, void *context)
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
render_text(json_t *data, cli_wrap_emit emit, void *context)
{
	const char *key;
	json_t *value;

	json_object_foreach(data, key, value)
	{
		char cell[CELL_MAX];

		if (json_is_array(value)) {
			render_array(key, value, emit, context);
			continue;
		}
		value_text(value, cell);
		/* texts may be longer than a cell */
		render_member("", key, json_is_string(value) ? json_string_value(value) : cell,
		        emit, context);
	}
}
