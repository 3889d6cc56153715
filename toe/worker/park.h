/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker that was declared lost and wakes up (INV-14). */
#ifndef TOE_PARK_H
#define TOE_PARK_H

#include "worker.h"

/*
 * A turn of a lost worker: give back a part of what it holds; when all of it is back, say so in `parked`, and do
 * nothing until control lets it go on. Returns the work done.
 */
uint32_t toe_worker_park(struct toe_worker *worker);

#endif
