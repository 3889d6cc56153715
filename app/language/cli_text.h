/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text from outside: UTF-8 without control characters may go on, to a terminal or into JSON. Whatever is cut to
 * fit is cut between characters.
 */
#ifndef APP_CLI_TEXT_H
#define APP_CLI_TEXT_H

#include <stddef.h>

/* Bytes of the first character of a text; 0: it is no UTF-8, a control character, or cut off (and so is an empty text). */
size_t cli_text_character(const char *text, size_t length);
/* Take the rest of a character off the end of a text that may have been cut. */
void cli_text_cut(char *text);
/* Put a question mark in the place of each byte that may not go on; tabs may. */
void cli_text_clean(char *text);

#endif
