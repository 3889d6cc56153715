/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection with outstanding sends is terminated and offloaded again, a thousand times, over a wire that loses, doubles and reorders:
 * every byte arrives once and in order, and on a clean wire none is sent again. WIRE_SEED runs one seed alone.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "channels.h"
#include "host_end.h"
#include "host_io.h"
#include "scenario.h"
#include "seeds.h"
#include "service.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"

#define SEEDS 60u
#define MOVES 1000u /* of one connection */
#define MOVES_BEYOND                                                                               \
	100u /* of each that WIRE_COUNT asks for beyond SEEDS: many wires in place of long lives */
#define STEPS_MAX 4000000u

static struct rte_mempool *pool, *host_pool;
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
	wrong = run_moves(&scenario, &rng, seed < SEEDS ? MOVES : MOVES_BEYOND);
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
	        {"INIT-6 TERM-4 SND-2 a thousand times under loss", test_moves},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0 ||
	        (host_pool = test_pool_create("host", 4095)) == NULL ||
	        (pool = test_pool_create("wire", 8191)) == NULL || end_init(&ends[0], pool) != 0 ||
	        end_init(&ends[1], pool) != 0 || host_end_init(&sender, &ends[0], host_pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_moves", tests, RTE_DIM(tests));
	host_end_fini(&sender);
	end_fini(&ends[0]);
	end_fini(&ends[1]);
	rte_mempool_free(pool);
	rte_mempool_free(host_pool);
	return rc;
}
