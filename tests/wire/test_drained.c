/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * INV-7, T11: two ends over a wire that loses what the first one sends, drained again and again with frames in their transmit
 * buffers: stopped and relinked, or given another word behind which more is built before the drain comes. All from
 * a seed; WIRE_SEED runs that one alone, WIRE_COUNT says how many are run. Whatever happens:
 *
 * - no byte that has left and was not lost leaves again, but for what a timeout or a tail loss probe repeats by its nature;
 * - each end counts as sent again the segments that were seen to repeat something, no more and no less, and as built those that
 *   left and those that drains took;
 * - a stop gives back exactly what building has changed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "drain.h"
#include "invariant.h"
#include "look.h"
#include "rng.h"
#include "seeds.h"
#include "seen.h"
#include "tcp_facts.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "timer_loop.h"
#include "unit.h"

#define DRAINS 5u /* percent of the steps that drain an end */
#define SEEDS 3000u
#define SEEDS_ENOUGH 2000u /* to meet everything */
#define POOL_MBUFS 8191u
#define FLYING_MAX 1024u
#define STEPS_MAX 200000u

struct flying {
	uint64_t due_us;
	struct rte_mbuf *frame;
	uint32_t to;
};

static struct end ends[2];
static struct seen seen[2];
static struct flying flying[FLYING_MAX];
static struct invariant invariant[2];
static struct rte_mempool *pool;
static struct rng rng;
static uint32_t flying_count, loss, delay_us, drained_ends;
static uint64_t now_us = 1001;
static const char *wrong;

static struct {
	uint64_t drained, again_drained, probes_drained, lost, again, exact, stops, words;
} met;

static void
fault(const char *what)
{
	if (wrong == NULL)
		wrong = what;
}

/* A frame leaves. */
static void
leave(uint32_t i, struct rte_mbuf *frame, bool probe)
{
	bool is_lost = i == 0 && rng_chance(&rng, loss);
	struct seen *side = &seen[i];
	struct toe_segment segment;

	toe_segment_parse(frame, 0, true, false, &segment);
	fault(seen_frame(side, &segment, is_lost, probe));
	if (flying_count == FLYING_MAX)
		fault("too much is under way");
	if (is_lost || flying_count == FLYING_MAX) {
		met.lost += is_lost;
		rte_pktmbuf_free(frame);
		return;
	}
	/* One after the other: what happens in the same us has no order for RACK. */
	side->due_us = RTE_MAX(now_us + delay_us, side->due_us + 1);
	flying[flying_count++] = (struct flying){side->due_us, frame, i ^ 1};
}

static void
work(uint32_t i)
{
	end_work(&ends[i]);
	seen_timeouts(&seen[i], ends[i].worker.engine.stats.tx_timeouts);
}

/* The port takes what it likes. */
static void
transmit(uint32_t i, uint32_t n)
{
	const struct toe_txq *txq = &ends[i].worker.engine.txq[0];
	struct rte_mbuf *frames[TOE_TXQ_SIZE];
	bool probe[TOE_TXQ_SIZE];

	n = RTE_MIN(n, txq->count);
	for (uint32_t k = 0; k < n; k++)
		probe[k] = txq->tag[k].carries & TOE_TX_PROBE;
	end_take(&ends[i], frames, n);
	for (uint32_t k = 0; k < n; k++) {
		seen[i].probes += probe[k];
		leave(i, frames[k], probe[k]);
	}
	if (seen[i].probes > ends[i].worker.engine.stats.tx_probes)
		fault("more probes than were due");
}

/* An ACK for each frame, and not too many of them wait: one for many does not hold all that SACK has to report. */
static void
arrive(void)
{
	static struct flying due[FLYING_MAX];
	uint32_t kept = 0, n = 0;

	for (uint32_t k = 0; k < flying_count; k++) {
		if (flying[k].due_us > now_us)
			flying[kept++] = flying[k];
		else
			due[n++] = flying[k];
	}
	flying_count = kept;
	for (uint32_t k = 0; k < n; k++) {
		uint32_t to = due[k].to;

		end_receive(&ends[to], due[k].frame);
		work(to);
		if (ends[to].worker.engine.txq[0].count > TOE_TXQ_SIZE / 2)
			transmit(to, TOE_TXQ_SIZE / 4);
	}
	for (uint32_t i = 0; i < 2; i++)
		fault(invariant_check(&invariant[i], &ends[i]));
}

static void
pass(uint64_t us)
{
	uint64_t until = now_us + us;

	while (now_us < until) {
		uint64_t next = until;

		for (uint32_t k = 0; k < flying_count; k++)
			next = RTE_MIN(next, flying[k].due_us);
		now_us = RTE_MAX(next, now_us + 1);
		end_clock(&ends[0], now_us);
		end_clock(&ends[1], now_us);
		arrive();
	}
}

