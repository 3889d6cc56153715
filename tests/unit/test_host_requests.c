/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CLI's host stack against a target that is played here: trees that are made and gone through in slices of one
 * object, while others add, terminate and relink what they are about (P4), and rows that do not pile up (P3).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "bulk.h"
#include "host_requests.h"
#include "reference.h"
#include "rng.h"
#include "unit.h"

#define IN_FLIGHT 64u
#define HANDLES (1u << 16)

static struct program program;
static struct event_base *base;
static struct turns turns;
static struct object_table objects;
static struct host_request_table requests;
static _Atomic uint64_t longest;
static struct rng rng;

/* The target: roots that it has; by handle, which objects live, what they depend on, and how many on them. */
static struct {
	struct offload_block_list *root[IN_FLIGHT];
	unsigned int count;
	bool alive[HANDLES];
	uint64_t parent[HANDLES];
	uint32_t children[HANDLES];
	uint64_t last;
	bool never_fails;
	uint32_t blocks; /* of the tree that was walked last */
	bool relinks;
	struct chimney_stats stats;
} target;

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

static void
complete(unsigned int i)
{
	struct offload_block_list *root = target.root[i];
	struct host_request *request = tree_request(root);

	target.root[i] = target.root[--target.count];
	target.blocks = 0;
	walk(request, root, NULL);
	CU_ASSERT_EQUAL(target.blocks, request->blocks);
	host_request_back(request, 0);
}

/* Time: a step is a slice, or nothing ever takes any. */
static void
start(bool steps)
{
	memset(&program, 0, sizeof(program));
	memset(&target, 0, sizeof(target));
	program.clock.multiplier = steps ? UINT64_C(100000) << 32 : 0; /* 100 us a cycle */
	base = event_base_new();
	CU_ASSERT_EQUAL_FATAL(turns_open(&turns, base, &program.clock, &longest), 0);
	objects_init(&objects, &turns);
	host_requests_init(&requests, &program, &objects);
}

