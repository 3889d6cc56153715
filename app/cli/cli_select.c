/* SPDX-License-Identifier: BSD-3-Clause */
/* The objects that the words of a command name. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli_select.h"

/* A range of objects of one layer of a bulk group: what PREFIX.cN, PREFIX.cN-M and PREFIX.c* mean. */
struct range {
	struct object_group *group;
	unsigned int layer;
	uint32_t first, last;
	bool wildcard;
};

/* "c0-99" behind the dot. False when it is none of the forms. */
static bool
range_parse(const char *text, struct range *range)
{
	unsigned long number;
	char *end;

	range->layer = layer_of_letter(*text++);
	range->wildcard = false;
	if (range->layer == 0)
		return false;
	if (strcmp(text, "*") == 0) {
		range->wildcard = true;
		range->first = 0;
		range->last = UINT32_MAX;
		return true;
	}
	if (!isdigit((unsigned char)*text))
		return false;
	number = strtoul(text, &end, 10);
	range->first = range->last = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
	if (*end == '-' && isdigit((unsigned char)end[1])) {
		number = strtoul(end + 1, &end, 10);
		range->last = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
	}
	return *end == '\0';
}

static enum cli_result
select_range(const struct object_table *table, const struct cli_line *line, unsigned int word,
        unsigned int layer, struct selection *selection, struct cli_error *error)
{
	const char *text = line->word[word], *dot = strchr(text, '.');
	char name[CLI_NAME_MAX] = "";
	struct range range = {0};
	uint32_t last;

	if ((size_t)(dot - text) < sizeof(name))
		memcpy(name, text, (size_t)(dot - text));
	range.group = group_find(table, name);
	if (range.group == NULL || !range.group->bulk)
		return cli_error_set(
		        error, line, word, "there are no bulk objects '%s'; see show", name);
	if (!range_parse(dot + 1, &range))
		return cli_error_set(error, line, word,
		        "expected a letter n, p or c and a number, a range or *, like %s.c0-99",
		        name);
	if (layer != 0 && range.layer != layer)
		return cli_error_set(error, line, word, "is a %s; expected a %s",
		        layer_name(range.layer), layer_name(layer));
	last = range.wildcard ? range.group->count[range.layer] - 1 : range.last;
	if (!range.wildcard && (range.first > last || last >= range.group->count[range.layer]))
		return cli_error_set(error, line, word, "expected numbers from 0 to %u, rising",
		        range.group->count[range.layer] - 1);
	for (uint32_t i = range.first; range.group->count[range.layer] != 0 && i <= last; i++) {
		struct object *object = &range.group->objects[range.layer][i];

		if (object->state == OBJECT_LIVE)
			selection_add(selection, object);
		else if (range.first == range.last)
			return cli_error_set(error, line, word, "is not offloaded (any more)");
	}
	return CLI_OK;
}

static void
select_group(const struct object_group *group, unsigned int layer, struct selection *selection)
{
	for (unsigned int at = OFFLOAD_LAYER_NEIGHBOR; at < OBJECT_LAYERS; at++)
		for (uint32_t i = 0; i < group->count[at] && (layer == 0 || layer == at); i++)
			if (group->objects[at][i].state == OBJECT_LIVE)
				selection_add(selection, &group->objects[at][i]);
}

static enum cli_result
select_word(const struct object_table *table, const struct cli_line *line, unsigned int word,
        unsigned int layer, struct selection *selection, struct cli_error *error)
{
	const char *text = line->word[word];
	struct object_group *group;
	struct object *object;

	if (strcmp(text, "all") == 0) {
		selection_all(table, layer, selection);
		return CLI_OK;
	}
	if (strcmp(text, "lost") == 0 && (layer == 0 || layer == OFFLOAD_LAYER_TCP)) {
		selection_lost(table, selection);
		return CLI_OK;
	}
	if (strchr(text, '.') != NULL)
		return select_range(table, line, word, layer, selection, error);
	group = group_find(table, text);
	if (group != NULL && group->bulk) {
		select_group(group, layer, selection);
		return CLI_OK;
	}
	object = object_by_name(table, text);
	if (object == NULL)
		return cli_error_set(error, line, word,
		        "there is no object of this name; see show neighbors, show paths, show "
		        "tcp");
	if (layer != 0 && object->layer != layer)
		return cli_error_set(error, line, word, "is a %s; expected a %s",
		        layer_name(object->layer), layer_name(layer));
	selection_add(selection, object);
	return CLI_OK;
}

static int
compare_objects(const void *a, const void *b)
{
	const struct object *left = *(struct object *const *)a;
	const struct object *right = *(struct object *const *)b;

	if (left->layer != right->layer)
		return left->layer < right->layer ? -1 : 1;
	if (left->group != right->group)
		return left->group->slot < right->group->slot ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

/* In order of layer, group and number, each once. A single word is in that order already. */
static void
selection_tidy(struct selection *selection)
{
	size_t kept = 0;

	qsort(selection->objects, selection->count, sizeof(*selection->objects), compare_objects);
	for (size_t i = 0; i < selection->count; i++)
		if (i == 0 || selection->objects[i] != selection->objects[kept - 1])
			selection->objects[kept++] = selection->objects[i];
	selection->count = kept;
}

enum cli_result
selection_make(const struct object_table *table, const struct cli_line *line, unsigned int layer,
        struct selection *selection, struct cli_error *error)
{
	memset(selection, 0, sizeof(*selection));
	for (unsigned int i = 0; i < line->select_count; i++)
		if (select_word(table, line, line->select_first + i, layer, selection, error) !=
		        CLI_OK)
			return CLI_ERROR;
	if (selection->failed)
		return cli_error_set(error, line, UINT32_MAX, "out of memory");
	if (selection->count == 0)
		return cli_error_set(error, line, line->select_first,
		        "names no %s that is offloaded", layer_name(layer));
	if (line->select_count > 1)
		selection_tidy(selection);
	return CLI_OK;
}
