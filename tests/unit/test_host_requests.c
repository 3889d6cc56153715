/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of the CLI's host stack: what can be named when, whose turn it is (P4), and rows that do not pile up (P3). */
#include <errno.h>
#include <string.h>

#include "host_bed.h"

static void
test_rising(void)
{
	struct selection all;
	struct selection_cursor cursor = {0};
	struct slice slice;

	bed_start(true);
	rng_seed(&rng, 1);
	bed_add_bulk(0, 1, 1, 50);
	while (target.count == 0)
		bed_turn();
	bed_complete(0);
	/* some of it has landed, and its report is still being made */
	for (unsigned int i = 0; i < 20; i++)
		bed_turn();
	CU_ASSERT(objects.live[OFFLOAD_LAYER_TCP] > 0 && objects.live[OFFLOAD_LAYER_TCP] < 50);
	CU_ASSERT_PTR_NULL(object_by_name(&objects, "g0.n0"));
	selection_all(&all, &objects, 0);
	slice = slice_begin(&program.clock);
	while (!cursor.end)
		CU_ASSERT_PTR_NULL(selection_next(&all, &objects, &cursor, &slice));
	bed_settle();
	CU_ASSERT_PTR_NOT_NULL(object_by_name(&objects, "g0.n0"));
	/* a selection from before does not mean it */
	memset(&cursor, 0, sizeof(cursor));
	while (!cursor.end)
		CU_ASSERT_PTR_NULL(selection_next(&all, &objects, &cursor, &slice));
	bed_end();
}

static void
test_empty(void)
{
	struct reference_spec spec = {.part = TREE_BLOCK};

	bed_start(false);
	rng_seed(&rng, 1);
	selection_all(&spec.selection, &objects, 0);
	CU_ASSERT_EQUAL(bed_refer(CHIMNEY_QUERY, &spec, 0), -ENOENT);
	bed_settle();
	CU_ASSERT_EQUAL(requests.running_count + requests.done_count, 0);
	CU_ASSERT_EQUAL(target.count, 0);
	bed_end();
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
	CU_ASSERT_EQUAL(bed_refer(CHIMNEY_UPDATE, &spec, 0), 0);
	while (requests.running_count > target.count)
		bed_turn();
}

/* Large ones are applied in turns; what completed last holds nevertheless, and nothing of what is gone. */
static void
test_order(void)
{
	const struct object *connections;

	bed_start(true);
	target.never_fails = true;
	bed_add_bulk(0, 1, 1, 50);
	bed_settle();
	connections = group_find(&objects, "g0")->objects[OFFLOAD_LAYER_TCP].memory;
	update_ttl(0, 49, 5);
	update_ttl(49, 49, 9);
	/* the oldest first */
	bed_complete(0);
	bed_complete(0);
	CU_ASSERT_EQUAL(connections[49].tcp.cached.ttl, 9);
	CU_ASSERT_NOT_EQUAL(connections[48].tcp.cached.ttl, 5);
	bed_settle();
	CU_ASSERT_EQUAL(connections[48].tcp.cached.ttl, 5);
	CU_ASSERT_EQUAL(connections[49].tcp.cached.ttl, 9);
	bed_end();
}

/* A client's million does not hold up another's one: lanes take turns. */
static void
test_lanes(void)
{
	struct host_request *large, *small;

	bed_start(true);
	rng_seed(&rng, 1);
	large = bed_add_bulk(0, 1, 1, 5000);
	for (unsigned int i = 0; i < 10; i++)
		bed_turn();
	small = bed_add_bulk(1, 1, 1, 1);
	for (unsigned int i = 0; i < 10; i++)
		bed_turn();
	CU_ASSERT_EQUAL(small->phase, REQUEST_SUBMITTED);
	CU_ASSERT_EQUAL(large->phase, REQUEST_MAKING);
	CU_ASSERT_EQUAL(target.count, 1);
	bed_complete(0);
	for (unsigned int i = 0; i < 30; i++)
		bed_turn();
	CU_ASSERT_EQUAL(small->phase, REQUEST_DONE);
	CU_ASSERT_EQUAL(large->phase, REQUEST_MAKING);
	bed_settle();
	CU_ASSERT_EQUAL(large->phase, REQUEST_DONE);
	bed_end();
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

	bed_start(false);
	target.never_fails = true;
	bed_add_bulk(0, 1, 1, ROWS_EACH + 100);
	bed_settle();
	for (unsigned int i = 0; i < 20; i++) {
		struct reference_spec spec = {.part = TREE_ALL};

		selection_all(&spec.selection, &objects, OFFLOAD_LAYER_TCP);
		CU_ASSERT_EQUAL(bed_refer(CHIMNEY_QUERY, &spec, ROWS_EACH), 0);
		bed_settle();
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
	bed_end();
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
