/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the program says to the person who started it: one line per message, errors to stderr, news to
 * stdout. Every message says what, where and, for an error, what would be right.
 */
#ifndef APP_SAY_H
#define APP_SAY_H

/* "dpdk-chimney: error: ..." to stderr. Always returns -1, so that a check can end in `return say_error()`. */
int say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A further line of the last error: what would be right. */
void say_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "dpdk-chimney: ..." to stdout, flushed. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
