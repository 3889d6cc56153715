/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings of records by value in ordinary memory. */
#include "ring.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <rte_common.h>

struct rte_ring *
toe_ring_alloc(uint32_t size, uint32_t record_size, unsigned int flags)
{
	ssize_t bytes = rte_ring_get_memsize_elem(record_size, size);
	struct rte_ring *ring;

	if (bytes < 0)
		return NULL;
	bytes = RTE_ALIGN_CEIL(bytes, RTE_CACHE_LINE_SIZE);
	ring = aligned_alloc(RTE_CACHE_LINE_SIZE, (size_t)bytes);
	/* Touched here, so that no page of it is first met by an lcore at work. */
	if (ring != NULL)
		memset(ring, 0, (size_t)bytes);
	if (ring != NULL && rte_ring_init(ring, "toe", size, flags) != 0) {
		free(ring);
		ring = NULL;
	}
	return ring;
}

void
toe_ring_free(struct rte_ring *ring)
{
	free(ring);
}
