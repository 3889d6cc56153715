/* SPDX-License-Identifier: BSD-3-Clause */
/* The population that malformed trees are thrown at, what happened to it, and the traffic beside it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "malformed.h"

#define MAL_TURNS 500u

void
mal_wrong(struct malformed *mal, const char *format, ...)
{
	va_list arguments;

	if (mal->wrong[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(mal->wrong, sizeof(mal->wrong), format, arguments);
	va_end(arguments);
}

static void
objects_init(struct malformed *mal)
{
	for (uint32_t i = 0; i < MAL_NEIGHBORS; i++)
		mal->neighbor[i].layer = OFFLOAD_LAYER_NEIGHBOR;
	for (uint32_t i = 0; i < MAL_PATHS; i++) {
		mal->path[i].layer = OFFLOAD_LAYER_PATH;
		mal->path[i].family = i % 2 ? 6 : 4;
		mal->path[i].parent = i % MAL_NEIGHBORS;
	}
	for (uint32_t i = 0; i < MAL_CONNS; i++) {
		mal->conn[i].layer = OFFLOAD_LAYER_TCP;
		mal->conn[i].parent = i % MAL_PATHS;
	}
}

/* Host 1: a neighbor, a path and sources that never end. */
static bool
others_create(struct malformed *mal)
{
	struct offload_block_list *neighbor, *path, *conn;
	struct tree_neighbor neighbor_state;
	struct tree_path path_state;
	struct tree_tcp tcp;

	tree_usual_neighbor(&neighbor_state, 200);
	tree_usual_path(&path_state, 200, 4);
	neighbor = tree_block(&mal->others, OFFLOAD_NEIGHBOR_ALL, &mal->other_cell[0]);
	tree_fill_neighbor(neighbor, &neighbor_state);
	path = tree_block(&mal->others, OFFLOAD_PATH4_ALL, &mal->other_cell[1]);
	tree_fill_path(path, &path_state);
	tree_add_dependent(neighbor, path);
	for (uint32_t i = 0; i < MAL_OTHERS; i++) {
		tree_usual_tcp(&tcp, 200 + i, OFFLOAD_SERVICE_SOURCE);
		tcp.remote_mss = 100;
		tcp.snd_wnd = tcp.cwnd = 400;
		conn = tree_block(&mal->others, OFFLOAD_TCP_ALL, &mal->other_cell[2 + i]);
		tree_fill_tcp(conn, &tcp);
		tree_add_dependent(path, conn);
		peer_init(&mal->peer[i], &path_state, &tcp);
	}
	return world_request(&mal->world, 1, CHIMNEY_INITIATE, neighbor, NULL, MAL_TURNS) &&
	       neighbor->status == OFFLOAD_SUCCESS;
}

bool
mal_create(struct malformed *mal, struct rte_mempool *pool)
{
	struct world_params params;

	world_params_default(&params);
	params.hosts = 2;
	params.conns = 64;
	params.retrieve_delay_ms = 3600 * 1000; /* no RETRIEVE in this test */
	params.max_tree_blocks = MAL_LONGEST;
	params.pool = pool;
	if (world_create(&mal->world, &params) != 0)
		return false;
	objects_init(mal);
	if (!others_create(mal)) {
		mal_wrong(mal, "the bystanders cannot be offloaded");
		return false;
	}
	/* twice, so that every object has a handle of a former life */
	mal_restore(mal);
	mal_restore(mal);
	return mal->wrong[0] == '\0';
}

