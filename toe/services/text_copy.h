/* SPDX-License-Identifier: BSD-3-Clause */
/* Text on its way into a frame, in one or more parts, and its sum. */
#ifndef TOE_TEXT_COPY_H
#define TOE_TEXT_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "checksum.h"

/* A text being copied. */
struct text_copy {
	uint8_t *to;
	uint32_t done;
	bool want_sum;
	uint64_t sum;
};

/* The next part of it. */
static inline void
text_copy_part(struct text_copy *copy, const uint8_t *from, uint32_t length)
{
	uint8_t *to = copy->to + copy->done;
	uint64_t part;

	if (!copy->want_sum) {
		memcpy(to, from, length);
		copy->done += length;
		return;
	}
	part = toe_checksum_copy(to, from, length);

	/* A part that begins at an odd byte counts with its bytes swapped (RFC 1071 section 2). */
	copy->sum += (copy->done & 1) ? __builtin_bswap16(toe_checksum_fold(part)) : part;
	copy->done += length;
}

#endif
