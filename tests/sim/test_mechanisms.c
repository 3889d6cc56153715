/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Second lines of defence, which no host can reach as long as the first ones hold, and which are therefore
 * tested by hand: a worker checks generations again (CTX-2, toe/state/handle.h), and every change of a path's word
 * bumps its epoch (toe/state/shared.h), so that a word never comes back while frames or walks remember it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "handle.h"
#include "items.h"
#include "stop.h"
#include "test_eal.h"
#include "test_mutant.h"
#include "tree.h"
#include "world.h"

#define TURNS 200u

static struct world world;
static uint64_t neighbor_cell[2], path_cell, conn_cell;
static uint32_t failed;

static void
expect(bool holds, const char *what)
{
	if (holds)
		return;
	printf("FAIL: %s\n", what);
	failed++;
}

/* Two neighbors; a path and a connection on the first. */
static void
offload(void)
{
	struct tree tree = {0};
	struct offload_block_list *neighbors[2], *path, *conn;
	struct tree_neighbor neighbor;
	struct tree_path path_state;
	struct tree_tcp tcp;

	for (uint32_t i = 0; i < 2; i++) {
		neighbors[i] = tree_block(&tree, OFFLOAD_NEIGHBOR_ALL, &neighbor_cell[i]);
		tree_usual_neighbor(&neighbor, i);
		tree_fill_neighbor(neighbors[i], &neighbor);
	}
	path = tree_block(&tree, OFFLOAD_PATH4_ALL, &path_cell);
	tree_usual_path(&path_state, 0, 4);
	tree_fill_path(path, &path_state);
	conn = tree_block(&tree, OFFLOAD_TCP_ALL, &conn_cell);
	tree_usual_tcp(&tcp, 0, OFFLOAD_SERVICE_SINK);
	tree_fill_tcp(conn, &tcp);
	tree_add_next(neighbors[0], neighbors[1]);
	tree_add_dependent(neighbors[0], path);
	tree_add_dependent(path, conn);
	expect(world_request(&world, 0, CHIMNEY_INITIATE, neighbors[0], NULL, TURNS) &&
	                conn->status == OFFLOAD_SUCCESS && neighbors[1]->status == OFFLOAD_SUCCESS,
	        "the objects cannot be offloaded");
	tree_free(&tree);
}

/* An item as it would reach the worker with the generation of a former object. */
static void
check_generations(void)
{
	struct toe_worker *worker = world.worker[toe_handle_worker(conn_cell)];
	struct toe_message message = {.tick_ms = 1};
	uint32_t index = toe_handle_index(conn_cell);
	struct tcp_delegated delegated;
	struct tcp_cached cached = {.ttl = 9};
	struct toe_item item = {
	        .index = index,
	        .cached = &cached,
	        .generation = toe_generation_next(toe_handle_generation(conn_cell)),
	};

	toe_item_update(worker, &message, &item);
	expect(item.status == OFFLOAD_FAILURE && worker->engine.conns[index].ttl != 9,
	        "CTX-2: a worker updates by a stale generation");
	toe_stop_named(worker, &message, &item);
	expect(!(worker->engine.conns[index].flags & TOE_CONN_INVALID),
	        "CTX-2: a worker invalidates by a stale generation");
	item.cached = NULL;
	item.delegated = &delegated;
	toe_item_query(worker, &message, &item);
	expect(item.status == OFFLOAD_FAILURE, "CTX-2: a worker answers to a stale generation");
	toe_item_terminate(worker, &message, &item);
	expect(item.status == OFFLOAD_FAILURE && worker->engine.conns[index].generation != 0,
	        "CTX-2: a worker terminates by a stale generation");
	item.generation = toe_handle_generation(conn_cell);
	toe_item_query(worker, &message, &item);
	expect(item.status == OFFLOAD_SUCCESS, "a worker does not answer to the right generation");
}

static void
relink(uint32_t to)
{
	struct tree tree = {0};
	struct offload_block_list *root =
	        tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, &neighbor_cell[to]);
	struct offload_block_list *path = tree_block(&tree, OFFLOAD_PATH4_BLOCK, &path_cell);

	tree_add_dependent(root, path);
	expect(world_request(&world, 0, CHIMNEY_UPDATE, root, NULL, TURNS) &&
	                path->status == OFFLOAD_SUCCESS,
	        "UPD-2: a relink fails");
	tree_free(&tree);
}

