/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmark as host stack: the trees that offload, relink and terminate its groups. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include "rng.h"
#include "tree.h"

#define BATCH 32768u /* connections in one request */
#define PATIENCE_NS (UINT64_C(60000) * BENCH_NS_PER_MS)
#define SRTT_MS                                                                                    \
	60000u /* RTO of a connection whose peer lets it wait: no retransmissions, no probes */

/* Blocks of one request, all of the size of the largest kind. */
struct arena {
	uint32_t count;
	uint8_t *memory;
};

static struct offload_block_list *
block_at(const struct arena *arena, uint32_t i)
{
	return (void *)(arena->memory + (size_t)i * offload_block_size(OFFLOAD_TCP_ALL));
}

static struct arena
arena_open(struct bench *bench)
{
	struct arena arena = {0};

	if (bench->arena == NULL)
		bench->arena = aligned_alloc(
		        64, RTE_ALIGN_CEIL((BATCH + BENCH_GROUP_PATHS + 1) *
		                                   offload_block_size(OFFLOAD_TCP_ALL),
		                    64));
	if (bench->arena == NULL)
		bench_fail("no memory for a request of %u blocks", BATCH);
	arena.memory = bench->arena;
	return arena;
}

static struct offload_block_list *
block_new(struct arena *arena, uint8_t type, uint64_t *cell)
{
	struct offload_block_list *block = block_at(arena, arena->count++);
	size_t size = offload_block_size(type);

	memset(block, 0, size);
	block->header.type = type;
	block->header.revision = OFFLOAD_BLOCK_REVISION;
	block->header.size = (uint16_t)size;
	block->offload_context = cell;
	block->status = OFFLOAD_PENDING;
	return block;
}

static void
add_dependent(struct offload_block_list *parent, struct offload_block_list *block)
{
	block->next_block = parent->dependent_block_list;
	parent->dependent_block_list = block;
}

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

/* Submit, wait, and insist on success of every block. */
static void
request(struct bench *bench, enum chimney_request kind, const struct arena *arena)
{
	struct offload_block_list *root = block_at(arena, 0);
	uint64_t end = bench_now(&bench->clock) + PATIENCE_NS;
	struct chimney_record record;

	if (world_submit(&bench->world, 0, kind, root) != 0)
		bench_fail("%s was not accepted", chimney_request_name(kind));
	while (bench_turn(bench, &record, 1) == 0)
		if (bench->turn_ns > end)
			bench_fail("%s does not complete", chimney_request_name(kind));
	if (record.kind != CHIMNEY_COMPLETION || record.root != root)
		bench_fail("a record of kind %u instead of the completion of %s", record.kind,
		        chimney_request_name(kind));
	for (uint32_t i = 0; i < arena->count; i++)
		if (block_at(arena, i)->status != OFFLOAD_SUCCESS)
			bench_fail("%s: block %u of %u: %s", chimney_request_name(kind), i,
			        arena->count, offload_status_name(block_at(arena, i)->status));
}

static struct offload_block_list *
neighbor_new(struct bench *bench, struct arena *arena, uint64_t *cell)
{
	struct offload_block_list *block = block_new(arena, OFFLOAD_NEIGHBOR_ALL, cell);
	struct tree_neighbor neighbor;

	*cell = 0;
	tree_usual_neighbor(&neighbor, bench->neighbors_made++);
	tree_fill_neighbor(block, &neighbor);
	return block;
}

void
group_offload(struct bench *bench, struct group *group)
{
	struct arena arena = arena_open(bench);
	struct offload_block_list *root =
	        neighbor_new(bench, &arena, &group->neighbor_cell[group->present]);

	for (uint32_t i = 0; i < group->paths; i++) {
		struct offload_block_list *block;
		struct tree_path path;

		group->path_cell[i] = 0;
		block = block_new(&arena, OFFLOAD_PATH4_ALL, &group->path_cell[i]);
		tree_usual_path(&path, group->first_path + i, 4);
		tree_fill_path(block, &path);
		add_dependent(root, block);
	}
	request(bench, CHIMNEY_INITIATE, &arena);
	group->stop_block.header.type = OFFLOAD_NEIGHBOR_BLOCK;
	group->stop_block.header.revision = OFFLOAD_BLOCK_REVISION;
	group->stop_block.header.size = sizeof(group->stop_block);
}

