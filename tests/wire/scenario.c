/* SPDX-License-Identifier: BSD-3-Clause */
/* What a seed says: addresses, options, windows, sequence numbers, services, and what the wire does. */
#include "scenario.h"

#include <rte_ethdev.h>

static uint32_t
near_wrap(struct rng *rng)
{
	return rng_chance(rng, 50) ? 0u - rng_below(rng, 60000) : (uint32_t)rng_next(rng);
}

/* Probes that never run out, whatever is lost. */
static void
draw_keepalive(struct tcp_cached *cached, struct rng *rng)
{
	if (!rng_chance(rng, 30))
		return;
	cached->flags |= TCP_CACHED_KEEPALIVE;
	cached->ka_timeout = rng_range(rng, 5, 3000);
	cached->ka_interval = rng_range(rng, 500, 2000);
	cached->ka_probe_count = 255;
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
	if (rng_chance(rng, 40))
		options |= TCP_OPTION_ECN;
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
		end->constant.congestion = (uint8_t)rng_below(
		        rng, options & TCP_OPTION_ECN ? OFFLOAD_CC_COUNT : OFFLOAD_CC_DCTCP);
		end->constant.extensions = rng_chance(rng, 20) ? TCP_EXTENSION_PACING : 0;
		end->constant.remote_mss =
		        rng_chance(rng, 60) ? 1460 : (uint16_t)rng_range(rng, 64, 1600);
		end->cached.ttl = (uint8_t)rng_range(rng, 1, 255);
		end->cached.tos = (uint8_t)rng_below(rng, 256);
		end->cached.flow_label = rng_below(rng, 1u << 20);
		end->cached.flags = rng_chance(rng, 50) ? TCP_CACHED_NAGLE : 0;
		draw_keepalive(&end->cached, rng);
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
draw_link(struct link_params *link, struct rng *rng)
{
	link->loss = rng_chance(rng, 50) ? rng_below(rng, 20) : 0;
	link->duplicate = rng_chance(rng, 30) ? rng_below(rng, 20) : 0;
	link->reorder = rng_chance(rng, 30) ? rng_below(rng, 40) : 0;
	link->corrupt = rng_chance(rng, 25) ? rng_range(rng, 1, 15) : 0;
	link->split = rng_chance(rng, 30) ? 50 : 0;
	link->delay_us = rng_chance(rng, 30) ? 0 : rng_below(rng, 60000);
	link->jitter_us = rng_chance(rng, 30) ? rng_range(rng, 1, 20000) : 0;
	link->take_max = rng_chance(rng, 30) ? rng_range(rng, 1, 8) : 0;
	link->mark = rng_chance(rng, 20) ? rng_range(rng, 1, 30) : 0;
	if (rng_chance(rng, 30)) {
		link->rate = rng_range(rng, 50, 5000);
		link->queue = rng_range(rng, 5000, 60000);
		link->mark_above = rng_chance(rng, 50) ? link->queue / 4 : 0;
	}
}

/* A hop on the way that takes less than either end believes. */
static void
draw_path(struct scenario *scenario, struct rng *rng)
{
	uint32_t least = scenario->end[0].family == 4 ? 576 : 1280;

	if (rng_chance(rng, 15))
		scenario->link.mtu =
		        rng_range(rng, least, RTE_MIN(scenario->end[0].mtu, scenario->end[1].mtu));
}

void
scenario_draw(struct scenario *scenario, uint64_t seed)
{
	struct rng rng;
	uint32_t clock[2];

	rng_seed(&rng, seed);
	*scenario = (struct scenario){.link.seed = seed};
	draw_link(&scenario->link, &rng);
	scenario->stops = rng_chance(&rng, 30) ? rng_range(&rng, 1, 5) : 0;
	draw_options(scenario, &rng);
	draw_path(scenario, &rng);
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

bool
scenario_is_clean(const struct scenario *scenario)
{
	const struct link_params *link = &scenario->link;

	return link->loss + link->duplicate + link->reorder + link->corrupt + link->rate +
	               link->mtu + link->jitter_us ==
	       0;
}
