/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments from outside, put into the ring that end 1 of a pair receives from. */
#ifndef BENCH_TCP_FLOOD_H
#define BENCH_TCP_FLOOD_H

#include "tcp_pair.h"

enum flood_kind {
	FLOOD_NONE,
	FLOOD_KNOWN, /* of the pair's connections, without text or news */
	FLOOD_SPOOFED, /* of sources that have no connection */
	FLOOD_KINDS
};

struct flood_result {
	uint64_t cycles; /* of both ends' turns; making the segments is not counted */
	uint64_t bytes; /* of text that the connections have carried */
	uint64_t segments; /* put in */
};

/* Bulk transfer as work_bulk, and beside it as many segments of a kind as there are with text. */
void flood_run(struct pair *pair, enum flood_kind kind, uint32_t runs, struct flood_result *result);

#endif
