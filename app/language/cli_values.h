/* SPDX-License-Identifier: BSD-3-Clause */
/* One word as the value of an argument: numbers with units, MAC and IP addresses, names, choices. */
#ifndef APP_CLI_VALUES_H
#define APP_CLI_VALUES_H

#include "cli_line.h"

enum cli_result cli_value_parse(const struct cli_line *line, unsigned int word,
        const struct cli_arg *arg, struct cli_value *value, struct cli_error *error);

#endif
