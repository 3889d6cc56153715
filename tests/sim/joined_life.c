/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections that begin in any state, and such as go on where they were given back (INIT-5, INIT-6, TERM-4). */
#include "joined.h"

#include <string.h>

#define FAR_SEQUENCE 0x40000000u /* between the two streams of a connection */
#define GO_ON_PERCENT 80u /* of those given back that could */

/* Of a fresh connection: what both ends have sent and seen of FINs. */
static const struct state_shape {
	uint8_t state;
	uint8_t fin_sent, fin_acked, fin_received; /* of the target's end */
	uint8_t share; /* of 100 */
} shapes[] = {
        {TCP_ESTABLISHED, 0, 0, 0, 50},
        {TCP_FIN_WAIT_1, 1, 0, 0, 10},
        {TCP_FIN_WAIT_2, 1, 1, 0, 10},
        {TCP_CLOSE_WAIT, 0, 0, 1, 10},
        {TCP_CLOSING, 1, 0, 1, 10},
        {TCP_LAST_ACK, 1, 0, 1, 10},
};

static const struct state_shape *
draw_shape(struct sim *sim)
{
	uint32_t dice = rng_below(&sim->rng, 100), i = 0;

	while (i + 1 < RTE_DIM(shapes) && dice >= shapes[i].share)
		dice -= shapes[i++].share;
	return &shapes[i];
}

static void
describe_service(struct sim *sim, struct tree_tcp *tcp)
{
	static const uint8_t services[] = {
	        OFFLOAD_SERVICE_SOURCE, OFFLOAD_SERVICE_SINK, OFFLOAD_SERVICE_ECHO};

	tcp->service = services[rng_below(&sim->rng, RTE_DIM(services))];
	if (tcp->service == OFFLOAD_SERVICE_SOURCE)
		tcp->service_bytes = rng_chance(&sim->rng, 50) ? OFFLOAD_SERVICE_UNLIMITED
		                                               : rng_below(&sim->rng, 6000);
}

/* The window's scale, SACK and timestamps are agreed at the handshake, which was the host's. */
static void
describe_tcp(struct sim *sim, struct sim_conn *conn)
{
	uint32_t index = (uint32_t)(conn - sim->conn);
	uint16_t mss = (uint16_t)rng_range(&sim->rng, 64, 200);
	struct tree_tcp *tcp = &conn->description;

	memset(tcp, 0, sizeof(*tcp));
	tcp->local_port = (uint16_t)(SIM_FIRST_PORT + index);
	tcp->remote_port = (uint16_t)(5000 + index % 7);
	describe_service(sim, tcp);
	tcp->flags = rng_chance(&sim->rng, 50) ? TCP_OPTION_TIMESTAMPS : 0;
	if (rng_chance(&sim->rng, 60))
		tcp->flags |= TCP_OPTION_SACK;
	tcp->remote_mss = mss;
	tcp->snd_una = (uint32_t)rng_next(&sim->rng);
	tcp->rcv_nxt = tcp->snd_una ^ FAR_SEQUENCE;
	tcp->snd_wnd = rng_range(&sim->rng, 2, 16) * mss;
	tcp->cwnd = 4u * mss;
	tcp->rcv_wnd = rng_range(&sim->rng, 1000, 8192);
}

/* The present stay: where the source's pattern begins, and what an echo gives back first. */
static void
stay_begins(struct joined_far *far, struct sim_conn *conn, const struct tcp_const *constant,
        const struct tcp_delegated *state)
{
	conn->peer.content_start = state->snd_una;
	conn->peer.content_offset = state->rcv_nxt - conn->peer.snd_start;
	conn->peer.frames = 0;
	far->received_from = state->rcv_nxt - conn->peer.snd_start;
	far->endless = constant->service_bytes == OFFLOAD_SERVICE_UNLIMITED;
	far->stream_end = state->snd_una + (uint32_t)constant->service_bytes;
}

