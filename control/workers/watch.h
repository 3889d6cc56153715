/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which workers do not answer, and why (INV-14).
 *
 * Silence counts only while control itself runs (toe/base/awake.h), and only when a question is unanswered: a worker that
 * has owed an answer for a quarter of the deadline is asked over the urgent mailbox, which it looks at between bursts
 * whatever else it has to do. A worker that answers anything is not silent, however long its work takes.
 *
 * What is silent for the whole deadline is judged by what its thread did since it was asked (chimney_params.cpu_time).
 * One that waited for a CPU and hardly got any is starved: that is told once, and it is judged again every deadline, for
 * ten of them. One that was blocked, or had the CPU and did not answer, is lost.
 */
#ifndef CONTROL_WATCH_H
#define CONTROL_WATCH_H

#include <stdint.h>

struct workers;

/*
 * Ask those that are silent, tell of those that are starved, and declare lost who is. sequence: of the last request that was
 * taken. Returns a bit for each worker that is lost since now: what requests need of it fails (lost.h).
 */
uint64_t workers_watch(struct workers *workers, uint64_t sequence);

#endif
