/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting DPDK inside a test program. */
#include "test_eal.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

/* "0@(a,b,...)" with the CPUs that this process may use: one lcore, not pinned to one of them. */
static int
lcore_option(char *text, size_t size)
{
	const char *separator = "";
	size_t used;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return -errno;
	used = (size_t)snprintf(text, size, "--lcores=0@(");
	for (int cpu = 0; cpu < CPU_SETSIZE && used < size; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%d", separator, cpu);
		separator = ",";
	}
	if (used < size)
		used += (size_t)snprintf(text + used, size - used, ")");
	return used < size ? 0 : -ENAMETOOLONG;
}

int
test_eal_start(uint32_t megabytes)
{
	static int started = 1; /* 1: not tried yet, else the result */
	static char program[] = "test", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
	            no_telemetry[] = "--no-telemetry", no_shconf[] = "--no-shconf",
	            log_level[] = "--log-level=*:warning", memory_option[] = "-m";
	static char memory[16], lcores[4096];
	char *argv[] = {program, no_huge, memory_option, memory, no_pci, no_telemetry, no_shconf,
	        log_level, lcores};

	if (started <= 0)
		return started;
	snprintf(memory, sizeof(memory), "%u", megabytes);
	started = lcore_option(lcores, sizeof(lcores));
	if (started == 0 && rte_eal_init((int)RTE_DIM(argv), argv) < 0)
		started = -rte_errno;
	if (started < 0)
		fprintf(stderr, "EAL does not start with %u MB: error %d\n", megabytes, started);
	return started;
}

struct rte_mempool *
test_pool_create(const char *name, uint32_t count)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
	        name, count, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	if (pool == NULL)
		fprintf(stderr, "no memory for a pool of %u mbufs: %s\n", count,
		        rte_strerror(rte_errno));
	return pool;
}

uint32_t
test_pool_in_use(const struct rte_mempool *pool)
{
	return rte_mempool_in_use_count(pool);
}
