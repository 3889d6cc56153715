/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people write them. */
#include <ctype.h>

#include "cli_number.h"

bool
cli_number_parse(const char *text, uint64_t *number)
{
	unsigned int base = 10;
	uint64_t value = 0, scale = 1;
	const char *digits = text;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		digits += 2;
	}
	text = digits;
	for (; isxdigit((unsigned char)*text); text++) {
		unsigned int digit =
		        isdigit((unsigned char)*text)
		                ? (unsigned int)(*text - '0')
		                : (unsigned int)(tolower((unsigned char)*text) - 'a') + 10;

		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (text == digits)
		return false;
	if (base == 10 && *text != '\0') {
		scale = *text == 'k'   ? 1000u
		        : *text == 'M' ? 1000000u
		        : *text == 'G' ? 1000000000u
		                       : 0;
		if (scale == 0)
			return false;
		text++;
	}
	if (*text != '\0' || value > UINT64_MAX / scale)
		return false;
	*number = value * scale;
	return true;
}
