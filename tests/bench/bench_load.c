/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmark as host stack: the trees that offload, relink and terminate its groups. */
#include "bench.h"
#include "bench_tree.h"

#include "rng.h"
#include "tree.h"

#define SRTT_MS                                                                                    \
	60000u /* RTO of a connection whose peer lets it wait: no retransmissions, no probes */

unsigned int
bench_turn(struct bench *bench, struct chimney_record *records, unsigned int n)
{
	bench->turn_ns = bench_now(&bench->clock);
	chimney_control_poll(bench->world.target, bench->turn_ns);
	return chimney_poll(bench->world.host[0], records, n);
}

void
bench_wait(struct bench *bench, uint64_t ns)
{
	uint64_t end = bench_now(&bench->clock) + ns;
	struct chimney_record record;

	do {
		if (bench_turn(bench, &record, 1) != 0)
			bench_fail("a record of kind %u that nobody waits for", record.kind);
	} while (bench->turn_ns < end);
}

static struct offload_block_list *
neighbor_new(struct bench *bench, struct bench_tree *tree, uint64_t *cell)
{
	struct offload_block_list *block = bench_tree_block(tree, OFFLOAD_NEIGHBOR_ALL, cell);
	struct tree_neighbor neighbor;

	*cell = 0;
	tree_usual_neighbor(&neighbor, bench->neighbors_made++);
	tree_fill_neighbor(block, &neighbor);
	return block;
}

void
group_offload(struct bench *bench, struct group *group)
{
	struct bench_tree tree = bench_tree_open(bench);
	struct offload_block_list *root =
	        neighbor_new(bench, &tree, &group->neighbor_cell[group->present]);

	for (uint32_t i = 0; i < group->paths; i++) {
		struct offload_block_list *block;
		struct tree_path path;

		group->path_cell[i] = 0;
		block = bench_tree_block(&tree, OFFLOAD_PATH4_ALL, &group->path_cell[i]);
		tree_usual_path(&path, group->first_path + i, 4);
		tree_fill_path(block, &path);
		bench_tree_hang(root, block);
	}
	bench_tree_request(bench, CHIMNEY_INITIATE, &tree);
	group->stop_block.header.type = OFFLOAD_NEIGHBOR_BLOCK;
	group->stop_block.header.revision = OFFLOAD_BLOCK_REVISION;
	group->stop_block.header.size = sizeof(group->stop_block);
}

void
group_shuffle(struct bench *bench, const struct group *group)
{
	static struct rng rng = {.state = 20260101};

	for (uint32_t i = 0; i < group->conns; i++) {
		uint32_t j = rng_below(&rng, i + 1);

		bench->order[i] = bench->order[j];
		bench->order[j] = group->first_conn + i;
	}
}

static void
tcp_new(struct bench *bench, struct bench_tree *tree, const struct group *group, uint32_t conn,
        struct offload_block_list **paths)
{
	struct offload_block_list *block =
	        bench_tree_block(tree, OFFLOAD_TCP_ALL, &bench->cell[conn]);
	uint32_t i = conn - group->first_conn;
	struct tcp_delegated *delegated;
	struct tree_tcp tcp;

	bench->cell[conn] = 0;
	tree_usual_tcp(&tcp, i / group->paths, OFFLOAD_SERVICE_SOURCE);
	tcp.snd_wnd = group->number == 0 ? WIRE_WINDOW : WIRE_SEGMENT;
	tree_fill_tcp(block, &tcp);
	block->offload_handle = (void *)((uintptr_t)conn + 1);
	delegated = offload_block_delegated(block);
	if (bench->closed)
		delegated->snd_wnd = 0;
	if (bench->closed || group->number != 0)
		delegated->srtt = SRTT_MS * 8;
	bench_tree_hang(paths[i % group->paths], block);
}

