/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI's host stack with a target that is played here. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "host_bed.h"

struct program program;
static struct event_base *base;
struct turns turns;
struct object_table objects;
struct host_request_table requests;
static _Atomic uint64_t longest;
struct rng rng;

struct played_target target;

static int
take(struct offload_block_list *root)
{
	CU_ASSERT_FATAL(target.count < IN_FLIGHT);
	target.root[target.count++] = root;
	return 0;
}

/* clang-format off */
int chimney_initiate_offload(struct chimney_host *host, struct offload_block_list *root) { return take(root); }
int chimney_query_offload(struct chimney_host *host, struct offload_block_list *root) { return take(root); }
int chimney_update_offload(struct chimney_host *host, struct offload_block_list *root) { return take(root); }
int chimney_invalidate_offload(struct chimney_host *host, struct offload_block_list *root) { return take(root); }
int chimney_terminate_offload(struct chimney_host *host, struct offload_block_list *root) { return take(root); }
/* clang-format on */

const struct chimney_stats *
chimney_stats(const struct chimney *unused)
{
	(void)unused;
	return &target.stats;
}

static void
hang(uint64_t handle, const struct offload_block_list *below)
{
	target.children[target.parent[handle]]--;
	target.parent[handle] = below != NULL ? *below->offload_context : 0;
	target.children[target.parent[handle]]++;
}

static uint32_t
initiate(uint64_t *cell, const struct offload_block_list *below)
{
	if (*cell != 0) /* a linker */
		return target.alive[*cell] ? OFFLOAD_SUCCESS : OFFLOAD_FAILURE;
	if (!target.never_fails && rng_below(&rng, 16) == 0)
		return OFFLOAD_FAILURE;
	CU_ASSERT_FATAL(++target.last < HANDLES);
	*cell = target.last;
	target.alive[*cell] = true;
	target.children[0]++;
	hang(*cell, below);
	return OFFLOAD_SUCCESS;
}

static uint32_t
block_status(const struct host_request *request, const struct offload_block_list *block,
        const struct offload_block_list *below)
{
	uint64_t *cell = block->offload_context;
	bool builds = request->kind == CHIMNEY_INITIATE || request->kind == CHIMNEY_UPDATE;

	if (builds && below != NULL && below->status != OFFLOAD_SUCCESS)
		return OFFLOAD_FAILURE;
	if (request->kind == CHIMNEY_INITIATE)
		return initiate(cell, below);
	if (*cell == 0 || !target.alive[*cell])
		return OFFLOAD_FAILURE;
	if (request->kind == CHIMNEY_UPDATE && below != NULL)
		hang(*cell, below);
	if (request->kind != CHIMNEY_TERMINATE)
		return OFFLOAD_SUCCESS;
	if (target.children[*cell] != 0)
		return OFFLOAD_FAILURE;
	target.children[target.parent[*cell]]--;
	target.alive[*cell] = false;
	return OFFLOAD_SUCCESS;
}

/* A list of blocks and what depends on them: dependents first when they are taken down. */
static void
walk(const struct host_request *request, struct offload_block_list *block,
        const struct offload_block_list *below)
{
	bool down = request->kind == CHIMNEY_TERMINATE;

	for (; block != NULL; block = block->next_block) {
		struct object *object = tree_object(block);

		CU_ASSERT_FATAL(++target.blocks <= request->blocks);
		CU_ASSERT_PTR_EQUAL(tree_request(block), request);
		if (!target.relinks && object != NULL && object->state != OBJECT_GONE &&
		        below != NULL && tree_object(below) != NULL)
			CU_ASSERT_PTR_EQUAL(object->parent, tree_object(below));
		if (object == NULL)
			block->status = OFFLOAD_SUCCESS;
		else if (!down)
			block->status = block_status(request, block, below);
		walk(request, block->dependent_block_list, block);
		if (object != NULL && down)
			block->status = block_status(request, block, below);
	}
}

void
bed_complete(unsigned int i)
{
	struct offload_block_list *root = target.root[i];
	struct host_request *request = tree_request(root);
	struct chimney_record record = {.kind = CHIMNEY_COMPLETION, .root = root};

	target.root[i] = target.root[--target.count];
	target.blocks = 0;
	walk(request, root, NULL);
	CU_ASSERT_EQUAL(target.blocks, request->blocks);
	host_request_back(request, &record);
}

void
bed_start(bool steps)
{
	memset(&program, 0, sizeof(program));
	memset(&target, 0, sizeof(target));
	program.clock.multiplier = steps ? UINT64_C(100000) << 32 : 0; /* 100 us a cycle */
	base = event_base_new();
	CU_ASSERT_EQUAL_FATAL(turns_open(&turns, base, &program.clock, &longest), 0);
	objects_init(&objects, &turns);
	host_requests_init(&requests, &program, &objects);
}

void
bed_turn(void)
{
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

void
bed_settle(void)
{
	while (requests.running_count != 0 || turns.queued != 0) {
		if (target.count != 0)
			bed_complete(target.count - 1);
		bed_turn();
	}
}

void
bed_end(void)
{
	host_requests_fini(&requests);
	objects_fini(&objects);
	turns_close(&turns);
	event_base_free(base);
}

struct host_request *
bed_add_bulk(uint32_t number, uint32_t neighbors, uint32_t paths, uint32_t connections)
{
	struct bulk_spec spec = {.count = {0, neighbors, paths, connections},
	        .family = 4,
	        .sport = 1000,
	        .dport = 1};
	struct host_request *request =
	        host_request_new(&requests, "bulk add", CHIMNEY_INITIATE, 20, number % 5);
	struct object_group *group;
	char name[GROUP_NAME_MAX];

	snprintf(name, sizeof(name), "g%u", number);
	group = group_add(&objects, name, true, spec.count);
	CU_ASSERT_PTR_NOT_NULL_FATAL(group);
	CU_ASSERT_EQUAL_FATAL(bulk_prepare(request, &spec, group), 0);
	return host_request_begin(request) == 0 ? request : NULL;
}

int
bed_refer(enum chimney_request kind, struct reference_spec *spec, uint32_t limit)
{
	struct host_request *request =
	        host_request_new(&requests, "test", kind, limit, rng_below(&rng, 5));

	CU_ASSERT_EQUAL_FATAL(reference_prepare(request, spec), 0);
	return host_request_begin(request);
}
