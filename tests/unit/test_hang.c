/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker that hangs in its port, with everything in its hands that a worker can have, is lost, wakes up in the middle of
 * its turn, and comes back as new (INV-14, C2, C3). It hangs in a callback of its queue, which lets control and the other
 * worker go on until the loss is declared.
 */
#include <string.h>

#include <rte_ethdev.h>
#include <rte_ether.h>

#include "handle.h"
#include "held.h"
#include "peer.h"
#include "test_eal.h"
#include "test_mutant.h"
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

static struct chimney_worker_view
look(void)
{
	struct chimney_worker_view view;

	chimney_worker_look(world.target, DEAD, &view);
	return view;
}

static const struct toe_worker *
dead(void)
{
	return world.worker[DEAD];
}

/* The others go on. */
static void
others(uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i++) {
		world_advance(&world, WORLD_MS);
		world_step(&world, WORLD_CONTROL);
		world_step(&world, WORLD_WORKER(0));
	}
}

static void
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

static uint16_t
hang_in_receive(uint16_t port, uint16_t queue, struct rte_mbuf **frames, uint16_t n, uint16_t max,
        void *context)
{
	hang();
	return n;
}

static uint16_t
hang_in_transmit(uint16_t port, uint16_t queue, struct rte_mbuf **frames, uint16_t n, void *context)
{
	hang();
	return n;
}

static void
describe(uint32_t i, struct tree_path *path, struct tree_tcp *tcp)
{
	static const enum offload_service services[] = {
	        OFFLOAD_SERVICE_SOURCE, OFFLOAD_SERVICE_SINK, OFFLOAD_SERVICE_ECHO};

	tree_usual_path(path, i >= FRESH, 4);
	tree_usual_tcp(tcp, i, services[i % 3]);
}

static uint32_t
owner(uint32_t i)
{
	return conn_cell[i] == 0 ? UINT32_MAX : toe_handle_worker(conn_cell[i]);
}

/* Connections from `first` on over path `p`, which is new; how many are offloaded. */
static uint32_t
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
static uint32_t
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

static struct peer
peer_of(uint32_t i)
{
	struct peer peer;
	struct tree_path path;
	struct tree_tcp tcp;

	describe(i, &path, &tcp);
	peer_init(&peer, &path, &tcp);
	return peer;
}

static uint32_t
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
static void
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
static struct rte_mbuf *
foreign(void)
{
	struct peer peer = peer_of(held_number);

	return peer_data(&peer, pool, 100);
}

/* One that is not IP: whoever receives it passes it on. */
static struct rte_mbuf *
stray(void)
{
	struct rte_mbuf *frame = foreign();

	rte_pktmbuf_mtod(frame, struct rte_ether_hdr *)->ether_type = rte_cpu_to_be_16(0x88B5);
	return frame;
}

/* Fresh tuples that belong to DEAD are held until one is; its frames wait. */
static void
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
static void
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

static void
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

/* What the host reads of connections of DEAD and of the other worker, but for HARDWARE_FAILURE and ABORT. */
static uint32_t
read_all(uint32_t *failures, uint32_t *aborts)
{
	struct chimney_record record;
	uint32_t others = 0;

	*failures = *aborts = 0;
	for (uint32_t i = 0; i < 200; i++) {
		while (chimney_poll(world.host[0], &record, 1) == 1) {
			uint32_t conn = (uint32_t)(uintptr_t)record.handle - 1;

			if (record.kind == CHIMNEY_ABORT)
				++*aborts;
			else if (record.kind == CHIMNEY_RETRIEVE &&
			         record.reason == RETRIEVE_HARDWARE_FAILURE)
				++*failures;
			else if (record.kind == CHIMNEY_RETRIEVE && owner(conn) == DEAD)
				others++;
		}
		world_turn(&world);
	}
	return others;
}

/* Until it has parked and is back. */
static void
check_back(void)
{
	for (uint32_t i = 0; i < 20 && dead()->control.parked != dead()->control.lost; i++)
		world_step(&world, WORLD_WORKER(DEAD));
	CU_ASSERT_EQUAL(dead()->control.parked, dead()->control.lost);
	CU_ASSERT_EQUAL(dead()->engine.txq[0].count, 0);
	CU_ASSERT_EQUAL(dead()->engine.reassembly_buffers, 0);
	CU_ASSERT_EQUAL(dead()->engine.attached.used, 0);
	CU_ASSERT_EQUAL(dead()->engine.senders.used, 0);
	CU_ASSERT_EQUAL(dead()->engine.sent.used, 0);
	CU_ASSERT_EQUAL(dead()->engine.stats.connections, 0);
	CU_ASSERT_EQUAL(dead()->engine.mib[0][0].established, 0);
	CU_ASSERT_EQUAL(dead()->control.backlog[0].count, 0);
	CU_ASSERT_EQUAL(dead()->walk_hosts, 0);
	CU_ASSERT_EQUAL(rte_ring_count(dead()->steer.from[0]), 0);
	CU_ASSERT(dead()->engine.stats.parked_dropped > 0);
	for (uint32_t i = 0; i < 50 && look().returned == 0; i++)
		world_step(&world, WORLD_CONTROL);
	CU_ASSERT_EQUAL(look().returned, 1);
}

