/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's walks (C4, INV-9, INV-13): the hosts have turns, and a host that does not read holds up itself alone. One real
 * worker on a virtual clock, two hosts.
 */
#include <string.h>

#include "handle.h"
#include "indicate.h"
#include "ordinary.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "tree.h"
#include "unit.h"
#include "walk.h"
#include "world.h"

#define CONNS 700u
#define PATHS 150u
#define NEIGHBORS 4u
#define TURNS 2000u

static struct world world;
static struct rte_mempool *pool;
static struct tree tree;
static uint64_t neighbor[2][NEIGHBORS], path[2][PATHS], conn[2][CONNS];

static void
start(uint32_t delay_ms)
{
	struct world_params params;

	world_params_default(&params);
	params.workers = 1;
	params.hosts = 2;
	params.neighbors = 2 * NEIGHBORS;
	params.paths = 2 * PATHS;
	params.conns = 2 * CONNS;
	params.retrieve_delay_ms = delay_ms;
	params.event_ring_size = 64;
	params.pool = pool;
	CU_ASSERT_EQUAL_FATAL(world_create(&world, &params), 0);
	memset(neighbor, 0, sizeof(neighbor));
	memset(path, 0, sizeof(path));
	memset(conn, 0, sizeof(conn));
}

static void
end(void)
{
	tree_free(&tree);
	world_drop_frames(&world);
	CU_ASSERT_EQUAL(world_destroy(&world), 0);
}

static void
request(uint32_t host, enum chimney_request kind, struct offload_block_list *root)
{
	CU_ASSERT_FATAL(world_request(&world, host, kind, root, NULL, TURNS));
	CU_ASSERT_EQUAL_FATAL(root->status, OFFLOAD_SUCCESS);
}

/* Neighbor 0 of a host with so many paths, each with so many connections. */
static void
offload(uint32_t host, uint32_t paths, uint32_t conns)
{
	struct offload_block_list *root, *below, *top, *last_path = NULL, *last;
	struct tree_neighbor usual_neighbor;
	struct tree_path usual_path;
	struct tree_tcp usual_tcp;

	root = tree_block(&tree, OFFLOAD_NEIGHBOR_ALL, &neighbor[host][0]);
	tree_usual_neighbor(&usual_neighbor, host * NEIGHBORS);
	tree_fill_neighbor(root, &usual_neighbor);
	for (uint32_t p = 0; p < paths; p++) {
		below = tree_block(&tree, OFFLOAD_PATH4_ALL, &path[host][p]);
		tree_usual_path(&usual_path, host * PATHS + p, 4);
		tree_fill_path(below, &usual_path);
		*(p == 0 ? &root->dependent_block_list : &last_path->next_block) = below;
		last_path = below;
		last = NULL;
		for (uint32_t c = 0; c < conns; c++) {
			top = tree_block(&tree, OFFLOAD_TCP_ALL, &conn[host][p * conns + c]);
			tree_usual_tcp(&usual_tcp, c, OFFLOAD_SERVICE_SINK);
			tree_fill_tcp(top, &usual_tcp);
			*(c == 0 ? &below->dependent_block_list : &last->next_block) = top;
			last = top;
		}
	}
	request(host, CHIMNEY_INITIATE, root);
}

/* The first connections of a host, in a list. */
static struct offload_block_list *
names(uint32_t host, uint32_t n)
{
	struct offload_block_list *root = NULL, *last = NULL, *block;

	for (uint32_t i = 0; i < n; i++) {
		block = tree_block(&tree, OFFLOAD_TCP_BLOCK, &conn[host][i]);
		*(i == 0 ? &root : &last->next_block) = block;
		last = block;
	}
	return root;
}

static void
pass_ms(uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i++) {
		world_advance(&world, WORLD_MS);
		world_turn(&world);
	}
}

static uint32_t
retrieves(uint32_t host)
{
	struct chimney_record record;
	uint32_t n = 0;

	while (chimney_poll(world.host[host], &record, 1) == 1)
		n += record.kind == CHIMNEY_RETRIEVE;
	return n;
}

/* Turns until host 1 has read so many RETRIEVEs; TURNS when they do not come. */
static uint32_t
turns_until(uint32_t wanted)
{
	for (uint32_t i = 0; i < TURNS; i++) {
		wanted -= RTE_MIN(wanted, retrieves(1));
		if (wanted == 0)
			return i;
		world_turn(&world);
	}
	return TURNS;
}

static void
test_named(void)
{
	/* the later one is due together with the earlier, or behind it */
	for (uint32_t apart = 0; apart < 2; apart++) {
		start(50);
		offload(0, 1, 300);
		offload(1, 1, 1);
		request(1, CHIMNEY_INVALIDATE, names(1, 1));
		if (apart)
			pass_ms(20);
		request(0, CHIMNEY_INVALIDATE, names(0, 300));
		pass_ms(60);
		CU_ASSERT(turns_until(1) < 20);
		/* the other gets all of its own when it reads */
		for (uint32_t i = 0, read = 0; read < 300; i++) {
			CU_ASSERT_FATAL(i < TURNS);
			read += retrieves(0);
			world_turn(&world);
		}
		CU_ASSERT_EQUAL(retrieves(0), 0);
		end();
	}
}

static void
stop(uint32_t host)
{
	request(host, CHIMNEY_INVALIDATE,
	        tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, &neighbor[host][0]));
}

