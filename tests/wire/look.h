/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a drain must bring back of a connection's context: looked at before frames are built, and after a drain took all of
 * them (INV-7, T11).
 */
#ifndef TESTS_WIRE_LOOK_H
#define TESTS_WIRE_LOOK_H

#include "end.h"

#define LOOK_RUNS 64u /* of records that say the same */

/* A run of records that say the same. */
struct look_run {
	uint32_t seq, end, time;
	uint8_t flags;
};

/* What a drain of all that was built since must bring back. */
struct look {
	uint32_t snd_nxt, rcv_adv, last_ack_sent, again_count, flags;
	uint32_t lost, again, prr_out;
	uint8_t delack, burst, tlp_out, undo_ranges, undo_first, eifel_waits;
	uint32_t runs;
	struct look_run run[LOOK_RUNS];
};

void look_at(struct end *end, struct look *look);
/* NULL, or what is not as it was (static string). */
const char *look_compare(const struct look *before, const struct look *after);

#endif
