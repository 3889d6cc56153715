/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects that a command or a request is about: only live ones, each at most once. What is still rising cannot be
 * selected (INV-12).
 */
#ifndef APP_SELECTION_H
#define APP_SELECTION_H

#include "objects.h"

struct selection {
	struct object **objects;
	size_t count;
	size_t room;
	bool layer[OBJECT_LAYERS]; /* which layers it has */
	bool failed; /* memory ran out */
};

void selection_add(struct selection *selection, struct object *object);
/* Add everything of a layer (0: all layers). */
void selection_all(
        const struct object_table *table, unsigned int layer, struct selection *selection);
/* Add the connections whose state was lost with their worker. */
void selection_lost(const struct object_table *table, struct selection *selection);
void selection_free(struct selection *selection);

#endif
