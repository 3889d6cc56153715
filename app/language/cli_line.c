/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of the CLI: its words, and what is wrong with one of them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli_line.h"
#include "cli_text.h"

/* What a reply may say of it, and a terminal be shown, has no such byte: the line ends here. */
static enum cli_result
refuse_byte(
        struct cli_line *line, size_t at, bool inside, unsigned char byte, struct cli_error *error)
{
	line->split[at] = '\0';
	if (!inside && line->words < CLI_WORDS_MAX)
		line->word[line->words++] = &line->split[at];
	return cli_error_set(error, line, line->words - 1,
	        "%s 0x%02x in column %zu; expected printable UTF-8",
	        byte < 0x20 || byte == 0x7F ? "control character" : "byte", byte, at + 1);
}

enum cli_result
cli_error_set(struct cli_error *error, const struct cli_line *line, unsigned int word,
        const char *format, ...)
{
	char what[224];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	cli_text_cut(what);
	error->got[0] = '\0';
	if (word == UINT32_MAX) {
		error->word = 0;
		snprintf(error->message, sizeof(error->message), "%s", what);
	} else if (word >= line->words) {
		error->word = word + 1;
		snprintf(error->message, sizeof(error->message), "end of line: %s", what);
	} else {
		error->word = word + 1;
		snprintf(error->got, sizeof(error->got), "%.60s", line->word[word]);
		cli_text_cut(error->got);
		snprintf(error->message, sizeof(error->message), "word %u '%s': %s", error->word,
		        error->got, what);
	}
	return CLI_ERROR;
}

enum cli_result
cli_split(struct cli_line *line, const char *text, size_t length, struct cli_error *error)
{
	bool inside = false;
	/* behind the words, and behind the last character that was looked at */
	size_t end = 0, good = 0;

	line->words = 0;
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	if (length >= CLI_LINE_MAX)
		return cli_error_set(error, line, UINT32_MAX,
		        "line of %zu bytes; at most %u are possible", length, CLI_LINE_MAX - 1);
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c == '#' && !inside)
			break;
		if (i >= good && c != '\t') {
			size_t bytes = cli_text_character(text + i, length - i);

			if (bytes == 0)
				return refuse_byte(line, i, inside, (unsigned char)c, error);
			good = i + bytes;
		}
		line->raw[i] = text[i];
		line->split[i] = c == ' ' || c == '\t' ? '\0' : text[i];
		if (line->split[i] == '\0') {
			inside = false;
		} else if (!inside) {
			if (line->words == CLI_WORDS_MAX)
				return cli_error_set(error, line, UINT32_MAX,
				        "more than %u words; use a range such as b.c0-99",
				        CLI_WORDS_MAX);
			line->word[line->words++] = &line->split[i];
			inside = true;
		}
		end = i + 1;
	}
	line->raw[end] = '\0';
	line->split[end] = '\0';
	return line->words == 0 ? CLI_BLANK : CLI_OK;
}
