/* SPDX-License-Identifier: BSD-3-Clause */
/* How a benchmark gives up. */
#ifndef BENCH_FAIL_H
#define BENCH_FAIL_H

/* Say what is wrong and end the process: a benchmark does not go on with wrong results. */
void bench_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
