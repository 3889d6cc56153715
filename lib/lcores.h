/* SPDX-License-Identifier: BSD-3-Clause */
/* The lcores: control on the first worker lcore of EAL's list, workers on the rest. */
#ifndef LIB_LCORES_H
#define LIB_LCORES_H

#include "program.h"

/* Who runs where: on all worker lcores, which must be free. 0 or -1 (said). */
int lcores_plan(struct program *program);
int lcores_launch(struct program *program);
/* chimney_params.cpu_time of the workers. context: the program. */
bool lcores_cpu_time(void *context, uint32_t worker, struct chimney_cpu_time *time);
/*
 * Stop and join. What does not return within 2 s is left behind (a lost worker), and said; within 20 s where it has to wait
 * for a CPU.
 */
void lcores_stop(struct program *program);

#endif