static void
note_drained(uint32_t i)
{
	const struct toe_txq *txq = &ends[i].worker.engine.txq[0];

	for (uint32_t k = 0; k < txq->count; k++) {
		met.again_drained += txq->tag[k].carries & TOE_TX_AGAIN ? 1 : 0;
		met.probes_drained += txq->tag[k].carries & TOE_TX_PROBE ? 1 : 0;
	}
	met.drained += txq->count;
}

/* Stopped with all that it has just built in the buffer, and relinked a while later. */
static void
stop(uint32_t i)
{
	bool exact = ends[i].worker.engine.txq[0].count == 0;
	static struct look before, after;

	while (toe_worker_timers(&ends[i].worker) > 0)
		;
	seen_timeouts(&seen[i], ends[i].worker.engine.stats.tx_timeouts);
	look_at(&ends[i], &before);
	work(i);
	note_drained(i);
	end_stop(&ends[i]);
	look_at(&ends[i], &after);
	if (exact)
		fault(look_compare(&before, &after));
	met.exact += exact;
	fault(invariant_drained(&invariant[i], &ends[i], end_conn(&ends[i])->rcv_nxt));
	for (uint32_t n = rng_below(&rng, 20); n > 0; n--) {
		pass(rng_below(&rng, 20000));
		work(i ^ 1);
		transmit(i ^ 1, TOE_TXQ_SIZE);
		work(i);
	}
	end_relink(&ends[i]);
	met.stops++;
}

/* The neighbor's word changes under frames that wait, and more is built before the drain. */
static void
change_word(uint32_t i)
{
	struct end *end = &ends[i];
	struct toe_neighbor *neighbor = &end->shared.neighbors[end->neighbor];
	uint32_t epoch = toe_word_epoch(atomic_load(&neighbor->word)) + 1;

	work(i);
	atomic_store(&neighbor->word, toe_neighbor_word(end->mac, epoch, true));
	pass(rng_below(&rng, delay_us + 1));
	work(i);
	note_drained(i);
	toe_worker_drain(&end->worker);
	fault(invariant_drained(&invariant[i], end, end_conn(end)->rcv_nxt));
	met.words++;
}

static bool
is_over(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		const struct toe_conn *conn = end_conn(&ends[i]);

		if ((conn->state != TCP_TIME_WAIT && conn->state != TCP_CLOSED) ||
		        ends[i].worker.engine.txq[0].count > 0)
			return false;
	}
	return flying_count == 0;
}

static void
step(uint32_t drains)
{
	uint64_t next = 20000;

	for (uint32_t i = 0; i < 2; i++) {
		if (i <= drained_ends && rng_chance(&rng, drains) &&
		        tcp_is_sending(end_conn(&ends[i]))) {
			if (rng_chance(&rng, 60))
				stop(i);
			else
				change_word(i);
			/* The first ACK after it may not hold all that SACK has to report: the other end may err. */
			memset(seen[i ^ 1].there, 0, i == 1 ? sizeof(seen[i ^ 1].there) : 0);
		}
		work(i);
		transmit(i, rng_chance(&rng, 30) ? rng_below(&rng, 8) : TOE_TXQ_SIZE);
	}
	for (uint32_t k = 0; k < flying_count; k++)
		next = RTE_MIN(next, flying[k].due_us - RTE_MIN(flying[k].due_us, now_us));
	for (uint32_t i = 0; i < 2; i++) {
		next = RTE_MIN(next, end_next_timer(&ends[i], now_us));
		if (ends[i].worker.engine.txq[0].count > 0)
			next = RTE_MIN(next, UINT64_C(50));
	}
	pass(RTE_MAX(next, UINT64_C(1)));
}

static void
check_counters(uint32_t i)
{
	const struct toe_conn *conn = end_conn(&ends[i]);
	const struct toe_stats *stats = &ends[i].worker.engine.stats;

	if (conn->segments_retransmitted != seen[i].again ||
	        stats->tx_retransmitted != seen[i].again)
		fault("what was sent again is miscounted");
	if (conn->segments_out != seen[i].frames + stats->tx_discarded)
		fault("what was built is miscounted");
	met.again += seen[i].again;
}

