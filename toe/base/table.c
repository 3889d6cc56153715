/* SPDX-License-Identifier: BSD-3-Clause */
/* Large tables. */
#include "table.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#define HUGE_PAGE (2u << 20)

static uint64_t
table_bytes(uint64_t count, uint64_t size)
{
	return (count * size + HUGE_PAGE - 1) & ~(uint64_t)(HUGE_PAGE - 1);
}

void *
toe_table_alloc(uint64_t count, uint64_t size)
{
	uint64_t bytes = table_bytes(count, size);
	void *table;

	if (count == 0 || size == 0 || count > UINT64_MAX / 2 / size)
		return NULL;
	table = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		return NULL;
	/* Small tables stay on small pages: a huge page each would waste memory in tests. */
	if (count * size >= HUGE_PAGE / 2) {
		madvise(table, bytes, MADV_HUGEPAGE);
		if (madvise(table, bytes, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) {
			munmap(table, bytes);
			return NULL;
		}
	}
	return table;
}

void *
toe_table_reserve(uint64_t count, uint64_t size)
{
	void *table;

	if (count == 0 || size == 0 || count > UINT64_MAX / 2 / size)
		return NULL;
	table = mmap(NULL, table_bytes(count, size), PROT_READ | PROT_WRITE,
	        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return table != MAP_FAILED ? table : NULL;
}

void
toe_table_free(void *table, uint64_t count, uint64_t size)
{
	if (table != NULL)
		munmap(table, table_bytes(count, size));
}