/* Frames of nobody's connection, one each way through its queue: of the tuple that was held. */
static void
check_exception_path(void)
{
	struct test_port *ports[] = {&world.wire[0], &world.bump[0]};
	struct rte_mbuf *frame;

	for (uint32_t i = 0; i < 2; i++) {
		world_drop_frames(&world);
		CU_ASSERT(test_port_write(ports[i], DEAD, foreign()));
		for (uint32_t k = 0; k < 4; k++)
			world_turn(&world);
		CU_ASSERT_EQUAL_FATAL(test_port_read(ports[1 - i], &frame, 1), 1);
		rte_pktmbuf_free(frame);
	}
}

/* New connections on it send; what was lost can be taken off, and then nothing is left. */
static void
check_new(void)
{
	uint64_t sent = dead()->engine.stats.tx_segments;
	uint32_t fresh = 0;

	CU_ASSERT_EQUAL(offload(FRESH, FRESH_CONNS, 1), FRESH_CONNS);
	for (uint32_t i = FRESH; i < FRESH + FRESH_CONNS; i++)
		fresh += owner(i) == DEAD;
	CU_ASSERT(fresh > 0);
	for (uint32_t i = 0; i < 20; i++)
		world_turn(&world);
	CU_ASSERT(dead()->engine.stats.tx_segments > sent);
	CU_ASSERT_EQUAL(dead()->engine.stats.connections, fresh);
}

static void
bed_close(void)
{
	const struct chimney_stats *stats = chimney_stats(world.target);

	for (uint32_t i = 0; i < CONNS + FRESH_CONNS; i++)
		if (conn_cell[i] != 0)
			CU_ASSERT_EQUAL(request(CHIMNEY_TERMINATE, i),
			        i < CONNS && owner(i) == DEAD ? OFFLOAD_FAILURE : OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(stats->connections, 0);
	for (uint32_t i = 0; i < 50; i++) {
		world_drop_frames(&world);
		world_turn(&world);
	}
	world_drop_frames(&world);
	CU_ASSERT_EQUAL(test_pool_in_use(pool), world.mbufs_before);
	CU_ASSERT_EQUAL(world_destroy(&world), 0);
}

static void
hang_and_return(bool silent)
{
	struct tree tree = {0};
	struct offload_block_list *query = tree_block(
	        &tree, OFFLOAD_TCP_DELEGATED, &conn_cell[one_of(DEAD, OFFLOAD_SERVICE_SINK)]);
	uint32_t failures, aborts, own = 0;

	for (uint32_t i = 0; i < CONNS; i++)
		own += owner(i) == DEAD;
	/* there is something to receive, and to hand to the port */
	CU_ASSERT(test_port_write(&world.bump[0], DEAD, stray()));
	asked = query;
	world_step(&world, WORLD_WORKER(DEAD));
	CU_ASSERT_PTR_NULL(asked);
	CU_ASSERT_EQUAL(look().lost, 1);
	/* what it was handing to the port cannot be recalled */
	CU_ASSERT(!silent || rte_ring_count(world.wire[0].transmitted[DEAD]) == 0);
	check_back();
	CU_ASSERT_EQUAL(read_all(&failures, &aborts), 0);
	CU_ASSERT_EQUAL(query->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(failures, own);
	CU_ASSERT_EQUAL(aborts, own);
	tree_free(&tree);
}

static void
test_receive(void)
{
	const struct rte_eth_rxtx_callback *callback;

	bed_open();
	callback = rte_eth_add_rx_callback(world.wire[0].ethdev, DEAD, hang_in_receive, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(callback);
	hands_full();
	hang_and_return(true);
	check_exception_path();
	check_new();
	rte_eth_remove_rx_callback(world.wire[0].ethdev, DEAD, callback);
	bed_close();
}

static void
test_transmit(void)
{
	const struct rte_eth_rxtx_callback *callback;

	bed_open();
	callback = rte_eth_add_tx_callback(world.wire[0].ethdev, DEAD, hang_in_transmit, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(callback);
	hands_full();
	hang_and_return(false);
	check_exception_path();
	check_new();
	rte_eth_remove_tx_callback(world.wire[0].ethdev, DEAD, callback);
	bed_close();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C2 C3 INV-14 INV-17 TERM-8 a hang in receive", test_receive},
	        {"C2 C3 INV-14 INV-17 TERM-8 a hang in transmit", test_transmit},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(64) != 0 ||
	        (pool = test_pool_create("hang", 4095)) == NULL)
		return EXIT_FAILURE;
	return unit_run("hang", tests, RTE_DIM(tests));
}
