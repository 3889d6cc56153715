/* SPDX-License-Identifier: BSD-3-Clause */
/* What the capacities will cost in memory: printed before anything is allocated, and refused when too much. */
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "eal_memory.h"
#include "estimate.h"
#include "report.h"
#include "target_setup.h"

#define MEBIBYTE (1024.0 * 1024.0)
/* What EAL and drivers take for themselves while they work, and for pieces between others. */
#define RING_SLOT 128u /* of a port's ring, for the driver */
#define EAL_SPARE (8ull << 20)
#define EAL_SPARE_PERCENT 1u

/*
 * Packet buffers as rte_mempool lays them out: none lies across two pages of EAL's memory. A ring and a cache for each
 * lcore come to that.
 */
static uint64_t
pool_bytes(uint32_t buffers, uint32_t buffer_size)
{
	uint32_t page = rte_eal_has_hugepages() ? RTE_PGSIZE_2M : (uint32_t)getpagesize();
	uint32_t size = rte_mempool_calc_obj_size(
	        sizeof(struct rte_mbuf) + RTE_PKTMBUF_HEADROOM + buffer_size, 0, NULL);
	uint32_t in_page = RTE_MAX(page / size, 1u);

	return (uint64_t)(buffers + in_page - 1) / in_page * RTE_ALIGN(RTE_MAX(page, size), page) +
	       rte_align64pow2(buffers + 1ull) * sizeof(void *) +
	       RTE_MAX_LCORE * sizeof(struct rte_mempool_cache);
}

/* Workers and control, with room for this many connections on each worker, and with services or none. */
static uint64_t
engine_bytes(const struct program *program, const struct chimney_target_params *wanted,
        uint32_t connections, bool services, struct program_memory *memory)
{
	struct chimney_params target;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < program->worker_count; i++) {
		struct toe_worker_params params;

		target_worker_params(program, wanted, i, &params);
		params.conn_capacity = connections;
		params.attached_capacity = services ? params.attached_capacity : 0;
		bytes += toe_worker_estimate(&params);
		if (memory == NULL)
			continue;
		memory->workers += toe_worker_estimate(&params);
		memory->eal += toe_worker_estimate_eal(&params);
		memory->busy += toe_worker_estimate_busy(&params);
	}
	target_params(program, wanted, &target);
	target.conn_capacity = connections;
	if (memory != NULL)
		memory->control = chimney_estimate(&target);
	return bytes + chimney_estimate(&target);
}

static uint32_t
services_possible(const struct chimney_target_params *wanted)
{
	return RTE_MIN(wanted->services, wanted->connections);
}

static void
estimate_make(const struct program *program, const struct chimney_target_params *wanted,
        struct program_memory *memory)
{
	uint64_t all, none, one;

	memset(memory, 0, sizeof(*memory));
	memory->tables = (uint64_t)wanted->neighbors * sizeof(struct toe_neighbor) +
	                 (uint64_t)wanted->paths * sizeof(struct toe_path);
	memory->mbufs = pool_bytes(program->mbufs, wanted->mbuf_size);
	all = engine_bytes(program, wanted, program->conn_capacity, true, memory);
	memory->eal += memory->mbufs + (uint64_t)program->shared.port_count *
	                                       program->worker_count *
	                                       (wanted->rx_ring + wanted->tx_ring) * RING_SLOT;
	memory->total = memory->tables + memory->mbufs + all;
	none = engine_bytes(program, wanted, program->conn_capacity, false, NULL);
	one = engine_bytes(program, wanted, 1, false, NULL);
	memory->connection = (double)(none - one) / wanted->connections;
	memory->service =
	        services_possible(wanted) != 0 ? (all - none) / services_possible(wanted) : 0;
	memory->fixed = memory->tables + one;
	memory_limit_read("", &memory->limit);
}

/* EAL's memory, so that everything fits. 0 or -1 (said). */
static int
check_eal(const struct program *program)
{
	const struct program_memory *memory = &program->memory;
	uint64_t need = memory->eal + memory->eal * EAL_SPARE_PERCENT / 100 + EAL_SPARE;
	struct eal_memory eal;

	eal_memory_read(&eal);
	report_news(program, "memory: %.0f MiB of that in EAL's memory, which has %.0f MiB",
	        memory->eal / MEBIBYTE, eal.free / MEBIBYTE);
	if (need <= eal.free)
		return 0;
	report_error(program,
	        "flow tables and packet buffers need %.0f MiB of EAL's memory, which has %.0f",
	        need / MEBIBYTE, eal.free / MEBIBYTE);
	if (rte_eal_has_hugepages())
		report_hint(program,
		        "It needs %.0f MiB of hugepages more, or fewer --connections, or less of "
		        "--mbufs, --rx-ring or --tx-ring.",
		        (need - eal.free) / MEBIBYTE);
	else
		report_hint(program,
		        "It needs -m %.0f (before `--`), or fewer --connections, or less of "
		        "--mbufs, --rx-ring or --tx-ring.",
		        (eal.used + need) / MEBIBYTE + 1);
	return -1;
}

/* The machine's memory, or what a control group leaves of it. 0 or -1 (said). */
static int
check_machine(const struct program *program)
{
	const struct program_memory *memory = &program->memory;
	/* hugepages are set apart already */
	uint64_t need = memory->total - (rte_eal_has_hugepages() ? memory->eal : 0);
	uint64_t available = memory->limit.available;
	bool group = memory->limit.group[0] != '\0';

	if (available == 0)
		return 0;
	report_news(program, "memory: %.0f MiB are available%s%s", available / MEBIBYTE,
	        group ? " in control group " : "", memory->limit.group);
	if (need > available) {
		report_error(program, "the capacities need %.0f MiB, %.0f MiB are available%s%s",
		        need / MEBIBYTE, available / MEBIBYTE, group ? " in control group " : "",
		        memory->limit.group);
		report_hint(program,
		        "Lower --connections (%.0f bytes each), --services (%.0f), --paths or "
		        "--neighbors (with all else %.1f MiB), or --mbufs.",
		        memory->connection, (double)memory->service, memory->fixed / MEBIBYTE);
		return -1;
	}
	/* Possible, as long as they are not all busy at once. */
	if (need + memory->busy > available)
		report_news(program, "memory: not enough for all connections to be busy at once");
	return 0;
}

int
estimate_check(struct program *program, const struct chimney_target_params *wanted)
{
	struct program_memory *memory = &program->memory;

	estimate_make(program, wanted, memory);
	report_news(program,
	        "memory: %.1f MiB for %u neighbors, %u paths, %u connections on %u worker%s, all "
	        "idle",
	        (memory->total - memory->mbufs) / MEBIBYTE, wanted->neighbors, wanted->paths,
	        wanted->connections, program->worker_count, program->worker_count == 1 ? "" : "s");
	report_news(program,
	        "memory: a connection %.0f bytes, each of %u services %.0f more, all else %.1f MiB",
	        memory->connection, services_possible(wanted), (double)memory->service,
	        memory->fixed / MEBIBYTE);
	report_news(program,
	        "memory: %.1f MiB more when all are busy; %.1f MiB for %u packet buffers",
	        memory->busy / MEBIBYTE, memory->mbufs / MEBIBYTE, program->mbufs);
	return check_machine(program) == 0 && check_eal(program) == 0 ? 0 : -1;
}