/* Connections of the group in an order that has nothing to do with their numbers. */
static void
shuffle(struct bench *bench, const struct group *group)
{
	static struct rng rng = {.state = 20260101};

	for (uint32_t i = 0; i < group->conns; i++) {
		uint32_t j = rng_below(&rng, i + 1);

		bench->order[i] = bench->order[j];
		bench->order[j] = group->first_conn + i;
	}
}

static void
tcp_new(struct bench *bench, struct arena *arena, const struct group *group, uint32_t conn,
        struct offload_block_list **paths)
{
	struct offload_block_list *block = block_new(arena, OFFLOAD_TCP_ALL, &bench->cell[conn]);
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
	add_dependent(paths[i % group->paths], block);
}

void
group_connect(struct bench *bench, struct group *group)
{
	shuffle(bench, group);
	for (uint32_t done = 0; done < group->conns;) {
		struct offload_block_list *paths[BENCH_GROUP_PATHS], *root;
		uint32_t end = RTE_MIN(done + BATCH, group->conns);
		struct arena arena = arena_open(bench);

		root = block_new(
		        &arena, OFFLOAD_NEIGHBOR_BLOCK, &group->neighbor_cell[group->present]);
		for (uint32_t i = 0; i < group->paths; i++)
			paths[i] = block_new(&arena, OFFLOAD_PATH4_BLOCK, &group->path_cell[i]);
		for (; done < end; done++)
			tcp_new(bench, &arena, group, bench->order[done], paths);
		for (uint32_t i = 0; i < group->paths; i++) {
			/* A linker without dependents has no place in a tree. */
			if (paths[i]->dependent_block_list != NULL)
				add_dependent(root, paths[i]);
			else
				paths[i]->status = OFFLOAD_SUCCESS;
		}
		request(bench, CHIMNEY_INITIATE, &arena);
	}
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

void
group_disconnect(struct bench *bench, struct group *group)
{
	shuffle(bench, group);
	for (uint32_t done = 0; done < group->conns;) {
		uint32_t end = RTE_MIN(done + BATCH, group->conns);
		struct offload_block_list *last = NULL;
		struct arena arena = arena_open(bench);

		for (; done < end; done++) {
			struct offload_block_list *block = block_new(
			        &arena, OFFLOAD_TCP_DELEGATED, &bench->cell[bench->order[done]]);

			if (last != NULL)
				last->next_block = block;
			last = block;
		}
		request(bench, CHIMNEY_TERMINATE, &arena);
	}
	worker_loop_call(&bench->loop, call_forget, group);
}

void
group_relink(struct bench *bench, struct group *group)
{
	uint64_t *old = &group->neighbor_cell[group->present];
	uint64_t *new = &group->neighbor_cell[1 - group->present];
	struct arena arena = arena_open(bench);
	struct offload_block_list *root;

	neighbor_new(bench, &arena, new);
	request(bench, CHIMNEY_INITIATE, &arena);
	arena = arena_open(bench);
	root = block_new(&arena, OFFLOAD_NEIGHBOR_BLOCK, new);
	for (uint32_t i = 0; i < group->paths; i++)
		add_dependent(root, block_new(&arena, OFFLOAD_PATH4_BLOCK, &group->path_cell[i]));
	request(bench, CHIMNEY_UPDATE, &arena);
	arena = arena_open(bench);
	block_new(&arena, OFFLOAD_NEIGHBOR_BLOCK, old);
	request(bench, CHIMNEY_TERMINATE, &arena);
	group->present = 1 - group->present;
}
