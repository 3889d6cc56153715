/* SPDX-License-Identifier: BSD-3-Clause */
/* Walking trees step by step. */
#include <stdlib.h>
#include <string.h>

#include "tree_walk.h"
#include "unit.h"

#define BLOCKS 16u
#define LONG_LIST 200000u

static struct offload_block_list blocks[BLOCKS];

/* No block leads anywhere. */
static void
blocks_init(struct offload_block_list *list, uint32_t n)
{
	memset(list, 0, n * sizeof(*list));
	for (uint32_t i = 0; i < n; i++)
		block_item(&list[i])->flags = BLOCK_NO_NEXT | BLOCK_NO_DEPENDENT;
}

static void
link_next(uint32_t from, uint32_t to)
{
	blocks[from].next_block = &blocks[to];
	block_item(&blocks[from])->flags &= (uint16_t)~BLOCK_NO_NEXT;
}

static void
link_dependent(uint32_t from, uint32_t to)
{
	blocks[from].dependent_block_list = &blocks[to];
	block_item(&blocks[from])->flags &= (uint16_t)~BLOCK_NO_DEPENDENT;
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
	blocks_init(blocks, BLOCKS);
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

	blocks_init(blocks, BLOCKS);
	link_dependent(0, 1);
	link_next(1, 2);
	link_next(2, 1); /* a cycle */
	link_next(0, 3);
	link_dependent(3, 0);
	block_item(&blocks[2])->flags |= BLOCK_NO_NEXT;
	block_item(&blocks[3])->flags |= BLOCK_NO_DEPENDENT;
	walk_text(text);
	CU_ASSERT_STRING_EQUAL(text, "E0E1L1E2L2L0E3L3");
}

/* Links that come to be, or go, after the shape was noted are not looked at. */
static void
test_shape_is_noted(void)
{
	char text[4 * BLOCKS + 1];

	blocks_init(blocks, BLOCKS);
	link_dependent(0, 1);
	link_next(1, 2);
	blocks[0].next_block = (struct offload_block_list *)8;
	blocks[1].dependent_block_list = (struct offload_block_list *)8;
	walk_text(text);
	CU_ASSERT_STRING_EQUAL(text, "E0E1L1E2L2L0");
}

/* Below the third layer, and back: twice, since the way back is kept in the blocks. */
static void
test_too_deep(void)
{
	char text[4 * BLOCKS + 1];
	struct tree_walk walk;

	blocks_init(blocks, BLOCKS);
	for (uint32_t i = 0; i < 5; i++)
		link_dependent(i, i + 1);
	link_next(4, 6);
	link_dependent(6, 7);
	link_next(3, 8);
	link_next(0, 9);
	for (uint32_t i = 0; i < 2; i++) {
		walk_text(text);
		CU_ASSERT_STRING_EQUAL(text, "E0E1E2E3E4E5L5L4E6E7L7L6L3E8L8L2L1L0E9L9");
	}
	walk_start(&walk, &blocks[0]);
	while (walk_block(&walk) != &blocks[7])
		walk_step(&walk);
	CU_ASSERT_EQUAL(walk.depth, 5);
	CU_ASSERT_PTR_EQUAL(walk_parent(&walk), &blocks[6]);
}

static void
test_parents(void)
{
	struct tree_walk walk;

	blocks_init(blocks, BLOCKS);
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
	blocks_init(list, LONG_LIST);
	for (uint32_t i = 0; i + 1 < LONG_LIST; i++) {
		list[i].next_block = &list[i + 1];
		block_item(&list[i])->flags &= (uint16_t)~BLOCK_NO_NEXT;
	}
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
	        {"C6 links are looked at once", test_shape_is_noted},
	        {"C6 TREE-7 what is below the third layer is walked, too", test_too_deep},
	        {"TREE-2 the block below is known at each layer", test_parents},
	        {"TREE-5 a list of any length, without recursion", test_long_list},
	        {"a block's flags and its worker share a word", test_worker_in_flags},
	};

	return unit_run("tree_walk", tests, sizeof(tests) / sizeof(tests[0]));
}
