/* SPDX-License-Identifier: BSD-3-Clause */
/* Scenarios of two ends and the wire between them, each drawn from a seed. */
#ifndef TESTS_WIRE_SCENARIO_H
#define TESTS_WIRE_SCENARIO_H

#include "link.h"

struct scenario {
	struct end_params end[2];
	struct link_params link;
	uint64_t stream[2]; /* bytes that each end sends in all */
	uint32_t stops; /* times that an end is stopped and relinked */
};

void scenario_draw(struct scenario *scenario, uint64_t seed);
/* Nothing gets lost, doubled or overtaken, and nothing takes longer than the smallest timeout. */
bool scenario_is_clean(const struct scenario *scenario);

#endif
