/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of a reply as text. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

/* Room for `length` more bytes; false: there is none. */
static bool
rows_room(struct rows *rows, size_t length)
{
	size_t room = rows->room != 0 ? rows->room : 1024;
	char *text;

	if (rows->used + length > ROWS_BYTES_MAX)
		return false;
	while (room < rows->used + length)
		room *= 2;
	if (room == rows->room)
		return true;
	text = realloc(rows->text, room);
	if (text == NULL)
		return false;
	rows->text = text;
	rows->room = room;
	return true;
}

/* Dump it behind the others, with its end. False: no room for it. */
static bool
rows_dump(struct rows *rows, const json_t *row)
{
	size_t spare = rows->room - rows->used;
	size_t length = json_dumpb(row, rows->text + rows->used, spare, JSON_COMPACT);

	if (length == 0)
		return false;
	if (length >= spare) {
		if (!rows_room(rows, length + 1))
			return false;
		json_dumpb(row, rows->text + rows->used, length, JSON_COMPACT);
	}
	rows->text[rows->used + length] = '\n';
	rows->used += length + 1;
	return true;
}

void
rows_add(struct rows *rows, uint32_t limit, json_t *row)
{
	if (rows->count < limit && rows_dump(rows, row))
		rows->count++;
	else
		rows->left_out++;
	json_decref(row);
}

void
rows_shrink(struct rows *rows)
{
	char *text = rows->used != 0 ? realloc(rows->text, rows->used) : NULL;

	if (text == NULL)
		return;
	rows->text = text;
	rows->room = rows->used;
}

void
rows_free(struct rows *rows)
{
	free(rows->text);
	memset(rows, 0, sizeof(*rows));
}

const char *
rows_next(const struct rows *rows, size_t *at, size_t *length)
{
	const char *row = rows->text + *at, *end;

	if (*at >= rows->used)
		return NULL;
	end = memchr(row, '\n', rows->used - *at);
	*length = (size_t)(end - row);
	*at += *length + 1;
	return row;
}
