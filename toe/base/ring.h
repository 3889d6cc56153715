/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings of records by value (rte_ring), in ordinary memory. */
#ifndef TOE_RING_H
#define TOE_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <rte_ring_peek.h>

/*
 * A ring of `size` records of `record_size` bytes in ordinary memory, without EAL's shared zones. NULL when
 * memory is short or size is no power of two. Flags as rte_ring_create. Free with toe_ring_free.
 */
struct rte_ring *toe_ring_alloc(uint32_t size, uint32_t record_size, unsigned int flags);
void toe_ring_free(struct rte_ring *ring);

/*
 * Looks at a ring from its single producer or consumer. rte_ring_full and rte_ring_empty read the other side
 * without ordering: right in the end, but ThreadSanitizer calls it a race, and it cannot be told from a real one.
 */
static inline bool
toe_ring_has_room(struct rte_ring *ring, unsigned int record_size)
{
	if (rte_ring_enqueue_bulk_elem_start(ring, 1, NULL) == 0)
		return false;
	rte_ring_enqueue_elem_finish(ring, ring, record_size, 0);
	return true;
}

/* The consumer: nothing, at the first glance; what is being put now is seen at the next one. */
static inline bool
toe_ring_is_empty(const struct rte_ring *ring)
{
	return __atomic_load_n(&ring->prod.tail, __ATOMIC_RELAXED) == ring->cons.head;
}

/* record: room for one of record_size bytes; gets a copy of the oldest. */
static inline bool
toe_ring_has_record(struct rte_ring *ring, void *record, unsigned int record_size)
{
	if (rte_ring_dequeue_bulk_elem_start(ring, record, record_size, 1, NULL) == 0)
		return false;
	rte_ring_dequeue_elem_finish(ring, 0);
	return true;
}

#endif
