/* SPDX-License-Identifier: BSD-3-Clause */
/* Walking trees step by step. */
#include <stdlib.h>
#include <string.h>

#include "tree_walk.h"
#include "unit.h"

#define BLOCKS 16u
#define LONG_LIST 200000u

static struct offload_block_list blocks[BLOCKS];

static void
link_next(uint32_t from, uint32_t to)
{
	blocks[from].next_block = &blocks[to];
}

static void
link_dependent(uint32_t from, uint32_t to)
{
	blocks[from].dependent_block_list = &blocks[to];
}

/* "E0E1L1L0": entered and left, by number. */
static void
walk_text(char *text)
{
	struct tree_walk walk;

	for (walk_start(&walk, &blocks[0]); walk.event != WALK_END; walk_step(&walk)) {
		*text++ = walk.event == WALK_ENTER ? 'E' : 'L';
		*text++ = (char)('0' + (walk_block(&walk) - blocks));
	}
	*text = '\0';
}

static void
test_depth_first(void)
{
	char text[4 * BLOCKS + 1];

	/* 0 -> {1 -> {2, 3}, 4}, 5 -> {6} */
	memset(blocks, 0, sizeof(blocks));
	link_dependent(0, 1);
	link_dependent(1, 2);
	link_next(2, 3);
	link_next(1, 4);
	link_next(0, 5);
	link_dependent(5, 6);
	walk_text(text);
	CU_ASSERT_STRING_EQUAL(text, "E0E1E2L2E3L3L1E4L4L0E5E6L6L5");
}

static void
test_cut_links(void)
{
	char text[4 * BLOCKS + 1];

	memset(blocks, 0, sizeof(blocks));
	link_dependent(0, 1);
	link_next(1, 2);
	link_next(2, 1); /* a cycle */
	link_next(0, 3);
	link_dependent(3, 0);
	block_item(&blocks[2])->flags = BLOCK_CUT_NEXT;
	block_item(&blocks[3])->flags = BLOCK_CUT_DEPENDENT;
	walk_text(text);
	CU_ASSERT_STRING_EQUAL(text, "E0E1L1E2L2L0E3L3");
}

static void
test_parents(void)
{
	struct tree_walk walk;

	memset(blocks, 0, sizeof(blocks));
	link_dependent(0, 1);
	link_dependent(1, 2);
	walk_start(&walk, &blocks[0]);
	CU_ASSERT_PTR_NULL(walk_parent(&walk));
	walk_step(&walk);
	CU_ASSERT_PTR_EQUAL(walk_parent(&walk), &blocks[0]);
	walk_step(&walk);
	CU_ASSERT_PTR_EQUAL(walk_parent(&walk), &blocks[1]);
	CU_ASSERT_EQUAL(walk.depth, 2);
}

static void
test_long_list(void)
{
	struct offload_block_list *list = calloc(LONG_LIST, sizeof(*list));
	struct tree_walk walk;
	uint32_t entered = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	for (uint32_t i = 0; i + 1 < LONG_LIST; i++)
		list[i].next_block = &list[i + 1];
	for (walk_start(&walk, list); walk.event != WALK_END; walk_step(&walk))
		entered += walk.event == WALK_ENTER;
	CU_ASSERT_EQUAL(entered, LONG_LIST);
	free(list);
}

static void
test_worker_in_flags(void)
{
	struct toe_item item = {.flags = BLOCK_SENT | BLOCK_FREED};

	for (uint32_t worker = 0; worker < 63; worker++) {
		item_set_worker(&item, worker);
		CU_ASSERT_EQUAL(item_worker(&item), worker);
		CU_ASSERT(item.flags & BLOCK_SENT);
		CU_ASSERT(item.flags & BLOCK_FREED);
		CU_ASSERT(!(item.flags & BLOCK_REFUSED));
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"TREE-4 dependents before siblings", test_depth_first},
	        {"TREE-8 cut links are not followed", test_cut_links},
	        {"TREE-2 the block below is known at each layer", test_parents},
	        {"TREE-5 a list of any length, without recursion", test_long_list},
	        {"a block's flags and its worker share a word", test_worker_in_flags},
	};

	return unit_run("tree_walk", tests, sizeof(tests) / sizeof(tests[0]));
}
