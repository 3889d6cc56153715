/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Outstanding sends come in with a connection and go up with it: against a script, and over bad wires again and again. WIRE_SEED runs one
 * seed alone.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "channels.h"
#include "held.h"
#include "host_end.h"
#include "host_io.h"
#include "scenario.h"
#include "script.h"
#include "seeds.h"
#include "service.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"

#define MANY 3000u
#define SEEDS 60u
#define MOVES 1000u /* of one connection */
#define STEPS_MAX 4000000u

static struct script script;
static struct host_end host;
static struct rte_mempool *pool, *host_pool;

/* ------------------------------------------------------------------ against a script */

static void
begin(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);

	script_open(&script, &params);
	host_end_begin(&host);
}

static void
finish(void)
{
	script_close(&script, NULL);
	toe_worker_channels(&script.end.worker);
	while (host_end_read(&host) != NULL)
		;
	CU_ASSERT(host_end_uploaded(&host, script.end.leaving.send_chain, 0));
	CU_ASSERT_EQUAL(host.returned, host.submitted);
	CU_ASSERT_EQUAL(test_pool_in_use(host_pool), 0);
	CU_ASSERT_EQUAL(script.end.worker.engine.sends.used, 0);
}

static bool
came_back(const struct chimney_io *io, enum offload_status status, uint32_t done)
{
	return host_end_read(&host) == io && io->status == status && io->done == done;
}

/* Terminate, and offload again with what came up. */
static struct tcp_delegated
move(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);

	CU_ASSERT_EQUAL(end_terminate(&script.end, &params.delegated, 1), OFFLOAD_SUCCESS);
	params.timers_given = true;
	host_end_again(&host, &params.delegated);
	CU_ASSERT_EQUAL(end_open(&script.end, &params), OFFLOAD_SUCCESS);
	return params.delegated;
}

/* INIT-6, TERM-4: what is in flight is not sent again, what was taken back is, first, then what was never sent. */
static void
test_again(void)
{
	struct tcp_delegated state;
	struct chimney_io *io[3];

	begin();
	for (uint32_t i = 0; i < 3; i++)
		io[i] = host_end_send(&host, 1000);
	script_conn(&script)->snd_wnd = 2000;
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT(script_took_text(&script, 1000, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 400, .window = 1600});
	state = move();
	CU_ASSERT_EQUAL(state.snd_una, SCRIPT_OURS + 400);
	CU_ASSERT_EQUAL(state.snd_nxt, SCRIPT_OURS + 2000);
	CU_ASSERT_EQUAL(state.send_backlog_size, 2600);
	CU_ASSERT_PTR_EQUAL(state.send_data_head, io[0]);
	CU_ASSERT_PTR_EQUAL(state.send_data_tail, io[2]);
	CU_ASSERT_EQUAL(script_waiting(&script), 0);
	CU_ASSERT(!script_take(&script));
	script_send(&script, (struct script_segment){.ack = 1500});
	CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 1000));
	CU_ASSERT(script_took_text(&script, 2000, 1000, 0));
	/* Three duplicates: the head is lost, and is to be sent again when the connection moves. */
	script_fill(&script);
	for (uint32_t i = 0; i < 3; i++)
		script_send(&script,
		        (struct script_segment){
		                .ack = 1500, .sacks = 1, .sack = {{.start = 2000, .end = 3000}}});
	script_drop(&script);
	state = move();
	CU_ASSERT_EQUAL(state.snd_nxt, SCRIPT_OURS + 1500);
	CU_ASSERT_EQUAL(state.snd_max, SCRIPT_OURS + 3000);
	CU_ASSERT(script_took_text(&script, 1500, 1000, 0));
	script_send(&script, (struct script_segment){.ack = 3000});
	CU_ASSERT(came_back(io[1], OFFLOAD_SUCCESS, 1000));
	CU_ASSERT(came_back(io[2], OFFLOAD_SUCCESS, 1000));
	state = move();
	CU_ASSERT_PTR_NULL(state.send_data_head);
	CU_ASSERT_EQUAL(state.send_backlog_size, 0);
	finish();
}

