/* SPDX-License-Identifier: BSD-3-Clause */
/* Text for a terminal of 80 columns: put together part by part, and continued on further lines. */
#ifndef APP_CLI_WRAP_H
#define APP_CLI_WRAP_H

#include <stdbool.h>
#include <stddef.h>

/* With the two characters that mark a line of a reply it is 80. */
#define CLI_WRAP_WIDTH 78u

/* Called for each line, which has no end, but a NUL behind it. */
typedef void (*cli_wrap_emit)(void *context, const char *line, size_t length);

/* A line that grows; begins with zeros, `emit` and its context. */
struct cli_wrap {
	cli_wrap_emit emit;
	void *context;
	size_t used;
	bool begun; /* there is more than blanks */
	char text[1024];
};

/*
 * One part of `length` bytes, which stays whole, padded to `width`, `gap` blanks behind the one before. Where that is more
 * than fits it begins the next line, behind `indent` blanks.
 */
void cli_wrap_put(struct cli_wrap *line, const char *part, size_t length, unsigned int width,
        unsigned int gap, unsigned int indent);
/* A text word by word, the first one `gap` blanks behind what stands there. */
void cli_wrap_words(struct cli_wrap *line, const char *text, unsigned int gap, unsigned int indent);
/* Give the line away, without blanks at its end; the next one begins with `indent` blanks. */
void cli_wrap_end(struct cli_wrap *line, unsigned int indent);

#endif
