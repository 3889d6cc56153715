/* SPDX-License-Identifier: BSD-3-Clause */
/* What an end sends, as it is seen behind its port: which of it is there already and needs not be sent again. */
#ifndef TESTS_WIRE_SEEN_H
#define TESTS_WIRE_SEEN_H

#include "segment.h"

#define SEEN_MAX 60000u /* bytes of a stream */

struct seen {
	uint32_t start; /* sequence number of offset 0 */
	uint32_t next; /* offset behind all that has left */
	uint8_t there[SEEN_MAX + 2]; /* has left and was not lost: it must not leave again */
	uint64_t frames, again; /* that have left; of these: repeat something */
	uint64_t timeouts, probes;
	uint64_t due_us; /* when the last frame arrives */
};

/* A frame leaves, and is lost or not; probe: it may repeat what is there. NULL, or what is wrong (static string). */
const char *seen_frame(
        struct seen *seen, const struct toe_segment *segment, bool is_lost, bool probe);
/* So many timeouts there were: after another one all that is in flight may be repeated, there or not. */
void seen_timeouts(struct seen *seen, uint64_t timeouts);

#endif
