/* SPDX-License-Identifier: BSD-3-Clause */
/* Work of a pair of engines. */
#include "tcp_work.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "bench_fail.h"
#include "checksum.h"
#include "items.h"
#include "ordinary.h"
#include "output_loop.h"
#include "receive.h"
#include "rng.h"
#include "service.h"
#include "timer_loop.h"
#include "urgent.h"
#include "user.h"

#define COST_BURST 16u /* as many buffers as output fills in a turn */
#define COST_ROUNDS 64u
#define COST_LINES 1024u
#define COST_SYSCALLS 256u
#define TCP_HEADER 20u
#define PATIENCE_NS UINT64_C(60000000000)

/* The order of the exchanges: those of a group take turns, each has as many as it takes; then the next group. */
struct rpc_order {
	uint32_t conns, group, turn;
};

struct rpc_place {
	uint32_t conn, first; /* of the group */
	uint32_t turn; /* done by the group */
	uint64_t wanted; /* bytes that this connection has received when it is done here */
};

/* What an application of requests and answers has to do in a round. */
struct rpc_plan {
	struct rpc_order order;
	struct rpc_place news; /* where something arrives next */
	struct rpc_place next; /* which connection that lets send */
	uint64_t done, ahead; /* exchanges; how far `next` is ahead of `news` */
	uint64_t grants; /* messages to send */
};

__rte_noinline uint32_t
tcp_measured_rx(struct toe_worker *worker)
{
	return toe_worker_receive(worker);
}

__rte_noinline void
tcp_measured_tx(struct toe_worker *worker)
{
	toe_worker_output(worker, TOE_OUTPUT_BUDGET);
	toe_worker_flush(worker);
}

static bool
is_done(const struct pair *pair, uint64_t received)
{
	return pair->end[1].worker.engine.stats.rx_bytes >= received;
}

static uint64_t
bulk_grant(struct pair *pair, uint32_t runs)
{
	uint64_t bytes = (uint64_t)runs * WORK_RUN * PAIR_MSS;

	for (uint32_t i = 0; i < pair->params.conns; i++)
		pair_grant(pair, 0, i, bytes);
	return bytes * pair->params.conns;
}

/* The last ACKs are on their way when the text is through. */
static void
settle(struct pair *pair)
{
	for (uint32_t i = 0; i < 4; i++)
		pair_turn(pair);
	for (uint32_t i = 0; i < 2; i++) {
		const struct toe_stats *stats = &pair->end[i].worker.engine.stats;

		/* Nothing is lost, and the engines' time stands still when the process does. */
		if (stats->tx_retransmitted > 0)
			bench_fail("%lu segments were sent again where none is lost",
			        stats->tx_retransmitted);
	}
}

static void
check_patience(const struct pair *pair, uint64_t since)
{
	if (pair->end[1].worker.engine.now - since > PATIENCE_NS)
		bench_fail("%u connections make no progress", pair->params.conns);
}

uint64_t
work_bulk(struct pair *pair, uint32_t runs)
{
	uint64_t goal = pair->end[1].worker.engine.stats.rx_bytes, since = pair_now(pair);
	uint64_t start;

	goal += bulk_grant(pair, runs);
	start = rte_rdtsc();
	while (!is_done(pair, goal)) {
		pair_turn(pair);
		check_patience(pair, since);
	}
	start = rte_rdtsc() - start;
	settle(pair);
	return start;
}

/* Everything of a turn but receive and output. */
static void
turn_rest(struct toe_worker *worker)
{
	toe_worker_urgent(worker);
	toe_worker_timers(worker);
	toe_worker_ordinary(worker);
	toe_worker_urgent(worker);
}