/* One request over all objects of host 0 that are live, or (initiate) that shall be. */
static void
population_request(struct malformed *mal, enum chimney_request kind)
{
	static const uint8_t types[][3] = {
	        [CHIMNEY_INITIATE] = {OFFLOAD_NEIGHBOR_ALL, OFFLOAD_PATH4_ALL, OFFLOAD_TCP_ALL},
	        [CHIMNEY_TERMINATE] = {OFFLOAD_NEIGHBOR_BLOCK, OFFLOAD_PATH4_BLOCK,
	                OFFLOAD_TCP_DELEGATED},
	};
	struct tree tree = {0};
	struct offload_block_list *root = NULL, *neighbor, *path, *conn;
	struct tree_neighbor neighbor_state;
	struct tree_path path_state;
	struct tree_tcp tcp;

	for (uint32_t n = 0; n < MAL_NEIGHBORS; n++) {
		if (kind == CHIMNEY_INITIATE && n == MAL_SPARE_NEIGHBOR)
			continue;
		neighbor = tree_block(&tree, types[kind][0],
		        mal->neighbor[n].cell || kind == CHIMNEY_INITIATE ? &mal->neighbor[n].cell
		                                                          : NULL);
		tree_usual_neighbor(&neighbor_state, n);
		tree_fill_neighbor(neighbor, &neighbor_state);
		if (root == NULL)
			root = neighbor;
		else
			tree_add_next(root, neighbor);
		for (uint32_t p = n; p < MAL_PATHS; p += MAL_NEIGHBORS) {
			path = tree_block(&tree,
			        tree_path_type(mal->path[p].family, types[kind][1]),
			        mal->path[p].cell || kind == CHIMNEY_INITIATE ? &mal->path[p].cell
			                                                      : NULL);
			tree_usual_path(&path_state, p, mal->path[p].family);
			tree_fill_path(path, &path_state);
			tree_add_dependent(neighbor, path);
			for (uint32_t c = p; c < MAL_CONNS; c += MAL_PATHS) {
				if (kind == CHIMNEY_TERMINATE && mal->conn[c].cell == 0)
					continue;
				conn = tree_block(&tree, types[kind][2], &mal->conn[c].cell);
				tree_usual_tcp(&tcp, c, OFFLOAD_SERVICE_SINK);
				tree_fill_tcp(conn, &tcp);
				tree_add_dependent(path, conn);
			}
		}
	}
	if (!world_request(&mal->world, 0, kind, root, NULL, MAL_TURNS))
		mal_wrong(
		        mal, "%s of the population does not complete", chimney_request_name(kind));
	for (const struct offload_block_list *b = root; b != NULL; b = b->next_block)
		if (b->status != OFFLOAD_SUCCESS)
			mal_wrong(mal, "%s of the population reads %s", chimney_request_name(kind),
			        offload_status_name(b->status));
	tree_free(&tree);
}

static void
objects_sync(struct mal_object *objects, uint32_t count, bool gone)
{
	for (uint32_t i = 0; i < count; i++) {
		if (gone && objects[i].cell != 0) {
			objects[i].stale = objects[i].cell;
			objects[i].cell = 0;
		}
		objects[i].live = objects[i].cell != 0;
	}
}

static void
all_sync(struct malformed *mal, bool gone)
{
	objects_sync(mal->neighbor, MAL_NEIGHBORS, gone);
	objects_sync(mal->path, MAL_PATHS, gone);
	objects_sync(mal->conn, MAL_CONNS, gone);
}

static void
drop_dead(struct malformed *mal, struct mal_object *objects, uint32_t count)
{
	struct chimney_object_view view;

	for (uint32_t i = 0; i < count; i++) {
		if (objects[i].cell == 0 ||
		        chimney_object_look(mal->world.target, objects[i].cell, &view))
			continue;
		objects[i].stale = objects[i].cell;
		objects[i].cell = 0;
	}
}

void
mal_restore(struct malformed *mal)
{
	drop_dead(mal, mal->neighbor, MAL_NEIGHBORS);
	drop_dead(mal, mal->path, MAL_PATHS);
	drop_dead(mal, mal->conn, MAL_CONNS);
	population_request(mal, CHIMNEY_TERMINATE);
	all_sync(mal, true);
	population_request(mal, CHIMNEY_INITIATE);
	all_sync(mal, false);
}

bool
mal_destroy(struct malformed *mal)
{
	const struct chimney_stats *stats = chimney_stats(mal->world.target);

	population_request(mal, CHIMNEY_TERMINATE);
	if (mal->wrong[0] == '\0' && stats->connections != MAL_OTHERS)
		mal_wrong(mal, "%lu connections are offloaded at the end, %u are known",
		        (unsigned long)stats->connections, MAL_OTHERS);
	world_drop_frames(&mal->world);
	tree_free(&mal->others);
	if (world_destroy(&mal->world) != 0)
		mal_wrong(mal, "mbufs leaked");
	return mal->wrong[0] == '\0';
}

