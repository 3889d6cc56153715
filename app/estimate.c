/* SPDX-License-Identifier: BSD-3-Clause */
/* What the capacities will cost in memory: printed before anything is allocated, and refused when too much. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "estimate.h"
#include "say.h"
#include "target_setup.h"

#define MBUF_BYTES (sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE + 64)
#define MEBIBYTE (1024.0 * 1024.0)

/* One number from a file that holds just that ("max" and the like: no number). */
static int
file_number(const char *path, uint64_t *number)
{
	FILE *file = fopen(path, "r");
	int found;

	if (file == NULL)
		return -1;
	found = fscanf(file, "%" SCNu64, number);
	fclose(file);
	return found == 1 ? 0 : -1;
}

static uint64_t
memory_available(void)
{
	uint64_t available = 0, limit, used;
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];

	if (file != NULL) {
		while (fgets(line, sizeof(line), file) != NULL)
			if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &available) == 1)
				break;
		fclose(file);
	}
	available *= 1024;
	if (file_number("/sys/fs/cgroup/memory.max", &limit) == 0 &&
	        file_number("/sys/fs/cgroup/memory.current", &used) == 0 && used <= limit &&
	        (available == 0 || limit - used < available))
		available = limit - used;
	return available;
}

/* Without hugepages EAL has what -m gave it, all of it mapped at start. */
static int
estimate_check_eal(uint64_t mbufs)
{
	struct rte_malloc_socket_stats stats;
	uint64_t free_bytes = 0;

	if (rte_eal_has_hugepages())
		return 0;
	for (unsigned int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++)
		if (rte_malloc_get_socket_stats((int)socket, &stats) == 0)
			free_bytes += stats.heap_freesz_bytes;
	if (mbufs <= free_bytes)
		return 0;
	say_error("%.0f MiB of packet buffers do not fit into EAL's %.0f MiB", mbufs / MEBIBYTE,
	        free_bytes / MEBIBYTE);
	say_hint("Raise EAL's -m (at least -m %.0f), or lower --mbufs, --rx-ring or --tx-ring.",
	        mbufs / MEBIBYTE * 1.1 + 64);
	return -1;
}

static void
estimate_make(
        const struct program *program, const struct options *options, struct program_memory *memory)
{
	struct chimney_params target;

	memset(memory, 0, sizeof(*memory));
	memory->tables = (uint64_t)options->neighbors * sizeof(struct toe_neighbor) +
	                 (uint64_t)options->paths * sizeof(struct toe_path);
	for (uint32_t i = 0; i < program->worker_count; i++) {
		struct toe_worker_params params;

		target_worker_params(program, options, i, &params);
		memory->workers += toe_worker_estimate(&params);
		memory->busy += toe_worker_estimate_busy(&params);
	}
	target_params(program, options, &target);
	memory->control = chimney_estimate(&target);
	memory->mbufs = (uint64_t)program->mbufs * MBUF_BYTES;
	memory->total = memory->tables + memory->workers + memory->control + memory->mbufs;
	memory->available = memory_available();
}

int
estimate_check(struct program *program, const struct options *options)
{
	struct program_memory *memory = &program->memory;

	estimate_make(program, options, memory);
	say("memory: %.1f MiB for %u neighbors, %u paths, %u connections on %u worker%s, all "
	    "idle (tables %.1f, workers %.1f, control %.1f), %.1f more when all are busy, "
	    "%.1f MiB for %u packet buffers; %.0f MiB available",
	        (memory->total - memory->mbufs) / MEBIBYTE, options->neighbors, options->paths,
	        options->connections, program->worker_count, program->worker_count == 1 ? "" : "s",
	        memory->tables / MEBIBYTE, memory->workers / MEBIBYTE, memory->control / MEBIBYTE,
	        memory->busy / MEBIBYTE, memory->mbufs / MEBIBYTE, program->mbufs,
	        memory->available / MEBIBYTE);
	if (memory->available != 0 && memory->total - memory->mbufs > memory->available) {
		say_error("the capacities need %.0f MiB, %.0f MiB are available",
		        (memory->total - memory->mbufs) / MEBIBYTE, memory->available / MEBIBYTE);
		say_hint("Lower --connections, --paths or --neighbors; a connection takes about "
		         "%.0f bytes.",
		        (double)(memory->workers + memory->control) / options->connections);
		return -1;
	}
	/* Possible, as long as they are not all busy at once. */
	if (memory->available != 0 &&
	        memory->total - memory->mbufs + memory->busy > memory->available)
		say("memory: not enough for all connections to be busy at once");
	return estimate_check_eal(memory->mbufs);
}
