/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots, generations, links. */
#include <string.h>

#include "slots.h"
#include "test_mutant.h"
#include "unit.h"

#define NEIGHBORS 4u
#define PATHS 8u
#define CONNS 6u

static struct toe_shared shared;
static struct slots slots;

static void
start(uint64_t salt)
{
	shared.worker_count = 2;
	CU_ASSERT_EQUAL_FATAL(toe_shared_init(&shared, NEIGHBORS, PATHS), 0);
	CU_ASSERT_EQUAL_FATAL(slots_init(&slots, &shared, CONNS, salt), 0);
}

static void
end(void)
{
	slots_fini(&slots);
	toe_shared_fini(&shared);
}

static void
test_stale_handles(void)
{
	uint64_t old[50];

	start(7);
	for (uint32_t i = 0; i < 50; i++) {
		uint32_t index = slots_alloc(&slots, OFFLOAD_LAYER_TCP, 1, 0);

		CU_ASSERT_EQUAL(index, i % CONNS);
		old[i] = slots_handle(&slots, OFFLOAD_LAYER_TCP, 1, index);
		CU_ASSERT_NOT_EQUAL(old[i], 0);
		for (uint32_t k = 0; k < i; k++)
			CU_ASSERT_PTR_NULL(slots_find(&slots, old[k], OFFLOAD_LAYER_TCP, 0));
		CU_ASSERT_PTR_NOT_NULL(slots_find(&slots, old[i], OFFLOAD_LAYER_TCP, 0));
		slots_free(&slots, OFFLOAD_LAYER_TCP, 1, index);
		CU_ASSERT_PTR_NULL(slots_find(&slots, old[i], OFFLOAD_LAYER_TCP, 0));
	}
	end();
}

static void
test_forged_handles(void)
{
	uint64_t handle;

	start(7);
	CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_PATH, 0, 1), 0);
	handle = slots_handle(&slots, OFFLOAD_LAYER_PATH, 0, 0);
	CU_ASSERT_PTR_NOT_NULL(slots_find(&slots, handle, OFFLOAD_LAYER_PATH, 1));
	/* another host's, another layer's, out of bounds, a worker where there is none */
	CU_ASSERT_PTR_NULL(slots_find(&slots, handle, OFFLOAD_LAYER_PATH, 0));
	CU_ASSERT_PTR_NULL(slots_find(&slots, handle, OFFLOAD_LAYER_NEIGHBOR, 1));
	CU_ASSERT_PTR_NULL(slots_find(&slots, handle + PATHS, OFFLOAD_LAYER_PATH, 1));
	CU_ASSERT_PTR_NULL(slots_find(&slots, handle | UINT64_C(1) << 56, OFFLOAD_LAYER_PATH, 1));
	CU_ASSERT_PTR_NULL(slots_find(&slots, handle ^ UINT64_C(1) << 40, OFFLOAD_LAYER_PATH, 1));
	CU_ASSERT_PTR_NULL(slots_find(&slots, 1, OFFLOAD_LAYER_NONE, 1));
	CU_ASSERT_PTR_NULL(slots_find(&slots, UINT64_MAX, OFFLOAD_LAYER_TCP, 1));
	end();
}

static void
test_generations_start_anywhere(void)
{
	uint32_t first[CONNS], same = 0;

	start(1);
	for (uint32_t i = 0; i < CONNS; i++) {
		CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_TCP, 0, 0), i);
		first[i] = slots.tcp[0][i].slot.generation;
		CU_ASSERT(first[i] != 0 && first[i] <= TOE_GENERATION_MASK);
	}
	CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_TCP, 0, 0), TOE_INDEX_NONE);
	end();
	start(2);
	for (uint32_t i = 0; i < CONNS; i++) {
		slots_alloc(&slots, OFFLOAD_LAYER_TCP, 0, 0);
		same += slots.tcp[0][i].slot.generation == first[i];
	}
	CU_ASSERT_EQUAL(same, 0);
	end();
}

static void
test_slots_come_back(void)
{
	start(1);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < NEIGHBORS; i++)
			CU_ASSERT_NOT_EQUAL(
			        slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0), TOE_INDEX_NONE);
		CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0), TOE_INDEX_NONE);
		for (uint32_t i = 0; i < NEIGHBORS; i++)
			slots_free(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, i);
	}
	end();
}

/* The paths of a neighbor as a set of bits. */
static uint32_t
paths_of(uint32_t neighbor)
{
	uint32_t set = 0;

	for (uint32_t i = slots.neighbors[neighbor].paths; i != TOE_INDEX_NONE;
	        i = slots.paths[i].next)
		set |= 1u << i;
	return set;
}

static void
test_paths_of_a_neighbor(void)
{
	start(1);
	for (uint32_t i = 0; i < 2; i++)
		slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0);
	for (uint32_t i = 0; i < 4; i++) {
		slots_alloc(&slots, OFFLOAD_LAYER_PATH, 0, 0);
		slots_link_path(&slots, i, 0);
	}
	CU_ASSERT_EQUAL(paths_of(0), 15);
	CU_ASSERT_EQUAL(slots.neighbors[0].dependents, 4);
	slots.neighbors[0].cursor = 2; /* a walk that stands at path 2 */
	slots_unlink_path(&slots, 2);
	slots_link_path(&slots, 2, 1);
	CU_ASSERT_EQUAL(paths_of(0), 11);
	CU_ASSERT_EQUAL(paths_of(1), 4);
	CU_ASSERT_EQUAL(slots.neighbors[0].cursor, 1);
	slots_unlink_path(&slots, 3);
	slots_unlink_path(&slots, 0);
	CU_ASSERT_EQUAL(paths_of(0), 2);
	slots_unlink_path(&slots, 1);
	CU_ASSERT_EQUAL(slots.neighbors[0].cursor, TOE_INDEX_NONE);
	CU_ASSERT_EQUAL(slots.neighbors[0].dependents, 0);
	end();
}

