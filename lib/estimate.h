/* SPDX-License-Identifier: BSD-3-Clause */
/* What the capacities will cost in memory: printed before anything is allocated, and refused when too much. */
#ifndef LIB_ESTIMATE_H
#define LIB_ESTIMATE_H

#include "chimney_target.h"
#include "program.h"

/* Fill program->memory, print it, and check it. 0 or -1 (reported, with what would be right). */
int estimate_check(struct program *program, const struct chimney_target_params *wanted);

#endif