static void
begin(struct sim *sim, struct sim_conn *conn, struct offload_block_list *block)
{
	const struct state_shape *shape = draw_shape(sim);
	struct tcp_delegated *state = offload_block_delegated(block);
	struct peer *peer = &conn->peer;

	conn->life_number++;
	describe_tcp(sim, conn);
	/* An echo ends when its other end has: before that its FIN cannot be out. */
	if (shape->fin_sent && conn->description.service == OFFLOAD_SERVICE_ECHO)
		conn->description.service = OFFLOAD_SERVICE_SINK;
	block->offload_handle = sim_handle(sim, conn);
	tree_fill_tcp(block, &conn->description);
	peer_init(peer, &sim->path[conn->path].description, &conn->description);
	peer->sends_pattern = true;
	/* The host's own segments have shown its clock (TS-1). */
	peer->tsval_seen = state->ts_time = (uint32_t)rng_next(&sim->rng);
	peer->tsval_known = true;
	state->state = shape->state;
	state->snd_max += shape->fin_sent;
	/* Half of those whose FIN is out are to send it again first. */
	if (shape->fin_acked || rng_chance(&sim->rng, 50))
		state->snd_nxt = state->snd_max;
	if (shape->fin_acked)
		state->snd_una = state->snd_max;
	state->rcv_nxt += shape->fin_received;
	peer->rcv_max = state->snd_max;
	peer->rcv_nxt = state->snd_una;
	peer->rcv_fin = shape->fin_sent;
	peer->snd_una = peer->snd_nxt = state->rcv_nxt;
	peer->fin_sent = shape->fin_received;
	joined_open(sim, conn, block);
}

static void
go_on(struct sim *sim, struct sim_conn *conn, struct offload_block_list *block)
{
	conn->life_number++;
	block->offload_handle = sim_handle(sim, conn);
	tree_fill_tcp(block, &conn->description);
	memcpy(offload_block_delegated(block), &conn->kept, sizeof(conn->kept));
	sim->joined->met.again++;
}

void
joined_describe(struct sim *sim, struct sim_conn *conn, struct offload_block_list *block)
{
	struct joined_far *far = joined_far(sim, conn);

	if (conn->is_kept && !far->reset)
		go_on(sim, conn, block);
	else
		begin(sim, conn, block);
	stay_begins(far, conn, offload_block_const(block), offload_block_delegated(block));
	conn->is_kept = true;
	memcpy(&conn->kept, offload_block_delegated(block), sizeof(conn->kept));
}

static bool
can_be_offloaded(uint32_t state)
{
	return state == TCP_ESTABLISHED || state == TCP_FIN_WAIT_1 || state == TCP_FIN_WAIT_2 ||
	       state == TCP_CLOSE_WAIT || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

/*
 * What a source had not sent it goes on with, what an echo had not sent back is gone: it may go on only when the other end has all
 * that was sent.
 */
void
joined_given_back(struct sim *sim, struct sim_conn *conn, const struct tcp_delegated *state)
{
	struct joined_far *far = joined_far(sim, conn);
	struct tree_tcp *tcp = &conn->description;
	uint32_t sent = state->snd_una - conn->peer.content_start;
	uint32_t edge = state->rcv_nxt + state->rcv_wnd;

	/* The right edge that the peer was shown holds (RFC 9293 section 3.8.6). */
	if (!sim->lenient && (int32_t)(edge - conn->peer.snd_edge) < 0)
		sim_wrong(sim,
		        "TERM-1: %s is given back with a window that ends %u bytes before what was "
		        "shown",
		        sim_object_name(sim, &conn->object), conn->peer.snd_edge - edge);

	conn->is_kept =
	        can_be_offloaded(state->state) && !conn->aborted && !conn->reset_sent &&
	        (tcp->service == OFFLOAD_SERVICE_SOURCE || state->snd_una == state->snd_max) &&
	        rng_chance(&sim->rng, GO_ON_PERCENT);
	if (!conn->is_kept)
		return;
	conn->kept = *state;
	far->whole &= sent == 0;
	if (tcp->service == OFFLOAD_SERVICE_SOURCE && !far->endless)
		tcp->service_bytes -= RTE_MIN(tcp->service_bytes, sent);
}
