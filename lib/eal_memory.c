/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of DPDK's environment layer. */
#include "eal_memory.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_malloc.h>

/* Bytes of free hugepages of all sizes: folders are called "hugepages-2048kB". */
uint64_t
eal_hugepages_free(void)
{
	DIR *directory = opendir(HUGEPAGE_DIRECTORY);
	uint64_t sum = 0;
	struct dirent *entry;

	if (directory == NULL)
		return 0;
	while ((entry = readdir(directory)) != NULL) {
		char path[sizeof(HUGEPAGE_DIRECTORY) + sizeof(entry->d_name) + 16];
		uint64_t count = 0, kilobytes = 0;
		FILE *file;

		snprintf(
		        path, sizeof(path), HUGEPAGE_DIRECTORY "/%s/free_hugepages", entry->d_name);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		if (fscanf(file, "%" SCNu64, &count) == 1 &&
		        sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kilobytes) == 1)
			sum += count * kilobytes * 1024;
		fclose(file);
	}
	closedir(directory);
	return sum;
}

void
eal_memory_read(struct eal_memory *memory)
{
	memset(memory, 0, sizeof(*memory));
	for (unsigned int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++) {
		struct rte_malloc_socket_stats stats;

		if (rte_malloc_get_socket_stats((int)socket, &stats) != 0)
			continue;
		memory->used += stats.heap_allocsz_bytes;
		memory->free += stats.heap_freesz_bytes;
	}
	if (rte_eal_has_hugepages())
		memory->free += eal_hugepages_free();
}
