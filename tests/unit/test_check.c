/* SPDX-License-Identifier: BSD-3-Clause */
/* Malformed trees: refused on the blocks concerned, the rest goes on, nothing is changed (TREE-8). */
#include <string.h>

#include "fake_target.h"

static struct fake fake;

static struct offload_block_list *
neighbor(uint32_t i)
{
	return fake_neighbor(&fake, i, OFFLOAD_NEIGHBOR_BLOCK);
}

static struct offload_block_list *
path(uint32_t i)
{
	return fake_path(&fake, i, OFFLOAD_PATH4_BLOCK);
}

static struct offload_block_list *
tcp(uint32_t i)
{
	return fake_tcp(&fake, i, OFFLOAD_TCP_BLOCK);
}

/* Query a tree; TREE-10 holds whatever it was. */
static void
query(struct offload_block_list *root)
{
	tree_seal(&fake.tree);
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_QUERY, root));
	CU_ASSERT_PTR_NULL(tree_damage(&fake.tree));
}

static void
start(void)
{
	fake_start(&fake, NULL);
	fake_offload(&fake, 2, 4, 8);
	tree_free(&fake.tree);
}

static void
test_headers(void)
{
	struct offload_block_list *root = neighbor(0), *bad[4];

	for (uint32_t i = 0; i < 4; i++) {
		bad[i] = neighbor(1);
		tree_add_next(root, bad[i]);
	}
	bad[0]->header.type = 0x77;
	bad[1]->header.revision = 2;
	bad[2]->header.size = sizeof(*root) - 1;
	bad[3]->header.type = OFFLOAD_NEIGHBOR_ALL; /* more than its size holds */
	query(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(bad[i]->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->refused, 4);
}

static void
test_layers(void)
{
	struct offload_block_list *root = neighbor(0), *below = path(0), *top = tcp(0);
	struct offload_block_list *sideways = tcp(1), *beyond = tcp(2), *after = path(1);

	tree_add_dependent(root, below);
	tree_add_dependent(below, top);
	top->dependent_block_list = beyond; /* a fourth layer */
	tree_add_next(below, sideways); /* a connection among paths */
	tree_add_next(below, after);
	beyond->status = OFFLOAD_SUCCESS;
	query(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(below->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(sideways->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(after->status, OFFLOAD_SUCCESS);
}

static void
test_deep_placeholders(void)
{
	struct offload_block_list *root = fake_placeholder(&fake), *one = fake_placeholder(&fake);
	struct offload_block_list *two = fake_placeholder(&fake), *sibling = path(0);

	/* the sibling says that the root is a path: then there is a layer too many below the root */
	tree_add_dependent(root, one);
	tree_add_dependent(one, two);
	tree_add_next(root, sibling);
	query(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(one->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(two->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(sibling->status, OFFLOAD_SUCCESS);
}

static void
test_root_of_any_layer(void)
{
	struct offload_block_list *root = fake_placeholder(&fake), *top = tcp(0);
	struct offload_block_list *alone, *connection;

	root->header.type = 0xEE; /* not looked at */
	tree_add_dependent(root, top); /* so the root is a path */
	query(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_SUCCESS);
	connection = tcp(1);
	query(connection);
	CU_ASSERT_EQUAL(connection->status, OFFLOAD_SUCCESS);
	alone = fake_placeholder(&fake);
	query(alone);
	CU_ASSERT_EQUAL(alone->status, OFFLOAD_SUCCESS);
}

static void
test_cycles(void)
{
	struct offload_block_list *root = neighbor(0), *second = neighbor(1), *below = path(0);
	struct offload_block_list *shared = tcp(0), *other = path(1);

	tree_add_next(root, second);
	second->next_block = root;
	tree_add_dependent(root, below);
	tree_add_next(below, other);
	tree_add_dependent(below, shared);
	other->dependent_block_list = shared; /* two ways to one block */
	query(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(second->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(below->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(shared->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(other->status, OFFLOAD_FAILURE);
}

static void
test_self_and_unaligned(void)
{
	struct offload_block_list *self = neighbor(0), *root, *below;

	self->dependent_block_list = self;
	query(self);
	CU_ASSERT_EQUAL(self->status, OFFLOAD_FAILURE);
	root = neighbor(1);
	below = path(0);
	tree_add_dependent(root, below);
	below->next_block = (struct offload_block_list *)((uintptr_t)self + 4);
	root->next_block = (struct offload_block_list *)((uintptr_t)self + 1);
	query(root);
	CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(below->status, OFFLOAD_FAILURE);
	self->dependent_block_list = NULL;
	self->offload_context = (uint64_t *)((uintptr_t)&fake.neighbor[0] + 2);
	query(self);
	CU_ASSERT_EQUAL(self->status, OFFLOAD_FAILURE);
}

static void
test_overlong(void)
{
	struct fake_options options = {.max_tree_blocks = 5};
	struct offload_block_list *root, *blocks[8];

	fake_end(&fake);
	fake_start(&fake, &options);
	root = blocks[0] = fake_placeholder(&fake);
	for (uint32_t i = 1; i < 8; i++) {
		blocks[i] = fake_placeholder(&fake);
		tree_add_next(root, blocks[i]);
	}
	tree_seal(&fake.tree);
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_QUERY, root));
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(blocks[i]->status, OFFLOAD_SUCCESS);
	/* the block whose link leads too far, and all behind it (TREE-7) */
	for (uint32_t i = 4; i < 8; i++)
		CU_ASSERT_EQUAL(blocks[i]->status, OFFLOAD_FAILURE);
}

static void
test_named_twice(void)
{
	struct offload_block_list *root = neighbor(0), *first = path(0), *second = path(0);
	struct offload_block_list *third = path(0), *other = path(1);

	tree_add_dependent(root, first);
	tree_add_dependent(root, second);
	tree_add_dependent(root, other);
	tree_add_dependent(root, third);
	tree_seal(&fake.tree);
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INVALIDATE, root));
	CU_ASSERT_EQUAL(first->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(second->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(third->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(other->status, OFFLOAD_SUCCESS);
	CU_ASSERT(fake_path_valid(&fake, 0));
	CU_ASSERT(!fake_path_valid(&fake, 1));
}

static void
test_two_requests_one_block(void)
{
	struct offload_block_list *root = path(0), *top = tcp(0), *late = path(1);

	fake.stalled[0] = fake.stalled[1] = true;
	tree_add_dependent(root, top);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, root), 0);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_UPDATE, root), -EALREADY);
	fake_control(&fake);
	/* now the tree is walked: neither its root nor another block of it can be submitted or linked to */
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, root), -EALREADY);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INVALIDATE, top), -EALREADY);
	late->dependent_block_list = top;
	late->next_block = root;
	CU_ASSERT(fake_request(&fake, CHIMNEY_INVALIDATE, late));
	CU_ASSERT_EQUAL(late->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_PENDING);
	fake.stalled[0] = fake.stalled[1] = false;
	CU_ASSERT(fake_completed(&fake, root));
	CU_ASSERT_EQUAL(top->status, OFFLOAD_SUCCESS);
	/* after the completion all of it is the host's again */
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, top));
	CU_ASSERT(fake_request(&fake, CHIMNEY_QUERY, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
}

static void
test_bad_roots(void)
{
	struct offload_block_list *root = path(0);

	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY, NULL), -EINVAL);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_QUERY,
	                        (struct offload_block_list *)((uintptr_t)root + 4)),
	        -EINVAL);
}