double
group_connect_some(struct bench *bench, struct group *group, uint32_t first, uint32_t n)
{
	struct offload_block_list *paths[BENCH_GROUP_PATHS], *root;
	struct bench_tree tree = bench_tree_open(bench);

	root = bench_tree_block(
	        &tree, OFFLOAD_NEIGHBOR_BLOCK, &group->neighbor_cell[group->present]);
	for (uint32_t i = 0; i < group->paths; i++)
		paths[i] = bench_tree_block(&tree, OFFLOAD_PATH4_BLOCK, &group->path_cell[i]);
	for (uint32_t i = first; i < first + n; i++)
		tcp_new(bench, &tree, group, bench->order[i], paths);
	for (uint32_t i = 0; i < group->paths; i++) {
		/* A linker without dependents has no place in a tree. */
		if (paths[i]->dependent_block_list != NULL)
			bench_tree_hang(root, paths[i]);
		else
			paths[i]->status = OFFLOAD_SUCCESS;
	}
	return bench_tree_request(bench, CHIMNEY_INITIATE, &tree);
}

void
group_connect(struct bench *bench, struct group *group)
{
	group_shuffle(bench, group);
	for (uint32_t i = 0; i < group->conns; i += BENCH_TREE_CONNS)
		group_connect_some(bench, group, i, RTE_MIN(BENCH_TREE_CONNS, group->conns - i));
}

/* On the worker's lcore: what was sent by connections that are gone is read, then forgotten. */
static void
call_forget(struct toe_worker *worker, struct wire_peer *peer, void *argument)
{
	const struct group *group = argument;

	while (wire_peer_step(peer) > 0)
		;
	wire_peer_forget(peer, group->number);
}

/* A cached value other than the one before. */
static void
tcp_change(struct bench *bench, struct offload_block_list *block)
{
	struct tcp_cached *cached = offload_block_cached(block);

	cached->max_rt = 1 + bench->changes++ % 1000;
}

double
group_request_some(
        struct bench *bench, enum chimney_request kind, uint8_t type, uint32_t first, uint32_t n)
{
	struct bench_tree tree = bench_tree_open(bench);
	struct offload_block_list *last = NULL;

	for (uint32_t i = first; i < first + n; i++) {
		struct offload_block_list *block =
		        bench_tree_block(&tree, type, &bench->cell[bench->order[i]]);

		if (kind == CHIMNEY_UPDATE)
			tcp_change(bench, block);
		if (last != NULL)
			last->next_block = block;
		last = block;
	}
	return bench_tree_request(bench, kind, &tree);
}

void
group_disconnect(struct bench *bench, struct group *group)
{
	group_shuffle(bench, group);
	for (uint32_t i = 0; i < group->conns; i += BENCH_TREE_CONNS)
		group_request_some(bench, CHIMNEY_TERMINATE, OFFLOAD_TCP_DELEGATED, i,
		        RTE_MIN(BENCH_TREE_CONNS, group->conns - i));
	worker_loop_call(&bench->loop, call_forget, group);
}

void
group_relink(struct bench *bench, struct group *group)
{
	uint64_t *old = &group->neighbor_cell[group->present];
	uint64_t *new = &group->neighbor_cell[1 - group->present];
	struct bench_tree tree = bench_tree_open(bench);
	struct offload_block_list *root;

	neighbor_new(bench, &tree, new);
	bench_tree_request(bench, CHIMNEY_INITIATE, &tree);
	tree = bench_tree_open(bench);
	root = bench_tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, new);
	for (uint32_t i = 0; i < group->paths; i++)
		bench_tree_hang(
		        root, bench_tree_block(&tree, OFFLOAD_PATH4_BLOCK, &group->path_cell[i]));
	bench_tree_request(bench, CHIMNEY_UPDATE, &tree);
	tree = bench_tree_open(bench);
	bench_tree_block(&tree, OFFLOAD_NEIGHBOR_BLOCK, old);
	bench_tree_request(bench, CHIMNEY_TERMINATE, &tree);
	group->present = 1 - group->present;
}
