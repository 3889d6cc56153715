/* SPDX-License-Identifier: BSD-3-Clause */
/* The second host of a fake target. */
#include "fake_other.h"

#include <string.h>

struct fake_other fake_other;

bool
fake_other_submit(struct fake *fake, enum chimney_request kind, struct offload_block_list *root)
{
	static int (*const submit[CHIMNEY_REQUEST_COUNT])(
	        struct chimney_host *, struct offload_block_list *) = {
	        [CHIMNEY_INITIATE] = chimney_initiate_offload,
	        [CHIMNEY_QUERY] = chimney_query_offload,
	        [CHIMNEY_UPDATE] = chimney_update_offload,
	        [CHIMNEY_INVALIDATE] = chimney_invalidate_offload,
	        [CHIMNEY_TERMINATE] = chimney_terminate_offload,
	};

	return submit[kind](fake->host[1], root) == 0;
}

uint32_t
fake_turns_until(struct fake *fake, const struct offload_block_list *block, uint32_t most)
{
	for (uint32_t i = 0; i < most; i++) {
		if (block->status != OFFLOAD_PENDING)
			return i;
		fake_control(fake);
		fake_work(fake);
	}
	return most;
}

void
fake_turns(struct fake *fake, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		fake_control(fake);
		fake_work(fake);
	}
}

void
fake_other_offload(struct fake *fake, uint32_t conns)
{
	struct offload_block_list *root, *path, *conn, *last = NULL;
	struct chimney_record record;
	struct tree_neighbor neighbor;
	struct tree_path usual;
	struct tree_tcp tcp;

	memset(&fake_other, 0, sizeof(fake_other));
	root = tree_block(&fake->tree, OFFLOAD_NEIGHBOR_ALL, &fake_other.neighbor);
	tree_usual_neighbor(&neighbor, 100);
	tree_fill_neighbor(root, &neighbor);
	path = tree_block(&fake->tree, OFFLOAD_PATH4_ALL, &fake_other.path);
	tree_usual_path(&usual, 100, 4);
	tree_fill_path(path, &usual);
	tree_add_dependent(root, path);
	for (uint32_t i = 0; i < conns; i++) {
		conn = tree_block(&fake->tree, OFFLOAD_TCP_ALL, &fake_other.conn[i]);
		tree_usual_tcp(&tcp, 1000 + i, OFFLOAD_SERVICE_SINK);
		tree_fill_tcp(conn, &tcp);
		*(last == NULL ? &path->dependent_block_list : &last->next_block) = conn;
		last = conn;
	}
	CU_ASSERT_FATAL(fake_other_submit(fake, CHIMNEY_INITIATE, fake_pending(root)));
	CU_ASSERT_FATAL(fake_turns_until(fake, root, FAKE_TURNS) < FAKE_TURNS);
	CU_ASSERT_EQUAL_FATAL(root->status, OFFLOAD_SUCCESS);
	fake_turns(fake, 2);
	CU_ASSERT_EQUAL_FATAL(chimney_poll(fake->host[1], &record, 1), 1);
	fake->logged = 0;
}
