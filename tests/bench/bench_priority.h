/* SPDX-License-Identifier: BSD-3-Clause */
/* Real-time priority, which on a shared machine comes near to a CPU of one's own. */
#ifndef BENCH_PRIORITY_H
#define BENCH_PRIORITY_H

/*
 * For the calling thread and those that it starts, where that is allowed. Not before EAL is up: it waits for threads of its own
 * by sleeping for a microsecond again and again.
 */
void bench_prioritise(void);

#endif
