/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two ends over a wire that loses, doubles, reorders and delays, everything drawn from one seed:
 * addresses, options, windows, sequence numbers, services, stops in between. Whatever happens,
 * every byte arrives once and in order, both streams end with FIN, and every frame passes the
 * audit. A failing seed is printed; WIRE_SEED runs that one alone, WIRE_COUNT says how many are
 * run.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "link.h"
#include "service.h"
#include "tcp.h"
#include "test_eal.h"
#include "unit.h"

#define SEEDS 1500u
#define POOL_MBUFS 8191u
#define STEPS_MAX 2000000u /* no connection takes more */

static struct end ends[2];
static struct link wire;
static struct rte_mempool *pool;
static uint64_t now_us = 1;

/* A scenario drawn from a seed. */
struct scenario {
	struct end_params end[2];
	struct link_params link;
	uint64_t stream[2]; /* bytes that each end sends in all */
	uint32_t stops; /* times that an end is stopped and relinked */
};

static uint32_t
near_wrap(struct rng *rng)
{
	return rng_chance(rng, 50) ? 0u - rng_below(rng, 60000) : (uint32_t)rng_next(rng);
}

static void
draw_options(struct scenario *scenario, struct rng *rng)
{
	uint8_t options = rng_chance(rng, 50) ? TCP_OPTION_TIMESTAMPS : 0;
	uint8_t family = rng_chance(rng, 50) ? 4 : 6;

	if (rng_chance(rng, 70))
		options |= TCP_OPTION_WINDOW_SCALE;
	if (rng_chance(rng, 70))
		options |= TCP_OPTION_SACK;
	for (uint32_t i = 0; i < 2; i++) {
		struct end_params *end = &scenario->end[i];

		end->second = i == 1;
		end->family = family;
		end->mtu =
		        rng_chance(rng, 50) ? 1500 : rng_range(rng, family == 4 ? 576 : 1280, 2000);
		/* One VLAN: frames of another are dropped (RX-6). */
		if (i == 0 && rng_chance(rng, 20))
			scenario->end[0].vlan_id = scenario->end[1].vlan_id =
			        (uint16_t)rng_range(rng, 1, 4094);
		end->user_priority = rng_chance(rng, 20) ? (uint8_t)rng_below(rng, 8) : 0;
		if (rng_chance(rng, 30))
			end->offloads = RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
		if (rng_chance(rng, 30))
			end->offloads |= RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
		end->constant.flags = options;
		end->constant.congestion = (uint8_t)rng_below(rng, OFFLOAD_CC_DCTCP);
		end->constant.extensions = rng_chance(rng, 20) ? TCP_EXTENSION_PACING : 0;
		end->constant.remote_mss =
		        rng_chance(rng, 60) ? 1460 : (uint16_t)rng_range(rng, 64, 1600);
		end->cached.ttl = (uint8_t)rng_range(rng, 1, 255);
		end->cached.tos = (uint8_t)rng_below(rng, 256);
		end->cached.flow_label = rng_below(rng, 1u << 20);
		end->cached.flags = rng_chance(rng, 50) ? TCP_CACHED_NAGLE : 0;
		end->max_retransmit = 200;
	}
}

/* Windows, with the scales that they are announced in. */
static void
draw_windows(struct scenario *scenario, struct rng *rng)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct end_params *end = &scenario->end[i], *other = &scenario->end[i ^ 1];
		uint32_t scale = 0, window;

		if (end->constant.flags & TCP_OPTION_WINDOW_SCALE)
			scale = rng_below(rng, 15);
		window = rng_range(rng, 300, 131070);
		window = RTE_MIN(window, 65535u << scale);
		window = RTE_MAX(window >> scale, 1u) << scale;
		end->constant.rcv_wnd_scale = (uint8_t)scale;
		other->constant.snd_wnd_scale = (uint8_t)scale;
		end->delegated.rcv_wnd = window;
		other->delegated.snd_wnd = window;
		end->cached.initial_rcv_wnd = rng_chance(rng, 50) ? window : 0;
	}
}

/* Who sends what. */
static void
draw_services(struct scenario *scenario, struct rng *rng)
{
	struct tcp_const *first = &scenario->end[0].constant, *second = &scenario->end[1].constant;
	uint64_t bytes = rng_chance(rng, 10) ? rng_below(rng, 3) : rng_below(rng, 120000);

	first->service = OFFLOAD_SERVICE_SOURCE;
	first->service_bytes = scenario->stream[0] = bytes;
	switch (rng_below(rng, 3)) {
	case 0:
		second->service = OFFLOAD_SERVICE_SINK;
		break;
	case 1:
		second->service = OFFLOAD_SERVICE_ECHO;
		scenario->stream[1] = bytes;
		break;
	default:
		second->service = OFFLOAD_SERVICE_SOURCE;
		scenario->stream[1] = second->service_bytes = rng_below(rng, 60000);
	}
	draw_windows(scenario, rng);
}

