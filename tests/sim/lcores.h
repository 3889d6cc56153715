/* SPDX-License-Identifier: BSD-3-Clause */
/* The control lcore and the workers of a world as threads that sleep and wake by their doorbells. */
#ifndef TESTS_LCORES_H
#define TESTS_LCORES_H

#include <pthread.h>

#include "world.h"

struct lcores {
	struct world *world;
	_Atomic bool stop;
	_Atomic uint64_t slept; /* times that one of them slept */
};

/* The thread of the control lcore; argument: struct lcores. */
void *lcores_control(void *argument);
/* Start the thread of a worker: 0, or an error number. */
int lcores_worker(struct lcores *lcores, uint32_t worker, pthread_t *thread);

#endif
