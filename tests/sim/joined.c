/* SPDX-License-Identifier: BSD-3-Clause */
/* What the scenarios of a link and control together are, and who acts in them. */
#include "joined.h"

#define STEPS_MIN 1200u
#define STEPS_MAX 2800u
#define RESET_PER_MILLE 10u
#define FARS_AT_ONCE 4u
#define FLOW_PERCENT 8u
#define FLOW_TURNS 40u
#define FLOW_STEP_NS 300000u
#define LOOK_PERCENT 2u

/* Half of the worlds have several workers. */
static void
world(struct sim *sim, uint64_t seed, struct world_params *params)
{
	struct rng rng;

	rng_seed(&rng, seed ^ UINT64_C(0x10171D));
	params->workers = rng_chance(&rng, 50) ? 1 : rng_range(&rng, 2, 3);
	params->hosts = rng_range(&rng, 1, SIM_HOSTS);
	/* All that the other ends may have in flight: a port that drops would drop the same one's again and again. */
	params->rx_ring_size = 2048;
}

/* Every other scenario has a wire that loses and reorders. */
static void
begin(struct sim *sim, uint64_t seed)
{
	struct link_params *link = &sim->joined->link;
	struct rng *rng = &sim->rng;

	*link = (struct link_params){.delay_us = rng_chance(rng, 50) ? 0 : rng_below(rng, 300)};
	sim->joined->operations = 0;
	if (seed % 2 == 0)
		return;
	link->loss = rng_range(rng, 1, 8);
	link->duplicate = rng_chance(rng, 40) ? rng_range(rng, 1, 8) : 0;
	link->reorder = rng_range(rng, 1, 20);
	link->jitter_us = rng_chance(rng, 40) ? rng_range(rng, 1, 1000) : 0;
	sim->joined->met.sequences_lossy++;
}

static const char *
receive(struct sim *sim, struct sim_conn *conn, const struct peer_frame *frame,
        struct rte_mbuf *mbuf)
{
	struct joined_far *far = joined_far(sim, conn);
	const char *wrong = peer_observe(&conn->peer, frame);

	if (far->open)
		medium_transmit(
		        &far->medium, 0, mbuf, sim->joined->clock_us + sim->world.now / 1000);
	else
		rte_pktmbuf_free(mbuf);
	sim->joined->met.bytes += frame->length;
	return wrong;
}

/* For a while all get their turns, and nothing is asked for: traffic as it is between two requests. */
static void
flow(struct sim *sim)
{
	for (uint32_t i = rng_range(&sim->rng, 5, FLOW_TURNS); i > 0 && sim_ok(sim); i--) {
		sim_turn(sim);
		world_advance(&sim->world, rng_below(&sim->rng, FLOW_STEP_NS));
	}
}

static void
act(struct sim *sim)
{
	uint32_t index = rng_below(&sim->rng, sim->conns);

	if (!sim->mute && sim->stalled == 0 && rng_chance(&sim->rng, FLOW_PERCENT))
		flow(sim);
	for (uint32_t i = 0; i < FARS_AT_ONCE; i++)
		joined_step(sim, rng_below(&sim->rng, sim->conns));
	if (rng_below(&sim->rng, 1000) < RESET_PER_MILLE)
		joined_reset(sim, index);
	else if (rng_chance(&sim->rng, LOOK_PERCENT))
		joined_check_bytes(sim, index);
}

static void
serve(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->conns; i++)
		joined_step(sim, i);
}

static void
leave(struct sim *sim)
{
	for (uint32_t i = 0; i < JOINED_CONNS; i++)
		joined_close(sim, i);
}

const struct sim_others joined_others = {
        .conns_min = JOINED_CONNS_MIN,
        .conns_max = JOINED_CONNS,
        .steps_min = STEPS_MIN,
        .steps_max = STEPS_MAX,
        .world = world,
        .begin = begin,
        .describe = joined_describe,
        .receive = receive,
        .act = act,
        .serve = serve,
        .submitting = joined_note,
        .given_back = joined_given_back,
        .check_progress = joined_check_progress,
        .leave = leave,
};