static void
draw(struct scenario *scenario, uint64_t seed)
{
	struct link_params *link = &scenario->link;
	struct rng rng;
	uint32_t clock[2];

	rng_seed(&rng, seed);
	*scenario = (struct scenario){.link.seed = seed};
	link->loss = rng_chance(&rng, 60) ? rng_below(&rng, 20) : 0;
	link->duplicate = rng_chance(&rng, 40) ? rng_below(&rng, 20) : 0;
	link->reorder = rng_chance(&rng, 40) ? rng_below(&rng, 40) : 0;
	link->split = rng_chance(&rng, 30) ? 50 : 0;
	link->delay_us = rng_chance(&rng, 30) ? 0 : rng_below(&rng, 60000);
	link->take_max = rng_chance(&rng, 30) ? rng_range(&rng, 1, 8) : 0;
	scenario->stops = rng_chance(&rng, 30) ? rng_range(&rng, 1, 5) : 0;
	draw_options(scenario, &rng);
	draw_services(scenario, &rng);
	for (uint32_t i = 0; i < 2; i++) {
		struct tcp_delegated *own = &scenario->end[i].delegated;
		struct tcp_delegated *other = &scenario->end[i ^ 1].delegated;

		own->snd_una = own->snd_nxt = own->snd_max = near_wrap(&rng);
		other->rcv_nxt = other->snd_wl1 = own->snd_una;
		clock[i] = rng_chance(&rng, 30) ? 0u - rng_below(&rng, 3000)
		                                : (uint32_t)rng_next(&rng);
		own->ts_time = clock[i];
		other->ts_recent = clock[i] - rng_below(&rng, 100);
		if (rng_chance(&rng, 50))
			own->cwnd = rng_range(&rng, 1500, 20000);
	}
}

static bool
is_finished(struct end *end)
{
	const struct toe_conn *conn = end_conn(end);

	return (conn->state == TCP_TIME_WAIT || conn->state == TCP_CLOSED) &&
	       end->worker.txq[0].count == 0;
}

/* Stop an end for a while, or let it go on again. */
static void
toggle_stop(struct scenario *scenario, struct rng *rng, uint32_t i)
{
	struct audit *audit = &wire.audit[i];

	if (!audit->stopped) {
		/* In the middle of a turn: what was built has not been handed to the port. */
		link_deliver(&wire);
		end_work(&ends[i]);
		end_stop(&ends[i]);
		audit->stopped = true;
		if (ends[i].worker.txq[0].count > 0)
			wire.wrong = "INV-7: frames are left behind by the drain";
	} else {
		/* Only now may the frames of the new neighbor be seen. */
		audit->stopped = false;
		end_relink(&ends[i]);
		scenario->stops--;
	}
}

/*
 * FIN_WAIT_2 ends after two minutes without an acceptable segment (TMR-3). A peer that has backed off that far, one
 * retransmission after the other having been lost, can be too late.
 */
static bool
has_given_up(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		const struct toe_conn *conn = end_conn(&ends[i]), *other = end_conn(&ends[i ^ 1]);

		if (conn->state == TCP_CLOSED && (conn->flags & TOE_CONN_INDICATED) &&
		        !(conn->flags & TOE_CONN_FIN_RCVD) &&
		        toe_rto(other) > TCP_FIN_WAIT_2_MS / 4)
			return true;
	}
	return false;
}

static const char *
run_link(struct scenario *scenario)
{
	uint64_t toggle = UINT64_MAX;
	struct rng rng;
	uint32_t stopping, steps = 0;

	rng_seed(&rng, scenario->link.seed + 1);
	stopping = rng_below(&rng, 2);
	if (scenario->stops > 0)
		toggle = wire.now_us + rng_below(&rng, 100000);
	while (!is_finished(&ends[0]) || !is_finished(&ends[1])) {
		bool progress = link_step(&wire);

		if (wire.wrong != NULL)
			return wire.wrong;
		if (has_given_up())
			return NULL;
		if (scenario->stops > 0 && (!progress || wire.now_us >= toggle)) {
			toggle_stop(scenario, &rng, stopping);
			toggle = wire.now_us + rng_below(&rng, 400000);
			progress = true;
			if (!wire.audit[stopping].stopped)
				stopping = rng_below(&rng, 2);
		}
		if (!progress && is_finished(&ends[0]) && is_finished(&ends[1]))
			break;
		if (!progress)
			return "stall: nothing will happen any more";
		if (++steps > STEPS_MAX)
			return "no end";
	}
	return NULL;
}

/* Nothing gets lost and nothing takes longer than the smallest timeout. */
static bool
is_clean(const struct scenario *scenario)
{
	return scenario->link.loss == 0 && scenario->link.reorder == 0;
}

static const char *
check_result(const struct scenario *scenario, bool stops)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct toe_conn *conn = end_conn(&ends[i]);

		if (wire.received_bytes[i] != scenario->stream[i ^ 1])
			return "bytes are missing";
		if (conn->rcv_bytes != scenario->stream[i ^ 1] ||
		        conn->snd_offset != scenario->stream[i])
			return "the context counts other bytes";
		if (!(conn->flags & TOE_CONN_FIN_RCVD) || conn->snd_una != conn->snd_max)
			return "a FIN is missing";
		if (!wire.audit[i].fin)
			return "an end has sent no FIN";
		if (conn->service == OFFLOAD_SERVICE_SINK &&
		        toe_service_digest(&ends[i].worker, conn) !=
		                link_pattern_hash(scenario->stream[i ^ 1]))
			return "the sink's digest is wrong";
		if (!stops && is_clean(scenario) && ends[i].worker.stats.tx_timeouts > 0)
			return "RFC 6298: a timeout although nothing was lost";
	}
	return NULL;
}

