/* SPDX-License-Identifier: BSD-3-Clause */
/* Text for a terminal of 80 columns. */
#include <stdio.h>
#include <string.h>

#include "cli_text.h"
#include "cli_wrap.h"

void
cli_wrap_end(struct cli_wrap *line, unsigned int indent)
{
	while (line->used > 0 && line->text[line->used - 1] == ' ')
		line->used--;
	line->text[line->used] = '\0';
	line->emit(line->context, line->text, line->used);
	line->used = (size_t)snprintf(line->text, sizeof(line->text), "%*s", (int)indent, "");
	line->begun = false;
}

void
cli_wrap_put(struct cli_wrap *line, const char *part, size_t length, unsigned int width,
        unsigned int gap, unsigned int indent)
{
	size_t room = length > width ? length : width;

	if (line->begun && line->used + gap + room > CLI_WRAP_WIDTH)
		cli_wrap_end(line, indent);
	line->used += (size_t)snprintf(line->text + line->used, sizeof(line->text) - line->used,
	        "%*s%-*.*s", line->begun ? (int)gap : 0, "", (int)width, (int)length, part);
	line->begun = true;
	if (line->used >= sizeof(line->text)) {
		cli_text_cut(line->text);
		line->used = strlen(line->text);
	}
}

void
cli_wrap_words(struct cli_wrap *line, const char *text, unsigned int gap, unsigned int indent)
{
	while (*text != '\0') {
		size_t length = strcspn(text, " ");

		cli_wrap_put(line, text, length, 0, gap, indent);
		text += length + (text[length] == ' ');
		gap = 1;
	}
}
