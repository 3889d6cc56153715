/* SPDX-License-Identifier: BSD-3-Clause */
/* The cases of the TCP benchmark. */
#ifndef BENCH_TCP_CASES_H
#define BENCH_TCP_CASES_H

#include <math.h>

#include "report.h"
#include "samples.h"
#include "tcp_work.h"

#define MBUF_CACHE 256u /* of the pools, as the program's */
#define TCP_MEDIAN 50.0
#define TCP_MILLION 1000000u /* connections of which a round takes seconds */

struct tcp_options {
	struct report report;
	struct rte_mempool *pool;
	bool quick, count;
	const char *only; /* case, NULL: all */
	uint32_t conns; /* only this size of a case, 0: all */
	uint32_t rounds;
	/* what callgrind counted per segment with text, NAN: not known */
	double rx_instructions, tx_instructions, copy_instructions;
};

/* Yardsticks of the machine, in cycles, of the rounds of one size. */
struct tcp_yardsticks {
	struct samples copy, line, syscall; /* struct work_costs */
};

/* Receive and transmit of a segment with text, checksums by the port, the copy measured apart. */
void case_split(struct tcp_options *options);
/* Both ends with everything in. */
void case_bulk(struct tcp_options *options);
/*
 * Request and response of 64 bytes: applications that generate them, connections with several in turn; with one in turn,
 * so that each finds its connection cold, its ACK overdue; and the echo service.
 */
void case_rpc(struct tcp_options *options);
void case_rpc_cold(struct tcp_options *options);
void case_rpc_echo(struct tcp_options *options);
/* Goodput beside segments that match nothing. */
void case_flood(struct tcp_options *options);
/* The same work by lwIP, in turn with ours. */
void case_lwip(struct tcp_options *options);

/* Between two rounds. */
void tcp_yardsticks_measure(
        struct tcp_yardsticks *yardsticks, struct pair *pair, struct work_costs *costs);
/* How often every connection sends WORK_RUN segments in a round of bulk. */
uint32_t tcp_bulk_runs(uint32_t conns);
/* Rounds where each takes seconds. */
uint32_t tcp_slow_rounds(const struct tcp_options *options);
/* Goodput of a core that spends so many cycles on a byte's way through both ends. */
double tcp_gbps(double cycles, double bytes);
/* Is this size wanted, and does it fit into memory? Says so on stderr when it does not fit. */
bool tcp_wanted(const struct tcp_options *options, const struct pair_params *params);

#endif