/* What is known of an end, for whoever looks into a failing seed. */
static void
print_end(uint32_t i)
{
	const struct toe_conn *conn = end_conn(&ends[i]);
	const struct audit *audit = &wire.audit[i];

	printf("    end %u: service %u state %u flags 0x%x una +%u nxt +%u max +%u of %lu; wnd %u "
	       "cwnd "
	       "%u; received %lu, offered %u; timeouts %lu\n",
	        i, conn->service, conn->state, conn->flags, conn->snd_una - audit->start,
	        conn->snd_nxt - audit->start, conn->snd_max - audit->start, audit->stream,
	        conn->snd_wnd, conn->cwnd, conn->rcv_bytes, conn->rcv_adv - conn->rcv_nxt,
	        ends[i].worker.stats.tx_timeouts);
}

/* What the seeds have met: a suite that loses nothing proves nothing. */
static struct {
	uint64_t gave_up, frames, retransmitted, lost, doubled, reordered, stops, discarded, bytes;
} met;

static const char *
run_seed(uint64_t seed)
{
	static struct scenario scenario;
	const char *wrong = NULL;
	bool stops;

	draw(&scenario, seed);
	stops = scenario.stops > 0;
	for (uint32_t i = 0; i < 2; i++) {
		end_clock(&ends[i], now_us);
		audit_init(&wire.audit[i], &scenario.end[i], scenario.stream[i]);
		if (end_open(&ends[i], &scenario.end[i]) != OFFLOAD_SUCCESS)
			return "the connection cannot be offloaded";
	}
	link_init(&wire, &ends[0], &ends[1], &scenario.link, pool, now_us);
	wrong = run_link(&scenario);
	if (wrong == NULL && has_given_up())
		met.gave_up++;
	else if (wrong == NULL)
		wrong = check_result(&scenario, stops);
	if (wrong != NULL) {
		printf("\n    loss %u%% duplicate %u%% reorder %u%% delay %u us\n",
		        wire.params.loss, wire.params.duplicate, wire.params.reorder,
		        wire.params.delay_us);
		print_end(0);
		print_end(1);
	}
	met.lost += wire.lost;
	met.doubled += wire.doubled;
	met.reordered += wire.reordered;
	met.stops += stops;
	for (uint32_t i = 0; i < 2; i++) {
		met.frames += wire.audit[i].frames;
		met.retransmitted += wire.audit[i].retransmitted;
		met.discarded += ends[i].worker.stats.tx_discarded;
		met.bytes += wire.received_bytes[i];
		end_close(&ends[i], NULL);
	}
	link_fini(&wire);
	now_us = wire.now_us + 1000;
	if (wrong == NULL && test_pool_in_use(pool) != 0)
		wrong = "mbufs leak";
	return wrong;
}

static void
test_seeds(void)
{
	const char *only = getenv("WIRE_SEED"), *count = getenv("WIRE_COUNT");
	uint64_t first = only != NULL ? strtoull(only, NULL, 10) : 1;
	uint64_t n = only != NULL ? 1 : count != NULL ? strtoull(count, NULL, 10) : SEEDS;

	for (uint64_t seed = first; seed < first + n; seed++) {
		const char *wrong = run_seed(seed);

		if (wrong == NULL)
			continue;
		printf("    seed %lu at %lu us: %s\n", seed, wire.now_us, wrong);
		CU_FAIL("a seed fails; run it alone with WIRE_SEED");
		return;
	}
	if (only != NULL)
		return;
	printf("\n    %lu seeds, %lu frames, %lu bytes; %lu lost, %lu doubled, %lu reordered, %lu "
	       "sent again; %lu with stops, %lu frames discarded ",
	        n, met.frames, met.bytes, met.lost, met.doubled, met.reordered, met.retransmitted,
	        met.stops, met.discarded);
	CU_ASSERT(met.lost > 0 && met.doubled > 0 && met.reordered > 0 && met.retransmitted > 0);
	CU_ASSERT(met.stops > 0 && met.discarded > 0);
	CU_ASSERT(met.gave_up <= n / 200);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"TCP-1 TCP-3 TS-1 INV-6 INV-7 INV-10 INV-11 two ends over a bad wire", test_seeds},
	};
	int rc;

	if (test_eal_start(128) != 0 || (pool = test_pool_create("wire", POOL_MBUFS)) == NULL)
		return EXIT_FAILURE;
	if (end_init(&ends[0], pool) != 0 || end_init(&ends[1], pool) != 0)
		return EXIT_FAILURE;
	rc = unit_run("wire_random", tests, RTE_DIM(tests));
	end_fini(&ends[0]);
	end_fini(&ends[1]);
	return rc;
}
