/* SPDX-License-Identifier: BSD-3-Clause */
/* From nothing to a target whose worker runs, and back. */
#include "bench.h"
#include "bench_priority.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_mbuf.h>

#define EAL_MEGABYTES "512" /* flow table and buffers; the rest is not EAL's */
#define MBUFS 8192u
#define MBUF_CACHE 256u
#define WORKER_LCORE 1u
#define TX_RING 64u
#define RX_RING 256u

/* Two lcores on a CPU each. */
static void
eal_start(void)
{
	static char program[] = "invalidate", no_huge[] = "--no-huge", memory[] = "-m",
	            megabytes[] = EAL_MEGABYTES, no_pci[] = "--no-pci",
	            no_telemetry[] = "--no-telemetry", no_shconf[] = "--no-shconf",
	            log_level[] = "--log-level=*:warning";
	static char lcores[64];
	char *argv[] = {program, no_huge, memory, megabytes, no_pci, no_telemetry, no_shconf,
	        log_level, lcores};
	int cpu[2], found = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		bench_fail("cannot tell which CPUs it may use: error %d", errno);
	for (int i = 0; i < CPU_SETSIZE && found < 2; i++)
		if (CPU_ISSET(i, &set))
			cpu[found++] = i;
	if (found < 2)
		bench_fail(
		        "needs two CPUs, one for control and one for the worker; it has %d", found);
	snprintf(lcores, sizeof(lcores), "--lcores=0@%d,%u@%d", cpu[0], WORKER_LCORE, cpu[1]);
	if (rte_eal_init((int)RTE_DIM(argv), argv) < 0)
		bench_fail("EAL does not start with %s MB: %s", megabytes, rte_strerror(rte_errno));
}

uint64_t
bench_resident(void)
{
	unsigned long size, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL || fscanf(file, "%lu %lu", &size, &resident) != 2)
		bench_fail("cannot read its own memory use");
	fclose(file);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Memory of the benchmark itself, touched, so that it does not count as the target's later. */
static void
scratch_alloc(struct bench *bench)
{
	bench->cell = calloc(bench->conns, sizeof(bench->cell[0]));
	bench->order = calloc(bench->conns, sizeof(bench->order[0]));
	bench->seen = calloc(bench->conns, sizeof(bench->seen[0]));
	if (bench->cell == NULL || bench->order == NULL || bench->seen == NULL)
		bench_fail("no memory for %u connections", bench->conns);
	memset(bench->cell, 0xFF, bench->conns * sizeof(bench->cell[0]));
	memset(bench->order, 0xFF, bench->conns * sizeof(bench->order[0]));
	memset(bench->seen, 0xFF, bench->conns * sizeof(bench->seen[0]));
}

static void
peer_start(struct bench *bench, struct rte_mempool *pool)
{
	bench->peer.groups = bench->groups;
	for (uint32_t i = 0; i < bench->groups; i++) {
		struct wire_group *group = &bench->peer.group[i];

		group->first_conn = bench->group[i].first_conn;
		group->conns = bench->group[i].conns;
		group->first_path = bench->group[i].first_path;
		group->paths = bench->group[i].paths;
	}
	if (wire_peer_init(&bench->peer, &bench->world.wire[0], pool) != 0)
		bench_fail("no memory for the peers of %u connections", bench->conns);
}

void
bench_start(struct bench *bench)
{
	struct world_params params;
	struct rte_mempool *pool;

	for (uint32_t i = 0; i < bench->groups; i++) {
		bench->group[i].number = i;
		bench->group[i].first_conn = bench->conns;
		bench->group[i].first_path = bench->path_count;
		bench->conns += bench->group[i].conns;
		bench->path_count += bench->group[i].paths;
	}
	eal_start();
	bench_prioritise();
	pool = rte_pktmbuf_pool_create(
	        "bench", MBUFS, MBUF_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL)
		bench_fail("no memory for %u packet buffers", MBUFS);
	scratch_alloc(bench);
	peer_start(bench, pool);
	yardstick_init(&bench->yardstick);
	world_params_default(&params);
	params.workers = 1;
	params.bump = false;
	params.neighbors = 2 * bench->groups;
	params.paths = bench->path_count;
	params.conns = bench->conns;
	params.attached = 1;
	params.mailbox_size = 64;
	params.request_ring_size = 64;
	params.event_ring_size = 16384;
	params.tx_ring_size = TX_RING;
	params.rx_ring_size = RX_RING;
	params.pool = pool;
	bench->resident_before = bench_resident();
	if (world_create(&bench->world, &params) != 0)
		bench_fail("no target for %u connections", bench->conns);
	bench_clock_start(&bench->clock, bench->world.now);
	bench->turn_ns = bench->world.now;
	bench->loop.worker = bench->world.worker[0];
	bench->loop.peer = &bench->peer;
	bench->loop.clock = &bench->clock;
	if (rte_eal_remote_launch(worker_loop_run, &bench->loop, WORKER_LCORE) != 0)
		bench_fail("the worker's lcore does not start");
}

void
bench_stop(struct bench *bench)
{
	atomic_store(&bench->loop.stop, true);
	rte_eal_mp_wait_lcore();
	world_destroy(&bench->world);
	wire_peer_fini(&bench->peer);
	yardstick_fini(&bench->yardstick);
	free(bench->arena);
	free(bench->cell);
	free(bench->order);
	free(bench->seen);
}

uint64_t
bench_estimate(const struct bench *bench, uint32_t conns)
{
	struct toe_worker_params worker = bench->world.worker[0]->params;
	struct chimney_params target;

	chimney_params_default(&target);
	target.shared = worker.shared;
	target.conn_capacity = conns;
	worker.conn_capacity = conns;
	return toe_worker_estimate(&worker) + chimney_estimate(&target);
}
