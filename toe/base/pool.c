/* SPDX-License-Identifier: BSD-3-Clause */
/* Pools of records: setting up, the map of what is free, blocks of pages. */
#include "pool.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORD_BITS 64u
#define HALF (TOE_POOL_RECENT / 2)

enum toe_pool_block {
	BLOCK_FRESH = 0, /* none of its pages is in memory, as far as we know */
	BLOCK_USED, /* a record was taken since it was looked at last */
	BLOCK_FREE, /* was looked at, and all of its records were free */
};

/* Records of a block, as a power of 2: whole pages, whole words of the map. */
static uint32_t
block_shift(uint32_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint32_t shift = 6;

	while (((uint64_t)size << shift) % page != 0)
		shift++;
	return shift;
}

static uint32_t
blocks_of(uint64_t records, uint32_t shift)
{
	return (uint32_t)((records + (UINT64_C(1) << shift) - 1) >> shift);
}

/* As many blocks more as may be withdrawn. */
static uint32_t
block_count(uint32_t capacity, uint32_t size, uint32_t shift)
{
	return blocks_of(capacity, shift) + TOE_POOL_WITHDRAWN_BYTES / (size << shift) + 1;
}

/* Words of a level of the map that has a bit for each of n. */
static uint64_t
words_of(uint64_t n)
{
	return (n + WORD_BITS - 1) / WORD_BITS;
}

static uint64_t
map_words(uint64_t records)
{
	uint64_t words = 0, level = records;

	do {
		level = words_of(level);
		words += level;
	} while (level > 1);
	return words;
}

static uint64_t
map_bytes(uint32_t blocks, uint32_t shift)
{
	return map_words((uint64_t)blocks << shift) * sizeof(uint64_t) + blocks;
}

uint64_t
toe_pool_estimate(uint32_t capacity, uint32_t size)
{
	uint32_t shift = block_shift(size);

	return capacity == 0 ? 0 : map_bytes(block_count(capacity, size, shift), shift);
}

/* All records are free. */
static void
map_fill(struct toe_pool *pool, uint64_t *words)
{
	uint64_t bits = pool->room;

	do {
		uint64_t full = bits / WORD_BITS;

		pool->free[pool->levels++] = words;
		memset(words, 0xFF, full * sizeof(*words));
		if (bits % WORD_BITS != 0)
			words[full] = (UINT64_C(1) << bits % WORD_BITS) - 1;
		bits = words_of(bits);
		words += bits;
	} while (bits > 1);
	pool->block = (uint8_t *)words;
}

int
toe_pool_init(struct toe_pool *pool, uint32_t capacity, uint32_t size)
{
	uint64_t *map;

	*pool = (struct toe_pool){.size = size};
	if (capacity == 0)
		return 0;
	pool->block_shift = block_shift(size);
	pool->blocks = block_count(capacity, size, pool->block_shift);
	pool->room = pool->blocks << pool->block_shift;
	map = toe_table_alloc(map_bytes(pool->blocks, pool->block_shift), 1);
	if (map == NULL)
		return -ENOMEM;
	map_fill(pool, map);
	/* Not toe_table_alloc: nothing is to be touched before it is needed. */
	pool->records = mmap(NULL, (size_t)pool->room * size, PROT_READ | PROT_WRITE,
	        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool->records == MAP_FAILED) {
		pool->records = NULL;
		toe_pool_fini(pool);
		return -ENOMEM;
	}
	pool->capacity = capacity;
	return 0;
}

void
toe_pool_fini(struct toe_pool *pool)
{
	if (pool->records != NULL)
		munmap(pool->records, (size_t)pool->room * pool->size);
	toe_table_free(pool->free[0], map_bytes(pool->blocks, pool->block_shift), 1);
	*pool = (struct toe_pool){0};
}

/* A word of a level has become 0, or is 0 no longer: the levels above say so. */
static void
map_word_emptied(struct toe_pool *pool, uint32_t level, uint64_t word)
{
	while (++level < pool->levels) {
		uint64_t *above = &pool->free[level][word / WORD_BITS];

		*above &= ~(UINT64_C(1) << word % WORD_BITS);
		if (*above != 0)
			return;
		word /= WORD_BITS;
	}
}

