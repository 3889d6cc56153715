/* SPDX-License-Identifier: BSD-3-Clause */
/* The objects that a command is about. */
#include <stdlib.h>
#include <string.h>

#include "selection.h"

/* Objects that are passed over between two looks at the clock. */
#define LOOK_EVERY 64u

void
selection_all(struct selection *selection, const struct object_table *table, unsigned int layer)
{
	memset(selection, 0, sizeof(*selection));
	selection->all = true;
	selection->layer = layer;
	selection->time = table->time;
}

void
selection_lost(struct selection *selection, const struct object_table *table)
{
	selection_all(selection, table, OFFLOAD_LAYER_TCP);
	selection->lost = true;
}

bool
selection_add(struct selection *selection, struct object_group *group, unsigned int layer,
        uint32_t first, uint32_t last)
{
	if (selection->count == selection->room) {
		size_t room = selection->room != 0 ? selection->room * 2 : 8;
		struct selection_range *ranges =
		        realloc(selection->ranges, room * sizeof(*selection->ranges));

		if (ranges == NULL)
			return false;
		selection->ranges = ranges;
		selection->room = room;
	}
	group_hold(group);
	selection->ranges[selection->count++] = (struct selection_range){group, layer, first, last};
	return true;
}

static int
compare(uint64_t left, uint64_t right)
{
	return (left > right) - (left < right);
}

/* By layer, group and number. */
static int
compare_place(uint32_t layer, const struct object_group *group, uint32_t index,
        const struct selection_range *range)
{
	if (layer != range->layer)
		return compare(layer, range->layer);
	if (group != range->group)
		return compare(group->slot, range->group->slot);
	return compare(index, range->first);
}

static int
compare_ranges(const void *a, const void *b)
{
	const struct selection_range *left = a;

	return compare_place(left->layer, left->group, left->first, b);
}

void
selection_tidy(struct selection *selection, struct object_table *table)
{
	struct selection_range *ranges = selection->ranges;
	size_t kept = 0;

	if (selection->count < 2)
		return;
	qsort(ranges, selection->count, sizeof(*ranges), compare_ranges);
	for (size_t i = 1; i < selection->count; i++) {
		struct selection_range *last = &ranges[kept];

		if (ranges[i].layer != last->layer || ranges[i].group != last->group ||
		        ranges[i].first > last->last) {
			ranges[++kept] = ranges[i];
			continue;
		}
		if (ranges[i].last > last->last)
			last->last = ranges[i].last;
		group_let_go(table, ranges[i].group);
	}
	selection->count = kept + 1;
}

void
selection_free(struct selection *selection, struct object_table *table)
{
	for (size_t i = 0; i < selection->count; i++)
		group_let_go(table, selection->ranges[i].group);
	free(selection->ranges);
	memset(selection, 0, sizeof(*selection));
}

uint64_t
selection_bound(
        const struct selection *selection, const struct object_table *table, unsigned int layer)
{
	uint64_t sum = 0;

	if (selection->all)
		return selection->layer == 0 || selection->layer == layer ? table->live[layer] : 0;
	for (size_t i = 0; i < selection->count; i++)
		if (selection->ranges[i].layer == layer)
			sum += selection->ranges[i].last - selection->ranges[i].first + 1;
	return sum < table->live[layer] ? sum : table->live[layer];
}

bool
selection_has(
        const struct selection *selection, const struct object_table *table, unsigned int layer)
{
	return selection_bound(selection, table, layer) != 0;
}

bool
selection_contains(const struct selection *selection, const struct object *object)
{
	size_t low = 0, high = selection->count;

	if (selection->all)
		return (selection->layer == 0 || selection->layer == object->layer) &&
		       object->group->risen <= selection->time &&
		       (!selection->lost || object->lost);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_place(object->layer, object->group, object->index,
		            &selection->ranges[middle]) < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low != 0 && selection->ranges[low - 1].group == object->group &&
	       selection->ranges[low - 1].layer == object->layer &&
	       object->index <= selection->ranges[low - 1].last;
}

/* The range that stands in slot `at` when everything is selected; its group may be NULL. */
static struct selection_range
range_of_slot(const struct selection *selection, const struct object_table *table, size_t at,
        unsigned int layer)
{
	struct object_group *group = table->groups[at];

	if (group == NULL || group->risen == 0 || group->risen > selection->time ||
	        group->live[layer] == 0)
		return (struct selection_range){NULL, layer, 0, 0};
	return (struct selection_range){group, layer, 0, group->count[layer] - 1};
}

/* The range at the cursor. False: it is at the end. */
static bool
range_at(const struct selection *selection, const struct object_table *table,
        struct selection_cursor *cursor, struct selection_range *range)
{
	if (!selection->all) {
		if (cursor->at >= selection->count)
			return false;
		*range = selection->ranges[cursor->at];
		return true;
	}
	if (cursor->layer == 0)
		cursor->layer = selection->layer != 0 ? selection->layer : OFFLOAD_LAYER_NEIGHBOR;
	if (cursor->at >= table->used) {
		cursor->at = 0;
		if (cursor->layer == OFFLOAD_LAYER_TCP || selection->layer != 0)
			return false;
		cursor->layer++;
	}
	if (cursor->at >= table->used)
		return false;
	*range = range_of_slot(selection, table, cursor->at, cursor->layer);
	return true;
}

/* The next object of the range that can be named, or NULL; cursor->index moves on. */
static struct object *
next_in_range(const struct selection_range *range, bool lost, struct selection_cursor *cursor,
        unsigned int *passed)
{
	const uint32_t count = range->last - range->first + 1;

	if (range->group == NULL) {
		cursor->index = count;
		return NULL;
	}
	while (cursor->index < count && *passed < LOOK_EVERY) {
		struct object *object =
		        (struct object *)range->group->objects[range->layer].memory + range->first +
		        cursor->index;

		cursor->index++;
		++*passed;
		if (object->state == OBJECT_LIVE && (!lost || object->lost))
			return object;
	}
	return NULL;
}

void
selection_skip_group(struct selection_cursor *cursor)
{
	cursor->at++;
	cursor->index = 0;
}

struct object *
selection_next(const struct selection *selection, const struct object_table *table,
        struct selection_cursor *cursor, const struct slice *slice)
{
	struct selection_range range;
	struct object *object;

	do {
		for (unsigned int passed = 0; passed < LOOK_EVERY; passed++) {
			if (!range_at(selection, table, cursor, &range)) {
				cursor->end = true;
				return NULL;
			}
			object = next_in_range(&range, selection->lost, cursor, &passed);
			if (object != NULL)
				return object;
			if (cursor->index > range.last - range.first) {
				cursor->at++;
				cursor->index = 0;
			}
		}
	} while (!slice_over(slice));
	return NULL;
}
