/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nothing is indicated of a connection before the completion of its initiate (INIT-9, C8), whatever happens to the
 * connection meanwhile, and nobody else waits for that. Real workers, on a virtual clock.
 */
#include <string.h>

#include "control.h"
#include "handle.h"
#include "peer.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "unit.h"
#include "world.h"

#define CONNS 80u /* more than a backlog holds, more than control finishes in a turn */
#define TURNS 200u

static struct world world;
static struct rte_mempool *pool;
static struct tree tree;
static uint64_t neighbor_cell, path_cell, cell[CONNS];
static struct peer peer[CONNS];

static void
start(void)
{
	struct world_params params;

	world_params_default(&params);
	params.conns = CONNS;
	params.pool = pool;
	params.rx_ring_size = 2 * CONNS;
	params.event_ring_size = 256;
	CU_ASSERT_EQUAL_FATAL(world_create(&world, &params), 0);
	neighbor_cell = path_cell = 0;
	memset(cell, 0, sizeof(cell));
}

static void
end(void)
{
	tree_free(&tree);
	world_drop_frames(&world);
	CU_ASSERT_EQUAL(world_destroy(&world), 0);
}

/* Neighbor and path, new or named, and connections from number `first` on. */
static struct offload_block_list *
conns(uint32_t first, uint32_t n)
{
	bool fresh = neighbor_cell == 0;
	struct offload_block_list *root, *path, *conn;
	struct tree_neighbor neighbor;
	struct tree_path usual;
	struct tree_tcp tcp;

	root = tree_block(
	        &tree, fresh ? OFFLOAD_NEIGHBOR_ALL : OFFLOAD_NEIGHBOR_BLOCK, &neighbor_cell);
	path = tree_block(&tree, fresh ? OFFLOAD_PATH4_ALL : OFFLOAD_PATH4_BLOCK, &path_cell);
	tree_usual_neighbor(&neighbor, 0);
	tree_usual_path(&usual, 0, 4);
	if (fresh) {
		tree_fill_neighbor(root, &neighbor);
		tree_fill_path(path, &usual);
	}
	tree_add_dependent(root, path);
	for (uint32_t i = first; i < first + n; i++) {
		conn = tree_block(&tree, OFFLOAD_TCP_ALL, &cell[i]);
		tree_usual_tcp(&tcp, i, OFFLOAD_SERVICE_SINK);
		tree_fill_tcp(conn, &tcp);
		conn->offload_handle = &cell[i];
		tree_add_dependent(path, conn);
		peer_init(&peer[i], &usual, &tcp);
	}
	return root;
}

static void
initiate(struct offload_block_list *root)
{
	CU_ASSERT_EQUAL_FATAL(world_submit(&world, 0, CHIMNEY_INITIATE, root), 0);
}

/* The peer of a connection closes it, or resets it. */
static void
peer_ends(uint32_t i, bool reset)
{
	struct rte_mbuf *mbuf = reset ? peer_reset(&peer[i], pool) : peer_fin(&peer[i], pool);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	CU_ASSERT_FATAL(test_port_write(&world.wire[0], 0, mbuf));
}

static void
workers_turn(uint32_t turns)
{
	for (uint32_t i = 0; i < turns; i++)
		for (uint32_t w = 0; w < world.params.workers; w++)
			world_step(&world, WORLD_WORKER(w));
}

static uint32_t
read_all(struct chimney_record *records, uint32_t n)
{
	uint32_t all = 0;

	while (all < n && chimney_poll(world.host[0], &records[all], 1) == 1)
		all++;
	return all;
}

/* A FIN, or a reset, arrives when the connection lives and its initiate has not completed. */
static void
test_ends_at_once(void)
{
	for (uint32_t reset = 0; reset < 2; reset++) {
		struct chimney_record record[8];
		struct offload_block_list *root;

		start();
		root = conns(0, 1);
		initiate(root);
		world_step(&world, WORLD_CONTROL);
		workers_turn(4);
		peer_ends(0, reset);
		workers_turn(8);
		CU_ASSERT_EQUAL(read_all(record, 8), 0);
		for (uint32_t i = 0; i < 20; i++)
			world_turn(&world);
		CU_ASSERT_EQUAL_FATAL(read_all(record, 8), 2);
		CU_ASSERT_EQUAL(record[0].kind, CHIMNEY_COMPLETION);
		CU_ASSERT_PTR_EQUAL(record[0].root, root);
		CU_ASSERT_EQUAL(record[1].kind, reset ? CHIMNEY_ABORT : CHIMNEY_DISCONNECT);
		CU_ASSERT_PTR_EQUAL(record[1].handle, &cell[0]);
		end();
	}
}