static void
map_word_filled(struct toe_pool *pool, uint32_t level, uint64_t word)
{
	while (++level < pool->levels) {
		uint64_t *above = &pool->free[level][word / WORD_BITS];
		bool was_empty = *above == 0;

		*above |= UINT64_C(1) << word % WORD_BITS;
		if (!was_empty)
			return;
		word /= WORD_BITS;
	}
}

static void
map_give(struct toe_pool *pool, uint32_t index)
{
	uint64_t *word = &pool->free[0][index / WORD_BITS];
	bool was_empty = *word == 0;

	*word |= UINT64_C(1) << index % WORD_BITS;
	if (was_empty)
		map_word_filled(pool, 0, index / WORD_BITS);
}

uint32_t
toe_pool_take_lowest(struct toe_pool *pool)
{
	uint64_t at = 0, bits;
	uint32_t taken[HALF], n = 0;

	for (uint32_t level = pool->levels; level-- > 0;)
		at = at * WORD_BITS + (uint32_t)__builtin_ctzll(pool->free[level][at]);
	at /= WORD_BITS;
	bits = pool->free[0][at];
	/* It has one at least: the levels above say so. */
	do {
		taken[n++] = (uint32_t)(at * WORD_BITS) + (uint32_t)__builtin_ctzll(bits);
		bits &= bits - 1;
	} while (bits != 0 && n < HALF);
	pool->free[0][at] = bits;
	if (bits == 0)
		map_word_emptied(pool, 0, at);
	pool->block[taken[0] >> pool->block_shift] = BLOCK_USED;
	/* The lower ones are taken first. */
	while (n > 1)
		pool->recent[pool->recent_count++] = taken[--n];
	return taken[0];
}

void
toe_pool_spill(struct toe_pool *pool)
{
	for (uint32_t i = 0; i < HALF; i++)
		map_give(pool, pool->recent[i]);
	pool->recent_count -= HALF;
	memmove(pool->recent, &pool->recent[HALF], pool->recent_count * sizeof(pool->recent[0]));
}

void
toe_pool_settle(struct toe_pool *pool)
{
	while (pool->recent_count > 0)
		map_give(pool, pool->recent[--pool->recent_count]);
}

/* The words of the map that a block has, and their number. */
static uint64_t *
block_words(const struct toe_pool *pool, uint32_t block, uint32_t *n)
{
	*n = (1u << pool->block_shift) / WORD_BITS;
	return &pool->free[0][(uint64_t)block * *n];
}

bool
toe_pool_is_stale(struct toe_pool *pool, uint32_t block)
{
	const uint64_t *words;
	uint32_t n;

	if (pool->block[block] != BLOCK_USED)
		return pool->block[block] == BLOCK_FREE;
	words = block_words(pool, block, &n);
	for (uint32_t i = 0; i < n; i++)
		if (words[i] != UINT64_MAX)
			return false;
	pool->block[block] = BLOCK_FREE;
	return false;
}

void *
toe_pool_withdraw(struct toe_pool *pool, uint32_t block, uint32_t n)
{
	uint32_t words;
	uint64_t *first = block_words(pool, block, &words);

	for (uint64_t i = 0; i < (uint64_t)n * words; i++) {
		first[i] = 0;
		map_word_emptied(pool, 0, (uint64_t)(first - pool->free[0]) + i);
	}
	return toe_pool_at(pool, block << pool->block_shift);
}

void
toe_pool_restore(struct toe_pool *pool, uint32_t block, uint32_t n)
{
	uint32_t words;
	uint64_t *first = block_words(pool, block, &words);

	for (uint64_t i = 0; i < (uint64_t)n * words; i++) {
		first[i] = UINT64_MAX;
		map_word_filled(pool, 0, (uint64_t)(first - pool->free[0]) + i);
	}
	memset(&pool->block[block], BLOCK_FRESH, n);
}
