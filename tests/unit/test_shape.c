/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the host gives into a tree's memory is believed once (C6): cells that are something else too, blocks behind
 * malformed ones, types of blocks that are refused.
 */
#include <string.h>

#include "fake_target.h"
#include "test_mutant.h"

#define UNWRITTEN 0xDEADBEEFu /* a status that the target has not touched */

static struct fake fake;

static struct offload_block_list *
fresh_path(uint32_t i)
{
	return fake_path(&fake, i, OFFLOAD_PATH4_ALL);
}

static struct offload_block_list *
fresh_tcp(uint32_t i)
{
	return fake_tcp(&fake, i, OFFLOAD_TCP_ALL);
}

static void
unwritten(struct offload_block_list *block)
{
	block->status = UNWRITTEN;
}

static bool
written(const struct offload_block_list *block)
{
	return block->status != UNWRITTEN && block->status != OFFLOAD_PENDING;
}

/* A new neighbor and its path. */
static struct offload_block_list *
pair(struct offload_block_list **path)
{
	struct offload_block_list *root = fake_neighbor(&fake, 4, OFFLOAD_NEIGHBOR_ALL);

	*path = fresh_path(8);
	tree_add_dependent(root, *path);
	fake.neighbor[4] = fake.path[8] = 0;
	return root;
}

/* No object is left over, and every slot can still be had: two, four and eight were there before. */
static void
nothing_leaks(void)
{
	const struct chimney_stats *stats = chimney_stats(fake.target);

	CU_ASSERT_EQUAL(stats->neighbors, 2);
	CU_ASSERT_EQUAL(stats->paths, 4);
	CU_ASSERT_EQUAL(stats->connections, 8);
}

/* Terminate what a tree's cells hold after all. */
static void
take_back(uint64_t neighbor, uint64_t path, bool neighbor_up, bool path_up)
{
	struct offload_block_list *root, *below;

	root = tree_block(&fake.tree, OFFLOAD_NEIGHBOR_BLOCK, neighbor_up ? &neighbor : NULL);
	below = tree_block(&fake.tree, OFFLOAD_PATH4_BLOCK, path_up ? &path : NULL);
	tree_add_dependent(root, below);
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_TERMINATE, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(below->status, OFFLOAD_SUCCESS);
	nothing_leaks();
}

/* The cell is one of the 17 words of its own block: but for what is the host's own, no cell. */
static void
test_cell_in_its_block(void)
{
	const uint32_t reserved = offsetof(struct offload_block_list, host_reserved) / 8;

	for (uint32_t word = 0; word < sizeof(struct offload_block_list) / 8; word++) {
		struct offload_block_list *root = fake_neighbor(&fake, 4, OFFLOAD_NEIGHBOR_ALL);
		uint64_t *cell = (uint64_t *)(void *)root + word;
		bool host = word == reserved || word == reserved + 1;

		if (word >= offsetof(struct offload_block_list, status) / 8)
			*cell = 0;
		root->offload_context = cell;
		CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
		CU_ASSERT_EQUAL(root->status, host ? OFFLOAD_SUCCESS : OFFLOAD_FAILURE);
		take_back(*cell, 0, host, false);
	}
}

