/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects that a command or a request is about. */
#include <stdlib.h>
#include <string.h>

#include "selection.h"

void
selection_add(struct selection *selection, struct object *object)
{
	if (selection->count == selection->room) {
		size_t room = selection->room != 0 ? selection->room * 2 : 64;
		struct object **objects =
		        realloc(selection->objects, room * sizeof(*selection->objects));

		if (objects == NULL) {
			selection->failed = true;
			return;
		}
		selection->objects = objects;
		selection->room = room;
	}
	selection->objects[selection->count++] = object;
	selection->layer[object->layer] = true;
}

void
selection_free(struct selection *selection)
{
	free(selection->objects);
	memset(selection, 0, sizeof(*selection));
}

static bool
add_visit(void *context, struct object *object)
{
	selection_add(context, object);
	return true;
}

static bool
lost_visit(void *context, struct object *object)
{
	if (object->lost)
		selection_add(context, object);
	return true;
}

void
selection_lost(const struct object_table *table, struct selection *selection)
{
	objects_each(table, OFFLOAD_LAYER_TCP, lost_visit, selection);
}

void
selection_all(const struct object_table *table, unsigned int layer, struct selection *selection)
{
	objects_each(table, layer, add_visit, selection);
}
