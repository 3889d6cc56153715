/* SPDX-License-Identifier: BSD-3-Clause */
/* The cases of the TCP benchmark that look at one size at a time. */
#include "tcp_cases.h"

#include <stdio.h>
#include <unistd.h>

#include "bench_fail.h"
#include "tcp_flood.h"
#include "test_eal.h"

#define SEGMENTS_PER_ROUND 40000u /* with text, at least */
#define MEMORY_RESERVE (UINT64_C(1) << 30)
#define LEAST_ROUNDS 5u

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

void
tcp_yardsticks_measure(
        struct tcp_yardsticks *yardsticks, struct pair *pair, struct work_costs *costs)
{
	work_measure_costs(pair, costs);
	samples_add(&yardsticks->copy, costs->copy);
	samples_add(&yardsticks->line, costs->line);
	samples_add(&yardsticks->syscall, costs->syscall);
}

uint32_t
tcp_bulk_runs(uint32_t conns)
{
	return RTE_MAX(SEGMENTS_PER_ROUND / WORK_RUN / conns, 1u);
}

uint32_t
tcp_slow_rounds(const struct tcp_options *options)
{
	return RTE_MIN(options->rounds, RTE_MAX(options->rounds / 3, LEAST_ROUNDS));
}

static void
split_bars(const struct report *report, double rx, double tx)
{
	report_bar(report, &(struct report_bar){
	                           .what = "receive, cycles a segment at 1,000",
	                           .value = rx,
	                           .limit = 250,
	                   });
	report_bar(report, &(struct report_bar){
	                           .what = "transmit, cycles a segment at 1,000",
	                           .value = tx,
	                           .limit = 150,
	                   });
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
	static struct samples rx, tx, ack_rx, ack_tx, rest;
	uint32_t rounds = conns < TCP_MILLION ? options->rounds : tcp_slow_rounds(options);
	bool counted = conns == 1000;
	static struct tcp_yardsticks yardsticks;
	struct pair *pair;

	if (!tcp_wanted(options, &params))
		return;
	rx.count = tx.count = ack_rx.count = ack_tx.count = rest.count = 0;
	yardsticks.copy.count = yardsticks.line.count = yardsticks.syscall.count = 0;
	pair = pair_create(&params);
	work_bulk(pair, tcp_bulk_runs(conns));
	for (uint32_t round = 0; round < rounds; round++) {
		struct work_parts parts = {0};
		struct work_costs costs;

		work_bulk_parts(pair, tcp_bulk_runs(conns), &parts);
		tcp_yardsticks_measure(&yardsticks, pair, &costs);
		samples_add(&rx, (double)parts.rx / (double)parts.segments);
		samples_add(&tx, (double)parts.tx / (double)parts.segments - costs.copy);
		samples_add(&ack_rx, (double)parts.ack_rx / (double)parts.acks);
		samples_add(&ack_tx, (double)parts.ack_tx / (double)parts.acks);
		samples_add(&rest, (double)parts.rest / (double)parts.segments);
	}
	pair_destroy(pair);
	report_line(&options->report, "split", conns,
	        (struct report_value[]){
	                {"rx_cycles_per_segment", "rx", samples_percentile(&rx, TCP_MEDIAN), 0},
	                {"rx_cycles_lowest", "lowest", samples_percentile(&rx, 0), 0},
	                {"tx_cycles_per_segment", "tx", samples_percentile(&tx, TCP_MEDIAN), 0},
	                {"tx_cycles_lowest", "lowest", samples_percentile(&tx, 0), 0},
	                {"copy_cycles_per_segment", "a copy",
	                        samples_percentile(&yardsticks.copy, TCP_MEDIAN), 0},
	                {"line_cycles", "a line", samples_percentile(&yardsticks.line, TCP_MEDIAN),
	                        0},
	                {"syscall_cycles", "a syscall",
	                        samples_percentile(&yardsticks.syscall, TCP_MEDIAN), 0},
	                {"rx_cycles_per_ack", "ack rx", samples_percentile(&ack_rx, TCP_MEDIAN), 0},
	                {"tx_cycles_per_ack", "ack tx", samples_percentile(&ack_tx, TCP_MEDIAN), 0},
	                {"rest_cycles_per_segment", "rest", samples_percentile(&rest, TCP_MEDIAN),
	                        0},
	                {"rx_instructions_per_segment", "rx instr",
	                        counted ? options->rx_instructions : NAN, 0},
	                {"tx_instructions_per_segment", "tx instr",
	                        counted ? options->tx_instructions : NAN, 0},
	                {"copy_instructions_per_segment", "copy instr",
	                        counted ? options->copy_instructions : NAN, 0},
	                {0},
	        });
	if (counted && !options->quick)
		split_bars(&options->report, samples_percentile(&rx, TCP_MEDIAN),
		        samples_percentile(&tx, TCP_MEDIAN));
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
	uint32_t runs = tcp_bulk_runs(params.conns);
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
	                {"goodput_gbps", "Gbit/s",
	                        samples_percentile(&gbps[FLOOD_NONE], TCP_MEDIAN), 2},
	                {"goodput_gbps_known", "known",
	                        samples_percentile(&gbps[FLOOD_KNOWN], TCP_MEDIAN), 2},
	                {"goodput_gbps_flooded", "flooded",
	                        samples_percentile(&gbps[FLOOD_SPOOFED], TCP_MEDIAN), 2},
	                {"goodput_ratio", "ratio", samples_percentile(&ratio, TCP_MEDIAN), 3},
	                {"cycles_per_spoofed_segment", "a segment",
	                        samples_percentile(&cost, TCP_MEDIAN), 0},
	                {0},
	        });
}
