/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the parser share, and nobody else sees: reads at any address, and TCP options that are rare. */
#ifndef TOE_SEGMENT_OPTIONS_H
#define TOE_SEGMENT_OPTIONS_H

#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

#include "segment.h"

static inline uint16_t
load16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t
load32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t
load_be32(const uint8_t *at)
{
	return rte_be_to_cpu_32(load32(at));
}

/* `left` bytes of options: timestamps and SACK blocks go into the segment, anything else is passed over. */
void toe_segment_options(const uint8_t *option, uint32_t left, struct toe_segment *segment);

#endif