static void
test_empty_cells(void)
{
	static const enum chimney_request kinds[] = {
	        CHIMNEY_QUERY, CHIMNEY_UPDATE, CHIMNEY_INVALIDATE, CHIMNEY_TERMINATE};

	for (uint32_t i = 0; i < RTE_DIM(kinds); i++) {
		struct offload_block_list *root = path(15), *above = fake_placeholder(&fake);

		CU_ASSERT_EQUAL(fake.path[15], 0);
		tree_add_next(above, root);
		CU_ASSERT_FATAL(fake_request(&fake, kinds[i], above));
		CU_ASSERT_EQUAL(root->status, OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(above->status, OFFLOAD_SUCCESS);
	}
}

static void
test_nothing_past_a_block_is_read(void)
{
	/* the guard bytes behind the block are poisoned under AddressSanitizer */
	struct offload_block_list *root = neighbor(0);

	root->header.type = OFFLOAD_NEIGHBOR_ALL;
	tree_seal(&fake.tree);
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INVALIDATE, root));
	CU_ASSERT_EQUAL(root->status, OFFLOAD_SUCCESS);
	CU_ASSERT(!fake_neighbor_valid(&fake, 0));
	CU_ASSERT_PTR_NULL(tree_damage(&fake.tree));
}

/* Each test gets two neighbors, four paths and eight connections. */
#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		start();                                                                           \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(headers)
WITH_FAKE(layers)
WITH_FAKE(deep_placeholders)
WITH_FAKE(root_of_any_layer)
WITH_FAKE(cycles)
WITH_FAKE(self_and_unaligned)
WITH_FAKE(overlong)
WITH_FAKE(named_twice)
WITH_FAKE(two_requests_one_block)
WITH_FAKE(bad_roots)
WITH_FAKE(empty_cells)
WITH_FAKE(nothing_past_a_block_is_read)

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"TREE-6 type, revision, size", run_headers},
	        {"TREE-2 TREE-8 layers", run_layers},
	        {"TREE-2 placeholders too deep, noticed late", run_deep_placeholders},
	        {"TREE-3 TREE-9 the root may be of any layer", run_root_of_any_layer},
	        {"TREE-8 cycles and shared blocks", run_cycles},
	        {"TREE-8 links to itself, unaligned links and cells", run_self_and_unaligned},
	        {"TREE-8 a tree that is too long", run_overlong},
	        {"TREE-8 the same object twice", run_named_twice},
	        {"INV-1 TREE-7 TREE-8 a block of another request", run_two_requests_one_block},
	        {"INV-1 roots that are none", run_bad_roots},
	        {"INV-18 TREE-9 empty cells", run_empty_cells},
	        {"INV-3 TREE-10 an invalidate reads blocks only", run_nothing_past_a_block_is_read},
	};

	return unit_run("check", tests, RTE_DIM(tests));
}
