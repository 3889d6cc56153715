/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of a connection to offload, from the arguments of `tcp add` and `bulk add`. */
#ifndef APP_CLI_TCP_STATE_H
#define APP_CLI_TCP_STATE_H

#include "block_fill.h"
#include "cli_parse.h"

/* All arguments of the line, with the defaults that the grammar's help promises. */
void tcp_template_make(const struct cli_line *line, struct tcp_template *tcp);
/* Change what a line gives of the cached variables; false when it gives none. */
bool tcp_cached_apply(const struct cli_line *line, struct tcp_cached *cached);

#endif