static void
turn(void)
{
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void
settle(void)
{
	while (requests.running_count != 0 || turns.queued != 0) {
		if (target.count != 0)
			complete(target.count - 1);
		turn();
	}
}

static void
end(void)
{
	host_requests_fini(&requests);
	objects_fini(&objects);
	turns_close(&turns);
	event_base_free(base);
}

/* What the tables say of themselves is what is in them. */
static void
check_counts(void)
{
	uint64_t live[OBJECT_LAYERS] = {0};

	for (uint32_t slot = 0; slot < objects.used; slot++) {
		const struct object_group *group = objects.groups[slot];
		uint32_t alive = 0;

		for (unsigned int layer = 1; group != NULL && layer < OBJECT_LAYERS; layer++) {
			const struct object *all = group->objects[layer].memory;
			uint32_t here = 0;

			for (uint32_t i = 0; i < group->count[layer]; i++) {
				here += all[i].state == OBJECT_LIVE;
				alive += all[i].state != OBJECT_GONE;
			}
			CU_ASSERT_EQUAL(group->live[layer], here);
			live[layer] += here;
		}
		if (group != NULL)
			CU_ASSERT_EQUAL(group->alive, alive);
	}
	for (unsigned int layer = 1; layer < OBJECT_LAYERS; layer++)
		CU_ASSERT_EQUAL(objects.live[layer], live[layer]);
}

/* Begin a bulk add; NULL: it did not begin. */
static struct host_request *
add_bulk(uint32_t number, uint32_t neighbors, uint32_t paths, uint32_t connections)
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

/* A group that can be named, or NULL. */
static struct object_group *
some_group(void)
{
	struct object_group *group =
	        objects.used != 0 ? objects.groups[rng_below(&rng, objects.used)] : NULL;

	return group != NULL && group->risen != 0 ? group : NULL;
}

/* Some objects: everything, a layer of it, a group, a range. False: there is nothing. */
static bool
select_some(struct selection *selection, unsigned int layer)
{
	struct object_group *group = some_group();

	memset(selection, 0, sizeof(*selection));
	if (rng_below(&rng, 4) == 0) {
		selection_all(selection, &objects, layer);
		return true;
	}
	for (unsigned int at = 1; group != NULL && at < OBJECT_LAYERS; at++) {
		uint32_t count = group->count[at], first = count != 0 ? rng_below(&rng, count) : 0;

		if (group->live[at] == 0 || (layer != 0 && layer != at) || rng_below(&rng, 3) == 0)
			continue;
		CU_ASSERT_TRUE_FATAL(selection_add(selection, group, at, first, count - 1));
		CU_ASSERT_TRUE_FATAL(selection_add(selection, group, at, 0, first));
	}
	selection_tidy(selection, &objects);
	return selection->count != 0;
}

static int
refer(enum chimney_request kind, struct reference_spec *spec, uint32_t limit)
{
	struct host_request *request =
	        host_request_new(&requests, "test", kind, limit, rng_below(&rng, 5));

	CU_ASSERT_EQUAL_FATAL(reference_prepare(request, spec), 0);
	return host_request_begin(request);
}

static void
refer_some(void)
{
	static const enum chimney_request kinds[] = {
	        CHIMNEY_QUERY, CHIMNEY_INVALIDATE, CHIMNEY_TERMINATE};
	static const enum tree_part parts[] = {TREE_ALL, TREE_BLOCK, TREE_DELEGATED};
	uint32_t what = rng_below(&rng, 3);
	struct reference_spec spec = {.part = parts[what]};

	if (target.count + requests.running_count < IN_FLIGHT / 2 &&
	        select_some(&spec.selection, rng_below(&rng, 4)))
		refer(kinds[what], &spec, 20);
}

/* The paths of everything below some neighbors move to another one. */
static void
relink_some(void)
{
	struct object_group *group = some_group();
	struct reference_spec spec = {.part = TREE_BLOCK};

	if (group == NULL || group->live[OFFLOAD_LAYER_NEIGHBOR] == 0)
		return;
	spec.relink_to = group->objects[OFFLOAD_LAYER_NEIGHBOR].memory;
	spec.over = calloc(1, sizeof(*spec.over));
	if (spec.relink_to->state != OBJECT_LIVE ||
	        !select_some(spec.over, OFFLOAD_LAYER_NEIGHBOR)) {
		free(spec.over);
		return;
	}
	selection_all(&spec.selection, &objects, OFFLOAD_LAYER_PATH);
	refer(CHIMNEY_UPDATE, &spec, 0);
}

static void
terminate_all(void)
{
	struct reference_spec spec = {.part = TREE_DELEGATED};

	selection_all(&spec.selection, &objects, 0);
	if (refer(CHIMNEY_TERMINATE, &spec, 0) == 0)
		settle();
}

static void
run_random(bool relinks, uint64_t seed)
{
	uint32_t groups = 0;

	start(true);
	rng_seed(&rng, seed);
	target.relinks = relinks;
	for (unsigned int i = 0; i < 6000; i++) {
		uint32_t what = rng_below(&rng, 40);

		if (what == 0)
			add_bulk(groups++, 1 + rng_below(&rng, 3), 1 + rng_below(&rng, 4),
			        rng_below(&rng, 12));
		else if (what < 3)
			refer_some();
		else if (what == 3 && relinks)
			relink_some();
		else if (what < 6 && target.count != 0)
			complete(rng_below(&rng, target.count));
		else
			turn();
		check_counts();
	}
	settle();
	/* a terminate of all takes what has no dependents, from the top down */
	for (unsigned int layer = 0; layer < OBJECT_LAYERS; layer++)
		terminate_all();
	for (unsigned int layer = 1; layer < OBJECT_LAYERS; layer++)
		CU_ASSERT_EQUAL(objects.live[layer], 0);
	for (uint32_t slot = 0; slot < objects.used; slot++)
		CU_ASSERT_PTR_NULL(objects.groups[slot]);
	CU_ASSERT_EQUAL(requests.running_count, 0);
	end();
}

static void
test_random(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		run_random(false, seed);
}

static void
test_random_relinks(void)
{
	for (uint64_t seed = 100; seed < 120; seed++)
		run_random(true, seed);
}

static void
test_rising(void)
{
	struct selection all;
	struct selection_cursor cursor = {0};
	struct slice slice;

	start(true);
	rng_seed(&rng, 1);
	add_bulk(0, 1, 1, 50);
	while (target.count == 0)
		turn();
	complete(0);
	/* some of it has landed, and its report is still being made */
	for (unsigned int i = 0; i < 20; i++)
		turn();
	CU_ASSERT(objects.live[OFFLOAD_LAYER_TCP] > 0 && objects.live[OFFLOAD_LAYER_TCP] < 50);
	CU_ASSERT_PTR_NULL(object_by_name(&objects, "g0.n0"));
	selection_all(&all, &objects, 0);
	slice = slice_begin(&program.clock);
	while (!cursor.end)
		CU_ASSERT_PTR_NULL(selection_next(&all, &objects, &cursor, &slice));
	settle();
	CU_ASSERT_PTR_NOT_NULL(object_by_name(&objects, "g0.n0"));
	/* a selection from before does not mean it */
	memset(&cursor, 0, sizeof(cursor));
	while (!cursor.end)
		CU_ASSERT_PTR_NULL(selection_next(&all, &objects, &cursor, &slice));
	end();
}

static void
test_empty(void)
{
	struct reference_spec spec = {.part = TREE_BLOCK};

	start(false);
	rng_seed(&rng, 1);
	selection_all(&spec.selection, &objects, 0);
	CU_ASSERT_EQUAL(refer(CHIMNEY_QUERY, &spec, 0), -ENOENT);
	settle();
	CU_ASSERT_EQUAL(requests.running_count + requests.done_count, 0);
	CU_ASSERT_EQUAL(target.count, 0);
	end();
}

static void
fill_ttl(const void *context, struct offload_block_list *block, const struct object *object)
{
	struct tcp_cached *cached = offload_block_cached(block);

	*cached = object->tcp.cached;
	cached->ttl = *(const uint8_t *)context;
}

static void
update_ttl(uint32_t first, uint32_t last, uint8_t ttl)
{
	struct reference_spec spec = {.part = TREE_CACHED, .fill = fill_ttl};

	CU_ASSERT_TRUE_FATAL(selection_add(
	        &spec.selection, group_find(&objects, "g0"), OFFLOAD_LAYER_TCP, first, last));
	spec.context = malloc(1);
	*(uint8_t *)spec.context = ttl;
	CU_ASSERT_EQUAL(refer(CHIMNEY_UPDATE, &spec, 0), 0);
	while (requests.running_count > target.count)
		turn();
}

/* Large ones are applied in turns; what completed last holds nevertheless, and nothing of what is gone. */
static void
test_order(void)
{
	const struct object *connections;

	start(true);
	target.never_fails = true;
	add_bulk(0, 1, 1, 50);
	settle();
	connections = group_find(&objects, "g0")->objects[OFFLOAD_LAYER_TCP].memory;
	update_ttl(0, 49, 5);
	update_ttl(49, 49, 9);
	/* the oldest first */
	complete(0);
	complete(0);
	CU_ASSERT_EQUAL(connections[49].tcp.cached.ttl, 9);
	CU_ASSERT_NOT_EQUAL(connections[48].tcp.cached.ttl, 5);
	settle();
	CU_ASSERT_EQUAL(connections[48].tcp.cached.ttl, 5);
	CU_ASSERT_EQUAL(connections[49].tcp.cached.ttl, 9);
	end();
}

/* A client's million does not hold up another's one: lanes take turns. */
static void
test_lanes(void)
{
	struct host_request *large, *small;

	start(true);
	rng_seed(&rng, 1);
	large = add_bulk(0, 1, 1, 5000);
	for (unsigned int i = 0; i < 10; i++)
		turn();
	small = add_bulk(1, 1, 1, 1);
	for (unsigned int i = 0; i < 10; i++)
		turn();
	CU_ASSERT_EQUAL(small->phase, REQUEST_SUBMITTED);
	CU_ASSERT_EQUAL(large->phase, REQUEST_MAKING);
	CU_ASSERT_EQUAL(target.count, 1);
	complete(0);
	for (unsigned int i = 0; i < 30; i++)
		turn();
	CU_ASSERT_EQUAL(small->phase, REQUEST_DONE);
	CU_ASSERT_EQUAL(large->phase, REQUEST_MAKING);
	settle();
	CU_ASSERT_EQUAL(large->phase, REQUEST_DONE);
	end();
}

#define ROWS_EACH 10000u

/* Rows that were dropped are said to be. */
static uint64_t
rest_of(const struct host_request *request, const char *key)
{
	json_t *rest = host_request_rest(request);
	uint64_t value = (uint64_t)json_integer_value(json_object_get(rest, key));

	json_decref(rest);
	return value;
}

static void
test_rows_kept(void)
{
	struct host_request *request, *read;
	uint32_t with_rows = 0;

	start(false);
	target.never_fails = true;
	add_bulk(0, 1, 1, ROWS_EACH + 100);
	settle();
	for (unsigned int i = 0; i < 20; i++) {
		struct reference_spec spec = {.part = TREE_ALL};

		selection_all(&spec.selection, &objects, OFFLOAD_LAYER_TCP);
		CU_ASSERT_EQUAL(refer(CHIMNEY_QUERY, &spec, ROWS_EACH), 0);
		settle();
		CU_ASSERT(requests.rows_kept <= ROWS_KEPT);
		if (i == 0)
			host_request_read(TAILQ_FIRST(&requests.done));
	}
	read = host_request_find(&requests, 2);
	TAILQ_FOREACH(request, &requests.done, link)
	{
		if (request->kind != CHIMNEY_QUERY)
			continue;
		/* all that were asked for are there, or it is said that they are not */
		CU_ASSERT_EQUAL(
		        request->rows.count + rest_of(request, "objects_not_kept"), ROWS_EACH);
		with_rows += request->rows.count != 0;
	}
	CU_ASSERT(TAILQ_FIRST(&requests.done)->rows.count == ROWS_EACH);
	CU_ASSERT(with_rows >= 2 && with_rows < 10);
	/* who reads keeps his, however old; then they go like all others */
	CU_ASSERT_EQUAL(read->rows.count, ROWS_EACH);
	host_request_read_end(read);
	CU_ASSERT(requests.rows_kept <= ROWS_KEPT);
	end();
}

static void
test_rows(void)
{
	struct rows rows = {0};
	uint32_t count = 0;
	size_t at = 0, length;
	const char *row;
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned int i = 0; i < 100; i++)
		rows_add(&rows, 60, json_pack("{s:i, s:s}", "i", i, "text", text));
	CU_ASSERT_EQUAL(rows.count, 60);
	CU_ASSERT_EQUAL(rows.left_out, 40);
	rows_shrink(&rows);
	CU_ASSERT_EQUAL(rows.room, rows.used);
	while ((row = rows_next(&rows, &at, &length)) != NULL) {
		json_t *object = json_loadb(row, length, 0, NULL);

		CU_ASSERT_EQUAL(json_integer_value(json_object_get(object, "i")), count++);
		json_decref(object);
	}
	CU_ASSERT_EQUAL(count, 60);
	rows_free(&rows);
	/* the bound in bytes */
	for (unsigned int i = 0; i < 40000; i++)
		rows_add(&rows, UINT32_MAX, json_pack("{s:s}", "text", text));
	CU_ASSERT(rows.used <= ROWS_BYTES_MAX && rows.used > ROWS_BYTES_MAX - 2000);
	CU_ASSERT_EQUAL(rows.count + rows.left_out, 40000);
	rows_free(&rows);
}

static const struct unit_test tests[] = {
        {"P4: trees made and gone through in slices, while others work", test_random},
        {"P4, UPD-2: and while paths are relinked", test_random_relinks},
        {"INV-12: what is rising cannot be named, nor what rose after", test_rising},
        {"a selection that names nothing makes no request", test_empty},
        {"UPD-1: what completed last holds, in whatever order it is applied", test_order},
        {"P4: clients take turns", test_lanes},
        {"P3: rows of finished requests are bounded, the oldest go first", test_rows_kept},
        {"P3: rows as text, and their bounds", test_rows},
};

int
main(void)
{
	return unit_run("host requests", tests, sizeof(tests) / sizeof(tests[0]));
}
