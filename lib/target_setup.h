/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet pool, tables, workers and the target, sized by the options. */
#ifndef LIB_TARGET_SETUP_H
#define LIB_TARGET_SETUP_H

#include "chimney_target.h"
#include "program.h"

/* What each worker gets, and the number of packet buffers. Needs the ports and the number of workers. */
void target_plan(struct program *program, const struct chimney_target_params *wanted);
/* 0 or -1 (reported). */
int target_open(struct program *program, const struct chimney_target_params *wanted);
void target_close(struct program *program);
/* Parameters that the engine will be created with; also for the estimate. */
void target_worker_params(const struct program *program, const struct chimney_target_params *wanted,
        uint32_t index, struct toe_worker_params *params);
void target_params(const struct program *program, const struct chimney_target_params *wanted,
        struct chimney_params *params);

#endif
