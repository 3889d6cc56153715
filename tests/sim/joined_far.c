/* SPDX-License-Identifier: BSD-3-Clause */
/* The other ends of the connections and their wires. */
#include "joined.h"

#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "shared.h"

#define TARGET 0u /* ends of a medium */
#define FAR 1u
#define STRAY_PERCENT 10u /* of the frames that come by the queue of another worker (TCP-4) */

bool
joined_init(struct joined *joined, struct rte_mempool *pool)
{
	joined->far = calloc(JOINED_CONNS, sizeof(joined->far[0]));
	if (joined->far == NULL)
		return false;
	for (uint32_t i = 0; i < JOINED_CONNS; i++) {
		joined->far[i].medium.pool = pool;
		if (end_init(&joined->far[i].end, pool) != 0)
			return false;
	}
	return true;
}

void
joined_fini(struct joined *joined)
{
	for (uint32_t i = 0; joined->far != NULL && i < JOINED_CONNS; i++)
		end_fini(&joined->far[i].end);
	free(joined->far);
}

static uint64_t
now_us(const struct sim *sim)
{
	return sim->joined->clock_us + sim->world.now / 1000;
}

/* A frame for the target goes to the queue that its hash says, or to any. */
static void
to_target(struct sim *sim, const struct sim_conn *conn, struct rte_mbuf *frame)
{
	const struct peer *peer = &conn->peer;
	uint32_t workers = sim->world.params.workers;
	uint32_t hash =
	        toe_tuple_hash(peer->our_address, peer->peer_address, peer->family == 6 ? 16 : 4,
	                rte_cpu_to_be_16(peer->our_port), rte_cpu_to_be_16(peer->peer_port));
	uint32_t queue = toe_owner(hash, workers);

	if (rng_chance(&sim->rng, STRAY_PERCENT))
		queue = rng_below(&sim->rng, workers);
	memcpy(rte_pktmbuf_mtod(frame, uint8_t *), tree_source_mac, sizeof(tree_source_mac));
	if (!test_port_write(&sim->world.wire[0], (uint16_t)queue, frame))
		rte_pktmbuf_free(frame);
}

/* RFC 9293 3.10.7.1: there is no connection any more. */
static void
answer_reset(struct sim *sim, struct sim_conn *conn, struct rte_mbuf *mbuf)
{
	uint32_t sent = conn->peer.snd_nxt;
	struct peer_frame frame;
	struct rte_mbuf *answer = NULL;

	if (peer_frame_read(mbuf, &frame) == NULL) {
		conn->peer.snd_nxt = frame.ack;
		answer = peer_reset(&conn->peer, sim->world.params.pool);
		conn->peer.snd_nxt = sent;
	}
	rte_pktmbuf_free(mbuf);
	if (answer != NULL)
		to_target(sim, conn, answer);
}

/* What the other end knows, for those who judge what the target says. */
static void
record(struct sim_conn *conn, struct joined_far *far)
{
	const struct toe_conn *other = end_conn(&far->end);
	struct peer *peer = &conn->peer;

	peer->rcv_nxt = other->rcv_nxt;
	peer->rcv_adv = other->rcv_adv;
	peer->snd_nxt = other->snd_max;
	peer->tsval = far->end.worker.engine.now_ms + other->ts_offset;
	if (other->flags & TOE_CONN_FIN_SENT)
		peer->fin_sent = true;
}

static void
deliver(struct sim *sim, struct sim_conn *conn, struct joined_far *far)
{
	struct link_frame due;

	while (medium_deliver(&far->medium, now_us(sim), &due)) {
		if (due.to == TARGET)
			to_target(sim, conn, due.frame);
		else if (far->reset)
			answer_reset(sim, conn, due.frame);
		else
			end_receive(&far->end, due.frame);
	}
}

void
joined_step(struct sim *sim, uint32_t index)
{
	struct joined_far *far = &sim->joined->far[index];
	struct sim_conn *conn = &sim->conn[index];
	struct rte_mbuf *frames[TOE_TXQ_SIZE];
	uint32_t n;

	if (!far->open)
		return;
	end_clock(&far->end, now_us(sim));
	deliver(sim, conn, far);
	if (far->reset)
		return;
	end_work(&far->end);
	record(conn, far);
	n = end_take(&far->end, frames, TOE_TXQ_SIZE);
	for (uint32_t i = 0; i < n; i++)
		medium_transmit(&far->medium, FAR, frames[i], now_us(sim));
	if (far->medium.wrong != NULL)
		sim_wrong(sim, "%s", far->medium.wrong);
}