static void
peers_read(struct malformed *mal)
{
	struct peer_frame frame;
	struct rte_mbuf *mbuf;

	while (test_port_waiting(&mal->world.wire[0]) > 0) {
		if (test_port_read(&mal->world.wire[0], &mbuf, 1) == 0)
			continue;
		const char *wrong = peer_frame_read(mbuf, &frame);

		if (wrong != NULL)
			mal_wrong(mal, "frame of a bystander: %s", wrong);
		for (uint32_t i = 0; wrong == NULL && i < MAL_OTHERS; i++)
			if (peer_owns(&mal->peer[i], &frame))
				wrong = peer_receive(&mal->peer[i], &frame);
		if (wrong != NULL)
			mal_wrong(mal, "bystander: %s", wrong);
		rte_pktmbuf_free(mbuf);
	}
}

bool
mal_traffic(struct malformed *mal)
{
	uint32_t before[MAL_OTHERS], progressed = 0;

	for (uint32_t i = 0; i < MAL_OTHERS; i++)
		before[i] = mal->peer[i].data_frames;
	for (uint32_t turn = 0; turn < 50 && progressed < MAL_OTHERS; turn++) {
		peers_read(mal);
		progressed = 0;
		for (uint32_t i = 0; i < MAL_OTHERS; i++) {
			struct rte_mbuf *ack = NULL;

			progressed += mal->peer[i].data_frames != before[i];
			if (mal->peer[i].ack_owed)
				ack = peer_ack(&mal->peer[i], mal->world.params.pool);
			if (ack != NULL && !test_port_write(&mal->world.wire[0], 0, ack))
				rte_pktmbuf_free(ack);
		}
		world_turn(&mal->world);
	}
	return progressed == MAL_OTHERS;
}

/* The cached value that an update of the generator changes, read back by a query. */
static bool
update_effect(struct malformed *mal, const struct mal_block *at)
{
	static const uint8_t types[] = {[OFFLOAD_LAYER_NEIGHBOR] = OFFLOAD_NEIGHBOR_CACHED,
	        [OFFLOAD_LAYER_PATH] = OFFLOAD_PATH4_CACHED,
	        [OFFLOAD_LAYER_TCP] = OFFLOAD_TCP_CACHED};
	struct tree tree = {0};
	uint64_t cell = at->object->cell;
	struct offload_block_list *block;
	bool changed = false;
	const void *cached;
	uint8_t type = types[at->layer];

	if (at->layer == OFFLOAD_LAYER_PATH)
		type = tree_path_type(at->object->family, type);
	block = tree_block(&tree, type, &cell);
	if (!world_request(&mal->world, 0, CHIMNEY_QUERY, block, NULL, MAL_TURNS) ||
	        block->status != OFFLOAD_SUCCESS)
		mal_wrong(
		        mal, "query after an update reads %s", offload_status_name(block->status));
	cached = offload_block_cached(block);
	if (at->layer == OFFLOAD_LAYER_NEIGHBOR)
		changed = ((const struct neighbor_cached *)cached)->destination_mac[3] == 0x77;
	else if (at->layer == OFFLOAD_LAYER_PATH)
		changed = ((const struct path_cached *)cached)->path_mtu == 1400;
	else
		changed = ((const struct tcp_cached *)cached)->ttl == 33;
	tree_free(&tree);
	return changed;
}

static bool
query_effect(const struct mal_block *at)
{
	const uint8_t *state = (const uint8_t *)(at->block + 1);
	size_t size = offload_block_size(at->block->header.type);

	for (size_t i = 0; i + sizeof(*at->block) < size; i++)
		if (state[i] != 0)
			return true;
	return false;
}

bool
mal_effect(struct malformed *mal, const struct mal_tree *tree, const struct mal_block *at)
{
	struct chimney_object_view view;
	bool found = at->object->cell != 0 &&
	             chimney_object_look(mal->world.target, at->object->cell, &view);

	if (tree->kind == CHIMNEY_QUERY)
		return query_effect(at);
	if (tree->kind == CHIMNEY_INITIATE)
		return found;
	if (tree->kind == CHIMNEY_TERMINATE)
		return !found;
	if (!found)
		mal_wrong(mal, "an object is gone after a request that does not terminate");
	if (!found)
		return false;
	return tree->kind == CHIMNEY_UPDATE ? update_effect(mal, at) : !view.valid;
}