/* The cell of one block is a word of another one of the same tree, which is entered before or after it. */
static void
test_cell_in_another_block(void)
{
	const uint32_t words = sizeof(struct offload_block_list) / 8;
	const uint32_t status = offsetof(struct offload_block_list, status) / 8;
	const uint32_t scratch = offsetof(struct offload_block_list, target_scratch) / 8;

	for (uint32_t n = 0; n < 2 * words; n++) {
		struct offload_block_list *first, *root = pair(&first), *second = fresh_path(9);
		struct offload_block_list *lone = fake_placeholder(&fake);
		struct offload_block_list *from = n < words ? first : second;
		struct chimney_object_view view;
		uint32_t word = n % words;
		uint64_t *cell = (uint64_t *)(void *)lone + word;

		tree_add_next(first, lone);
		tree_add_next(first, second);
		memset(&lone->header, 0, sizeof(lone->header));
		memset(&lone->status, 0,
		        sizeof(*lone) - offsetof(struct offload_block_list, status));
		from->offload_context = cell;
		CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
		CU_ASSERT(written(root) && written(first) && written(lone) && written(second));
		if (word == status || word >= scratch)
			CU_ASSERT_EQUAL(from->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(chimney_object_look(fake.target, *cell, &view),
		        from->status == OFFLOAD_SUCCESS);
		fake_end(&fake);
		fake_start(&fake, NULL);
		fake_offload(&fake, 2, 4, 8);
	}
}

/* A link that was NULL when it was looked at, and holds a handle at the end, leads nowhere. */
static void
test_cell_is_a_link(void)
{
	struct offload_block_list *path, *root = pair(&path), *top = fresh_tcp(20);

	/* the path's cell is its neighbor's link, which was looked at before */
	path->offload_context = (uint64_t *)(void *)&root->next_block;
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(path->status, OFFLOAD_SUCCESS);
	take_back(fake.neighbor[4], (uintptr_t)root->next_block, true, true);
	/* the neighbor's cell is a link that will be looked at later: it leads to what was visited */
	root = pair(&path);
	root->offload_context = (uint64_t *)(void *)&path->next_block;
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
	CU_ASSERT_EQUAL(path->status, OFFLOAD_FAILURE);
	take_back((uintptr_t)path->next_block, 0, root->status == OFFLOAD_PARTIAL_SUCCESS, false);
	/* the cell pointer of a placeholder */
	root = pair(&path);
	tree_add_dependent(path, top);
	path->offload_context = NULL;
	top->offload_context = (uint64_t *)(void *)&path->offload_context;
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
	CU_ASSERT_EQUAL(path->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_FAILURE); /* nothing below it */
	CU_ASSERT_PTR_NULL(path->offload_context);
	take_back(fake.neighbor[4], 0, root->status != OFFLOAD_FAILURE, false);
}

/* Two new blocks with one cell: one of them gets it. */
static void
test_shared_cell(void)
{
	struct offload_block_list *root = fake_neighbor(&fake, 4, OFFLOAD_NEIGHBOR_ALL);
	struct offload_block_list *second = fake_neighbor(&fake, 4, OFFLOAD_NEIGHBOR_ALL);

	tree_add_next(root, second);
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(second->status, OFFLOAD_FAILURE);
	take_back(fake.neighbor[4], 0, true, false);
}

/* INIT-2: the cell of what fails is as it was. */
static void
test_failed_cells(void)
{
	struct offload_block_list *path, *root = pair(&path), *next = fresh_path(9);

	tree_add_next(path, next);
	((struct path_cached *)offload_block_cached(path))->path_mtu = 1;
	next->next_block = root; /* refused when its cell has been taken */
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
	CU_ASSERT_EQUAL(fake.path[8], 0);
	CU_ASSERT_EQUAL(fake.path[9], 0);
	take_back(fake.neighbor[4], 0, true, false);
}

/* Every block that can be reached gets a status, however deep it hangs, for every request. */
static void
test_deep_blocks(void)
{
	struct offload_block_list *root, *below, *blocks[12], *side;

	for (uint32_t kind = 0; kind < CHIMNEY_REQUEST_COUNT; kind++) {
		root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
		below = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
		tree_add_dependent(root, below);
		for (uint32_t i = 0; i < RTE_DIM(blocks); i++) {
			blocks[i] = i % 3 ? fake_placeholder(&fake)
			                  : fake_tcp(&fake, i % 8, OFFLOAD_TCP_BLOCK);
			tree_add_dependent(i == 0 ? below : blocks[i - 1], blocks[i]);
			side = fake_placeholder(&fake);
			unwritten(side);
			unwritten(blocks[i]);
			tree_add_next(blocks[i], side);
		}
		tree_seal(&fake.tree);
		CU_ASSERT_FATAL(fake_request(&fake, kind, root));
		for (uint32_t i = 0; i < RTE_DIM(blocks); i++)
			CU_ASSERT_EQUAL(blocks[i]->status, OFFLOAD_FAILURE);
		for (uint32_t i = 1; i < RTE_DIM(blocks); i++)
			CU_ASSERT_EQUAL(blocks[i]->next_block->status, OFFLOAD_FAILURE);
		CU_ASSERT_PTR_NULL(tree_damage(&fake.tree));
		tree_free(&fake.tree);
		nothing_leaks();
	}
}

/* The type of a block that is refused tells nothing of the others' layers. */
static void
test_layer_of_refused(void)
{
	struct offload_block_list *root, *wrong, *path, *top;
	uint64_t forged = 1;

	for (uint32_t way = 0; way < 4; way++) {
		root = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
		wrong = fake_tcp(&fake, 1, OFFLOAD_TCP_BLOCK);
		path = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
		top = fake_tcp(&fake, 0, OFFLOAD_TCP_BLOCK);
		root->header.revision = 7;
		root->header.type = way % 2 ? OFFLOAD_PATH4_BLOCK : OFFLOAD_NEIGHBOR_BLOCK;
		if (way == 0)
			wrong->offload_context = &forged;
		else if (way == 1)
			wrong->header.size = 8;
		else if (way == 2)
			wrong->dependent_block_list = root;
		else /* a connection has no dependents */
			tree_add_dependent(wrong, fake_placeholder(&fake));
		tree_add_dependent(root, wrong);
		tree_add_next(wrong, path);
		tree_add_dependent(path, top);
		CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_QUERY, root));
		CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(wrong->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(path->status, OFFLOAD_SUCCESS);
		CU_ASSERT_EQUAL(top->status, OFFLOAD_SUCCESS);
	}
}