static void
test_workers_of_a_neighbor(void)
{
	start(1);
	slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0);
	slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0);
	slots_alloc(&slots, OFFLOAD_LAYER_PATH, 0, 0);
	slots_link_path(&slots, 0, 0);
	CU_ASSERT_EQUAL(slots.neighbors[0].workers, 0);
	slots_alloc(&slots, OFFLOAD_LAYER_TCP, 1, 0);
	slots_link_tcp(&slots, 1, 0, 0);
	CU_ASSERT_EQUAL(slots.paths[0].workers, 2);
	CU_ASSERT_EQUAL(slots.neighbors[0].workers, 2);
	slots_unlink_path(&slots, 0);
	slots_link_path(&slots, 0, 1);
	CU_ASSERT_EQUAL(slots.neighbors[1].workers, 2);
	/* the worker may hold frames for the old neighbor still, and for a connection that has left */
	CU_ASSERT_EQUAL(slots.neighbors[0].workers, 2);
	slots_unlink_tcp(&slots, 1, 0);
	CU_ASSERT_EQUAL(slots.paths[0].dependents, 0);
	CU_ASSERT_EQUAL(slots.paths[0].workers, 2);
	end();
}

static void
test_claims(void)
{
	struct slot slot = {0};

	CU_ASSERT(slot_claim(&slot, 0));
	CU_ASSERT(slot_claim(&slot, 3));
	CU_ASSERT(!slot_claimed_twice(&slot, 0));
	CU_ASSERT(!slot_claim(&slot, 0));
	CU_ASSERT(!slot_claim(&slot, 0));
	CU_ASSERT(slot_claimed_twice(&slot, 0));
	CU_ASSERT(!slot_claimed_twice(&slot, 3));
	slot_unclaim(&slot, 0);
	CU_ASSERT(slot_claim(&slot, 0));
	CU_ASSERT(!slot_claimed_twice(&slot, 0));
	CU_ASSERT(!slot_claim(&slot, 3));
}

/* Those never used first, then in the order in which they came back. */
static void
test_reuse_is_late(void)
{
	static const uint32_t order[CONNS] = {3, 0, 5, 1, 4, 2};

	start(1);
	for (uint32_t i = 0; i < CONNS / 2; i++) {
		CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_TCP, 0, 0), i);
		slots_free(&slots, OFFLOAD_LAYER_TCP, 0, i);
	}
	for (uint32_t i = 0; i < CONNS; i++)
		CU_ASSERT_EQUAL(
		        slots_alloc(&slots, OFFLOAD_LAYER_TCP, 0, 0), (i + CONNS / 2) % CONNS);
	for (uint32_t i = 0; i < CONNS; i++)
		slots_free(&slots, OFFLOAD_LAYER_TCP, 0, order[i]);
	for (uint32_t i = 0; i < CONNS; i++)
		CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_TCP, 0, 0), order[i]);
	end();
}

/* Every generation of a slot is given out once, 0 never; then the slot is used no more. */
static void
test_slots_retire(void)
{
	uint64_t first, handle;
	struct slot *slot;

	start(1);
	for (uint32_t i = 0; i < NEIGHBORS; i++)
		slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0);
	first = slots_handle(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 2);
	slots_free(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 2);
	slot = slots_at(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 2);
	/* all but the last two of its generations later, by way of the highest one */
	slot->generation = TOE_GENERATION_MASK;
	CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0), 2);
	slots_free(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 2);
	CU_ASSERT_EQUAL(slot->generation, 1);
	slot->generation = toe_handle_generation(first) - 2;
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0), 2);
		CU_ASSERT_PTR_NULL(slots_find(&slots, first, OFFLOAD_LAYER_NEIGHBOR, 0));
		handle = slots_handle(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 2);
		CU_ASSERT_PTR_NOT_NULL(slots_find(&slots, handle, OFFLOAD_LAYER_NEIGHBOR, 0));
		slots_free(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 2);
	}
	CU_ASSERT_EQUAL(slot->state, SLOT_RETIRED);
	CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0), TOE_INDEX_NONE);
	CU_ASSERT_PTR_NULL(slots_find(&slots, first, OFFLOAD_LAYER_NEIGHBOR, 0));
	/* the others go on */
	slots_free(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 3);
	CU_ASSERT_EQUAL(slots_alloc(&slots, OFFLOAD_LAYER_NEIGHBOR, 0, 0), 3);
	end();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"CTX-2 a reused slot never answers to an old handle", test_stale_handles},
	        {"TREE-8 CTX-2 forged and foreign handles", test_forged_handles},
	        {"CTX-2 generations are salted", test_generations_start_anywhere},
	        {"INIT-4 slots run out and come back", test_slots_come_back},
	        {"CTX-1 the paths of a neighbor, walked while they move", test_paths_of_a_neighbor},
	        {"INV-7 workers that may hold frames", test_workers_of_a_neighbor},
	        {"TREE-8 an object named twice is noticed", test_claims},
	        {"C5 CTX-2 a slot is used again as late as can be", test_reuse_is_late},
	        {"C5 CTX-2 a slot retires with its last generation", test_slots_retire},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("slots", tests, sizeof(tests) / sizeof(tests[0]));
}
