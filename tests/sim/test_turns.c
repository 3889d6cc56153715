/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who sends next, when more connections have something to send than there is room for: they take turns in line,
 * so that nobody starves beside a crowd (INV-13), and a port without room holds up none but its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "test_eal.h"
#include "tree.h"
#include "world.h"

#define TURNS 2000u
#define CROWD 300u /* more than ring and transmit buffer hold */
#define RING 16u
#define FIRST_PORT 10000u /* of tree_usual_tcp */
#define BESIDE CROWD /* number of the connection on the other port */
#define LEAVING (CROWD + 1) /* the last in line */
#define COMING (CROWD + 2) /* gets its slot */

static struct world world;
static uint64_t neighbor_cell[2], path_cell[3], conn_cell[CROWD + 3];
static uint32_t failed;

static void
expect(bool holds, const char *what)
{
	if (holds)
		return;
	printf("FAIL: %s\n", what);
	failed++;
}

static void
add_conn(struct tree *tree, struct offload_block_list *path, uint32_t i)
{
	struct offload_block_list *block = tree_block(tree, OFFLOAD_TCP_ALL, &conn_cell[i]);
	struct tree_tcp tcp;

	tree_usual_tcp(&tcp, i, OFFLOAD_SERVICE_SOURCE);
	tcp.cwnd = tcp.remote_mss = 200; /* a single frame: nobody acknowledges */
	tree_fill_tcp(block, &tcp);
	tree_add_dependent(path, block);
}

/* The crowd and LEAVING over neighbor 0 on port 0, BESIDE over neighbor 1 on port 1. */
static void
offload(void)
{
	struct offload_block_list *neighbors[2], *paths[3];
	struct tree_neighbor neighbor;
	struct tree_path path;
	struct tree tree = {0};

	for (uint32_t i = 0; i < 2; i++) {
		neighbors[i] = tree_block(&tree, OFFLOAD_NEIGHBOR_ALL, &neighbor_cell[i]);
		tree_usual_neighbor(&neighbor, i);
		neighbor.port = i;
		tree_fill_neighbor(neighbors[i], &neighbor);
	}
	for (uint32_t i = 0; i < 3; i++) {
		paths[i] = tree_block(&tree, OFFLOAD_PATH4_ALL, &path_cell[i]);
		tree_usual_path(&path, i, 4);
		tree_fill_path(paths[i], &path);
		tree_add_dependent(neighbors[i == 2], paths[i]);
	}
	tree_add_next(neighbors[0], neighbors[1]);
	for (uint32_t i = 0; i < CROWD; i++)
		add_conn(&tree, paths[0], i);
	add_conn(&tree, paths[1], LEAVING);
	add_conn(&tree, paths[2], BESIDE);
	expect(world_request(&world, 0, CHIMNEY_INITIATE, neighbors[0], NULL, TURNS) &&
	                neighbors[0]->status == OFFLOAD_SUCCESS &&
	                neighbors[1]->status == OFFLOAD_SUCCESS,
	        "the objects cannot be offloaded");
	tree_free(&tree);
}

/* The number of the connection whose frame left a port first, UINT32_MAX when there is none. */
static uint32_t
next_sender(uint32_t port)
{
	const struct rte_tcp_hdr *tcp;
	struct rte_mbuf *frame;
	uint32_t number;

	if (test_port_read(&world.wire[port], &frame, 1) == 0)
		return UINT32_MAX;
	tcp = rte_pktmbuf_mtod_offset(frame, const struct rte_tcp_hdr *,
	        sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr));
	number = rte_be_to_cpu_16(tcp->src_port) - FIRST_PORT;
	rte_pktmbuf_free(frame);
	return number;
}

static void
turns(uint32_t n)
{
	while (n-- > 0)
		world_turn(&world);
}

static void
check_other_port(void)
{
	turns(TURNS / 10);
	expect(test_port_waiting(&world.wire[0]) == RING, "port 0's ring should be full");
	expect(next_sender(1) == BESIDE, "a port without room holds up connections of another");
}

/* A connection that waits is terminated; the next one in its slot is on the other port. */
static void
check_reuse(void)
{
	struct tree leaving = {0}, coming = {0};
	struct offload_block_list *root =
	        tree_block(&leaving, OFFLOAD_TCP_BLOCK, &conn_cell[LEAVING]);
	struct offload_block_list *path;

	expect(world_request(&world, 0, CHIMNEY_TERMINATE, root, NULL, TURNS) &&
	                root->status == OFFLOAD_SUCCESS,
	        "a waiting connection cannot be terminated");
	tree_free(&leaving);
	root = tree_block(&coming, OFFLOAD_NEIGHBOR_BLOCK, &neighbor_cell[1]);
	path = tree_block(&coming, OFFLOAD_PATH4_BLOCK, &path_cell[2]);
	tree_add_dependent(root, path);
	add_conn(&coming, path, COMING);
	expect(world_request(&world, 0, CHIMNEY_INITIATE, root, NULL, TURNS) &&
	                root->status == OFFLOAD_SUCCESS,
	        "the only free slot cannot be used again");
	tree_free(&coming);
	turns(TURNS / 10);
	expect(next_sender(1) == COMING, "a connection waits where the last one in its slot did");
}

/* The port takes a few frames at a time, as a slow link does. */
static void
check_line(void)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < CROWD; i++) {
		wrong += next_sender(0) != i;
		if (i % 5 == 0)
			turns(3);
	}
	if (wrong != 0)
		printf("%u of %u frames come out of turn\n", wrong, CROWD);
	expect(wrong == 0, "connections do not send in line");
}

int
main(void)
{
	struct world_params params;

	world_params_default(&params);
	params.workers = 1;
	params.wires = 2;
	params.conns = CROWD + 2;
	params.tx_ring_size = RING;
	if (test_eal_start(64) != 0 || (params.pool = test_pool_create("turns", 1023)) == NULL ||
	        world_create(&world, &params) != 0)
		return EXIT_FAILURE;
	offload();
	if (failed == 0)
		check_other_port();
	if (failed == 0)
		check_reuse();
	if (failed == 0)
		check_line();
	expect(world_destroy(&world) == 0, "mbufs leaked");
	printf("%u passed, %u failed\n", failed == 0, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
