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
/* The same after a drain: the window may be back to where it was, but not before `shown`, which the peer has seen. */
const char *invariant_drained(struct invariant *before, struct end *end, uint32_t shown);

#endif