static uint64_t
path_word(void)
{
	return atomic_load(&world.shared.paths[toe_handle_index(path_cell)].word);
}

static void
check_epochs(void)
{
	uint64_t before = path_word();
	uint64_t between;

	relink(1);
	between = path_word();
	expect(toe_path_word_neighbor(between) != toe_path_word_neighbor(before),
	        "UPD-2: a relinked path names its old neighbor");
	relink(0);
	expect(toe_path_word_neighbor(path_word()) == toe_path_word_neighbor(before),
	        "UPD-2: a path is not linked back");
	expect(path_word() != before, "a path's word comes back: its epoch has not changed");
	before = path_word();
	relink(0);
	expect(path_word() == before, "UPD-5: a relink to the present neighbor changes something");
}

/* One more connection on the path; its status. */
static uint32_t
initiate_one(uint32_t number, uint64_t *cell)
{
	struct tree tree = {0};
	struct offload_block_list *linkers[2], *conn;
	struct tree_tcp tcp;
	uint32_t status;

	linkers[0] = tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, &neighbor_cell[0]);
	linkers[1] = tree_block(&tree, OFFLOAD_PATH4_BLOCK, &path_cell);
	conn = tree_block(&tree, OFFLOAD_TCP_ALL, cell);
	tree_usual_tcp(&tcp, number, OFFLOAD_SERVICE_SINK);
	tree_fill_tcp(conn, &tcp);
	tree_add_dependent(linkers[0], linkers[1]);
	tree_add_dependent(linkers[1], conn);
	expect(world_request(&world, 0, CHIMNEY_INITIATE, linkers[0], NULL, TURNS),
	        "an initiate does not complete");
	status = conn->status;
	tree_free(&tree);
	return status;
}

/* C5: a request that a worker has refused is not any other, however many come in between. */
static void
check_refused_ids(void)
{
	static const uint64_t between[] = {1, UINT64_C(1) << 23, UINT64_C(1) << 32};
	uint64_t cells[RTE_DIM(between) + 1] = {0};

	for (uint32_t i = 0; i < RTE_DIM(between); i++) {
		uint64_t refused = control_of(world.target)->requests.sequence + 1;

		expect(initiate_one(0, &cells[RTE_DIM(between)]) == OFFLOAD_CONNECTION_REJECTED,
		        "a tuple is taken twice");
		control_of(world.target)->requests.sequence = refused + between[i] - 1;
		expect(initiate_one(10 + i, &cells[i]) == OFFLOAD_SUCCESS,
		        "C5: a legal initiate is taken for a refused one");
	}
}

/* C5: stop ids are compared over half their range. A stop is not released before it is said so. */
static void
check_stop_ids(void)
{
	struct toe_worker *worker = world.worker[toe_handle_worker(conn_cell)];
	struct toe_item item = {
	        .index = toe_handle_index(conn_cell),
	        .generation = toe_handle_generation(conn_cell),
	};
	struct toe_message message = {.argument = UINT32_C(0x80000007)};

	toe_stop_named(worker, &message, &item);
	expect(item.status == OFFLOAD_SUCCESS && worker->walks[0].named.count == 1 &&
	                (int32_t)(worker->walks[0].released - (uint32_t)message.argument) < 0,
	        "C5: a stop is released before it is due");
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	        {"mutant", required_argument, NULL, 'm'}, {NULL, 0, NULL, 0}};
	struct world_params params;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option != 'm' || !test_mutant(optarg))
			return fprintf(stderr, "usage: %s [--mutant NAME]\n", argv[0]),
			       EXIT_FAILURE;
	world_params_default(&params);
	if (test_eal_start(64) != 0 ||
	        (params.pool = test_pool_create("mechanisms", 511)) == NULL ||
	        world_create(&world, &params) != 0)
		return EXIT_FAILURE;
	offload();
	if (failed == 0)
		check_generations();
	if (failed == 0)
		check_epochs();
	if (failed == 0)
		check_refused_ids();
	if (failed == 0)
		check_stop_ids();
	expect(world_destroy(&world) == 0, "mbufs leaked");
	printf("%u passed, %u failed\n", failed == 0, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