/* Both, one behind the other, keep their order. */
static void
test_order_of_a_connection(void)
{
	struct chimney_record record[8];

	start();
	initiate(conns(0, 1));
	world_step(&world, WORLD_CONTROL);
	workers_turn(4);
	peer_ends(0, false);
	workers_turn(4);
	peer_ends(0, true);
	workers_turn(8);
	CU_ASSERT_EQUAL(read_all(record, 8), 0);
	for (uint32_t i = 0; i < 20; i++)
		world_turn(&world);
	CU_ASSERT_EQUAL_FATAL(read_all(record, 8), 3);
	CU_ASSERT_EQUAL(record[0].kind, CHIMNEY_COMPLETION);
	CU_ASSERT_EQUAL(record[1].kind, CHIMNEY_DISCONNECT);
	CU_ASSERT_EQUAL(record[2].kind, CHIMNEY_ABORT);
	end();
}

/* Connection number `from` or a later one that this worker owns. */
static uint32_t
owned(uint32_t from, uint32_t worker)
{
	uint32_t i = from;

	while (toe_handle_worker(cell[i]) != worker)
		i++;
	return i;
}

/* What another initiate has offloaded is indicated while one that was started before is in progress. */
static void
test_others_pass(void)
{
	struct offload_block_list *first, *second;
	struct chimney_record record[8];
	uint64_t learned[CONNS];
	uint32_t late, quick;

	/* the same once before, to learn who owns what */
	start();
	CU_ASSERT(world_request(&world, 0, CHIMNEY_INITIATE, conns(0, 16), NULL, TURNS));
	memcpy(learned, cell, sizeof(learned));
	late = owned(0, 0);
	quick = owned(late + 1, 0);
	end();
	start();
	CU_ASSERT(world_request(&world, 0, CHIMNEY_INITIATE, conns(20, 1), NULL, TURNS));
	/* the first names connections of both workers; the second one does not answer */
	first = conns(late, 1);
	for (uint32_t i = 0; i < 16; i++)
		if (toe_handle_worker(learned[i]) == 1)
			tree_add_next(first->dependent_block_list->dependent_block_list,
			        conns(i, 1)->dependent_block_list->dependent_block_list);
	second = conns(quick, 1);
	initiate(first);
	world_step(&world, WORLD_CONTROL);
	initiate(second);
	for (uint32_t i = 0; i < 20; i++) {
		world_step(&world, WORLD_CONTROL);
		world_step(&world, WORLD_WORKER(0));
	}
	peer_ends(late, true);
	peer_ends(quick, true);
	for (uint32_t i = 0; i < 20; i++) {
		world_step(&world, WORLD_CONTROL);
		world_step(&world, WORLD_WORKER(0));
	}
	CU_ASSERT_EQUAL_FATAL(read_all(record, 8), 2);
	CU_ASSERT_EQUAL(record[0].kind, CHIMNEY_COMPLETION);
	CU_ASSERT_PTR_EQUAL(record[0].root, second);
	CU_ASSERT_EQUAL(record[1].kind, CHIMNEY_ABORT);
	CU_ASSERT_PTR_EQUAL(record[1].handle, &cell[quick]);
	for (uint32_t i = 0; i < 40; i++)
		world_turn(&world);
	CU_ASSERT_EQUAL_FATAL(read_all(record, 8), 2);
	CU_ASSERT_PTR_EQUAL(record[0].root, first);
	CU_ASSERT_PTR_EQUAL(record[1].handle, &cell[late]);
	end();
}

