/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Benchmark: what a segment costs. Two engines back to back in one thread; the cases are in tcp_cases.c.
 */
#include "tcp_cases.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_fail.h"
#include "bench_priority.h"
#include "test_eal.h"

#define EAL_MEGABYTES 1024u
#define MBUFS 8192u
#define ROUNDS 15u
#define QUICK_ROUNDS 3u
#define COUNT_CONNS 1000u

/* One CPU, for this thread and all that lwIP starts. */
static void
pin(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		bench_fail("cannot stay on CPU %d", cpu);
}

static int
options_parse(int argc, char **argv, struct tcp_options *options)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			options->report.json = true;
		} else if (strcmp(argv[i], "--quick") == 0) {
			options->quick = true;
			options->rounds = QUICK_ROUNDS;
		} else if (strcmp(argv[i], "--count") == 0) {
			options->count = true;
		} else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc) {
			options->only = argv[++i];
		} else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc &&
		           atoi(argv[i + 1]) > 0) {
			options->rounds = (uint32_t)atoi(argv[++i]);
		} else if (strcmp(argv[i], "--connections") == 0 && i + 1 < argc) {
			options->conns = (uint32_t)atoi(argv[++i]);
		} else if (strcmp(argv[i], "--instructions") == 0 && i + 3 < argc) {
			options->rx_instructions = atof(argv[++i]);
			options->tx_instructions = atof(argv[++i]);
			options->copy_instructions = atof(argv[++i]);
		} else {
			fprintf(stderr,
			        "usage: %s [--json] [--quick] [--case NAME] [--connections N] "
			        "[--rounds N] [--count]\n"
			        "       [--instructions RX TX COPY]\n"
			        "  --json          one JSON object per line\n"
			        "  --quick         small sizes and few rounds: to see that it "
			        "works\n"
			        "  --case          only split, bulk, rpc, rpc_cold, rpc_echo, "
			        "flood or lwip\n"
			        "  --connections   only this size of a case\n"
			        "  --rounds        rounds of each size (default %u)\n"
			        "  --count         only run a fixed number of segments, for "
			        "callgrind, "
			        "and print it\n"
			        "  --instructions  what callgrind counted for that many, to be "
			        "reported\n",
			        argv[0], ROUNDS);
			return -1;
		}
	}
	return 0;
}

/* The segments that callgrind counts instructions for. */
static void
count(struct rte_mempool *pool)
{
	struct pair *pair = pair_create(&(struct pair_params){
	        .conns = COUNT_CONNS,
	        .service = {OFFLOAD_SERVICE_SOURCE, OFFLOAD_SERVICE_SOURCE},
	        .port_checksums = true,
	        .pool = pool,
	});
	struct work_parts parts = {0};

	work_bulk_parts(pair, 2, &parts);
	pair_destroy(pair);
	printf("%lu\n", parts.segments);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct tcp_options *options);
	} cases[] = {
	        {"split", case_split},
	        {"bulk", case_bulk},
	        {"rpc", case_rpc},
	        {"rpc_cold", case_rpc_cold},
	        {"rpc_echo", case_rpc_echo},
	        {"flood", case_flood},
	        {"lwip", case_lwip},
	};
	struct tcp_options options = {
	        .report.bench = "tcp",
	        .rounds = ROUNDS,
	        .rx_instructions = NAN,
	        .tx_instructions = NAN,
	        .copy_instructions = NAN,
	};

	if (options_parse(argc, argv, &options) != 0)
		return 2;
	pin();
	if (test_eal_start(EAL_MEGABYTES) != 0)
		return 1;
	bench_prioritise();
	options.pool = rte_pktmbuf_pool_create(
	        "bench", MBUFS, MBUF_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (options.pool == NULL)
		bench_fail("no memory for %u packet buffers", MBUFS);
	if (options.count) {
		count(options.pool);
		return 0;
	}
	for (uint32_t i = 0; i < RTE_DIM(cases); i++)
		if (options.only == NULL || strcmp(options.only, cases[i].name) == 0)
			cases[i].run(&options);
	return 0;
}