/* TERM-2: a disconnect goes up as a send does, its FIN sent or not; what stood behind it is told in its place. */
static void
test_disconnect(void)
{
	struct tcp_delegated state;
	struct chimney_io *io[3];

	for (uint32_t sent = 0; sent < 2; sent++) {
		begin();
		if (!sent)
			script_conn(&script)->snd_wnd = 700;
		io[0] = host_end_send(&host, 500);
		io[1] = host_end_disconnect(&host, CHIMNEY_IO_DISCONNECT, 300);
		while (script_take(&script))
			;
		state = move();
		CU_ASSERT_EQUAL(state.state, sent ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED);
		CU_ASSERT_EQUAL(state.send_backlog_size, 800);
		CU_ASSERT_EQUAL(script_waiting(&script), 0);
		io[2] = host_end_send(&host, 10);
		if (!sent) {
			script_send(&script, (struct script_segment){.ack = 700});
			CU_ASSERT(script_took_text(&script, 700, 100, FIN));
		} else {
			script_send(&script, (struct script_segment){.ack = 800});
		}
		CU_ASSERT(came_back(io[0], OFFLOAD_SUCCESS, 500));
		/* All of its data is acknowledged, its FIN is not. */
		script_send(&script, (struct script_segment){.ack = 800});
		CU_ASSERT_PTR_NULL(host_end_read(&host));
		state = move();
		CU_ASSERT_EQUAL(io[1]->done, 300);
		CU_ASSERT_PTR_EQUAL(state.send_data_tail, io[1]);
		script_send(&script, (struct script_segment){.ack = 801});
		CU_ASSERT_EQUAL(script_conn(&script)->state, TCP_FIN_WAIT_2);
		host.unordered = true; /* it was told of before the chain went up */
		CU_ASSERT(came_back(io[2], OFFLOAD_INVALID_STATE, 0));
		CU_ASSERT(came_back(io[1], OFFLOAD_SUCCESS, 300));
		host.unordered = false;
		finish();
	}
}

/* Fault kind C4: a bounded part in a turn, and nothing else waits for it. An ACK, and a reset, as well. */
static void
test_many(void)
{
	for (uint32_t how = 0; how < 4; how++) {
		uint32_t most = 0;

		begin();
		for (uint32_t i = 0; i < MANY; i++)
			host_end_send(&host, 10);
		while (how < 3 && script_take(&script))
			;
		script_drop(&script);
		if (how == 0)
			script_send(&script, (struct script_segment){.ack = MANY * 10});
		else if (how == 1)
			script_send(&script, (struct script_segment){.flags = RST});
		else if (how == 2)
			host_end_disconnect(&host, CHIMNEY_IO_ABORT, 0);
		for (uint32_t i = 0; how < 3 && i < MANY && host.returned < host.submitted; i++) {
			uint32_t before = host.returned;

			script_take(&script);
			toe_channel_post(&host.port, script.end.worker.engine.life);
			while (host_end_read(&host) != NULL)
				;
			most = RTE_MAX(most, host.returned - before);
			CU_ASSERT(toe_host_settle(&script.end.worker.engine) <= TOE_SENDS_TURN);
		}
		CU_ASSERT(most <= 2 * TOE_SENDS_TURN);
		CU_ASSERT_EQUAL(host.returned, how < 3 ? host.submitted : 0);
		for (uint32_t i = 0; how < 3 && i < MANY; i++)
			CU_ASSERT_EQUAL_FATAL(host.io[i].status,
			        how == 0 ? OFFLOAD_SUCCESS : OFFLOAD_REQUEST_ABORTED);
		finish();
		CU_ASSERT(script.end.turns <= 2 || how == 3);
		CU_ASSERT(how < 3 || script.end.turns >= MANY / (2 * TOE_SENDS_BURST));
	}
}