/* The same for an initiate: all read FAILURE (INIT-3), none is left unwritten, nothing is offloaded. */
static void
test_initiate_below_refused(void)
{
	struct offload_block_list *path, *root = pair(&path), *wrong = fresh_tcp(20);
	struct offload_block_list *blocks[4] = {fresh_tcp(21), fresh_tcp(22), path, wrong};

	root->header.revision = 7;
	root->dependent_block_list = wrong;
	wrong->next_block = path;
	tree_add_dependent(wrong, blocks[0]);
	tree_add_dependent(path, blocks[1]);
	for (uint32_t i = 0; i < RTE_DIM(blocks); i++)
		unwritten(blocks[i]);
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
	for (uint32_t i = 0; i < RTE_DIM(blocks); i++)
		CU_ASSERT_EQUAL(blocks[i]->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(fake.conn[20] | fake.conn[21] | fake.conn[22] | fake.path[8], 0);
	nothing_leaks();
}

/* Each test gets two neighbors, four paths and eight connections. */
#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		fake_offload(&fake, 2, 4, 8);                                                      \
		tree_free(&fake.tree);                                                             \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(cell_in_its_block)
WITH_FAKE(cell_in_another_block)
WITH_FAKE(cell_is_a_link)
WITH_FAKE(shared_cell)
WITH_FAKE(failed_cells)
WITH_FAKE(deep_blocks)
WITH_FAKE(layer_of_refused)
WITH_FAKE(initiate_below_refused)

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C6 TREE-8 a cell in its own block", run_cell_in_its_block},
	        {"C6 TREE-8 a cell in another block", run_cell_in_another_block},
	        {"C6 TREE-8 a cell that is a link", run_cell_is_a_link},
	        {"C6 TREE-8 a cell of two new blocks", run_shared_cell},
	        {"C6 INIT-2 the cell of what fails", run_failed_cells},
	        {"C6 TREE-7 what is too deep gets a status", run_deep_blocks},
	        {"C6 TREE-3 the layer told by what is refused", run_layer_of_refused},
	        {"C6 INIT-3 TREE-7 an initiate below what is refused", run_initiate_below_refused},
	};

	if (!test_mutant_arguments(argc, argv))
		return EXIT_FAILURE;
	return unit_run("shape", tests, RTE_DIM(tests));
}
