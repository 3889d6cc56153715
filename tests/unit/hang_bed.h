/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two workers with 300 connections, one of them with everything in its hands that a worker can have, and callbacks of its
 * queue in which it hangs: control and the other worker go on until its loss is declared.
 */
#ifndef TESTS_HANG_BED_H
#define TESTS_HANG_BED_H

#include <string.h>

#include <rte_ethdev.h>
#include <rte_ether.h>

#include "handle.h"
#include "held.h"
#include "peer.h"
#include "test_eal.h"
#include "tree.h"
#include "unit.h"
#include "world.h"

#define DEAD 1u
#define CONNS 300u /* of DEAD more than an event ring and the backlog behind it take */
#define FRESH CONNS /* number of the first connection that is offloaded afterwards */
#define FRESH_CONNS 32u
#define TURNS 4000u

static struct world world;
static struct rte_mempool *pool;
static uint64_t neighbor_cell, path_cell[2], conn_cell[CONNS + FRESH_CONNS];
static struct offload_block_list
        *asked; /* what it is asked when it hangs the next time; NULL: it does not */
static struct chimney_hold held;
static uint32_t held_number; /* of the connection whose tuple that is */

static inline struct chimney_worker_view
look(void)
{
	struct chimney_worker_view view;

	chimney_worker_look(world.target, DEAD, &view);
	return view;
}

static inline const struct toe_worker *
dead(void)
{
	return world.worker[DEAD];
}

/* The others go on. */
static inline void
others(uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i++) {
		world_advance(&world, WORLD_MS);
		world_step(&world, WORLD_CONTROL);
		world_step(&world, WORLD_WORKER(0));
	}
}

static inline void
hang(void)
{
	uint32_t lost = look().lost;

	if (asked == NULL)
		return;
	CU_ASSERT_EQUAL(world_submit(&world, 0, CHIMNEY_QUERY, asked), 0);
	asked = NULL;
	for (uint32_t i = 0; i < TURNS && look().lost == lost; i++)
		others(1);
	/* whatever leaves from now on was handed out after the loss */
	world_drop_frames(&world);
}

static inline uint16_t
hang_in_receive(uint16_t port, uint16_t queue, struct rte_mbuf **frames, uint16_t n, uint16_t max,
        void *context)
{
	hang();
	return n;
}

static inline uint16_t
hang_in_transmit(uint16_t port, uint16_t queue, struct rte_mbuf **frames, uint16_t n, void *context)
{
	hang();
	return n;
}

static inline void
describe(uint32_t i, struct tree_path *path, struct tree_tcp *tcp)
{
	static const enum offload_service services[] = {
	        OFFLOAD_SERVICE_SOURCE, OFFLOAD_SERVICE_SINK, OFFLOAD_SERVICE_ECHO};

	tree_usual_path(path, i >= FRESH, 4);
	tree_usual_tcp(tcp, i, services[i % 3]);
}

static inline uint32_t
owner(uint32_t i)
{
	return conn_cell[i] == 0 ? UINT32_MAX : toe_handle_worker(conn_cell[i]);
}

/* Connections from `first` on over path `p`, which is new; how many are offloaded. */
static inline uint32_t
offload(uint32_t first, uint32_t count, uint32_t p)
{
	struct offload_block_list *root, *path, *block;
	struct tree_neighbor neighbor;
	struct tree tree = {0};
	uint32_t offloaded = 0;
	struct tree_path way;
	struct tree_tcp tcp;

	root = tree_block(
	        &tree, p == 0 ? OFFLOAD_NEIGHBOR_ALL : OFFLOAD_NEIGHBOR_BLOCK, &neighbor_cell);
	tree_usual_neighbor(&neighbor, 0);
	if (p == 0)
		tree_fill_neighbor(root, &neighbor);
	path = tree_block(&tree, OFFLOAD_PATH4_ALL, &path_cell[p]);
	describe(first, &way, &tcp);
	tree_fill_path(path, &way);
	tree_add_dependent(root, path);
	for (uint32_t i = first; i < first + count; i++) {
		block = tree_block(&tree, OFFLOAD_TCP_ALL, &conn_cell[i]);
		block->offload_handle = (void *)(uintptr_t)(i + 1);
		describe(i, &way, &tcp);
		tree_fill_tcp(block, &tcp);
		tree_add_dependent(path, block);
	}
	CU_ASSERT(world_request(&world, 0, CHIMNEY_INITIATE, root, NULL, TURNS));
	for (uint32_t i = first; i < first + count; i++)
		offloaded += conn_cell[i] != 0;
	tree_free(&tree);
	return offloaded;
}

/* The status of a request about connection i, or path 0 (UINT32_MAX). */
static inline uint32_t
request(enum chimney_request kind, uint32_t i)
{
	struct tree tree = {0};
	struct offload_block_list *root =
	        i == UINT32_MAX ? tree_block(&tree, OFFLOAD_PATH4_BLOCK, &path_cell[0])
	                        : tree_block(&tree, OFFLOAD_TCP_DELEGATED, &conn_cell[i]);
	uint32_t status;

	CU_ASSERT(world_request(&world, 0, kind, root, NULL, TURNS));
	status = root->status;
	tree_free(&tree);
	return status;
}

