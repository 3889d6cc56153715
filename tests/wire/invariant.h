/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of a connection's context and of what it holds, whatever has arrived. */
#ifndef TESTS_WIRE_INVARIANT_H
#define TESTS_WIRE_INVARIANT_H

#include "end.h"

/* What may not go back. */
struct invariant {
	uint32_t una, max, nxt, adv;
};

void invariant_init(struct invariant *before, struct end *end);
/* NULL, or what does not hold (static string). Walks all records and pieces. */
const char *invariant_check(struct invariant *before, struct end *end);

#endif