void
joined_reset(struct sim *sim, uint32_t index)
{
	struct joined_far *far = &sim->joined->far[index];
	struct sim_conn *conn = &sim->conn[index];
	struct rte_mbuf *frame;

	if (!far->open || far->reset)
		return;
	record(conn, far);
	frame = peer_reset(&conn->peer, sim->world.params.pool);
	if (frame == NULL)
		return;
	far->reset = conn->reset_sent = true;
	sim->joined->met.resets++;
	medium_transmit(&far->medium, FAR, frame, now_us(sim));
}

void
joined_close(struct sim *sim, uint32_t index)
{
	struct joined_far *far = &sim->joined->far[index];

	if (!far->open)
		return;
	far->open = false;
	end_close(&far->end, NULL);
	sim->joined->met.lost += far->medium.lost;
	sim->joined->met.doubled += far->medium.doubled;
	sim->joined->met.reordered += far->medium.reordered;
	medium_fini(&far->medium);
}

/* Where the other end of a connection in this state is (RFC 9293 figure 5). */
static uint32_t
state_opposite(uint32_t state)
{
	switch (state) {
	case TCP_FIN_WAIT_2:
		return TCP_CLOSE_WAIT;
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return TCP_FIN_WAIT_2;
	default:
		return TCP_ESTABLISHED;
	}
}

/* Who takes what the target's service sends, and sends what it takes. */
static void
draw_service(struct sim *sim, struct end_params *params, uint8_t service)
{
	struct tcp_const *constant = &params->constant;

	constant->service = OFFLOAD_SERVICE_SOURCE;
	if (service == OFFLOAD_SERVICE_SOURCE && rng_chance(&sim->rng, 70))
		constant->service = OFFLOAD_SERVICE_SINK;
	else if (rng_chance(&sim->rng, 50))
		constant->service_bytes = rng_below(&sim->rng, 4000);
	else
		constant->service_bytes = OFFLOAD_SERVICE_UNLIMITED;
}

void
joined_open(struct sim *sim, struct sim_conn *conn, const struct offload_block_list *block)
{
	const struct tcp_delegated *delegated = offload_block_delegated(block);
	const struct tree_path *path = &sim->path[conn->path].description;
	const struct tcp_const *constant = offload_block_const(block);
	uint32_t index = (uint32_t)(conn - sim->conn);
	struct joined_far *far = &sim->joined->far[index];
	struct link_params link = sim->joined->link;
	struct end_params params = {
	        .second = true,
	        .path = path,
	        .local_port = constant->remote_port,
	        .remote_port = constant->local_port,
	        .family = path->family,
	        .max_retransmit = 200,
	};

	joined_close(sim, index);
	params.constant.flags = constant->flags;
	params.constant.remote_mss = (uint16_t)rng_range(&sim->rng, 64, 200);
	draw_service(sim, &params, constant->service);
	params.cached.initial_rcv_wnd = delegated->snd_wnd;
	params.delegated.state = state_opposite(delegated->state);
	params.delegated.snd_una = delegated->rcv_nxt;
	params.delegated.rcv_nxt = conn->peer.rcv_nxt;
	params.delegated.snd_wl1 = conn->peer.rcv_nxt;
	params.delegated.snd_wnd = delegated->rcv_wnd;
	params.delegated.rcv_wnd = delegated->snd_wnd;
	params.delegated.ts_time = 1;
	params.delegated.ts_recent = delegated->ts_time;
	link.seed = rng_next(&sim->rng);
	end_clock(&far->end, now_us(sim));
	if (end_open(&far->end, &params) != OFFLOAD_SUCCESS) {
		sim_wrong(sim, "the other end of %s is not to be had",
		        sim_object_name(sim, &conn->object));
		return;
	}
	medium_init(&far->medium, &link, sim->world.params.pool);
	far->open = true;
	far->reset = false;
	far->whole = true;
	record(conn, far);
}
