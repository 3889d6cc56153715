/* SPDX-License-Identifier: BSD-3-Clause */
/* Work of a pair of engines, in rounds of a given size: when a round ends, all of it is done and acknowledged. */
#ifndef BENCH_TCP_WORK_H
#define BENCH_TCP_WORK_H

#include "tcp_pair.h"

#define WORK_RUN 4u /* segments that a connection sends before the next one has its turn */
#define WORK_RPC_BYTES 64u
#define WORK_RPC_OUTSTANDING 1024u /* requests, all connections together, at most */

/* Where the cycles of a round went. */
struct work_parts {
	uint64_t segments; /* with text */
	uint64_t acks; /* frames the other way */
	uint64_t rx, tx; /* of segments with text: receive at end 1, output and flush at end 0 */
	uint64_t ack_rx, ack_tx; /* receive at end 0, output and flush at end 1 */
	uint64_t rest; /* timers and mailboxes of both */
};

/* Cycles: what can be taken apart because it does not depend on TCP, and yardsticks of the machine. */
struct work_costs {
	double copy, checksum, digest; /* of one segment's text */
	double line; /* to read a line of a context that nobody has used lately, nothing else to do meanwhile */
	double syscall; /* a bare system call */
};

/* End 0 of every connection sends `runs` times WORK_RUN segments. Cycles of all turns of both ends. */
uint64_t work_bulk(struct pair *pair, uint32_t runs);
/* The same, taken apart. */
void work_bulk_parts(struct pair *pair, uint32_t runs, struct work_parts *parts);
/*
 * Every connection: `count` requests of WORK_RPC_BYTES by end 0, each answered by as many bytes; a multiple of `turn`.
 * One is outstanding on a connection, and WORK_RPC_OUTSTANDING in all: so many connections, or fewer, are busy at the
 * same time; after `turn` requests of each the next ones have their turn. End 1 is an ECHO, or a SOURCE that is told
 * to answer. Cycles.
 */
uint64_t work_rpc(struct pair *pair, uint32_t count, uint32_t turn);
/* Measured on buffers of the pair's pool, and on its contexts: call it between the rounds. */
void work_measure_costs(struct pair *pair, struct work_costs *costs);

/* Bodies of the two figures, apart so that callgrind can count what they do. */
uint32_t tcp_measured_rx(struct toe_worker *worker);
void tcp_measured_tx(struct toe_worker *worker);

#endif
