/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole way of a connection that a host uses: offloaded, sent on over a channel, taken back with what is outstanding, offloaded again
 * with it, closed. Control, workers, channel and a port, stepped by one thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "ack_peer.h"
#include "channel.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "tree.h"
#include "unit.h"
#include "world.h"

#define TURNS 400u
#define IOS 4u
#define BYTES 1000u

static struct world world;
static struct tree tree;
static struct rte_mempool *pool, *host_pool;
static uint64_t neighbor_cell, path_cell, conn_cell;
static struct chimney_channel *channel;
static struct chimney_flow flow;
static struct chimney_io io[IOS];
static uint32_t returned;
static bool answers; /* the peer does */

/* The port's peer, and the host thread. */
static void
turns(uint32_t n)
{
	struct chimney_io_record record;
	struct rte_mbuf *frame;

	while (n-- > 0) {
		world_turn(&world);
		while (test_port_read(&world.wire[0], &frame, 1) == 1) {
			if (answers)
				CU_ASSERT(ack_peer_answer(&world.wire[0], pool, frame));
			rte_pktmbuf_free(frame);
		}
		while (chimney_channel_poll(channel, &record, 1) == 1) {
			CU_ASSERT_EQUAL(record.kind, CHIMNEY_IO_COMPLETED);
			CU_ASSERT_PTR_EQUAL(record.io, &io[returned]);
			returned++;
		}
	}
}

static struct offload_block_list *
linkers(void)
{
	struct offload_block_list *root = tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, &neighbor_cell);

	tree_add_dependent(root, tree_block(&tree, OFFLOAD_PATH4_BLOCK, &path_cell));
	return root;
}

static void
offload(void)
{
	struct offload_block_list *root = tree_block(&tree, OFFLOAD_NEIGHBOR_ALL, &neighbor_cell);
	struct offload_block_list *path = tree_block(&tree, OFFLOAD_PATH4_ALL, &path_cell);
	struct offload_block_list *conn = tree_block(&tree, OFFLOAD_TCP_ALL, &conn_cell);
	struct tree_neighbor neighbor;
	struct tree_path addresses;
	struct tree_tcp tcp;

	tree_usual_neighbor(&neighbor, 0);
	tree_usual_path(&addresses, 0, 4);
	tree_usual_tcp(&tcp, 0, OFFLOAD_SERVICE_HOST);
	tree_fill_neighbor(root, &neighbor);
	tree_fill_path(path, &addresses);
	tree_fill_tcp(conn, &tcp);
	tree_add_dependent(root, path);
	tree_add_dependent(path, conn);
	CU_ASSERT_FATAL(world_request(&world, 0, CHIMNEY_INITIATE, root, NULL, TURNS));
	CU_ASSERT_EQUAL_FATAL(conn->status, OFFLOAD_SUCCESS);
}

static void
submit(uint32_t i, enum chimney_io_op op, uint32_t length)
{
	struct chimney_io *one = &io[i];

	*one = (struct chimney_io){.op = (uint8_t)op, .length = length};
	if (length > 0) {
		one->mbuf = rte_pktmbuf_alloc(host_pool);
		CU_ASSERT_PTR_NOT_NULL_FATAL(one->mbuf);
		one->mbuf->data_len = (uint16_t)length;
		memset(rte_pktmbuf_mtod(one->mbuf, void *), 'a' + (int)i, length);
	}
	CU_ASSERT_EQUAL_FATAL(chimney_submit(channel, &flow, &one, 1), 0);
}

static int
flow_close(void)
{
	int rc;

	while ((rc = chimney_flow_close(channel, &flow)) == -EAGAIN)
		turns(1);
	return rc;
}

/* Terminate it; its state is kept for the next offload. */
static struct offload_block_list *
take_back(uint32_t flags, struct tcp_delegated *state)
{
	struct offload_block_list *block = tree_block(&tree, OFFLOAD_TCP_DELEGATED, &conn_cell);

	block->flags = flags;
	CU_ASSERT_FATAL(world_request(&world, 0, CHIMNEY_TERMINATE, block, NULL, TURNS));
	CU_ASSERT_EQUAL_FATAL(block->status, OFFLOAD_SUCCESS);
	memcpy(state, offload_block_delegated(block), sizeof(*state));
	turns(10);
	return block;
}

