/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CLI's host stack at random (P4): trees are made and gone through in slices of one object, while others add, terminate
 * and relink what they are about. What the tables say must be right after every step, and nothing be left at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "host_bed.h"

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
		bed_refer(kinds[what], &spec, 20);
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
	bed_refer(CHIMNEY_UPDATE, &spec, 0);
}

static void
terminate_all(void)
{
	struct reference_spec spec = {.part = TREE_DELEGATED};

	selection_all(&spec.selection, &objects, 0);
	if (bed_refer(CHIMNEY_TERMINATE, &spec, 0) == 0)
		bed_settle();
}

static void
run_random(bool relinks, uint64_t seed)
{
	uint32_t groups = 0;

	bed_start(true);
	rng_seed(&rng, seed);
	target.relinks = relinks;
	for (unsigned int i = 0; i < 6000; i++) {
		uint32_t what = rng_below(&rng, 40);

		if (what == 0)
			bed_add_bulk(groups++, 1 + rng_below(&rng, 3), 1 + rng_below(&rng, 4),
			        rng_below(&rng, 12));
		else if (what < 3)
			refer_some();
		else if (what == 3 && relinks)
			relink_some();
		else if (what < 6 && target.count != 0)
			bed_complete(rng_below(&rng, target.count));
		else
			bed_turn();
		check_counts();
	}
	bed_settle();
	/* a terminate of all takes what has no dependents, from the top down */
	for (unsigned int layer = 0; layer < OBJECT_LAYERS; layer++)
		terminate_all();
	for (unsigned int layer = 1; layer < OBJECT_LAYERS; layer++)
		CU_ASSERT_EQUAL(objects.live[layer], 0);
	for (uint32_t slot = 0; slot < objects.used; slot++)
		CU_ASSERT_PTR_NULL(objects.groups[slot]);
	CU_ASSERT_EQUAL(requests.running_count, 0);
	bed_end();
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

static const struct unit_test tests[] = {
        {"P4: trees made and gone through in slices, while others work", test_random},
        {"P4, UPD-2: and while paths are relinked", test_random_relinks},
};

int
main(void)
{
	return unit_run("host at random", tests, sizeof(tests) / sizeof(tests[0]));
}
