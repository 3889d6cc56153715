/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of indexes in chunks from a pool. */
#include "index_vector.h"

#include <errno.h>

#include <rte_prefetch.h>

#include "table.h"

static uint64_t
pool_chunks(uint32_t entries, uint32_t vectors)
{
	/* Every vector wastes at most one chunk that is not full. */
	uint64_t partial = vectors < entries ? vectors : entries;

	return entries / TOE_VECTOR_CHUNK + partial + 1;
}

uint64_t
toe_vector_pool_estimate(uint32_t entries, uint32_t vectors)
{
	return pool_chunks(entries, vectors) * sizeof(struct toe_vector_chunk);
}

int
toe_vector_pool_init(struct toe_vector_pool *pool, uint32_t entries, uint32_t vectors)
{
	uint64_t chunks = pool_chunks(entries, vectors);

	if (chunks > UINT32_MAX / TOE_VECTOR_CHUNK - 1)
		return -ENOMEM;
	pool->chunks = toe_table_alloc(chunks, sizeof(*pool->chunks));
	if (pool->chunks == NULL)
		return -ENOMEM;
	pool->capacity = (uint32_t)chunks;
	for (uint32_t i = 0; i < pool->capacity; i++)
		pool->chunks[i].next = i + 1;
	pool->chunks[pool->capacity - 1].next = TOE_INDEX_NONE;
	pool->free = 0;
	return 0;
}

void
toe_vector_pool_fini(struct toe_vector_pool *pool)
{
	toe_table_free(pool->chunks, pool->capacity, sizeof(*pool->chunks));
	pool->chunks = NULL;
}

void
toe_vector_init(struct toe_vector *vector)
{
	*vector = (struct toe_vector){.last = TOE_INDEX_NONE};
}

uint32_t
toe_vector_push(struct toe_vector *vector, struct toe_vector_pool *pool, uint32_t index)
{
	if (vector->last == TOE_INDEX_NONE || vector->used == TOE_VECTOR_CHUNK) {
		uint32_t chunk = pool->free;

		if (chunk == TOE_INDEX_NONE)
			return TOE_INDEX_NONE;
		pool->free = pool->chunks[chunk].next;
		pool->chunks[chunk].previous = vector->last;
		vector->last = chunk;
		vector->used = 0;
	}
	pool->chunks[vector->last].entry[vector->used] = index;
	vector->count++;
	return vector->last * TOE_VECTOR_CHUNK + vector->used++;
}

uint32_t
toe_vector_remove(struct toe_vector *vector, struct toe_vector_pool *pool, uint32_t position)
{
	struct toe_vector_chunk *last = &pool->chunks[vector->last];
	uint32_t moved = last->entry[--vector->used];
	uint32_t end = vector->last * TOE_VECTOR_CHUNK + vector->used;

	vector->count--;
	if (vector->count < vector->low)
		vector->low = vector->count;
	if (vector->used == 0) {
		uint32_t chunk = vector->last;

		vector->last = last->previous;
		vector->used = vector->last == TOE_INDEX_NONE ? 0 : TOE_VECTOR_CHUNK;
		last->next = pool->free;
		pool->free = chunk;
	}
	if (position == end)
		return TOE_INDEX_NONE;
	pool->chunks[position / TOE_VECTOR_CHUNK].entry[position % TOE_VECTOR_CHUNK] = moved;
	return moved;
}

/* Place the cursor below entry `remaining`: a hop per chunk above it, few but for a fresh start. */
static void
cursor_place(const struct toe_vector *vector, const struct toe_vector_pool *pool,
        struct toe_vector_cursor *cursor, uint32_t remaining)
{
	uint32_t above = vector->count - vector->used; /* entries below the last chunk */
	uint32_t chunk = vector->last;

	while (chunk != TOE_INDEX_NONE && above >= remaining && above > 0) {
		chunk = pool->chunks[chunk].previous;
		above -= TOE_VECTOR_CHUNK;
	}
	cursor->chunk = chunk;
	cursor->remaining = remaining;
}

/* Chunks lie anywhere in the pool: the one below is fetched while this one is read. */
static void
prefetch_below(const struct toe_vector_pool *pool, uint32_t chunk)
{
	uint32_t below = chunk == TOE_INDEX_NONE ? chunk : pool->chunks[chunk].previous;

	if (below != TOE_INDEX_NONE)
		rte_prefetch0(&pool->chunks[below]);
}

uint32_t
toe_vector_walk(struct toe_vector *vector, const struct toe_vector_pool *pool,
        struct toe_vector_cursor *cursor, uint32_t *entries, uint32_t n)
{
	uint32_t got = 0;

	if (cursor->walk == 0 || cursor->walk != vector->walk) {
		vector->walk = vector->walk + 1 ? vector->walk + 1 : 1;
		vector->low = vector->count;
		cursor->walk = vector->walk;
		cursor_place(vector, pool, cursor, vector->count);
	} else if (vector->low < cursor->remaining) {
		/* What the cursor stood on may be gone: everything above `low` is newer than the start. */
		cursor_place(vector, pool, cursor, vector->low);
	}
	while (got < n && cursor->remaining > 0) {
		uint32_t offset = (cursor->remaining - 1) % TOE_VECTOR_CHUNK;

		entries[got++] = pool->chunks[cursor->chunk].entry[offset];
		cursor->remaining--;
		if (offset == 0) {
			cursor->chunk = pool->chunks[cursor->chunk].previous;
			prefetch_below(pool, cursor->chunk);
		}
	}
	return got;
}
