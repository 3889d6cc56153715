/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers that expire. */
#ifndef TOE_TIMER_LOOP_H
#define TOE_TIMER_LOOP_H

#include "worker.h"

/* A burst of connections whose earliest deadline may have passed; how many. */
uint32_t toe_worker_timers(struct toe_worker *worker);

#endif
