/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two engines, back to back over a ring each way, in one thread: end 0 and end 1, a worker with one port each.
 * Connection i of one end is the peer of connection i of the other. Their slots are in shuffled order, so that
 * what is next in traffic is not next in memory.
 */
#ifndef BENCH_TCP_PAIR_H
#define BENCH_TCP_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "bench_clock.h"
#include "test_ports.h"
#include "worker.h"

#define PAIR_MSS 1460u
#define PAIR_GAP_NS UINT64_C(1000000) /* no turn takes that long, nor what is between two */

struct pair_params {
	uint32_t conns;
	enum offload_service service[2]; /* SOURCE: sends as far as pair_grant lets it, no FIN */
	bool port_checksums; /* the ports do checksums: none in software, neither way */
	struct rte_mempool *pool;
};

struct pair_end {
	struct toe_shared shared;
	struct toe_worker worker;
	struct test_port port;
	struct toe_doorbell bell; /* of the host that is not there */
	_Atomic uint32_t completed;
	uint32_t *slot; /* of connection i */
};

struct pair {
	struct pair_params params;
	struct pair_end end[2];
	struct bench_clock clock;
	uint64_t last; /* what the clock showed, ns */
	uint64_t
	        taken; /* ns that the scheduler has given to others, of which the engines do not know */
};

/* Bytes that a pair of so many connections takes, roughly. */
uint64_t pair_estimate(const struct pair_params *params);
/* All connections established, nothing in flight, nothing to send. Ends the process when it cannot. */
struct pair *pair_create(const struct pair_params *params);
/* Ends the process when a connection failed in the meantime. */
void pair_destroy(struct pair *pair);

static inline struct toe_conn *
pair_conn(struct pair *pair, uint32_t end, uint32_t i)
{
	return &pair->end[end].worker.engine.conns[pair->end[end].slot[i]];
}

/* Connection i of an end whose service is SOURCE has so many bytes more to send. */
static inline void
pair_grant(struct pair *pair, uint32_t end, uint32_t i, uint64_t bytes)
{
	pair_conn(pair, end, i)->snd_limit += bytes;
	toe_conn_ready(&pair->end[end].worker.engine, pair->end[end].slot[i]);
}

/* The time of both engines, ns. It stands still while the process does not run: nothing is late because of that. */
static inline uint64_t
pair_now(struct pair *pair)
{
	uint64_t now = bench_now(&pair->clock) - pair->taken;

	if (unlikely(now - pair->last > PAIR_GAP_NS)) {
		pair->taken += now - pair->last - PAIR_GAP_NS;
		now = pair->last + PAIR_GAP_NS;
	}
	pair->last = now;
	return now;
}

/* A turn of each end, as in the product. */
static inline void
pair_turn(struct pair *pair)
{
	toe_worker_poll(&pair->end[0].worker, pair_now(pair));
	toe_worker_poll(&pair->end[1].worker, pair_now(pair));
}

#endif