void
work_bulk_parts(struct pair *pair, uint32_t runs, struct work_parts *parts)
{
	struct toe_worker *source = &pair->end[0].worker, *sink = &pair->end[1].worker;
	uint64_t goal = sink->engine.stats.rx_bytes, since = pair_now(pair);
	uint64_t segments = source->engine.stats.tx_segments, acks = sink->engine.stats.tx_segments;

	goal += bulk_grant(pair, runs);
	while (!is_done(pair, goal)) {
		uint64_t t[4];

		toe_engine_clock(&source->engine, pair_now(pair));
		t[0] = rte_rdtsc();
		toe_worker_receive(source);
		t[1] = rte_rdtsc();
		turn_rest(source);
		t[2] = rte_rdtsc();
		tcp_measured_tx(source);
		t[3] = rte_rdtsc();
		parts->ack_rx += t[1] - t[0];
		parts->tx += t[3] - t[2];
		parts->rest += t[2] - t[1];
		toe_engine_clock(&sink->engine, pair_now(pair));
		t[0] = rte_rdtsc();
		tcp_measured_rx(sink);
		t[1] = rte_rdtsc();
		turn_rest(sink);
		t[2] = rte_rdtsc();
		toe_worker_output(sink, TOE_OUTPUT_BUDGET);
		toe_worker_flush(sink);
		t[3] = rte_rdtsc();
		parts->rx += t[1] - t[0];
		parts->ack_tx += t[3] - t[2];
		parts->rest += t[2] - t[1];
		check_patience(pair, since);
	}
	parts->segments += source->engine.stats.tx_segments - segments;
	parts->acks += sink->engine.stats.tx_segments - acks;
	settle(pair);
}

static void
place_advance(const struct rpc_order *order, struct rpc_place *place)
{
	if (++place->conn < place->first + order->group)
		return;
	if (++place->turn == order->turn) {
		place->turn = 0;
		place->wanted -= (uint64_t)(order->turn - 1) * WORK_RPC_BYTES;
		place->first += order->group;
		if (place->first >= order->conns) {
			place->first = 0;
			place->wanted += (uint64_t)order->turn * WORK_RPC_BYTES;
		}
	} else {
		place->wanted += WORK_RPC_BYTES;
	}
	place->conn = place->first;
}

/*
 * The application of one end. What has arrived is looked for in the order of the exchanges, which is that in which it
 * arrives; each makes another connection ready.
 */
static void
application_step(struct pair *pair, uint32_t end, struct rpc_plan *plan)
{
	for (;;) {
		uint32_t soon = plan->next.conn + 4;

		rte_prefetch0(
		        &pair_conn(pair, end, soon < plan->order.conns ? soon : 0)->snd_limit);
		if (pair_conn(pair, end, plan->news.conn)->rcv_bytes < plan->news.wanted)
			return;
		if (plan->done + plan->ahead < plan->grants)
			pair_grant(pair, end, plan->next.conn, WORK_RPC_BYTES);
		place_advance(&plan->order, &plan->news);
		place_advance(&plan->order, &plan->next);
		plan->done++;
	}
}

static void
plan_begin(struct pair *pair, uint32_t end, const struct rpc_order *order, uint64_t grants,
        struct rpc_plan *plan)
{
	/* All connections have done the same until now. */
	*plan = (struct rpc_plan){
	        .order = *order,
	        .news.wanted = pair_conn(pair, end, 0)->rcv_bytes + WORK_RPC_BYTES,
	        .grants = grants,
	};
	plan->next = plan->news;
}

/* toe_worker_poll in two parts: the application comes where the engine's own services do, behind receive. */
static void
turn_begin(struct pair *pair, uint32_t end)
{
	struct toe_worker *worker = &pair->end[end].worker;

	toe_engine_clock(&worker->engine, pair_now(pair));
	toe_worker_urgent(worker);
	toe_worker_receive(worker);
}

static void
turn_end(struct pair *pair, uint32_t end)
{
	struct toe_worker *worker = &pair->end[end].worker;

	turn_rest(worker);
	toe_worker_output(worker, TOE_OUTPUT_BUDGET);
	toe_worker_flush(worker);
}

