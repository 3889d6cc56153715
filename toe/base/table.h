/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of records that are named by their index. */
#ifndef TOE_TABLE_H
#define TOE_TABLE_H

#include <stdint.h>

#define TOE_INDEX_NONE UINT32_MAX

/*
 * Map zeroed memory for `count` records of `size` bytes, huge pages advised and pre-faulted, so that large
 * tables are fast without hugepages too. NULL when memory is short. Free with toe_table_free.
 */
void *toe_table_alloc(uint64_t count, uint64_t size);
/* The same of memory that is taken, as zeros, a page at a time when it is first used. */
void *toe_table_reserve(uint64_t count, uint64_t size);
void toe_table_free(void *table, uint64_t count, uint64_t size);

#endif
