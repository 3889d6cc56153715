/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP options in any order: out of the straight way of the usual segment, which has none or timestamps only. */
#include "segment_options.h"

#define TCP_OPTION_END 0u
#define TCP_OPTION_NOP 1u
#define TCP_OPTION_KIND_SACK 5u
#define TCP_OPTION_KIND_TIMESTAMPS 8u
#define TCP_OPTION_LENGTH_TIMESTAMPS 10u

/* Blocks of 8 bytes (RFC 2018 section 3); a rest that is none is not looked at. */
static void
parse_sack(const uint8_t *option, struct toe_segment *segment)
{
	uint32_t n = RTE_MIN((option[1] - 2u) / 8, TOE_SACKS_MAX);

	for (uint32_t i = 0; i < n; i++) {
		segment->sack[i].start = load_be32(option + 2 + 8 * i);
		segment->sack[i].end = load_be32(option + 6 + 8 * i);
	}
	segment->sacks = (uint8_t)n;
}

/* Options in any order (RFC 9293 section 3.2). One with an illegal length ends the walk. */
void
toe_segment_options(const uint8_t *option, uint32_t left, struct toe_segment *segment)
{
	while (left > 0 && option[0] != TCP_OPTION_END) {
		if (option[0] == TCP_OPTION_NOP) {
			option++;
			left--;
			continue;
		}
		if (left < 2 || option[1] < 2 || option[1] > left)
			return;
		if (option[0] == TCP_OPTION_KIND_TIMESTAMPS &&
		        option[1] == TCP_OPTION_LENGTH_TIMESTAMPS) {
			segment->has_timestamps = true;
			segment->tsval = load_be32(option + 2);
			segment->tsecr = load_be32(option + 6);
		} else if (option[0] == TCP_OPTION_KIND_SACK) {
			parse_sack(option, segment);
		}
		left -= option[1];
		option += option[1];
	}
}
