/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks and objects for tests of control. */
#include "fake_target.h"
#include "handle.h"

struct offload_block_list *
fake_neighbor(struct fake *fake, uint32_t i, uint8_t type)
{
	struct offload_block_list *block = tree_block(&fake->tree, type, &fake->neighbor[i]);
	struct tree_neighbor neighbor;

	tree_usual_neighbor(&neighbor, i);
	tree_fill_neighbor(block, &neighbor);
	return block;
}

struct offload_block_list *
fake_path(struct fake *fake, uint32_t i, uint8_t type)
{
	struct offload_block_list *block = tree_block(&fake->tree, type, &fake->path[i]);
	struct tree_path path;

	tree_usual_path(&path, i, type >= OFFLOAD_PATH6_BLOCK ? 6 : 4);
	tree_fill_path(block, &path);
	return block;
}

struct offload_block_list *
fake_tcp(struct fake *fake, uint32_t i, uint8_t type)
{
	struct offload_block_list *block = tree_block(&fake->tree, type, &fake->conn[i]);
	struct tree_tcp tcp;

	tree_usual_tcp(&tcp, i, OFFLOAD_SERVICE_SINK);
	tree_fill_tcp(block, &tcp);
	block->offload_handle = &fake->conn[i];
	return block;
}

struct offload_block_list *
fake_placeholder(struct fake *fake)
{
	return tree_block(&fake->tree, OFFLOAD_TYPE_NONE, NULL);
}

void
fake_offload(struct fake *fake, uint32_t neighbors, uint32_t paths, uint32_t conns)
{
	struct offload_block_list *neighbor[FAKE_NEIGHBORS], *path[FAKE_PATHS], *tcp[FAKE_CONNS];

	for (uint32_t i = 0; i < neighbors; i++) {
		neighbor[i] = fake_neighbor(fake, i, OFFLOAD_NEIGHBOR_ALL);
		if (i > 0)
			tree_add_next(neighbor[0], neighbor[i]);
	}
	for (uint32_t i = 0; i < paths; i++) {
		path[i] = fake_path(fake, i, OFFLOAD_PATH4_ALL);
		tree_add_dependent(neighbor[i % neighbors], path[i]);
	}
	for (uint32_t i = 0; i < conns; i++) {
		tcp[i] = fake_tcp(fake, i, OFFLOAD_TCP_ALL);
		tree_add_dependent(path[i % paths], tcp[i]);
	}
	CU_ASSERT_FATAL(fake_request(fake, CHIMNEY_INITIATE, neighbor[0]));
	for (uint32_t i = 0; i < neighbors; i++)
		CU_ASSERT_EQUAL_FATAL(neighbor[i]->status, OFFLOAD_SUCCESS);
	for (uint32_t i = 0; i < paths; i++)
		CU_ASSERT_EQUAL_FATAL(path[i]->status, OFFLOAD_SUCCESS);
	for (uint32_t i = 0; i < conns; i++)
		CU_ASSERT_EQUAL_FATAL(tcp[i]->status, OFFLOAD_SUCCESS);
	fake->logged = 0;
}

uint32_t
fake_count(const struct fake *fake, enum toe_op op)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < fake->logged; i++)
		count += fake->log[i].message.op == op;
	return count;
}

const struct fake_logged *
fake_last(const struct fake *fake, enum toe_op op)
{
	for (uint32_t i = fake->logged; i > 0; i--)
		if (fake->log[i - 1].message.op == op)
			return &fake->log[i - 1];
	return NULL;
}

uint32_t
fake_owner(const struct fake *fake, uint32_t i)
{
	return toe_handle_worker(fake->conn[i]);
}

bool
fake_neighbor_valid(const struct fake *fake, uint32_t i)
{
	return toe_word_valid(
	        atomic_load(&fake->shared.neighbors[toe_handle_index(fake->neighbor[i])].word));
}

bool
fake_path_valid(const struct fake *fake, uint32_t i)
{
	return toe_word_valid(
	        atomic_load(&fake->shared.paths[toe_handle_index(fake->path[i])].word));
}
