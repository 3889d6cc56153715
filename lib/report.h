/* SPDX-License-Identifier: BSD-3-Clause */
/* What the target has to say while it is opened, run and closed goes where its program wants it: to a terminal, into a text. */
#ifndef LIB_REPORT_H
#define LIB_REPORT_H

#include "program.h"

/* An error: what and where. Always returns -1, so that a check can end in `return report_error()`. */
int report_error(const struct program *program, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* A further line of the last error: what would be right. */
void report_hint(const struct program *program, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* Something that is no error. */
void report_news(const struct program *program, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

#endif