/* As many as a backlog holds, read behind the completion, each once. */
static void
test_many(void)
{
	static struct chimney_record record[2 * CONNS];
	uint32_t n, seen[CONNS] = {0};

	start();
	initiate(conns(0, CONNS));
	for (uint32_t i = 0; i < 20; i++) /* all is sent, no answer has come */
		world_step(&world, WORLD_CONTROL);
	workers_turn(60);
	for (uint32_t i = 0; i < CONNS; i++)
		peer_ends(i, false);
	workers_turn(60);
	CU_ASSERT_EQUAL(read_all(record, 8), 0);
	for (uint32_t i = 0; i < 100; i++)
		world_turn(&world);
	n = read_all(record, 2 * CONNS);
	CU_ASSERT_FATAL(n > CONNS / 2);
	CU_ASSERT_EQUAL(record[0].kind, CHIMNEY_COMPLETION);
	for (uint32_t i = 1; i < n; i++) {
		CU_ASSERT_EQUAL_FATAL(record[i].kind, CHIMNEY_DISCONNECT);
		seen[(uint64_t *)record[i].handle - cell]++;
	}
	for (uint32_t i = 0; i < CONNS; i++)
		CU_ASSERT(seen[i] <= 1);
	end();
}

/* A connection that is named by an invalidate, and indicated, after its initiate; and one that leaves. */
static void
test_afterwards(void)
{
	struct offload_block_list *stop, *all;
	struct chimney_record record[8];

	start();
	CU_ASSERT(world_request(&world, 0, CHIMNEY_INITIATE, conns(0, 2), NULL, TURNS));
	stop = tree_block(&tree, OFFLOAD_TCP_BLOCK, &cell[0]);
	CU_ASSERT(world_request(&world, 0, CHIMNEY_INVALIDATE, stop, NULL, TURNS));
	for (uint32_t i = 0; i < 300; i++) {
		world_advance(&world, WORLD_MS);
		world_turn(&world);
	}
	CU_ASSERT_EQUAL_FATAL(read_all(record, 8), 1);
	CU_ASSERT_EQUAL(record[0].kind, CHIMNEY_RETRIEVE);
	for (uint32_t i = 0; i < 2; i++) {
		all = tree_block(&tree, OFFLOAD_TCP_BLOCK, &cell[i]);
		CU_ASSERT(world_request(&world, 0, CHIMNEY_TERMINATE, all, NULL, TURNS));
		CU_ASSERT_EQUAL(all->status, OFFLOAD_SUCCESS);
	}
	end();
}

/* A loss is told when no initiate of the host is between the first object that comes alive and its completion. */
static void
test_loss_while_settling(void)
{
	struct chimney_record record[8];
	struct control *control;

	start();
	control = control_of(world.target);
	CU_ASSERT(world_request(&world, 0, CHIMNEY_INITIATE, conns(0, 16), NULL, TURNS));
	CU_ASSERT_EQUAL(world.target->hosts[0].settling, 0);
	world.target->hosts[0].settling = 1;
	worker_lose(&control->workers, 0, control->requests.sequence);
	for (uint32_t i = 0; i < 20; i++)
		world_step(&world, WORLD_CONTROL);
	CU_ASSERT_EQUAL(read_all(record, 8), 0);
	world.target->hosts[0].settling = 0;
	for (uint32_t i = 0; i < 20; i++)
		world_step(&world, WORLD_CONTROL);
	CU_ASSERT_FATAL(read_all(record, 8) >= 2);
	CU_ASSERT_EQUAL(record[0].kind, CHIMNEY_RETRIEVE);
	CU_ASSERT_EQUAL(record[1].kind, CHIMNEY_ABORT);
	end();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C8 INIT-9 an end that comes at once", test_ends_at_once},
	        {"C8 INIT-9 EVT-1 two indications of a connection", test_order_of_a_connection},
	        {"C8 INIT-9 others do not wait", test_others_pass},
	        {"C8 INIT-9 EVT-4 many", test_many},
	        {"C8 INIT-9 INV-9 after the completion", test_afterwards},
	        {"C8 INIT-9 INV-14 a loss", test_loss_while_settling},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(128) != 0 ||
	        (pool = test_pool_create("order", 2047)) == NULL)
		return EXIT_FAILURE;
	return unit_run("order", tests, RTE_DIM(tests));
}