/* Beside traffic: walks have their pace. The turns of host 1's 640, with and without what host 0 does not read. */
static void
test_paths(void)
{
	uint32_t taken[3];

	for (uint32_t way = 0; way < 3; way++) {
		uint32_t wanted = 640;

		start(0);
		if (way > 0)
			offload(0, way == 1 ? PATHS : 1, way == 1 ? 2 : 300);
		offload(1, 1, 640);
		if (way > 0)
			stop(0);
		pass_ms(200); /* the worker knows of all its walks */
		stop(1);
		for (taken[way] = 0; wanted > 0 && taken[way] < 10 * TURNS; taken[way]++) {
			world_step(&world, WORLD_CONTROL);
			world_advance(&world, 1000);
			toe_worker_ordinary(world.worker[0]);
			toe_worker_walk(world.worker[0], 1000, false);
			toe_indications_post(&world.worker[0]->engine);
			wanted -= RTE_MIN(wanted, retrieves(1));
		}
		CU_ASSERT_EQUAL(wanted, 0);
		end();
	}
	CU_ASSERT(taken[1] <= taken[0] + taken[0] / 4);
	CU_ASSERT(taken[2] <= taken[0] + taken[0] / 4);
}

/* What a relink lets go on needs no room for indications. */
static void
test_resume(void)
{
	struct offload_block_list *root;
	struct tree_neighbor usual;

	start(0);
	offload(0, 2, 300);
	root = tree_block(&tree, OFFLOAD_NEIGHBOR_ALL, &neighbor[0][1]);
	tree_usual_neighbor(&usual, 1);
	tree_fill_neighbor(root, &usual);
	request(0, CHIMNEY_INITIATE, root);
	request(0, CHIMNEY_INVALIDATE, tree_block(&tree, OFFLOAD_PATH4_BLOCK, &path[0][0]));
	pass_ms(5);
	CU_ASSERT(world.worker[0]->walks[0].retrieve.first != TOE_INDEX_NONE);
	/* the other path: stopped, and relinked before its turn can have come; nothing is read */
	root = tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, &neighbor[0][0]);
	CU_ASSERT_EQUAL(world_submit(&world, 0, CHIMNEY_INVALIDATE, root), 0);
	pass_ms(20);
	CU_ASSERT_EQUAL(world.worker[0]->engine.backlog[0].count, TOE_EVENT_BACKLOG);
	root = tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, &neighbor[0][1]);
	tree_add_dependent(root, tree_block(&tree, OFFLOAD_PATH4_BLOCK, &path[0][1]));
	CU_ASSERT_EQUAL(world_submit(&world, 0, CHIMNEY_UPDATE, root), 0);
	pass_ms(20);
	CU_ASSERT_EQUAL(world.worker[0]->walks[0].resume.first, TOE_INDEX_NONE);
	CU_ASSERT_EQUAL(world.worker[0]->paths[toe_handle_index(path[0][1])].walk_op, TOE_OP_NONE);
	end();
}

/* A host that names connections all the time gets the RETRIEVEs of those that are due. */
static void
test_named_again_and_again(void)
{
	start(200);
	offload(0, 1, CONNS);
	for (uint32_t i = 0; i + 3 <= CONNS; i += 3) {
		struct offload_block_list *root = tree_block(&tree, OFFLOAD_TCP_BLOCK, &conn[0][i]);

		tree_add_next(root, tree_block(&tree, OFFLOAD_TCP_BLOCK, &conn[0][i + 1]));
		tree_add_next(root, tree_block(&tree, OFFLOAD_TCP_BLOCK, &conn[0][i + 2]));
		CU_ASSERT_EQUAL(world_submit(&world, 0, CHIMNEY_INVALIDATE, root), 0);
		pass_ms(1);
		retrieves(0);
	}
	/* 233 ms: what was named in the first ones has been due for longer than two passes take */
	pass_ms(20);
	CU_ASSERT(world.worker[0]->engine.stats.indications > 30);
	for (uint32_t i = 0; i < 300; i++) {
		pass_ms(1);
		retrieves(0);
	}
	CU_ASSERT_EQUAL(world.worker[0]->engine.stats.indications, CONNS / 3 * 3);
	CU_ASSERT_EQUAL(world.worker[0]->walk_hosts, 0);
	end();
}

/* A path that changes hands while its old host's walk waits. */
static void
test_path_of_another_life(void)
{
	struct offload_block_list *all, *below;

	start(0);
	offload(0, 3, 100);
	stop(0);
	pass_ms(5);
	all = tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, &neighbor[0][0]);
	for (uint32_t p = 0; p < 3; p++) {
		below = tree_block(&tree, OFFLOAD_PATH4_BLOCK, &path[0][p]);
		tree_add_dependent(all, below);
		below->dependent_block_list =
		        tree_block(&tree, OFFLOAD_TCP_BLOCK, &conn[0][p * 100]);
		for (uint32_t c = 1; c < 100; c++)
			tree_add_dependent(
			        below, tree_block(&tree, OFFLOAD_TCP_BLOCK, &conn[0][p * 100 + c]));
	}
	CU_ASSERT_EQUAL(world_submit(&world, 0, CHIMNEY_TERMINATE, all), 0);
	for (uint32_t i = 0; i < TURNS && all->status != OFFLOAD_SUCCESS; i++)
		world_turn(&world);
	CU_ASSERT_EQUAL_FATAL(all->status, OFFLOAD_SUCCESS);
	offload(1, PATHS, 2);
	stop(1);
	CU_ASSERT(turns_until(2 * PATHS) < TURNS);
	end();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C4 INV-9 named connections of a host that does not read", test_named},
	        {"C4 INV-9 INV-13 paths of a host that does not read", test_paths},
	        {"C4 INV-10 a relink beside RETRIEVEs without room", test_resume},
	        {"C4 INV-9 names without end", test_named_again_and_again},
	        {"C4 INV-9 a path of another life", test_path_of_another_life},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(256) != 0 ||
	        (pool = test_pool_create("walks", 2047)) == NULL)
		return EXIT_FAILURE;
	return unit_run("walks", tests, RTE_DIM(tests));
}
