/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people write them: in commands and in the program's options. */
#ifndef APP_CLI_NUMBER_H
#define APP_CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#define CLI_NUMBER_FORMS "such as 1000, 1k or 0x3e8"

/* Decimal, with k, M or G behind it for 1000, 1000000 and 1000000000; or 0x and hexadecimal. False: no number, or too large. */
bool cli_number_parse(const char *text, uint64_t *number);

#endif
