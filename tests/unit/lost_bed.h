/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of lost workers share: two neighbors, four paths, sixteen connections on two workers. */
#ifndef TESTS_LOST_BED_H
#define TESTS_LOST_BED_H

#include "fake_target.h"

#define DEAD 1u /* the worker that stops answering; 0 goes on */
#define BED_CONNS 16u

static struct fake fake;

static inline uint32_t
a_connection_of(uint32_t worker)
{
	for (uint32_t i = 0;; i++)
		if (fake_owner(&fake, i) == worker)
			return i;
}

/* Time passes, with turns of everybody who is alive. */
static inline void
pass_ms(uint32_t ms)
{
	for (uint32_t t = 0; t < ms; t++) {
		fake_advance_ms(&fake, 1);
		fake_work(&fake);
		fake_control(&fake);
	}
}

#define WITH_LOST_BED(name)                                                                        \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		fake_offload(&fake, 2, 4, BED_CONNS);                                              \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}

#endif
