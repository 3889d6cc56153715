/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects that the words of a command name: NAME, PREFIX.c7, PREFIX.c0-99, PREFIX.c*, PREFIX (all of a
 * bulk group), all. Only live objects, each at most once: what is still rising cannot be named (INV-12).
 */
#ifndef APP_SELECT_H
#define APP_SELECT_H

#include "cli_parse.h"
#include "objects.h"

struct selection {
	struct object **objects;
	size_t count;
	size_t room;
	bool layer[OBJECT_LAYERS]; /* which layers it has */
	bool failed; /* memory ran out */
};

/*
 * Fill from the CLI_SELECT words of a line. layer 0: any; else objects of other layers, when named one by
 * one, are errors, and wildcards skip them. An empty selection is an error. Free it with selection_free in
 * every case.
 */
enum cli_result selection_make(const struct object_table *table, const struct cli_line *line,
        unsigned int layer, struct selection *selection, struct cli_error *error);
/* Add everything of a layer (0: all layers). */
void selection_all(
        const struct object_table *table, unsigned int layer, struct selection *selection);
void selection_add(struct selection *selection, struct object *object);
void selection_free(struct selection *selection);

#endif
