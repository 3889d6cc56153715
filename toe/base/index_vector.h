/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vector of 32-bit indexes in fixed chunks from a per-worker pool: the dependents of a path, the
 * connections named by invalidates. Walking it is sequential in memory, so that a million shuffled
 * connections are visited with prefetch. Removal moves the last entry into the hole: walk from the end down
 * to position 0 and nothing is missed.
 *
 * One worker owns a vector and its pool. No allocation after init: the pool is sized for its worst case.
 */
#ifndef TOE_INDEX_VECTOR_H
#define TOE_INDEX_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#define TOE_VECTOR_CHUNK 14u /* entries per chunk: a chunk is one cache line with its links */

struct toe_vector_chunk {
	uint32_t previous; /* chunk below, TOE_INDEX_NONE at the bottom */
	uint32_t next; /* chunk above, or next free chunk */
	uint32_t entry[TOE_VECTOR_CHUNK];
};

_Static_assert(sizeof(struct toe_vector_chunk) == 64, "a chunk is a cache line");

struct toe_vector_pool {
	struct toe_vector_chunk *chunks;
	uint32_t capacity;
	uint32_t free; /* head of the free list, TOE_INDEX_NONE: none left */
};

/*
 * Positions are chunk * TOE_VECTOR_CHUNK + offset: they name a place in the pool, so that an entry is found
 * in one step from the position that its connection holds.
 */
struct toe_vector {
	uint32_t last; /* chunk that holds the end, TOE_INDEX_NONE: empty */
	uint32_t used; /* entries in the last chunk */
	uint32_t count; /* entries in all */
	uint32_t low; /* smallest count since the present walk started */
	uint32_t walk; /* number of the present walk */
};

/* Room for `entries` in up to `vectors` vectors at once. 0 or -ENOMEM. */
int toe_vector_pool_init(struct toe_vector_pool *pool, uint32_t entries, uint32_t vectors);
void toe_vector_pool_fini(struct toe_vector_pool *pool);
uint64_t toe_vector_pool_estimate(uint32_t entries, uint32_t vectors);

void toe_vector_init(struct toe_vector *vector);
/* Append; the position is returned, TOE_INDEX_NONE when the pool is exhausted (cannot happen when sized). */
uint32_t toe_vector_push(struct toe_vector *vector, struct toe_vector_pool *pool, uint32_t index);
/*
 * Remove the entry at `position`. Returns the index that moved there (the caller sets its new position), or
 * TOE_INDEX_NONE when the removed entry was the last.
 */
uint32_t toe_vector_remove(
        struct toe_vector *vector, struct toe_vector_pool *pool, uint32_t position);

/*
 * A walk from the end down to the first entry. Pushes and removals between steps are allowed: an entry that
 * stays is never missed (it may be seen twice), one pushed after the start may be missed. One walk of a vector
 * goes on at a time: when another was started meanwhile, the older starts anew.
 */
struct toe_vector_cursor {
	uint32_t remaining; /* entries below the cursor, counted from the bottom */
	uint32_t chunk; /* chunk that holds entry remaining - 1 */
	uint32_t walk; /* 0: not started */
};

/* Up to n next entries; 0 at the end. A zeroed cursor starts at the end of the vector. */
uint32_t toe_vector_walk(struct toe_vector *vector, const struct toe_vector_pool *pool,
        struct toe_vector_cursor *cursor, uint32_t *entries, uint32_t n);

#endif
