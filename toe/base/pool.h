/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of one size, taken and given back by index, for one lcore: no locks, constant time. Address space is
 * reserved for all of them at start; memory is used only for as many as were ever taken at once, so that what
 * busy connections need costs nothing as long as they are idle.
 *
 * The first 4 bytes of a free record hold the link to the next one; the user of a record overwrites them.
 */
#ifndef TOE_POOL_H
#define TOE_POOL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "table.h"

struct toe_pool {
	uint8_t *records;
	uint32_t size; /* bytes of a record */
	uint32_t capacity;
	uint32_t used; /* taken now */
	uint32_t touched; /* taken at least once */
	uint32_t free; /* last one given back, TOE_INDEX_NONE: none */
};

/* size: a multiple of 4. capacity 0 is a pool that is always empty. 0 or -ENOMEM. */
int toe_pool_init(struct toe_pool *pool, uint32_t capacity, uint32_t size);
void toe_pool_fini(struct toe_pool *pool);

static inline void *
toe_pool_at(const struct toe_pool *pool, uint32_t index)
{
	return pool->records + (size_t)index * pool->size;
}

static inline uint32_t
toe_pool_left(const struct toe_pool *pool)
{
	return pool->capacity - pool->used;
}

/* A record with whatever it held before; TOE_INDEX_NONE when all are taken. */
static inline uint32_t
toe_pool_take(struct toe_pool *pool)
{
	uint32_t index = pool->free;

	if (index != TOE_INDEX_NONE) {
		memcpy(&pool->free, toe_pool_at(pool, index), sizeof(pool->free));
	} else {
		if (pool->touched >= pool->capacity)
			return TOE_INDEX_NONE;
		index = pool->touched++;
	}
	pool->used++;
	return index;
}

static inline void
toe_pool_give(struct toe_pool *pool, uint32_t index)
{
	memcpy(toe_pool_at(pool, index), &pool->free, sizeof(pool->free));
	pool->free = index;
	pool->used--;
}

#endif
