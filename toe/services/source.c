/* SPDX-License-Identifier: BSD-3-Clause */
/* The source: a fixed pattern. */
#include "source.h"

#include <rte_common.h>

#include "service.h"

#define ROW(b)                                                                                     \
	(b), (b) + 1, (b) + 2, (b) + 3, (b) + 4, (b) + 5, (b) + 6, (b) + 7, (b) + 8, (b) + 9,      \
	        (b) + 10, (b) + 11, (b) + 12, (b) + 13, (b) + 14, (b) + 15

#define PERIOD                                                                                     \
	ROW(0), ROW(16), ROW(32), ROW(48), ROW(64), ROW(80), ROW(96), ROW(112), ROW(128),          \
	        ROW(144), ROW(160), ROW(176), ROW(192), ROW(208), ROW(224), 240, 241, 242, 243,    \
	        244, 245, 246, 247, 248, 249, 250

/* Some periods of the source's pattern: enough that a segment of an Ethernet frame is one copy. */
static const uint8_t pattern[] = {PERIOD, PERIOD, PERIOD, PERIOD, PERIOD, PERIOD, PERIOD, PERIOD};

_Static_assert(sizeof(pattern) % TOE_PATTERN_PERIOD == 0, "whole periods");

void
source_copy(uint64_t offset, struct text_copy *copy, uint32_t length)
{
	uint32_t first = (uint32_t)(offset % TOE_PATTERN_PERIOD);

	while (copy->done < length) {
		uint32_t part = RTE_MIN((uint32_t)sizeof(pattern) - first, length - copy->done);

		text_copy_part(copy, pattern + first, part);
		first = 0;
	}
}
