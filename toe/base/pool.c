/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting a pool of records up. */
#include "pool.h"

#include <errno.h>
#include <sys/mman.h>

int
toe_pool_init(struct toe_pool *pool, uint32_t capacity, uint32_t size)
{
	*pool = (struct toe_pool){.size = size, .capacity = capacity, .free = TOE_INDEX_NONE};
	if (capacity == 0)
		return 0;
	/* Not toe_table_alloc: nothing is to be touched before it is needed. */
	pool->records = mmap(NULL, (size_t)capacity * size, PROT_READ | PROT_WRITE,
	        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool->records != MAP_FAILED)
		return 0;
	pool->records = NULL;
	pool->capacity = 0;
	return -ENOMEM;
}

void
toe_pool_fini(struct toe_pool *pool)
{
	if (pool->records != NULL)
		munmap(pool->records, (size_t)pool->capacity * pool->size);
	*pool = (struct toe_pool){.free = TOE_INDEX_NONE};
}
