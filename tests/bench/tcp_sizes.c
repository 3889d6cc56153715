/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases that compare sizes: all sizes live at the same time and take turns, so that a slow phase of the machine meets all
 * of them and what is compared was measured within the same seconds.
 */
#include <stdio.h>

#include "bench_fail.h"
#include "tcp_cases.h"

#define SIZES 4u
#define RPCS_PER_ROUND 40000u
#define ECHO_SPARE_MBUFS 4096u

struct size_case {
	const char *name;
	uint32_t sizes[SIZES];
	uint32_t count; /* of sizes */
	uint32_t base; /* which one the others are compared with */
	uint32_t turn; /* exchanges of a connection before the next one has its turn, 0: bulk */
	bool echo;
	double bar; /* of the largest size against the base, 0: none */
};

/* One size, living. */
struct size {
	const struct size_case *kind;
	uint32_t conns;
	struct pair *pair; /* NULL: not wanted */
	struct rte_mempool *pool; /* of its own, or NULL */
	struct samples cycles; /* of all rounds */
	struct samples turn; /* of the rounds since the others had their turn */
	struct samples ratio; /* to the base, turn by turn */
	struct tcp_yardsticks yardsticks;
	struct samples checksum, digest;
};

/* An echo keeps what it sent until the next request acknowledges it. */
static struct rte_mempool *
echo_pool(uint32_t conns)
{
	struct rte_mempool *pool;
	char name[32];

	snprintf(name, sizeof(name), "echo%u", conns);
	pool = rte_pktmbuf_pool_create(name, conns + ECHO_SPARE_MBUFS, MBUF_CACHE, 0,
	        RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL)
		bench_fail("no memory for the packet buffers of %u connections", conns);
	return pool;
}

static void
size_create(struct tcp_options *options, const struct size_case *kind, uint32_t conns,
        struct size *size)
{
	struct pair_params params = {
	        .conns = conns,
	        .service = {OFFLOAD_SERVICE_SOURCE,
	                kind->echo ? OFFLOAD_SERVICE_ECHO : OFFLOAD_SERVICE_SOURCE},
	        .pool = options->pool,
	};

	*size = (struct size){.kind = kind, .conns = conns};
	if (!tcp_wanted(options, &params))
		return;
	if (kind->echo)
		params.pool = size->pool = echo_pool(conns);
	size->pair = pair_create(&params);
}

static void
size_destroy(struct size *size)
{
	if (size->pair != NULL)
		pair_destroy(size->pair);
	if (size->pool != NULL)
		rte_mempool_free(size->pool);
	free(size->cycles.value);
	free(size->turn.value);
	free(size->ratio.value);
	free(size->yardsticks.copy.value);
	free(size->yardsticks.line.value);
	free(size->yardsticks.syscall.value);
	free(size->checksum.value);
	free(size->digest.value);
}

/* Cycles of a segment with text; or of an exchange, half of those of both ends: what an end takes. */
static double
size_round(const struct size *size)
{
	uint32_t turn = size->kind->turn, runs = tcp_bulk_runs(size->conns);
	uint32_t count = RTE_MAX(RPCS_PER_ROUND / size->conns, 2u);

	if (turn == 0)
		return (double)work_bulk(size->pair, runs) / size->conns / runs / WORK_RUN;
	count += (turn - count % turn) % turn;
	return (double)work_rpc(size->pair, count, turn) / size->conns / count / 2;
}

/* So many rounds, behind one that is not counted, unless it takes seconds: the others have had the caches. */
static void
size_turn(struct size *size, uint32_t rounds)
{
	if (size->pair == NULL)
		return;
	size->turn.count = 0;
	if (size->conns < TCP_MILLION)
		size_round(size);
	else
		rounds = 1;
	for (uint32_t i = 0; i < rounds; i++) {
		double cycles = size_round(size);
		struct work_costs costs;

		samples_add(&size->cycles, cycles);
		samples_add(&size->turn, cycles);
		tcp_yardsticks_measure(&size->yardsticks, size->pair, &costs);
		samples_add(&size->checksum, costs.checksum);
		samples_add(&size->digest, costs.digest);
	}
}

static double
ratio(const struct size *size, double percent)
{
	return size->ratio.count > 0 ? samples_percentile(&size->ratio, percent) : NAN;
}

