/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of the CLI: its words, the values of a command's arguments, and what is wrong with one of them. */
#ifndef APP_CLI_LINE_H
#define APP_CLI_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli_argument.h"

struct cli_command;

#define CLI_LINE_MAX 4096u /* bytes of a line, its end included */
#define CLI_WORDS_MAX 256u
#define CLI_NAME_MAX 32u /* bytes of a name of an object or group, its end included */

struct cli_value {
	bool present;
	uint16_t word; /* index of the word that holds it */
	union {
		uint64_t number; /* NUMBER, AMOUNT, SECONDS (ms), CHOICE (index), FLAG (1 or 0) */
		uint8_t mac[6];
		struct {
			uint8_t bytes[16]; /* network order; IPv4 in the first 4 */
			uint8_t family; /* 4 or 6 */
		} address;
		const char *text; /* NEW_NAME, OBJECT, REST */
	};
};

/* A parsed line; large, so that its owner keeps it. Strings point into it. */
struct cli_line {
	char raw[CLI_LINE_MAX]; /* the line without its comment */
	char split[CLI_LINE_MAX]; /* the same, a NUL behind each word */
	const char *word[CLI_WORDS_MAX];
	unsigned int words;
	const struct cli_command *command;
	struct cli_value value[ARG_COUNT];
	unsigned int select_first; /* words of the CLI_SELECT argument */
	unsigned int select_count;
};

/* What was wrong, which word, and what would be right. */
struct cli_error {
	unsigned int word; /* counted from 1; 0: the line as a whole */
	char got[64]; /* that word, shortened; "" at the end of the line */
	char message[320]; /* "word 3 'x': ...; expected ..." */
};

enum cli_result { CLI_OK = 0, CLI_BLANK, CLI_ERROR };

/* Set error for word `word` (index from 0; UINT32_MAX: the whole line). Also for handlers. CLI_ERROR. */
enum cli_result cli_error_set(struct cli_error *error, const struct cli_line *line,
        unsigned int word, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Split a line into words; a comment is cut off. */
enum cli_result cli_split(
        struct cli_line *line, const char *text, size_t length, struct cli_error *error);

#endif
