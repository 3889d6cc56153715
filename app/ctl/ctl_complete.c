/* SPDX-License-Identifier: BSD-3-Clause */
/* TAB: the server knows the language and the objects; it is asked what may come next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "ctl_editor.h"
#include "ctl_run.h"

/* The server's reply to `complete`, as text or as an object, into an array of words. False: the line ends here. */
static bool
candidates_read(struct ctl_editor *editor, json_t *candidates)
{
	const char *text;
	json_t *reply;

	for (;;) {
		switch (ctl_read(editor->link, true, &text)) {
		case CTL_DATA:
			json_array_append_new(candidates, json_string(text));
			break;
		case CTL_EVENT:
			ctl_screen_hide(editor);
			ctl_print_event(text);
			ctl_screen_show(editor);
			break;
		case CTL_PROGRESS:
			break;
		case CTL_OK:
			if (text[0] != '{')
				return true;
			reply = json_loads(text, 0, NULL);
			json_array_extend(candidates, json_object_get(reply, "candidates"));
			json_decref(reply);
			return true;
		case CTL_ERROR:
			return true;
		case CTL_STOPPED:
			editor->owed = true;
			return false;
		case CTL_END:
		case CTL_NONE:
			editor->ending = CTL_SERVER_GONE;
			return false;
		}
	}
}

static bool
candidates_ask(struct ctl_editor *editor, const char *before, json_t *candidates)
{
	char *question = NULL;
	bool sent;

	if (asprintf(&question, "complete %s", before) < 0)
		return true;
	sent = ctl_send(editor->link, question) == 0;
	free(question);
	if (sent)
		return candidates_read(editor, candidates);
	editor->ending = CTL_SERVER_GONE;
	return false;
}

static const char *
candidate(const json_t *candidates, size_t index)
{
	return json_string_value(json_array_get(candidates, index));
}

/* How many bytes all candidates begin with. */
static size_t
common_length(const json_t *candidates)
{
	const char *first = candidate(candidates, 0);
	size_t length = strlen(first);

	for (size_t i = 1; i < json_array_size(candidates); i++) {
		const char *other = candidate(candidates, i);
		size_t same = 0;

		while (same < length && first[same] == other[same])
			same++;
		length = same;
	}
	return length;
}

/* Below the line, in columns, as ls does it. */
static void
candidates_list(const json_t *candidates)
{
	size_t count = json_array_size(candidates), width = 1, per_row, rows;

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(candidate(candidates, i)) + 2;

		width = length > width ? length : width;
	}
	per_row = ctl_screen_columns() / width;
	per_row = per_row != 0 ? per_row : 1;
	rows = (count + per_row - 1) / per_row;
	putchar('\n');
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = row; i < count; i += rows) {
			bool last = i + rows >= count;

			printf("%-*s", last ? 0 : (int)width, candidate(candidates, i));
		}
		putchar('\n');
	}
	fflush(stdout);
}

/* Keep those that the word begins: what the server offers may be wider. */
static void
candidates_filter(json_t *candidates, const char *word)
{
	for (size_t i = json_array_size(candidates); i-- > 0;) {
		const char *text = candidate(candidates, i);

		if (text == NULL || strncmp(text, word, strlen(word)) != 0)
			json_array_remove(candidates, i);
	}
}

/* Put in what is certain; where nothing is, show what is possible. */
static unsigned char
candidates_use(struct ctl_editor *editor, const json_t *candidates, const char *word)
{
	char text[256];
	size_t length, typed = strlen(word);
	bool only = json_array_size(candidates) == 1;

	if (json_array_size(candidates) == 0)
		return CC_ERROR;
	length = common_length(candidates);
	if (length == typed && !only) {
		candidates_list(candidates);
		return CC_REDISPLAY;
	}
	/* a name that ends in a dot goes on */
	snprintf(text, sizeof(text), "%.*s%s", (int)(length - typed),
	        candidate(candidates, 0) + typed,
	        only && candidate(candidates, 0)[length - 1] != '.' ? " " : "");
	el_insertstr(editor->line, text);
	return CC_REFRESH;
}

unsigned char
ctl_complete(EditLine *line, int key)
{
	const LineInfo *info = el_line(line);
	char *before = strndup(info->buffer, (size_t)(info->cursor - info->buffer));
	json_t *candidates = json_array();
	struct ctl_editor *editor;
	unsigned char result;

	(void)key;
	if (before == NULL || candidates == NULL || el_get(line, EL_CLIENTDATA, &editor) != 0) {
		result = CC_ERROR;
	} else if (!candidates_ask(editor, before, candidates)) {
		result = CC_EOF;
	} else {
		const char *word = before + strlen(before);

		while (word > before && strchr(" \t", word[-1]) == NULL)
			word--;
		candidates_filter(candidates, word);
		result = candidates_use(editor, candidates, word);
	}
	json_decref(candidates);
	free(before);
	return result;
}