static void
draw(struct end_params params[2])
{
	uint32_t bytes = rng_range(&rng, 1, SEEN_MAX);
	uint8_t options = TCP_OPTION_SACK | TCP_OPTION_WINDOW_SCALE;

	loss = rng_chance(&rng, 70) ? rng_range(&rng, 1, 8) : 0;
	delay_us = rng_range(&rng, 200, 30000);
	drained_ends = rng_below(&rng, 2);
	if (rng_chance(&rng, 50))
		options |= TCP_OPTION_TIMESTAMPS;
	if (rng_chance(&rng, 40))
		options |= TCP_OPTION_ECN;
	memset(params, 0, 2 * sizeof(params[0]));
	for (uint32_t i = 0; i < 2; i++) {
		params[i].second = i == 1;
		params[i].family = 4;
		params[i].max_retransmit = 200;
		params[i].constant.flags = options;
		params[i].constant.congestion = (uint8_t)rng_below(&rng, OFFLOAD_CC_DCTCP);
		params[i].constant.remote_mss = (uint16_t)rng_range(&rng, 300, 1460);
		params[i].constant.rcv_wnd_scale = params[i].constant.snd_wnd_scale = 3;
		params[i].delegated.rcv_wnd = params[i].delegated.snd_wnd = 64000;
		params[i].delegated.snd_una = i == 0 ? 0u - 5000 : 7000;
		params[i].delegated.rcv_nxt = params[i].delegated.snd_wl1 =
		        i == 0 ? 7000 : 0u - 5000;
		params[i].delegated.srtt = RTE_MAX(16 * delay_us / 1000, 1u);
		params[i].delegated.rttvar = RTE_MAX(delay_us / 1000, 1u);
	}
	params[0].constant.service = OFFLOAD_SERVICE_SOURCE;
	params[0].constant.service_bytes = bytes;
	params[1].constant.service =
	        rng_chance(&rng, 50) ? OFFLOAD_SERVICE_SINK : OFFLOAD_SERVICE_ECHO;
}

static const char *
run_seed(uint64_t seed, uint32_t drains)
{
	struct end_params params[2];
	uint32_t steps = 0;

	rng_seed(&rng, seed);
	draw(params);
	wrong = NULL;
	flying_count = 0;
	for (uint32_t i = 0; i < 2; i++) {
		memset(&seen[i], 0, sizeof(seen[i]));
		seen[i].start = params[i].delegated.snd_una;
		end_clock(&ends[i], now_us);
		end_work(&ends[i]);
		if (end_open(&ends[i], &params[i]) != OFFLOAD_SUCCESS)
			return "the connection cannot be offloaded";
		invariant_init(&invariant[i], &ends[i]);
	}
	while (wrong == NULL && !is_over()) {
		step(drains);
		if (++steps > STEPS_MAX)
			fault("no end");
	}
	for (uint32_t i = 0; i < 2; i++)
		check_counters(i);
	for (uint32_t k = 0; k < flying_count; k++)
		rte_pktmbuf_free(flying[k].frame);
	for (uint32_t i = 0; i < 2; i++)
		end_close(&ends[i], NULL);
	now_us += 1000000;
	if (wrong == NULL && test_pool_in_use(pool) != 0)
		fault("mbufs leak");
	return wrong;
}

static const char *
run_with(uint64_t seed)
{
	return run_seed(seed, DRAINS);
}

static const char *
run_without(uint64_t seed)
{
	return run_seed(seed, 0);
}

static void
run_seeds(seed_run *run)
{
	uint64_t n;

	memset(&met, 0, sizeof(met));
	if ((n = seeds_run(SEEDS, run, &now_us)) == 0)
		return;
	printf("\n    %lu seeds: stops %lu words %lu exact %lu drained %lu again %lu probes %lu; "
	       "lost %lu sent again %lu ",
	        n, met.stops, met.words, met.exact, met.drained, met.again_drained,
	        met.probes_drained, met.lost, met.again);
	CU_ASSERT(n < SEEDS_ENOUGH || (met.lost > 0 && met.again > 0));
	if (run == run_with && n >= SEEDS_ENOUGH)
		CU_ASSERT(met.exact > 0 && met.words > 0 && met.again_drained > 0 &&
		          met.probes_drained > 0 && met.drained > met.again_drained);
}

static void
test_drains(void)
{
	run_seeds(run_with);
}

/* The same wires without a drain: what the property takes for needless is not there either. */
static void
test_without(void)
{
	run_seeds(run_without);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"INV-7 INV-10 T11 nothing needless after drains", test_drains},
	        {"TCP-1 T11 nor without", test_without},
	};
	int rc;

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0 ||
	        (pool = test_pool_create("drained", POOL_MBUFS)) == NULL)
		return EXIT_FAILURE;
	for (uint32_t i = 0; i < RTE_DIM(ends); i++)
		if (end_init(&ends[i], pool) != 0)
			return EXIT_FAILURE;
	rc = unit_run("wire_drained", tests, RTE_DIM(tests));
	for (uint32_t i = 0; i < RTE_DIM(ends); i++)
		end_fini(&ends[i]);
	return rc;
}
