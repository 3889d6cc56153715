/* SPDX-License-Identifier: BSD-3-Clause */
/* The ports' peers: every frame that the target hands to a port is judged here (INV-6, INV-7, UPD-2). */
#include <stdio.h>
#include <string.h>

#include "shared.h"
#include "sim.h"

#define WIRE_BURST 16u

static bool
mac_allowed(const struct sim *sim, const struct sim_conn *conn, const struct peer_frame *frame)
{
	const struct sim_path *path = &sim->path[conn->path];

	for (uint32_t i = 0; i < sim->neighbors; i++) {
		const struct sim_neighbor *neighbor = &sim->neighbor[i];
		uint8_t mac[6];

		if (!(path->link.possible >> i & 1))
			continue;
		memcpy(mac, neighbor->description.destination_mac, 6);
		mac[4] = frame->destination_mac[4];
		if (memcmp(mac, frame->destination_mac, 6) == 0 && mac[4] < 32 &&
		        (neighbor->mac.possible >> mac[4] & 1) &&
		        memcmp(neighbor->description.source_mac, frame->source_mac, 6) == 0)
			return true;
	}
	return false;
}

static void
judge_frame(struct sim *sim, const struct peer_frame *frame, struct rte_mbuf *mbuf)
{
	uint32_t index = (uint32_t)frame->source_port - SIM_FIRST_PORT;
	struct sim_conn *conn = &sim->conn[index];
	const char *wrong;

	if (index >= sim->conns || !peer_owns(&conn->peer, frame)) {
		sim_wrong(sim, "frame of no connection, port %u", frame->source_port);
		rte_pktmbuf_free(mbuf);
		return;
	}
	sim->totals->frames++;
	if (sim->trace)
		printf("%8lu us frame of connection %u: offset %u, %u bytes, flags %x, to MAC %u\n",
		        (unsigned long)(sim->world.now / 1000), index,
		        frame->seq - conn->peer.rcv_start, frame->length, frame->flags,
		        frame->destination_mac[4]);
	if (conn->object.life == SIM_ABSENT)
		sim_wrong(sim, "frame of %s, which is not offloaded",
		        sim_object_name(sim, &conn->object));
	else if (sim_silent(sim, conn))
		sim_wrong(sim, "INV-7: frame of %s after the completion",
		        sim_object_name(sim, &conn->object));
	else if (!mac_allowed(sim, conn, frame))
		sim_wrong(sim, "UPD-2: frame of %s to %02x:%02x:%02x:%02x:%02x:%02x",
		        sim_object_name(sim, &conn->object), frame->destination_mac[0],
		        frame->destination_mac[1], frame->destination_mac[2],
		        frame->destination_mac[3], frame->destination_mac[4],
		        frame->destination_mac[5]);
	else if (frame->ip_length > 1500)
		sim_wrong(sim, "frame of %u bytes over a path of 1500", frame->ip_length);
	wrong = sim->others->receive(sim, conn, frame, mbuf);
	if (wrong != NULL)
		sim_wrong(sim, "%s: %s", sim_object_name(sim, &conn->object), wrong);
}

void
sim_wire_read(struct sim *sim, uint32_t frames)
{
	struct rte_mbuf *mbuf[WIRE_BURST];
	struct peer_frame frame;

	while (frames > 0) {
		uint32_t n = test_port_read(&sim->world.wire[0], mbuf, RTE_MIN(frames, WIRE_BURST));

		if (n == 0)
			return;
		frames -= n;
		for (uint32_t i = 0; i < n; i++) {
			const char *wrong = peer_frame_read(mbuf[i], &frame);

			if (wrong == NULL) {
				judge_frame(sim, &frame, mbuf[i]);
				continue;
			}
			sim_wrong(sim, "frame of the target: %s", wrong);
			rte_pktmbuf_free(mbuf[i]);
		}
	}
}

void
sim_wire_read_all(struct sim *sim)
{
	while (test_port_waiting(&sim->world.wire[0]) > 0)
		sim_wire_read(sim, UINT32_MAX);
}

void
sim_wire_check_uploaded(struct sim *sim)
{
	struct world *world = &sim->world;
	struct sim_conn *conn = &sim->conn[rng_below(&sim->rng, sim->conns)];
	struct rte_mbuf *frame;
	bool same = false;

	if (conn->life_number == 0 || conn->object.life != SIM_ABSENT)
		return;
	if (sim->others->leave != NULL)
		sim->others->leave(sim);
	/* What waits before it could fill the host port. */
	for (uint32_t i = 0; i < 1000 && test_port_unread(&world->wire[0]) > 0; i++) {
		world_drop_frames(world);
		world_turn(world);
	}
	world_drop_frames(world);
	frame = peer_ack(&conn->peer, world->params.pool);
	if (frame == NULL || !test_port_write(&world->wire[0], 0, frame)) {
		rte_pktmbuf_free(frame);
		return;
	}
	/* behind what workers hold for the host port already */
	for (uint32_t i = 0; i < 1000 && !same; i++) {
		struct rte_mbuf *got;

		world_turn(world);
		while (test_port_waiting(&world->bump[0]) > 0) {
			if (test_port_read(&world->bump[0], &got, 1) == 0)
				continue;
			same = same || got == frame;
			rte_pktmbuf_free(got);
		}
	}
	if (!same)
		sim_wrong(sim, "TERM-5: a segment of terminated %s does not reach the host port",
		        sim_object_name(sim, &conn->object));
}
