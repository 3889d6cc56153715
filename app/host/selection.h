/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects that a command is about: ranges of groups, or everything. A selection is looked through from the bottom
 * layer up, by group and number, each object once, and only those are seen that can be named when their turn comes: a
 * walk may be cut into slices, and others work in between. What was not there when the selection was made is not meant.
 */
#ifndef APP_SELECTION_H
#define APP_SELECTION_H

#include "objects.h"

/* Objects of one layer of a group. The group is held. */
struct selection_range {
	struct object_group *group;
	uint32_t layer;
	uint32_t first, last;
};

struct selection {
	/* everything, or everything of this layer, when it is not 0; no ranges then */
	bool all;
	unsigned int layer;
	/* of these, only those whose state was lost with their worker */
	bool lost;
	uint64_t time; /* groups that have risen later are not meant */
	/* in order, without overlaps */
	struct selection_range *ranges;
	size_t count;
	size_t room;
};

/* Where a walk stands; begins as zeros. */
struct selection_cursor {
	unsigned int layer;
	size_t at; /* range, or slot of the table */
	uint32_t index;
	bool end;
};

/* Everything of a layer (0: of all). */
void selection_all(
        struct selection *selection, const struct object_table *table, unsigned int layer);
/* The connections whose state was lost with their worker. */
void selection_lost(struct selection *selection, const struct object_table *table);
/* Add a range; false: memory ran out. selection_tidy must follow the last one. */
bool selection_add(struct selection *selection, struct object_group *group, unsigned int layer,
        uint32_t first, uint32_t last);
void selection_tidy(struct selection *selection, struct object_table *table);
/* Let go of all groups. */
void selection_free(struct selection *selection, struct object_table *table);

/* May there be any of this layer? How many, at most? */
bool selection_has(
        const struct selection *selection, const struct object_table *table, unsigned int layer);
uint64_t selection_bound(
        const struct selection *selection, const struct object_table *table, unsigned int layer);
/* Is this object, which can be named, one of them? */
bool selection_contains(const struct selection *selection, const struct object *object);

/* Nothing more of the group where the cursor stands, in this layer. */
void selection_skip_group(struct selection_cursor *cursor);
/* The next object. NULL: the slice is over, or cursor->end. */
struct object *selection_next(const struct selection *selection, const struct object_table *table,
        struct selection_cursor *cursor, const struct slice *slice);

#endif
