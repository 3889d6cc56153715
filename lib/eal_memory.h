/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of DPDK's environment layer. */
#ifndef LIB_EAL_MEMORY_H
#define LIB_EAL_MEMORY_H

#include <stdint.h>

#define HUGEPAGE_DIRECTORY "/sys/kernel/mm/hugepages"

/* Bytes of free hugepages of all sizes. */
uint64_t eal_hugepages_free(void);

/* Bytes of EAL's memory: taken, and still to be had, from hugepages too that it may take later. */
struct eal_memory {
	uint64_t used;
	uint64_t free;
};

void eal_memory_read(struct eal_memory *memory);

#endif
