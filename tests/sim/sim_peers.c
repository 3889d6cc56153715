/* SPDX-License-Identifier: BSD-3-Clause */
/* Peers that keep no more of TCP than struct peer, behind a wire that loses and reorders nothing. */
#include <string.h>

#include "shared.h"
#include "sim.h"

static void
describe(struct sim *sim, struct sim_conn *conn, struct offload_block_list *block)
{
	uint32_t index = (uint32_t)(conn - sim->conn);
	static const uint8_t services[] = {OFFLOAD_SERVICE_SOURCE, OFFLOAD_SERVICE_SOURCE,
	        OFFLOAD_SERVICE_SINK, OFFLOAD_SERVICE_ECHO};
	struct tree_tcp *tcp = &conn->description;
	uint16_t mss = (uint16_t)rng_range(&sim->rng, 64, 200);
	/* far from the numbers of former lives, whose segments may still be on the way */
	uint32_t start = (uint32_t)rng_next(&sim->rng);

	memset(tcp, 0, sizeof(*tcp));
	conn->life_number++;
	tcp->local_port = (uint16_t)(SIM_FIRST_PORT + index);
	tcp->remote_port = (uint16_t)(5000 + index % 7);
	tcp->service = services[rng_below(&sim->rng, RTE_DIM(services))];
	tcp->service_bytes = tcp->service == OFFLOAD_SERVICE_SOURCE ? OFFLOAD_SERVICE_UNLIMITED : 0;
	tcp->flags = rng_chance(&sim->rng, 50) ? TCP_OPTION_TIMESTAMPS : 0;
	tcp->remote_mss = mss;
	tcp->snd_una = start;
	tcp->rcv_nxt = start ^ 0x40000000;
	tcp->snd_wnd = 4u * mss;
	tcp->cwnd = 4u * mss;
	tcp->rcv_wnd = 32768;
	block->offload_handle = sim_handle(sim, conn);
	tree_fill_tcp(block, tcp);
	peer_init(&conn->peer, &sim->path[conn->path].description, tcp);
}

static const char *
receive(struct sim *sim, struct sim_conn *conn, const struct peer_frame *frame,
        struct rte_mbuf *mbuf)
{
	const char *wrong = peer_receive(&conn->peer, frame);

	rte_pktmbuf_free(mbuf);
	return wrong;
}

static uint16_t
owner_queue(const struct sim *sim, const struct peer *peer)
{
	uint32_t hash =
	        toe_tuple_hash(peer->our_address, peer->peer_address, peer->family == 6 ? 16 : 4,
	                rte_cpu_to_be_16(peer->our_port), rte_cpu_to_be_16(peer->peer_port));

	return (uint16_t)toe_owner(hash, sim->world.params.workers);
}

static void
send_ack(struct sim *sim, struct sim_conn *conn, uint16_t queue)
{
	struct rte_mbuf *mbuf;

	if (test_port_room(&sim->world.wire[0], queue) == 0)
		return;
	mbuf = peer_ack(&conn->peer, sim->world.params.pool);
	if (mbuf != NULL && !test_port_write(&sim->world.wire[0], queue, mbuf))
		rte_pktmbuf_free(mbuf);
}

/* A live connection, and most of the time one whose peer owes an ACK. */
static struct sim_conn *
pick_conn(struct sim *sim)
{
	uint32_t first = rng_below(&sim->rng, sim->conns);

	for (uint32_t i = 0; i < sim->conns; i++) {
		struct sim_conn *conn = &sim->conn[(first + i) % sim->conns];

		if (conn->object.life != SIM_LIVE)
			continue;
		if (conn->peer.ack_owed || conn->peer.service != OFFLOAD_SERVICE_SOURCE ||
		        rng_chance(&sim->rng, 20))
			return conn;
	}
	return NULL;
}

/* One segment of a random peer towards the target. */
static void
write_one(struct sim *sim)
{
	struct sim_conn *conn = pick_conn(sim);
	struct rte_mbuf *mbuf = NULL;
	uint32_t dice = rng_below(&sim->rng, 100);
	uint16_t queue;

	if (conn == NULL)
		return;
	queue = owner_queue(sim, &conn->peer);
	/* pure ACKs may come by any queue: they are steered to the owner (TCP-4) */
	if (conn->peer.ack_owed || dice < 30) {
		if (rng_chance(&sim->rng, 10))
			queue = (uint16_t)rng_below(&sim->rng, sim->world.params.workers);
		send_ack(sim, conn, queue);
		return;
	}
	if (test_port_room(&sim->world.wire[0], queue) == 0 || conn->reset_sent)
		return;
	if (dice < 97) {
		mbuf = peer_data(&conn->peer, sim->world.params.pool, rng_range(&sim->rng, 1, 300));
	} else if (dice < 99) {
		mbuf = peer_fin(&conn->peer, sim->world.params.pool);
	} else {
		mbuf = peer_reset(&conn->peer, sim->world.params.pool);
		conn->reset_sent = mbuf != NULL;
	}
	if (mbuf != NULL && !test_port_write(&sim->world.wire[0], queue, mbuf))
		rte_pktmbuf_free(mbuf);
}

/* Every peer acknowledges what it owes. */
static void
acknowledge(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->conns; i++) {
		struct sim_conn *conn = &sim->conn[i];

		if (conn->object.life == SIM_LIVE && conn->peer.ack_owed)
			send_ack(sim, conn, owner_queue(sim, &conn->peer));
	}
}

const struct sim_others sim_peers = {
        .conns_min = 2,
        .conns_max = 16,
        .steps_min = 60,
        .steps_max = 260,
        .describe = describe,
        .receive = receive,
        .act = write_one,
        .serve = acknowledge,
        .check_progress = sim_check_progress,
};
