/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of one size, taken and given back by index, for one lcore: no locks, constant time. Address space is reserved for all
 * of them at start; memory is used for as many as are taken, so that what busy connections need costs nothing while they are
 * idle, and goes back to the system when they were busy.
 *
 * For that, records with low addresses are handed out first, apart from the last few given back, which are likely to be in the
 * cache. Blocks of pages whose records were all free for a while are withdrawn, and restored when their pages are gone
 * (toe/worker/give_back.h): meanwhile records behind `capacity`, of which there are as many, take their place.
 */
#ifndef TOE_POOL_H
#define TOE_POOL_H

#include <rte_branch_prediction.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

#define TOE_POOL_LEVELS 6u /* 64^6 records */
#define TOE_POOL_RECENT 32u
#define TOE_POOL_WITHDRAWN_BYTES (256u << 10) /* of a pool at a time, at most */

struct toe_pool {
	uint8_t *records;
	uint32_t size; /* bytes of a record */
	uint32_t capacity;
	uint32_t used; /* taken now */
	uint32_t recent_count;
	uint32_t recent[TOE_POOL_RECENT]; /* given back; the last one is taken first */
	/* Level 0: a bit for each record that is free. Above: a bit for each word below that is not 0. */
	uint64_t *free[TOE_POOL_LEVELS];
	uint32_t levels;
	uint32_t room; /* records that there are addresses for */
	uint8_t *block; /* enum toe_pool_block */
	uint32_t blocks;
	uint32_t block_shift; /* a block has 2^n records, and whole pages */
};

/* size: a multiple of 4. capacity 0 is a pool that is always empty. 0 or -ENOMEM. */
int toe_pool_init(struct toe_pool *pool, uint32_t capacity, uint32_t size);
void toe_pool_fini(struct toe_pool *pool);
/* Bytes of memory that a pool takes while no record of it was ever taken. */
uint64_t toe_pool_estimate(uint32_t capacity, uint32_t size);

/* Take the lowest record that is free, and put some of the next ones into `recent`. For toe_pool_take. */
uint32_t toe_pool_take_lowest(struct toe_pool *pool);
/* `recent` is full: half of it goes back to the others. For toe_pool_give. */
void toe_pool_spill(struct toe_pool *pool);

static inline void *
toe_pool_at(const struct toe_pool *pool, uint32_t index)
{
	return pool->records + (size_t)index * pool->size;
}

/* For readers of a record that may be gone: is there memory for this index? */
static inline bool
toe_pool_has(const struct toe_pool *pool, uint32_t index)
{
	return index < pool->room;
}

static inline uint32_t
toe_pool_left(const struct toe_pool *pool)
{
	return pool->capacity - pool->used;
}

/* A record with anything in it; TOE_INDEX_NONE when `capacity` are taken. */
static inline uint32_t
toe_pool_take(struct toe_pool *pool)
{
	if (unlikely(pool->used == pool->capacity))
		return TOE_INDEX_NONE;
	pool->used++;
	if (likely(pool->recent_count > 0))
		return pool->recent[--pool->recent_count];
	return toe_pool_take_lowest(pool);
}

static inline void
toe_pool_give(struct toe_pool *pool, uint32_t index)
{
	if (unlikely(pool->recent_count == TOE_POOL_RECENT))
		toe_pool_spill(pool);
	pool->recent[pool->recent_count++] = index;
	pool->used--;
}

/* No record is kept in `recent`: a pool that nobody uses any more has only free blocks. */
void toe_pool_settle(struct toe_pool *pool);
/*
 * Look at a block, below `blocks`. True when its records have all been free since the look before, and its memory is in
 * use: it may be withdrawn.
 */
bool toe_pool_is_stale(struct toe_pool *pool, uint32_t block);
/* Bytes of each block. */
static inline size_t
toe_pool_block_bytes(const struct toe_pool *pool)
{
	return (size_t)pool->size << pool->block_shift;
}

/*
 * Withdraw such blocks, in a row, of up to TOE_POOL_WITHDRAWN_BYTES: their records are not taken until they are restored. One
 * withdrawal of a pool at a time. Returns where they begin.
 */
void *toe_pool_withdraw(struct toe_pool *pool, uint32_t block, uint32_t n);
void toe_pool_restore(struct toe_pool *pool, uint32_t block, uint32_t n);

#endif
