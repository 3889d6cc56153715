/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a line of text to a command with typed values, by the table of cli_grammar.h. No allocation, no
 * globals, no objects: what a name stands for is looked up later.
 */
#ifndef APP_CLI_PARSE_H
#define APP_CLI_PARSE_H

#include "cli_grammar.h"
#include "cli_line.h"
#include "cli_match.h"

/* Parse one line of `length` bytes (no line end needed). `error` is set for CLI_ERROR only. */
enum cli_result cli_parse(
        struct cli_line *line, const char *text, size_t length, struct cli_error *error);

#endif
