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

/* Add what a group has of a layer from `first` to `last`; CLI_ERROR: memory ran out. */
static enum cli_result
add(struct selection *selection, struct object_group *group, unsigned int layer, uint32_t first,
        uint32_t last, struct cli_error *error)
{
	if (group->risen == 0 || group->live[layer] == 0)
		return CLI_OK;
	if (selection_add(selection, group, layer, first, last))
		return CLI_OK;
	return cli_error_set(error, NULL, UINT32_MAX, "out of memory");
}

static enum cli_result
select_range(const struct object_table *table, const struct cli_line *line, unsigned int word,
        unsigned int layer, struct selection *selection, struct cli_error *error)
{
	const char *text = line->word[word], *dot = strchr(text, '.');
	char name[CLI_NAME_MAX] = "";
	struct range range = {0};
	uint32_t count, last;

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
	count = range.group->count[range.layer];
	last = range.wildcard ? count - 1 : range.last;
	if (!range.wildcard && (range.first > last || last >= count))
		return cli_error_set(
		        error, line, word, "expected numbers from 0 to %u, rising", count - 1);
	if (count == 0)
		return CLI_OK;
	if (range.first == last && !range.wildcard &&
	        !object_named(group_object(range.group, range.layer, last)))
		return cli_error_set(error, line, word, "is not offloaded (any more)");
	return add(selection, range.group, range.layer, range.first, last, error);
}

static enum cli_result
select_group(struct object_group *group, unsigned int layer, struct selection *selection,
        struct cli_error *error)
{
	enum cli_result result = CLI_OK;

	for (unsigned int at = OFFLOAD_LAYER_NEIGHBOR; at < OBJECT_LAYERS && result == CLI_OK; at++)
		if (group->count[at] != 0 && (layer == 0 || layer == at))
			result = add(selection, group, at, 0, group->count[at] - 1, error);
	return result;
}

static enum cli_result
select_word(const struct object_table *table, const struct cli_line *line, unsigned int word,
        unsigned int layer, struct selection *selection, struct cli_error *error)
{
	const char *text = line->word[word];
	struct object_group *group;
	struct object *object;

	if (strchr(text, '.') != NULL)
		return select_range(table, line, word, layer, selection, error);
	group = group_find(table, text);
	if (group != NULL && group->bulk)
		return select_group(group, layer, selection, error);
	object = object_by_name(table, text);
	if (object == NULL)
		return cli_error_set(error, line, word,
		        "there is no object of this name; see show neighbors, show paths, show "
		        "tcp");
	if (layer != 0 && object->layer != layer)
		return cli_error_set(error, line, word, "is a %s; expected a %s",
		        layer_name(object->layer), layer_name(layer));
	return add(selection, object->group, object->layer, 0, 0, error);
}

/* `lost` stands alone: it is a property, not a name. */
static enum cli_result
select_lost(const struct object_table *table, const struct cli_line *line, unsigned int word,
        unsigned int layer, struct selection *selection, struct cli_error *error)
{
	if (layer != 0 && layer != OFFLOAD_LAYER_TCP)
		return cli_error_set(
		        error, line, word, "means connections; expected a %s", layer_name(layer));
	if (line->select_count > 1)
		return cli_error_set(error, line, word, "expected no other names beside it");
	selection_lost(selection, table);
	return CLI_OK;
}

enum cli_result
selection_make(struct object_table *table, const struct cli_line *line, unsigned int layer,
        struct selection *selection, struct cli_error *error)
{
	enum cli_result result = CLI_OK;
	bool all = false;

	memset(selection, 0, sizeof(*selection));
	for (unsigned int i = 0; i < line->select_count; i++)
		if (strcmp(line->word[line->select_first + i], "lost") == 0)
			return select_lost(
			        table, line, line->select_first + i, layer, selection, error);
	for (unsigned int i = 0; i < line->select_count && result == CLI_OK; i++) {
		unsigned int word = line->select_first + i;

		if (strcmp(line->word[word], "all") == 0)
			all = true;
		else
			result = select_word(table, line, word, layer, selection, error);
	}
	if (result == CLI_OK && !all && selection->count == 0)
		result = cli_error_set(error, line, line->select_first,
		        "names no %s that is offloaded", layer_name(layer));
	if (result != CLI_OK || all)
		selection_free(selection, table);
	if (result == CLI_OK && all)
		selection_all(selection, table, layer);
	selection_tidy(selection, table);
	return result;
}
