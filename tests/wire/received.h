/* SPDX-License-Identifier: BSD-3-Clause */
/* Which bytes of a stream have arrived at an end: the reference for what it reports as received (RFC 2018). */
#ifndef TESTS_WIRE_RECEIVED_H
#define TESTS_WIRE_RECEIVED_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_common.h>

#define RECEIVED_MAX (1u << 20) /* sequence numbers from the start that are kept track of */

struct received {
	uint32_t start; /* sequence number of the first byte */
	uint32_t used; /* bytes of `has` that may be set */
	uint8_t has[RECEIVED_MAX];
};

static inline void
received_init(struct received *received, uint32_t start)
{
	memset(received->has, 0, received->used);
	received->start = start;
	received->used = 0;
}

/* [start, end) has arrived; a FIN is one of them. */
static inline void
received_add(struct received *received, uint32_t start, uint32_t end)
{
	uint32_t from = start - received->start, to = end - received->start;

	if ((int32_t)from < 0)
		from = 0;
	if ((int32_t)to <= (int32_t)from || to > RECEIVED_MAX)
		return;
	memset(&received->has[from], 1, to - from);
	received->used = RTE_MAX(received->used, to);
}

/* Has all of [start, end) arrived? What lies outside of what is kept track of has, for all that is known. */
static inline bool
received_all(const struct received *received, uint32_t start, uint32_t end)
{
	uint32_t from = start - received->start, to = end - received->start;

	if ((int32_t)from < 0)
		from = 0;
	if ((int32_t)to <= (int32_t)from || to > RECEIVED_MAX)
		return true;
	return memchr(&received->has[from], 0, to - from) == NULL;
}

#endif