/* TERM-5: in the same step the tuple is held; an initiate takes what waits there. */
static void
test_hold(void)
{
	struct end_params params = script_params(OFFLOAD_SERVICE_HOST);
	struct toe_worker *worker = &script.end.worker;
	struct toe_segment segment = {0};
	struct chimney_io *io;

	begin();
	io = host_end_send(&host, 1000);
	CU_ASSERT(script_took_text(&script, 0, 1000, 0));
	CU_ASSERT_EQUAL(end_terminate_held(&script.end, &params.delegated), OFFLOAD_SUCCESS);
	CU_ASSERT(worker->holds[0].used);
	segment.key = worker->holds[0].key;
	CU_ASSERT_EQUAL(toe_flow_lookup(&worker->flows, &segment.key), (int32_t)TOE_FLOW_HELD_BIT);
	script_send(&script, (struct script_segment){.ack = 1000});
	CU_ASSERT_EQUAL(worker->holds[0].count, 1);
	host_end_again(&host, &params.delegated);
	CU_ASSERT_EQUAL(end_open(&script.end, &params), OFFLOAD_SUCCESS);
	CU_ASSERT(!worker->holds[0].used);
	CU_ASSERT(came_back(io, OFFLOAD_SUCCESS, 1000));
	/* No hold is left: nothing has changed. */
	worker->holds[0].used = true;
	CU_ASSERT_EQUAL(end_terminate_held(&script.end, NULL), OFFLOAD_FAILURE);
	worker->holds[0].used = false;
	io = host_end_send(&host, 100);
	CU_ASSERT(script_took_text(&script, 1000, 100, 0));
	script_send(&script, (struct script_segment){.ack = 1100});
	CU_ASSERT(came_back(io, OFFLOAD_SUCCESS, 100));
	finish();
}

/* ------------------------------------------------------------------ again and again */

static struct end ends[2];
static struct host_end sender;
static struct link wire;
static uint64_t now_us = 1001;
static struct {
	uint64_t moves, held, chains, bytes, lost, retransmitted;
} met;

static void
draw(struct scenario *scenario, uint64_t seed)
{
	scenario_draw(scenario, seed);
	for (uint32_t i = 0; i < 2; i++)
		scenario->end[i].tick_ms = 1;
	scenario->end[0].constant.service = OFFLOAD_SERVICE_HOST;
	scenario->end[1].constant.service = OFFLOAD_SERVICE_SINK;
	scenario->end[0].offloads |= seed % 2 ? RTE_ETH_TX_OFFLOAD_MULTI_SEGS : 0;
	scenario->stream[0] = UINT64_MAX;
	scenario->stream[1] = 0;
	scenario->stops = 0;
	/* What the port does not take would be offered to it by the terminate, and there is no port; nor does the path change. */
	scenario->link.take_max = scenario->link.mtu = 0;
	if (seed % 4 == 0)
		scenario->link = (struct link_params){.seed = seed, .delay_us = 2000};
}

static void
read_all(void)
{
	toe_host_buffers(&ends[0].worker.engine);
	toe_host_settle(&ends[0].worker.engine);
	toe_worker_channels(&ends[0].worker);
	while (host_end_read(&sender) != NULL)
		;
}

static const char *
steps(uint32_t n)
{
	while (n-- > 0 && link_step(&wire))
		read_all();
	return wire.wrong;
}

/* Terminate, often into a hold, in which frames wait for a while; then offload again. */
static const char *
move_sender(struct scenario *scenario, struct rng *rng)
{
	bool hold = rng_chance(rng, 50);
	enum offload_status status;

	end_conn(&ends[0])->flags &= ~(TOE_CONN_ACK_NOW | TOE_CONN_ACK_DELAYED);
	status = hold ? end_terminate_held(&ends[0], &scenario->end[0].delegated)
	              : end_terminate(&ends[0], &scenario->end[0].delegated, 1);
	/* A port has buffers still. */
	for (uint32_t i = 0; i < 100 && status == OFFLOAD_PENDING; i++) {
		link_give_back(&wire);
		toe_worker_channels(&ends[0].worker);
		while (host_end_read(&sender) != NULL)
			;
		status = end_leaving(&ends[0]);
	}
	if (status != OFFLOAD_SUCCESS)
		return "the terminate is not done";
	read_all();
	met.moves++;
	met.held += hold;
	met.chains += ends[0].leaving.send_chain != NULL;
	scenario->end[0].timers_given = true;
	host_end_again(&sender, &scenario->end[0].delegated);
	if (end_open(&ends[0], &scenario->end[0]) != OFFLOAD_SUCCESS)
		return "it cannot be offloaded again";
	return sender.wrong ? "what came up is not what was there" : NULL;
}