/* With what came back. */
static struct offload_block_list *
offload_again(const struct tcp_delegated *state, void *chain, bool prepare)
{
	struct offload_block_list *root = linkers();
	struct offload_block_list *conn = tree_block(&tree, OFFLOAD_TCP_ALL, &conn_cell);
	struct tree_tcp tcp;

	conn_cell = 0;
	tree_usual_tcp(&tcp, 0, OFFLOAD_SERVICE_HOST);
	tree_fill_tcp(conn, &tcp);
	memcpy(offload_block_delegated(conn), state, sizeof(*state));
	conn->send_chain = chain;
	tree_add_dependent(root->dependent_block_list, conn);
	if (prepare)
		CU_ASSERT_EQUAL_FATAL(chimney_flow_prepare(channel, &flow, conn), 0);
	CU_ASSERT_FATAL(world_request(&world, 0, CHIMNEY_INITIATE, root, NULL, TURNS));
	return conn;
}

static void
test_life(void)
{
	struct offload_block_list *block;
	struct tcp_delegated state;
	void *chain;
	int rc;

	CU_ASSERT_EQUAL_FATAL(chimney_channel_open(world.host[0], 64, &channel), 0);
	offload();
	CU_ASSERT_EQUAL_FATAL(chimney_flow_open(channel, &flow, conn_cell), 0);
	answers = true;
	submit(0, CHIMNEY_IO_SEND, BYTES);
	turns(50);
	CU_ASSERT_EQUAL(returned, 1);
	CU_ASSERT(io[0].status == OFFLOAD_SUCCESS && io[0].done == BYTES);
	/* In flight, and not: into a hold. */
	answers = false;
	submit(1, CHIMNEY_IO_SEND, BYTES);
	turns(50);
	submit(2, CHIMNEY_IO_DISCONNECT, BYTES);
	turns(50);
	block = take_back(OFFLOAD_BLOCK_HOLD, &state);
	chain = block->send_chain;
	CU_ASSERT_PTR_EQUAL(chain, &io[1]);
	CU_ASSERT_PTR_EQUAL(io[1].next, &io[2]);
	CU_ASSERT_PTR_NULL(io[2].next);
	CU_ASSERT_EQUAL(io[1].status, OFFLOAD_UPLOAD_IN_PROGRESS);
	CU_ASSERT_EQUAL(state.send_backlog_size, 2 * BYTES);
	CU_ASSERT_EQUAL(flow_close(), -EBUSY);
	chimney_flow_uploaded(&flow, chain);
	CU_ASSERT_EQUAL(flow_close(), 0);
	/* A chain that nobody has prepared is not touched, and the tuple is held still. */
	block = offload_again(&state, chain, false);
	CU_ASSERT_EQUAL(block->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(io[1].status, OFFLOAD_UPLOAD_IN_PROGRESS);
	answers = true;
	block = offload_again(&state, chain, true);
	CU_ASSERT_EQUAL_FATAL(block->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL_FATAL(chimney_flow_start(channel, &flow, conn_cell), 0);
	/* What was dropped goes again when its time has come. */
	for (uint32_t i = 0; i < 100 && returned < 2; i++) {
		world_advance(&world, 50 * WORLD_MS);
		turns(20);
	}
	CU_ASSERT_EQUAL(returned, 2);
	CU_ASSERT_EQUAL(io[1].status, OFFLOAD_SUCCESS);
	/* This peer acknowledges no FIN: the disconnect goes up, with all of its data done. */
	turns(50);
	block = take_back(0, &state);
	CU_ASSERT_PTR_EQUAL(block->send_chain, &io[2]);
	CU_ASSERT_EQUAL(io[2].done, BYTES);
	CU_ASSERT_EQUAL(state.state, TCP_FIN_WAIT_1);
	chimney_flow_uploaded(&flow, block->send_chain);
	CU_ASSERT_EQUAL(flow_close(), 0);
	for (rc = -EAGAIN; rc == -EAGAIN; rc = chimney_channel_close(channel))
		world_turn(&world);
	CU_ASSERT_EQUAL(rc, 0);
	for (uint32_t i = 0; i < IOS; i++)
		rte_pktmbuf_free(io[i].mbuf);
	CU_ASSERT_EQUAL(test_pool_in_use(host_pool), 0);
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"SND-1 SND-2 DSC-1 INIT-6 TERM-2 TERM-4 TERM-5 the whole way", test_life},
	};
	struct world_params params;
	int rc;

	world_params_default(&params);
	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0 ||
	        (pool = test_pool_create("host_conn", 4095)) == NULL ||
	        (host_pool = test_pool_create("host", 255)) == NULL)
		return EXIT_FAILURE;
	params.pool = pool;
	if (world_create(&world, &params) != 0)
		return EXIT_FAILURE;
	rc = unit_run("host_conn", tests, RTE_DIM(tests));
	tree_free(&tree);
	if (world_destroy(&world) != 0)
		rc = EXIT_FAILURE;
	return rc;
}
