/* SPDX-License-Identifier: BSD-3-Clause */
/* The cases of the TCP benchmark, lwIP's apart (tcp_lwip.c). */
#include "tcp_cases.h"

#include <stdio.h>
#include <unistd.h>

#include "bench_fail.h"
#include "tcp_flood.h"
#include "test_eal.h"

#define SEGMENTS_PER_ROUND 40000u /* with text, at least */
#define RPCS_PER_ROUND 40000u
#define MEMORY_RESERVE (UINT64_C(1) << 30)
#define ECHO_SPARE_MBUFS 4096u
#define MEDIAN 50.0

double
tcp_gbps(double cycles, double bytes)
{
	return bytes * 8 * (double)rte_get_tsc_hz() / cycles / 1e9;
}

bool
tcp_wanted(const struct tcp_options *options, const struct pair_params *params)
{
	uint64_t available = (uint64_t)sysconf(_SC_AVPHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t wanted = pair_estimate(params) + MEMORY_RESERVE;

	if (options->conns != 0 && options->conns != params->conns)
		return false;
	if (wanted <= available)
		return true;
	fprintf(stderr, "tcp: %u connections left out: they take %lu MB, and %lu are free\n",
	        params->conns, wanted >> 20, available >> 20);
	return false;
}

struct rpc_case {
	const char *name;
	uint32_t turn; /* exchanges of a connection before the next one has its turn */
	bool echo;
};

static uint32_t
runs_of(uint32_t conns)
{
	return RTE_MAX(SEGMENTS_PER_ROUND / WORK_RUN / conns, 1u);
}

/* A round of a million takes seconds. */
static uint32_t
rounds_of(const struct tcp_options *options, uint32_t conns)
{
	return conns < 1000000 ? options->rounds : RTE_MAX(options->rounds / 5, 1u);
}

static void
split_size(struct tcp_options *options, uint32_t conns)
{
	const struct pair_params params = {
	        .conns = conns,
	        .service = {OFFLOAD_SERVICE_SOURCE, OFFLOAD_SERVICE_SOURCE},
	        .port_checksums = true,
	        .pool = options->pool,
	};
	static struct samples rx, tx, copy, ack_rx, ack_tx, rest;
	bool counted = conns == 1000;
	struct pair *pair;

	if (!tcp_wanted(options, &params))
		return;
	rx.count = tx.count = copy.count = ack_rx.count = ack_tx.count = rest.count = 0;
	pair = pair_create(&params);
	work_bulk(pair, runs_of(conns));
	for (uint32_t round = 0; round < rounds_of(options, conns); round++) {
		struct work_parts parts = {0};
		struct work_costs costs;

		work_bulk_parts(pair, runs_of(conns), &parts);
		work_measure_costs(pair, &costs);
		samples_add(&rx, (double)parts.rx / (double)parts.segments);
		samples_add(&tx, (double)parts.tx / (double)parts.segments - costs.copy);
		samples_add(&copy, costs.copy);
		samples_add(&ack_rx, (double)parts.ack_rx / (double)parts.acks);
		samples_add(&ack_tx, (double)parts.ack_tx / (double)parts.acks);
		samples_add(&rest, (double)parts.rest / (double)parts.segments);
	}
	pair_destroy(pair);
	report_line(&options->report, "split", conns,
	        (struct report_value[]){
	                {"rx_cycles_per_segment", "rx", samples_percentile(&rx, MEDIAN), 0},
	                {"rx_cycles_lowest", "lowest", samples_percentile(&rx, 0), 0},
	                {"tx_cycles_per_segment", "tx", samples_percentile(&tx, MEDIAN), 0},
	                {"tx_cycles_lowest", "lowest", samples_percentile(&tx, 0), 0},
	                {"copy_cycles_per_segment", "copy", samples_percentile(&copy, MEDIAN), 0},
	                {"rx_cycles_per_ack", "ack rx", samples_percentile(&ack_rx, MEDIAN), 0},
	                {"tx_cycles_per_ack", "ack tx", samples_percentile(&ack_tx, MEDIAN), 0},
	                {"rest_cycles_per_segment", "rest", samples_percentile(&rest, MEDIAN), 0},
	                {"rx_instructions_per_segment", "rx instr",
	                        counted ? options->rx_instructions : NAN, 0},
	                {"tx_instructions_per_segment", "tx instr",
	                        counted ? options->tx_instructions : NAN, 0},
	                {"copy_instructions_per_segment", "copy instr",
	                        counted ? options->copy_instructions : NAN, 0},
	                {0},
	        });
}

void
case_split(struct tcp_options *options)
{
	split_size(options, 1000);
	if (options->quick)
		return;
	split_size(options, 100000);
	split_size(options, 1000000);
}

static void
bulk_size(struct tcp_options *options, uint32_t conns)
{
	const struct pair_params params = {
	        .conns = conns,
	        .service = {OFFLOAD_SERVICE_SOURCE, OFFLOAD_SERVICE_SOURCE},
	        .pool = options->pool,
	};
	uint32_t runs = runs_of(conns);
	double segments = (double)conns * runs * WORK_RUN, cycles;
	static struct samples total, checksum, digest;
	struct pair *pair;

	if (!tcp_wanted(options, &params))
		return;
	total.count = checksum.count = digest.count = 0;
	pair = pair_create(&params);
	work_bulk(pair, runs);
	for (uint32_t round = 0; round < rounds_of(options, conns); round++) {
		struct work_costs costs;

		samples_add(&total, (double)work_bulk(pair, runs) / segments);
		work_measure_costs(pair, &costs);
		samples_add(&checksum, costs.checksum);
		samples_add(&digest, costs.digest);
	}
	pair_destroy(pair);
	cycles = samples_percentile(&total, MEDIAN);
	report_line(&options->report, "bulk", conns,
	        (struct report_value[]){
	                {"cycles_per_segment", "cycles", cycles, 0},
	                {"cycles_lowest", "lowest", samples_percentile(&total, 0), 0},
	                {"goodput_gbps", "Gbit/s", tcp_gbps(cycles, PAIR_MSS), 2},
	                {"checksum_cycles", "a checksum", samples_percentile(&checksum, MEDIAN), 0},
	                {"digest_cycles", "a digest", samples_percentile(&digest, MEDIAN), 0},
	                {0},
	        });
}

void
case_bulk(struct tcp_options *options)
{
	bulk_size(options, 1);
	bulk_size(options, 1000);
	if (options->quick)
		return;
	bulk_size(options, 100000);
	bulk_size(options, 1000000);
}

static void
rpc_size(struct tcp_options *options, const struct rpc_case *rpc, uint32_t conns, double *first)
{
	struct pair_params params = {
	        .conns = conns,
	        .service = {OFFLOAD_SERVICE_SOURCE,
	                rpc->echo ? OFFLOAD_SERVICE_ECHO : OFFLOAD_SERVICE_SOURCE},
	        .pool = options->pool,
	};
	uint32_t count = RTE_MAX(RPCS_PER_ROUND / conns, 2u);
	static struct samples total;
	struct pair *pair;
	double cycles;

	if (!tcp_wanted(options, &params))
		return;
	total.count = 0;
	count += (rpc->turn - count % rpc->turn) % rpc->turn;
	/* An echo keeps what it sent until the next request acknowledges it. */
	if (rpc->echo)
		params.pool = rte_pktmbuf_pool_create("echo", conns + ECHO_SPARE_MBUFS, MBUF_CACHE,
		        0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (params.pool == NULL)
		bench_fail("no memory for the packet buffers of %u connections", conns);
	pair = pair_create(&params);
	work_rpc(pair, count, rpc->turn);
	/* Half of the cycles that both ends take on this one core: what an end takes. */
	for (uint32_t round = 0; round < options->rounds; round++)
		samples_add(&total, (double)work_rpc(pair, count, rpc->turn) / conns / count / 2);
	pair_destroy(pair);
	if (rpc->echo)
		rte_mempool_free(params.pool);
	cycles = samples_percentile(&total, MEDIAN);
	if (*first == 0)
		*first = cycles;
	report_line(&options->report, rpc->name, conns,
	        (struct report_value[]){
	                {"rpc_per_second", "per second", (double)rte_get_tsc_hz() / cycles, 0},
	                {"cycles_per_rpc", "cycles", cycles, 0},
	                {"cycles_lowest", "lowest", samples_percentile(&total, 0), 0},
	                {"cycles_vs_first", "vs first", cycles / *first, 2},
	                {0},
	        });
}

static void
rpc_sizes(struct tcp_options *options, const struct rpc_case *rpc)
{
	static const uint32_t sizes[] = {1, 1000, 100000};
	double first = 0;

	for (uint32_t i = 0; i < RTE_DIM(sizes) - options->quick; i++)
		rpc_size(options, rpc, sizes[i], &first);
}

void
case_rpc(struct tcp_options *options)
{
	rpc_sizes(options, &(struct rpc_case){"rpc", WORK_RUN, false});
}

void
case_rpc_cold(struct tcp_options *options)
{
	rpc_sizes(options, &(struct rpc_case){"rpc_cold", 1, false});
}

void
case_rpc_echo(struct tcp_options *options)
{
	rpc_sizes(options, &(struct rpc_case){"rpc_echo", WORK_RUN, true});
}

/* What a flood could have taken: everything that a worker has pools of. */
static uint64_t
memory_used(const struct pair *pair)
{
	uint64_t used = rte_mempool_in_use_count(pair->params.pool);

	for (uint32_t i = 0; i < 2; i++) {
		const struct toe_worker *worker = &pair->end[i].worker;

		used += worker->engine.stats.connections + worker->engine.attached.used +
		        worker->engine.senders.used + worker->engine.sent.used +
		        worker->engine.reassemblies.used + worker->engine.pieces.used +
		        (uint32_t)rte_hash_count(worker->flows.hash);
	}
	return used;
}

void
case_flood(struct tcp_options *options)
{
	const struct pair_params params = {
	        .conns = 1000,
	        .service = {OFFLOAD_SERVICE_SOURCE, OFFLOAD_SERVICE_SOURCE},
	        .pool = options->pool,
	};
	uint32_t runs = runs_of(params.conns);
	static struct samples gbps[FLOOD_KINDS], cost, ratio;
	struct pair *pair;
	uint64_t used;

	if (!tcp_wanted(options, &params))
		return;
	pair = pair_create(&params);
	work_bulk(pair, runs);
	used = memory_used(pair);
	for (uint32_t round = 0; round < options->rounds; round++) {
		struct flood_result result[FLOOD_KINDS] = {0};
		double value[FLOOD_KINDS];

		for (uint32_t kind = 0; kind < FLOOD_KINDS; kind++) {
			flood_run(pair, kind, runs, &result[kind]);
			value[kind] =
			        tcp_gbps((double)result[kind].cycles, (double)result[kind].bytes);
			samples_add(&gbps[kind], value[kind]);
		}
		samples_add(&ratio, value[FLOOD_SPOOFED] / value[FLOOD_KNOWN]);
		samples_add(&cost,
		        ((double)result[FLOOD_SPOOFED].cycles - (double)result[FLOOD_NONE].cycles) /
		                (double)result[FLOOD_SPOOFED].segments);
		if (memory_used(pair) != used)
			bench_fail("a flood has left something behind");
	}
	if (pair->end[1].worker.engine.stats.exception_dropped == 0)
		bench_fail("the flood has not arrived");
	pair_destroy(pair);
	report_line(&options->report, "flood", params.conns,
	        (struct report_value[]){
	                {"goodput_gbps", "Gbit/s", samples_percentile(&gbps[FLOOD_NONE], MEDIAN),
	                        2},
	                {"goodput_gbps_known", "known",
	                        samples_percentile(&gbps[FLOOD_KNOWN], MEDIAN), 2},
	                {"goodput_gbps_flooded", "flooded",
	                        samples_percentile(&gbps[FLOOD_SPOOFED], MEDIAN), 2},
	                {"goodput_ratio", "ratio", samples_percentile(&ratio, MEDIAN), 3},
	                {"cycles_per_spoofed_segment", "a segment",
	                        samples_percentile(&cost, MEDIAN), 0},
	                {0},
	        });
}