static const char *
run_moves(struct scenario *scenario, struct rng *rng, uint32_t moves)
{
	uint32_t before = 0;

	while (moves > 0 || sender.returned < sender.submitted) {
		const char *wrong;

		if (moves > 0 && sender.submitted < HOST_END_IOS &&
		        sender.submitted - sender.returned < 20) {
			host_end_send(&sender, rng_below(rng, 4000));
		} else if (moves == 0 && ++before > STEPS_MAX) {
			return "no end";
		}
		wrong = steps(rng_below(rng, 6) + (moves == 0));
		if (wrong != NULL || sender.wrong)
			return wrong != NULL ? wrong : "a completion is wrong";
		if (moves == 0)
			continue;
		moves--;
		wrong = move_sender(scenario, rng);
		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}

static const char *
run_scenario(uint64_t seed)
{
	static struct scenario scenario;
	const char *wrong;
	struct rng rng;

	draw(&scenario, seed);
	rng_seed(&rng, seed);
	for (uint32_t i = 0; i < 2; i++) {
		end_clock(&ends[i], now_us);
		audit_init(&wire.audit[i], &scenario.end[i], scenario.stream[i]);
		if (end_open(&ends[i], &scenario.end[i]) != OFFLOAD_SUCCESS)
			return "the connection cannot be offloaded";
	}
	host_end_begin(&sender);
	link_init(&wire, &ends[0], &ends[1], &scenario.link, pool, now_us);
	wrong = run_moves(&scenario, &rng, MOVES);
	/* SND-2, TERM-4: every byte arrived, once and in order. */
	if (wrong == NULL && (end_conn(&ends[1])->rcv_bytes != sender.offset ||
	                             toe_service_digest(&ends[1].worker.engine,
	                                     end_conn(&ends[1])) != pattern_hash(sender.offset)))
		wrong = "what has arrived is not what was submitted";
	met.bytes += sender.offset;
	met.lost += wire.medium.lost;
	met.retransmitted += wire.audit[0].retransmitted;
	/* LNX-4's rule for the target's own moves: on a clean wire nothing is sent again. */
	if (wrong == NULL && seed % 4 == 0 && wire.audit[0].retransmitted > 0)
		wrong = "something was sent again for nothing";
	end_close(&ends[0], NULL);
	end_close(&ends[1], NULL);
	link_fini(&wire);
	now_us = wire.now_us + 1000;
	if (wrong == NULL && test_pool_in_use(pool) + test_pool_in_use(host_pool) != 0)
		wrong = "mbufs leak";
	return wrong;
}

static void
test_moves(void)
{
	uint64_t n = seeds_run(SEEDS, run_scenario, &wire.now_us);

	if (n == 0)
		return;
	printf("moves %lu held %lu chains %lu bytes %lu lost %lu retransmitted %lu\n", met.moves,
	        met.held, met.chains, met.bytes, met.lost, met.retransmitted);
	CU_ASSERT(met.chains > met.moves / 4 && met.held > met.moves / 4 && met.lost > n);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"INIT-6 TERM-2 TERM-4 sends go up and come in again", test_again},
	        {"TERM-2 INIT-6 DSC-1 disconnects do", test_disconnect},
	        {"CHN-2 TERM-2 many, in bounded parts (C4)", test_many},
	        {"TERM-5 HOLD", test_hold},
	        {"INIT-6 TERM-4 SND-2 a thousand times under loss", test_moves},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || script_init(&script) != 0 ||
	        (host_pool = test_pool_create("host", 4095)) == NULL ||
	        host_end_init(&host, &script.end, host_pool) != 0 ||
	        (pool = test_pool_create("wire", 8191)) == NULL || end_init(&ends[0], pool) != 0 ||
	        end_init(&ends[1], pool) != 0 || host_end_init(&sender, &ends[0], host_pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_chain", tests, RTE_DIM(tests));
	host_end_fini(&sender);
	end_fini(&ends[0]);
	end_fini(&ends[1]);
	rte_mempool_free(pool);
	host_end_fini(&host);
	script_fini(&script);
	rte_mempool_free(host_pool);
	return rc;
}
