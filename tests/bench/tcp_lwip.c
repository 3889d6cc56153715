/* SPDX-License-Identifier: BSD-3-Clause */
/* The same work by lwIP, round by round in turn with ours. */
#include "lwip_pair.h"
#include "tcp_cases.h"

#define SEGMENTS_PER_ROUND 8192u
#define RPCS_PER_ROUND 4096u

_Static_assert(LWIP_PAIR_MSS == PAIR_MSS, "segments of the same size");

/* The higher one of the ratios, segments and exchanges; NAN: not measured. */
static double
lwip_size(struct tcp_options *options, uint32_t conns)
{
	const struct pair_params params = {
	        .conns = conns,
	        .service = {OFFLOAD_SERVICE_SOURCE, OFFLOAD_SERVICE_SOURCE},
	        .pool = options->pool,
	};
	static struct samples ours, theirs, ratio, our_rpc, their_rpc, rpc_ratio;
	uint32_t runs = SEGMENTS_PER_ROUND / WORK_RUN / conns, count = RPCS_PER_ROUND / conns;
	double segments = (double)conns * runs * WORK_RUN, requests = (double)conns * count;
	struct lwip_pair *lwip;
	struct pair *pair;

	if (!tcp_wanted(options, &params))
		return NAN;
	lwip = lwip_pair_create(conns);
	pair = pair_create(&params);
	ours.count = theirs.count = ratio.count = 0;
	our_rpc.count = their_rpc.count = rpc_ratio.count = 0;
	work_bulk(pair, runs);
	lwip_pair_bulk(lwip, runs, WORK_RUN);
	for (uint32_t round = 0; round < options->rounds; round++) {
		double a = (double)work_bulk(pair, runs) / segments;
		double b = (double)lwip_pair_bulk(lwip, runs, WORK_RUN) / segments;
		double c = (double)work_rpc(pair, count, 1) / requests / 2;
		double d = (double)lwip_pair_rpc(lwip, count, WORK_RPC_BYTES) / requests / 2;

		samples_add(&ours, a);
		samples_add(&theirs, b);
		samples_add(&ratio, a / b);
		samples_add(&our_rpc, c);
		samples_add(&their_rpc, d);
		samples_add(&rpc_ratio, c / d);
	}
	pair_destroy(pair);
	lwip_pair_destroy(lwip);
	report_line(&options->report, "lwip", conns,
	        (struct report_value[]){
	                {"cycles_per_segment", "ours", samples_percentile(&ours, TCP_MEDIAN), 0},
	                {"lwip_cycles_per_segment", "lwIP", samples_percentile(&theirs, TCP_MEDIAN),
	                        0},
	                {"ratio", "ratio", samples_percentile(&ratio, TCP_MEDIAN), 3},
	                {"ratio_highest", "highest", samples_percentile(&ratio, 100), 3},
	                {"lwip_goodput_gbps", "lwIP Gbit/s",
	                        tcp_gbps(samples_percentile(&theirs, TCP_MEDIAN), PAIR_MSS), 2},
	                {"cycles_per_rpc", "rpc ours", samples_percentile(&our_rpc, TCP_MEDIAN), 0},
	                {"lwip_cycles_per_rpc", "rpc lwIP",
	                        samples_percentile(&their_rpc, TCP_MEDIAN), 0},
	                {"rpc_ratio", "ratio", samples_percentile(&rpc_ratio, TCP_MEDIAN), 3},
	                {0},
	        });
	return RTE_MAX(
	        samples_percentile(&ratio, TCP_MEDIAN), samples_percentile(&rpc_ratio, TCP_MEDIAN));
}

void
case_lwip(struct tcp_options *options)
{
	static const uint32_t sizes[] = {1, 64, 1024};

	double highest = 0;

	for (uint32_t i = 0; i < RTE_DIM(sizes) - options->quick; i++) {
		double one = lwip_size(options, sizes[i]);

		highest = RTE_MAX(highest, one);
	}
	if (!options->quick && options->conns == 0)
		report_bar(&options->report, &(struct report_bar){
		                                     .what = "cycles against lwIP's, segments and "
		                                             "exchanges, every size",
		                                     .value = highest,
		                                     .limit = 0.45,
		                             });
}
