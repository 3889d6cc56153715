/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends of a host over a wire that loses, doubles, reorders and delays, and a port that gives buffers back late, all from one seed: every
 * byte that is said to be acknowledged has arrived, every send comes back once and in order. WIRE_SEED runs one seed alone.
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

#define SEEDS 2000u
#define STEPS_MAX 2000000u

static struct rte_mempool *pool, *host_pool;
static struct end ends[2];
static struct link wire;
static struct host_end sender;
static uint64_t now_us = 1001;
static struct {
	uint64_t sends, bytes, copied, lost, retransmitted, stops, cut, late;
} met;

/* A scenario whose first end is a host's, and whose second takes what comes. */
static void
draw(struct scenario *scenario, uint64_t seed, struct rng *rng)
{
	scenario_draw(scenario, seed);
	rng_seed(rng, seed);
	scenario->end[0].constant.service = OFFLOAD_SERVICE_HOST;
	scenario->end[1].constant.service = OFFLOAD_SERVICE_SINK;
	scenario->stream[0] = UINT64_MAX;
	scenario->stream[1] = 0;
	scenario->link.keeps = rng_chance(rng, 50) ? rng_below(rng, LINK_KEPT) : 0;
	if (rng_chance(rng, 70))
		scenario->end[0].offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

/* Some sends, of all sizes, in buffers of all sizes. */
static void
submit_some(struct rng *rng, uint32_t most)
{
	for (uint32_t n = rng_range(rng, 1, 8); n > 0 && sender.submitted < most; n--) {
		uint32_t length = rng_chance(rng, 10)   ? 0
		                  : rng_chance(rng, 50) ? rng_below(rng, 300)
		                                        : rng_below(rng, 6000);
		uint32_t part =
		        rng_chance(rng, 20) ? rng_range(rng, 1, 200) : rng_range(rng, 200, 2000);

		if (rte_ring_free_count(sender.port.submit) == 0)
			return;
		host_end_submit(&sender, host_end_make(&sender, length, part,
		                                 rng_chance(rng, 20) ? rng_below(rng, 100) : 0));
	}
}

static void
read_all(void)
{
	const struct chimney_io *io;

	toe_host_buffers(&ends[0].worker.engine);
	toe_host_settle(&ends[0].worker.engine);
	toe_worker_channels(&ends[0].worker);
	while ((io = host_end_read(&sender)) != NULL) {
		uint64_t acked = end_conn(&ends[0])->snd_offset;

		met.bytes += io->done;
		if (io->status != OFFLOAD_SUCCESS || io->done != io->length || met.bytes > acked)
			sender.wrong = true;
	}
}

static const char *
run_seed(struct scenario *scenario, struct rng *rng)
{
	uint32_t most = rng_range(rng, 1, 60), steps = 0;
	struct toe_conn *conn = end_conn(&ends[0]);
	bool cut = rng_chance(rng, 20); /* it is terminated in the middle */

	while (conn->snd_offset < sender.offset || sender.submitted < most) {
		bool progress = link_step(&wire);

		if (wire.wrong != NULL)
			return wire.wrong;
		read_all();
		if (sender.wrong)
			return "a completion is wrong, too early, or out of order";
		if (cut && sender.submitted > most / 2 && conn->snd_offset < sender.offset &&
		        rng_chance(rng, 5)) {
			met.cut++;
			return NULL;
		}
		if (sender.submitted < most && (!progress || rng_chance(rng, 20))) {
			submit_some(rng, most);
			toe_worker_channels(&ends[0].worker);
			continue;
		}
		if (scenario->stops > 0 && rng_chance(rng, 2)) {
			end_stop(&ends[0]);
			wire.audit[0].stopped = true;
			link_run(&wire, wire.now_us + rng_below(rng, 100000));
			wire.audit[0].stopped = false;
			end_relink(&ends[0]);
			scenario->stops--;
			met.stops++;
			continue;
		}
		if (!progress)
			return "stall: nothing will happen any more";
		if (++steps > STEPS_MAX)
			return "no end";
	}
	return NULL;
}

/* After the terminate everything has come back, in order: the bytes acknowledged, and no others, are those of completions. */
static const char *
check_end(uint64_t acked)
{
	uint64_t done = 0;

	for (uint32_t i = 0; i < 100 && sender.returned < sender.submitted; i++) {
		if (i == 0 && sender.returned < sender.submitted && wire.kept_count > 0)
			met.late++;
		toe_worker_channels(&ends[0].worker);
		while (host_end_read(&sender) != NULL)
			;
		link_give_back(&wire);
	}
	if (sender.wrong || sender.returned != sender.submitted)
		return "not every send has come back once and in order";
	for (uint32_t i = 0; i < sender.submitted; i++) {
		done += sender.io[i].done;
		if (sender.io[i].status != OFFLOAD_SUCCESS &&
		        sender.io[i].status != OFFLOAD_UPLOAD_IN_PROGRESS)
			return "a status that nothing has caused";
		if ((sender.io[i].status == OFFLOAD_SUCCESS) !=
		                (sender.io[i].done == sender.io[i].length) &&
		        sender.io[i].length > 0)
			return "a status and its bytes do not fit";
	}
	return done == acked ? NULL : "other bytes are said to be acknowledged";
}

static const char *
run_scenario(uint64_t seed)
{
	static struct scenario scenario;
	const char *wrong;
	uint64_t acked;
	struct rng rng;

	draw(&scenario, seed, &rng);
	for (uint32_t i = 0; i < 2; i++) {
		end_clock(&ends[i], now_us);
		audit_init(&wire.audit[i], &scenario.end[i], scenario.stream[i]);
		if (end_open(&ends[i], &scenario.end[i]) != OFFLOAD_SUCCESS)
			return "the connection cannot be offloaded";
	}
	host_end_begin(&sender);
	met.bytes = 0;
	link_init(&wire, &ends[0], &ends[1], &scenario.link, pool, now_us);
	wrong = run_seed(&scenario, &rng);
	acked = end_conn(&ends[0])->snd_offset;
	if (wrong == NULL &&
	        (end_conn(&ends[1])->rcv_bytes < acked ||
	                toe_service_digest(&ends[1].worker.engine, end_conn(&ends[1])) !=
	                        pattern_hash(end_conn(&ends[1])->rcv_bytes)))
		wrong = "what has arrived is not what was submitted";
	met.sends += sender.submitted;
	met.copied += ends[0].worker.engine.stats.tx_text_copied_bytes;
	met.lost += wire.medium.lost;
	met.retransmitted += wire.audit[0].retransmitted;
	end_close(&ends[0], NULL);
	end_close(&ends[1], NULL);
	if (wrong == NULL)
		wrong = check_end(acked);
	link_fini(&wire);
	now_us = wire.now_us + 1000;
	if (wrong == NULL && test_pool_in_use(pool) + test_pool_in_use(host_pool) != 0)
		wrong = "mbufs leak";
	return wrong;
}

static void
test_seeds(void)
{
	uint64_t n = seeds_run(SEEDS, run_scenario, &wire.now_us);

	if (n == 0)
		return;
	printf("\n    %lu seeds: sends %lu copied %lu lost %lu retransmitted %lu stops %lu cut %lu "
	       "late %lu ",
	        n, met.sends, met.copied, met.lost, met.retransmitted, met.stops, met.cut,
	        met.late);
	if (n < 200)
		return;
	CU_ASSERT(met.copied > 0 && met.lost > 0 && met.retransmitted > 0 && met.stops > 0 &&
	          met.cut > 0 && met.late > 0);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"SND-1 SND-2 CHN-2 CHN-3 INV-16 sends of a host over a bad wire", test_seeds},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0 ||
	        (pool = test_pool_create("wire", 8191)) == NULL ||
	        (host_pool = test_pool_create("host", 8191)) == NULL)
		return EXIT_FAILURE;
	if (end_init(&ends[0], pool) != 0 || end_init(&ends[1], pool) != 0 ||
	        host_end_init(&sender, &ends[0], host_pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_host_random", tests, RTE_DIM(tests));
	host_end_fini(&sender);
	end_fini(&ends[0]);
	end_fini(&ends[1]);
	return rc;
}
