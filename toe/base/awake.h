/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A clock for deadlines that others are to keep: it counts only while whoever waits for them runs. A process that was stopped,
 * a machine that slept or an lcore without a CPU must not find everybody late: between two looks at most `most` ns count.
 */
#ifndef TOE_AWAKE_H
#define TOE_AWAKE_H

#include <stdint.h>

struct toe_awake {
	uint64_t most; /* ns that may count between two looks */
	uint64_t seen; /* ns, the time at the last look */
	uint64_t time; /* ns awake since the start */
};

static inline void
toe_awake_start(struct toe_awake *awake, uint64_t now, uint64_t most)
{
	awake->most = most;
	awake->seen = now;
	awake->time = 0;
}

/* Look, often: every turn. now: ns, never going back. Returns the time awake. */
static inline uint64_t
toe_awake_look(struct toe_awake *awake, uint64_t now)
{
	uint64_t passed = now - awake->seen;

	awake->seen = now;
	awake->time += passed < awake->most ? passed : awake->most;
	return awake->time;
}

#endif
