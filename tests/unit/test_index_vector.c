/* SPDX-License-Identifier: BSD-3-Clause */
/* The vector of dependents against a plain model: contents, positions, and walks amid changes. */
#include <stdbool.h>
#include <string.h>

#include "index_vector.h"
#include "rng.h"
#include "shared.h"
#include "unit.h"

#define ITEMS 500u
#define VECTORS 3u

struct model {
	struct toe_vector_pool pool;
	struct toe_vector vector[VECTORS];
	uint32_t position[ITEMS];
	int32_t home[ITEMS]; /* vector that holds the item, -1: none */
};

static void
model_init(struct model *model)
{
	memset(model, 0, sizeof(*model));
	CU_ASSERT_EQUAL_FATAL(toe_vector_pool_init(&model->pool, ITEMS, VECTORS), 0);
	for (uint32_t i = 0; i < VECTORS; i++)
		toe_vector_init(&model->vector[i]);
	for (uint32_t i = 0; i < ITEMS; i++)
		model->home[i] = -1;
}

static void
model_add(struct model *model, uint32_t item, uint32_t vector)
{
	model->position[item] = toe_vector_push(&model->vector[vector], &model->pool, item);
	CU_ASSERT_NOT_EQUAL_FATAL(model->position[item], TOE_INDEX_NONE);
	model->home[item] = (int32_t)vector;
}

static void
model_remove(struct model *model, uint32_t item)
{
	uint32_t moved = toe_vector_remove(
	        &model->vector[model->home[item]], &model->pool, model->position[item]);

	if (moved != TOE_INDEX_NONE)
		model->position[moved] = model->position[item];
	model->home[item] = -1;
}

/* Walk a whole vector in steps of n and mark what was seen. */
static void
walk_all(struct model *model, uint32_t vector, uint32_t n, bool *seen)
{
	struct toe_vector_cursor cursor = {0};
	uint32_t entries[64], got;

	while ((got = toe_vector_walk(&model->vector[vector], &model->pool, &cursor, entries, n)) >
	        0)
		for (uint32_t i = 0; i < got; i++)
			seen[entries[i]] = true;
}

static void
check_contents(struct model *model)
{
	for (uint32_t v = 0; v < VECTORS; v++) {
		bool seen[ITEMS] = {false};
		uint32_t count = 0;

		walk_all(model, v, 1 + v * 7, seen);
		for (uint32_t i = 0; i < ITEMS; i++) {
			CU_ASSERT_EQUAL(seen[i], model->home[i] == (int32_t)v);
			count += seen[i];
		}
		CU_ASSERT_EQUAL(count, model->vector[v].count);
	}
}

static void
test_churn(void)
{
	struct model model;
	struct rng rng;

	rng_seed(&rng, 7);
	model_init(&model);
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t item = rng_below(&rng, ITEMS);

		if (model.home[item] < 0)
			model_add(&model, item, rng_below(&rng, VECTORS));
		else
			model_remove(&model, item);
		if (step % 500 == 0)
			check_contents(&model);
	}
	check_contents(&model);
	toe_vector_pool_fini(&model.pool);
}

/* INV-9: whatever is added and removed between steps, an entry that stays is visited. */
static void
walk_amid_changes(uint64_t seed)
{
	struct model model;
	struct rng rng;
	struct toe_vector_cursor cursor = {0};
	bool stays[ITEMS] = {false}, seen[ITEMS] = {false};
	uint32_t entries[32], got;

	rng_seed(&rng, seed);
	model_init(&model);
	for (uint32_t i = 0; i < ITEMS / 2; i++) {
		model_add(&model, i, 0);
		stays[i] = true;
	}
	do {
		got = toe_vector_walk(
		        &model.vector[0], &model.pool, &cursor, entries, 1 + rng_below(&rng, 20));
		for (uint32_t i = 0; i < got; i++)
			seen[entries[i]] = true;
		for (uint32_t n = rng_below(&rng, 40); n > 0; n--) {
			uint32_t item = rng_below(&rng, ITEMS);

			if (model.home[item] < 0) {
				model_add(&model, item, rng_below(&rng, VECTORS));
			} else {
				stays[item] = false;
				model_remove(&model, item);
			}
		}
	} while (got > 0);
	for (uint32_t i = 0; i < ITEMS / 2; i++)
		CU_ASSERT(!stays[i] || seen[i]);
	toe_vector_pool_fini(&model.pool);
}

static void
test_walk_amid_changes(void)
{
	for (uint64_t seed = 1; seed <= 300; seed++)
		walk_amid_changes(seed);
}

static void
test_second_walk_restarts_first(void)
{
	struct model model;
	struct toe_vector_cursor first = {0}, second = {0};
	bool seen[ITEMS] = {false};
	uint32_t entries[64], got;

	model_init(&model);
	for (uint32_t i = 0; i < 100; i++)
		model_add(&model, i, 0);
	toe_vector_walk(&model.vector[0], &model.pool, &first, entries, 30);
	toe_vector_walk(&model.vector[0], &model.pool, &second, entries, 5);
	while ((got = toe_vector_walk(&model.vector[0], &model.pool, &first, entries, 30)) > 0)
		for (uint32_t i = 0; i < got; i++)
			seen[entries[i]] = true;
	for (uint32_t i = 0; i < 100; i++)
		CU_ASSERT(seen[i]);
	toe_vector_pool_fini(&model.pool);
}

static void
test_pool_is_large_enough(void)
{
	struct model model;

	model_init(&model);
	/* Worst case: all in one vector, then spread with a partly filled chunk in each. */
	for (uint32_t i = 0; i < ITEMS; i++)
		model_add(&model, i, 0);
	for (uint32_t i = 0; i < ITEMS; i++)
		model_remove(&model, i);
	for (uint32_t i = 0; i < ITEMS; i++)
		model_add(&model, i, i < 2 ? i : 2);
	check_contents(&model);
	toe_vector_pool_fini(&model.pool);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"INV-9 contents equal a model's through churn", test_churn},
	        {"INV-9 a walk misses nothing that stays", test_walk_amid_changes},
	        {"INV-9 a second walk makes the first start anew", test_second_walk_restarts_first},
	        {"CTX-1 the pool holds its worst case", test_pool_is_large_enough},
	};

	return unit_run("index vector", tests, sizeof(tests) / sizeof(tests[0]));
}
