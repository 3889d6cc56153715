/* SPDX-License-Identifier: BSD-3-Clause */
/* What the target has to say. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void
report(const struct program *program, enum report_kind kind, const char *format, va_list args)
{
	char *text = NULL;

	if (program->report.tell == NULL || vasprintf(&text, format, args) < 0)
		return;
	program->report.tell(program->report.context, kind, text);
	free(text);
}

int
report_error(const struct program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(program, REPORT_ERROR, format, args);
	va_end(args);
	return -1;
}

void
report_hint(const struct program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(program, REPORT_HINT, format, args);
	va_end(args);
}

void
report_news(const struct program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(program, REPORT_NEWS, format, args);
	va_end(args);
}
