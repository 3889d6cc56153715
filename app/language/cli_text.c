/* SPDX-License-Identifier: BSD-3-Clause */
/* Text from outside: what may go on, and where it may be cut. */
#include <stdint.h>
#include <string.h>

#include "cli_text.h"

/* Bytes that a character has by its first one; 0: none begins like this. */
static size_t
length_by_first(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xC2 && first <= 0xDF)
		return 2;
	if (first >= 0xE0 && first <= 0xEF)
		return 3;
	return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

size_t
cli_text_character(const char *text, size_t length)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = length != 0 ? (unsigned char)text[0] : 0xFF;
	size_t bytes = length_by_first(first);
	uint32_t code;

	if (bytes == 0 || bytes > length)
		return 0;
	code = bytes == 1 ? first : first & (0x7Fu >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if (((unsigned char)text[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)text[i] & 0x3F);
	}
	/* too long a form, half of a surrogate pair, beyond Unicode (RFC 3629 3); control characters, C1's too */
	if (code < least[bytes] || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
		return 0;
	return code < 0x20 || (code >= 0x7F && code <= 0x9F) ? 0 : bytes;
}

void
cli_text_cut(char *text)
{
	size_t length = strlen(text), start = length, back = 0;

	while (start > 0 && back < 4) {
		unsigned char byte = (unsigned char)text[--start];

		back++;
		if ((byte & 0xC0) == 0x80)
			continue;
		if (length_by_first(byte) > back)
			text[start] = '\0';
		return;
	}
}

void
cli_text_clean(char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t bytes = cli_text_character(text, left);

		if (bytes == 0 && *text != '\t')
			*text = '?';
		bytes = bytes != 0 ? bytes : 1;
		text += bytes;
		left -= bytes;
	}
}
