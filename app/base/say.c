/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of the program to the person who started it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli_text.h"
#include "say.h"

static void
say_line(FILE *to, const char *prefix, const char *format, va_list args)
{
	char *text = NULL;

	/* names of files and the like come from outside */
	if (vasprintf(&text, format, args) < 0)
		return;
	cli_text_clean(text);
	fprintf(to, "%s%s\n", prefix, text);
	fflush(to);
	free(text);
}

int
say_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(stderr, "dpdk-chimney: error: ", format, args);
	va_end(args);
	return -1;
}

void
say_hint(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(stderr, "dpdk-chimney:   ", format, args);
	va_end(args);
}

void
say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(stdout, "dpdk-chimney: ", format, args);
	va_end(args);
}