uint64_t
work_rpc(struct pair *pair, uint32_t count, uint32_t turn)
{
	struct rpc_order order = {.conns = pair->params.conns, .turn = turn};
	uint64_t total = (uint64_t)order.conns * count, start, since = pair_now(pair);
	bool echo = pair->params.service[1] == OFFLOAD_SERVICE_ECHO;
	struct rpc_plan client, server;

	order.group = RTE_MIN(order.conns, WORK_RPC_OUTSTANDING);
	while (order.conns % order.group != 0)
		order.group--;
	plan_begin(pair, 0, &order, total, &client);
	plan_begin(pair, 1, &order, total, &server);
	start = rte_rdtsc();
	for (; client.ahead < order.group; client.ahead++) {
		pair_grant(pair, 0, client.next.conn, WORK_RPC_BYTES);
		place_advance(&order, &client.next);
	}
	while (client.done < total) {
		turn_begin(pair, 0);
		application_step(pair, 0, &client);
		turn_end(pair, 0);
		turn_begin(pair, 1);
		if (!echo)
			application_step(pair, 1, &server);
		turn_end(pair, 1);
		check_patience(pair, since);
	}
	start = rte_rdtsc() - start;
	settle(pair);
	return start;
}

/* Contexts in random order: which one is next is known when the one before has been read. */
static void
measure_line(struct pair *pair, struct work_costs *costs)
{
	static struct rng rng;
	uint64_t start = rte_rdtsc();

	for (uint32_t i = 0; i < COST_LINES; i++) {
		const struct toe_conn *conns = pair->end[i % 2].worker.engine.conns;

		rng.state += conns[rng_below(&rng, pair->params.conns)].total_rt;
	}
	costs->line = (double)(rte_rdtsc() - start) / COST_LINES;
}

static void
measure_syscall(struct work_costs *costs)
{
	uint64_t start = rte_rdtsc();

	for (uint32_t i = 0; i < COST_SYSCALLS; i++)
		syscall(SYS_getppid);
	costs->syscall = (double)(rte_rdtsc() - start) / COST_SYSCALLS;
}

static void
measure_text(struct pair *pair, struct work_costs *costs)
{
	struct toe_worker *worker = &pair->end[0].worker;
	const double segments = COST_BURST * COST_ROUNDS;
	uint64_t copy = 0, checksum = 0, digest = 0, sum = 0, t[4];
	struct rte_mbuf *mbuf[COST_BURST];
	XXH64_state_t state;

	XXH64_reset(&state, 0);
	for (uint32_t round = 0; round < COST_ROUNDS; round++) {
		if (rte_pktmbuf_alloc_bulk(pair->params.pool, mbuf, COST_BURST) != 0)
			bench_fail("no packet buffers");
		t[0] = rte_rdtsc();
		for (uint32_t i = 0; i < COST_BURST; i++)
			toe_service_copy(&worker->engine, pair_conn(pair, 0, 0),
			        (uint64_t)i * PAIR_MSS,
			        rte_pktmbuf_mtod_offset(mbuf[i], uint8_t *, 54), PAIR_MSS, false);
		t[1] = rte_rdtsc();
		for (uint32_t i = 0; i < COST_BURST; i++)
			sum += toe_checksum_add(sum,
			        rte_pktmbuf_mtod_offset(mbuf[i], uint8_t *, 34),
			        PAIR_MSS + TCP_HEADER);
		t[2] = rte_rdtsc();
		for (uint32_t i = 0; i < COST_BURST; i++)
			XXH64_update(
			        &state, rte_pktmbuf_mtod_offset(mbuf[i], uint8_t *, 54), PAIR_MSS);
		t[3] = rte_rdtsc();
		copy += t[1] - t[0];
		checksum += t[2] - t[1];
		digest += t[3] - t[2];
		rte_pktmbuf_free_bulk(mbuf, COST_BURST);
	}
	/* Looked at, so that the loops above are not left out. */
	if (sum == 1 && XXH64_digest(&state) == 1)
		copy++;
	costs->copy = (double)copy / segments;
	costs->checksum = (double)checksum / segments;
	costs->digest = (double)digest / segments;
}

void
work_measure_costs(struct pair *pair, struct work_costs *costs)
{
	measure_line(pair, costs);
	measure_text(pair, costs);
	measure_syscall(costs);
}
