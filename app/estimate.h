/* SPDX-License-Identifier: BSD-3-Clause */
/* What the capacities will cost in memory: printed before anything is allocated, and refused when too much. */
#ifndef APP_ESTIMATE_H
#define APP_ESTIMATE_H

#include "options.h"
#include "program.h"

/* Fill program->memory, print it, and check it. 0 or -1 (said, with what would be right). */
int estimate_check(struct program *program, const struct options *options);

#endif