static void
size_report(const struct size *size, struct report *report)
{
	double cycles = samples_percentile(&size->cycles, TCP_MEDIAN);
	bool bulk = size->kind->turn == 0;
	uint32_t base = size->kind->sizes[size->kind->base];
	const char *against = base == 1 ? "cycles_vs_first" : "cycles_vs_1000";

	report_line(report, size->kind->name, size->conns,
	        (struct report_value[]){
	                {"rpc_per_second", "per second",
	                        bulk ? NAN : (double)rte_get_tsc_hz() / cycles, 0},
	                {bulk ? "cycles_per_segment" : "cycles_per_rpc", "cycles", cycles, 0},
	                {"cycles_lowest", "lowest", samples_percentile(&size->cycles, 0), 0},
	                {"cycles_highest", "highest", samples_percentile(&size->cycles, 100), 0},
	                {"goodput_gbps", "Gbit/s", bulk ? tcp_gbps(cycles, PAIR_MSS) : NAN, 2},
	                {against, base == 1 ? "vs 1" : "vs 1000", ratio(size, TCP_MEDIAN), 2},
	                {"ratio_lowest", "lowest", ratio(size, 0), 2},
	                {"ratio_highest", "highest", ratio(size, 100), 2},
	                {"copy_cycles_per_segment", "a copy",
	                        samples_percentile(&size->yardsticks.copy, TCP_MEDIAN), 0},
	                {"line_cycles", "a line",
	                        samples_percentile(&size->yardsticks.line, TCP_MEDIAN), 0},
	                {"syscall_cycles", "a syscall",
	                        samples_percentile(&size->yardsticks.syscall, TCP_MEDIAN), 0},
	                {"checksum_cycles", "a checksum",
	                        bulk ? samples_percentile(&size->checksum, TCP_MEDIAN) : NAN, 0},
	                {"digest_cycles", "a digest",
	                        bulk ? samples_percentile(&size->digest, TCP_MEDIAN) : NAN, 0},
	                {0},
	        });
}

static void
run_sizes(struct tcp_options *options, const struct size_case *kind)
{
	uint32_t count = kind->count - (options->quick ? 1 : 0);
	uint32_t turns = tcp_slow_rounds(options), rounds = (options->rounds + turns - 1) / turns;
	struct size size[SIZES];

	/* The largest one finds what is left of memory as it would alone. */
	for (uint32_t i = 0; i < count; i++)
		size_create(options, kind, kind->sizes[i], &size[i]);
	for (uint32_t turn = 0; turn < turns; turn++) {
		for (uint32_t i = 0; i < count; i++)
			size_turn(&size[i], rounds);
		for (uint32_t i = 0; i < count && size[kind->base].pair != NULL; i++)
			if (size[i].pair != NULL)
				samples_add(&size[i].ratio,
				        samples_percentile(&size[i].turn, TCP_MEDIAN) /
				                samples_percentile(
				                        &size[kind->base].turn, TCP_MEDIAN));
	}
	for (uint32_t i = 0; i < count; i++)
		if (size[i].pair != NULL)
			size_report(&size[i], &options->report);
	if (kind->bar > 0 && !options->quick && options->conns == 0) {
		char what[64];

		snprintf(what, sizeof(what), "%s, %u connections against %u", kind->name,
		        kind->sizes[kind->count - 1], kind->sizes[kind->base]);
		report_bar(&options->report, &(struct report_bar){
		                                     .what = what,
		                                     .value = ratio(&size[count - 1], TCP_MEDIAN),
		                                     .limit = kind->bar,
		                             });
	}
	for (uint32_t i = 0; i < count; i++)
		size_destroy(&size[i]);
}

void
case_bulk(struct tcp_options *options)
{
	const struct size_case kind = {
	        .name = "bulk",
	        .sizes = {1, 1000, 100000, TCP_MILLION},
	        .count = 4,
	        .base = 1,
	        .bar = 2.5,
	};

	run_sizes(options, &kind);
}

void
case_rpc(struct tcp_options *options)
{
	const struct size_case kind = {
	        .name = "rpc", .sizes = {1, 1000, 100000}, .count = 3, .turn = WORK_RUN};

	run_sizes(options, &kind);
}

void
case_rpc_cold(struct tcp_options *options)
{
	const struct size_case kind = {
	        .name = "rpc_cold",
	        .sizes = {1, 1000, 100000},
	        .count = 3,
	        .turn = 1,
	        .bar = 2.5,
	};

	run_sizes(options, &kind);
}

void
case_rpc_echo(struct tcp_options *options)
{
	const struct size_case kind = {
	        .name = "rpc_echo",
	        .sizes = {1, 1000, 100000},
	        .count = 3,
	        .turn = WORK_RUN,
	        .echo = true,
	};

	run_sizes(options, &kind);
}