static inline struct peer
peer_of(uint32_t i)
{
	struct peer peer;
	struct tree_path path;
	struct tree_tcp tcp;

	describe(i, &path, &tcp);
	peer_init(&peer, &path, &tcp);
	return peer;
}

static inline uint32_t
one_of(uint32_t worker, enum offload_service service)
{
	for (uint32_t i = 0; i < CONNS; i++) {
		struct tree_path path;
		struct tree_tcp tcp;

		describe(i, &path, &tcp);
		if (owner(i) == worker && tcp.service == service)
			return i;
	}
	return 0;
}

/* Two segments of a peer's text arrive in this queue, or only the second. */
static inline void
receive_text(uint32_t i, uint16_t queue, bool first)
{
	struct peer peer = peer_of(i);
	struct rte_mbuf *frame[2];

	frame[0] = peer_data(&peer, pool, 500);
	frame[1] = peer_data(&peer, pool, 500);
	if (!first || !test_port_write(&world.wire[0], queue, frame[0]))
		rte_pktmbuf_free(frame[0]);
	if (!test_port_write(&world.wire[0], queue, frame[1]))
		rte_pktmbuf_free(frame[1]);
}

/* A frame of nobody's connection. */
static inline struct rte_mbuf *
foreign(void)
{
	struct peer peer = peer_of(held_number);

	return peer_data(&peer, pool, 100);
}

/* One that is not IP: whoever receives it passes it on. */
static inline struct rte_mbuf *
stray(void)
{
	struct rte_mbuf *frame = foreign();

	rte_pktmbuf_mtod(frame, struct rte_ether_hdr *)->ether_type = rte_cpu_to_be_16(0x88B5);
	return frame;
}

/* Fresh tuples that belong to DEAD are held until one is; its frames wait. */
static inline void
hold_one(void)
{
	for (uint32_t i = FRESH; i < FRESH + FRESH_CONNS; i++) {
		struct peer peer = peer_of(i);
		uint64_t before = dead()->engine.stats.held_frames;

		memcpy(held.source, peer.our_address, sizeof(held.source));
		memcpy(held.destination, peer.peer_address, sizeof(held.destination));
		held.local_port = rte_cpu_to_be_16(peer.our_port);
		held.remote_port = rte_cpu_to_be_16(peer.peer_port);
		held.family = 4;
		atomic_store(&held.done, 0);
		CU_ASSERT_EQUAL(chimney_hold(world.host[0], &held), 0);
		for (uint32_t k = 0; k < TURNS && atomic_load(&held.done) == 0; k++)
			world_turn(&world);
		receive_text(i, DEAD, true);
		for (uint32_t k = 0; k < 4; k++)
			world_turn(&world);
		held_number = i;
		if (dead()->engine.stats.held_frames > before)
			return;
		CU_ASSERT_EQUAL(chimney_release(world.host[0], &held), 0);
	}
	CU_FAIL("no tuple of this worker");
}

/* Whatever a worker can have. */
static inline void
hands_full(void)
{
	hold_one();
	receive_text(one_of(DEAD, OFFLOAD_SERVICE_SINK), DEAD, false);
	receive_text(one_of(DEAD, OFFLOAD_SERVICE_ECHO), DEAD, true);
	for (uint32_t i = 0; i < 50; i++)
		world_turn(&world);
	CU_ASSERT(dead()->engine.txq[0].count > 0); /* the port's ring is full */
	CU_ASSERT(dead()->engine.reassembly_buffers > 0);
	CU_ASSERT(dead()->engine.attached.used > 0);
	CU_ASSERT(dead()->engine.senders.used > 0);
	/* the host does not read what its invalidate brings about */
	CU_ASSERT_EQUAL(request(CHIMNEY_INVALIDATE, UINT32_MAX), OFFLOAD_SUCCESS);
	world_advance(&world, 5 * WORLD_MS);
	for (uint32_t i = 0; i < 300; i++)
		world_turn(&world);
	CU_ASSERT_EQUAL(dead()->control.backlog[0].count, TOE_EVENT_BACKLOG);
	CU_ASSERT(dead()->walk_hosts != 0);
	/* a frame of one of its connections that came in at the other worker */
	receive_text(one_of(DEAD, OFFLOAD_SERVICE_SINK), 0, true);
	world_step(&world, WORLD_WORKER(0));
	CU_ASSERT(rte_ring_count(dead()->steer.from[0]) > 0);
}

static inline void
bed_open(void)
{
	struct world_params params;

	world_params_default(&params);
	params.conns = CONNS;
	params.event_ring_size = 64;
	params.tx_ring_size = 8;
	params.retrieve_delay_ms = 1;
	params.pool = pool;
	memset(conn_cell, 0, sizeof(conn_cell));
	neighbor_cell = path_cell[0] = path_cell[1] = 0;
	CU_ASSERT_EQUAL_FATAL(world_create(&world, &params), 0);
	CU_ASSERT_EQUAL_FATAL(offload(0, CONNS, 0), CONNS);
}

#endif
