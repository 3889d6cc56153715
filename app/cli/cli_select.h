/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects that the words of a command name: NAME, PREFIX.c7, PREFIX.c0-99, PREFIX.c*, PREFIX (all of a
 * bulk group), all, lost (connections whose worker was lost).
 */
#ifndef APP_CLI_SELECT_H
#define APP_CLI_SELECT_H

#include "cli_parse.h"
#include "selection.h"

/*
 * Fill from the CLI_SELECT words of a line. layer 0: any; else objects of other layers, when named one by
 * one, are errors, and wildcards skip them. CLI_ERROR: nothing is left of the selection. That something is named does not
 * say that any of it is offloaded: who walks through it will see.
 */
enum cli_result selection_make(struct object_table *table, const struct cli_line *line,
        unsigned int layer, struct selection *selection, struct cli_error *error);

#endif
