/* SPDX-License-Identifier: BSD-3-Clause */
/* Initiate: what may be offloaded, in which order, and what every block reads afterwards. */
#include <string.h>

#include "fake_target.h"
#include "handle.h"

static struct fake fake;

static struct offload_block_list *
neighbor(uint32_t i)
{
	return fake_neighbor(&fake, i, OFFLOAD_NEIGHBOR_ALL);
}

static struct offload_block_list *
path(uint32_t i)
{
	return fake_path(&fake, i, OFFLOAD_PATH4_ALL);
}

static struct offload_block_list *
tcp(uint32_t i)
{
	return fake_tcp(&fake, i, OFFLOAD_TCP_ALL);
}

static void
initiate(struct offload_block_list *root)
{
	CU_ASSERT_FATAL(fake_request(&fake, CHIMNEY_INITIATE, root));
}

/* neighbor 0 -> path 0 -> connections 0 to count - 1; blocks[0], blocks[1], blocks[2 ...]. */
static void
chain(struct offload_block_list **blocks, uint32_t count)
{
	blocks[0] = neighbor(0);
	blocks[1] = path(0);
	tree_add_dependent(blocks[0], blocks[1]);
	for (uint32_t i = 0; i < count; i++) {
		blocks[2 + i] = tcp(i);
		tree_add_dependent(blocks[1], blocks[2 + i]);
	}
}

static void
test_offload(void)
{
	struct offload_block_list *blocks[6];
	struct fake_conn *conn;

	chain(blocks, 4);
	CU_ASSERT_EQUAL(fake_submit(&fake, CHIMNEY_INITIATE, blocks[0]), 0);
	CU_ASSERT_EQUAL(blocks[0]->status, OFFLOAD_PENDING); /* nothing is done in the call */
	CU_ASSERT_EQUAL(fake.neighbor[0], 0);
	CU_ASSERT(fake_completed(&fake, blocks[0]));
	for (uint32_t i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(blocks[i]->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(toe_handle_layer(fake.neighbor[0]), OFFLOAD_LAYER_NEIGHBOR);
	CU_ASSERT_EQUAL(toe_handle_layer(fake.path[0]), OFFLOAD_LAYER_PATH);
	for (uint32_t i = 0; i < 4; i++) {
		conn = &fake.conns[fake_owner(&fake, i)][toe_handle_index(fake.conn[i])];
		CU_ASSERT_EQUAL(toe_handle_layer(fake.conn[i]), OFFLOAD_LAYER_TCP);
		CU_ASSERT_EQUAL(conn->generation, toe_handle_generation(fake.conn[i]));
		CU_ASSERT_EQUAL(conn->host_handle, (uint64_t)(uintptr_t)&fake.conn[i]);
		CU_ASSERT_EQUAL(conn->path, toe_handle_index(fake.path[0]));
	}
	CU_ASSERT(fake_neighbor_valid(&fake, 0));
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 4);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->paths, 1);
}

static void
test_owner_is_the_tuple_s(void)
{
	struct offload_block_list *blocks[34];
	uint32_t count[2] = {0};

	chain(blocks, 32);
	initiate(blocks[0]);
	for (uint32_t i = 0; i < 32; i++) {
		const struct tcp_const *constant = offload_block_const(blocks[2 + i]);
		const struct path4_const *addresses = offload_block_const(blocks[1]);
		uint32_t hash = toe_tuple_hash(addresses->source, addresses->destination, 4,
		        constant->local_port, constant->remote_port);

		CU_ASSERT_EQUAL(fake_owner(&fake, i), toe_owner(hash, 2));
		count[fake_owner(&fake, i)]++;
	}
	CU_ASSERT(count[0] > 0 && count[1] > 0);
}

static void
test_roles(void)
{
	struct offload_block_list *above = fake_placeholder(&fake), *orphan = path(1);
	struct offload_block_list *linker, *below, *top, *lone;

	fake_offload(&fake, 1, 1, 1);
	/* a new path under a placeholder */
	tree_add_dependent(above, orphan);
	initiate(above);
	CU_ASSERT_EQUAL(above->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(orphan->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(fake.path[1], 0);
	/* a new path and a new connection as root */
	initiate(orphan);
	CU_ASSERT_EQUAL(orphan->status, OFFLOAD_FAILURE);
	lone = tcp(5);
	initiate(lone);
	CU_ASSERT_EQUAL(lone->status, OFFLOAD_FAILURE);
	/* a linked path under a placeholder takes a new connection */
	linker = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
	top = tcp(1);
	above->dependent_block_list = linker;
	tree_add_dependent(linker, top);
	initiate(above);
	CU_ASSERT_EQUAL(top->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(linker->status, OFFLOAD_SUCCESS);
	/* a linker without dependents */
	below = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
	initiate(below);
	CU_ASSERT_EQUAL(below->status, OFFLOAD_FAILURE);
}

static void
test_states(void)
{
	for (uint32_t state = 0; state <= TCP_TIME_WAIT + 1; state++) {
		bool may = state >= TCP_ESTABLISHED && state <= TCP_LAST_ACK;
		struct offload_block_list *linker = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK);
		struct offload_block_list *top = tcp(state + 1);

		if (state == 0)
			fake_offload(&fake, 1, 1, 1);
		((struct tcp_delegated *)offload_block_delegated(top))->state = state;
		tree_add_dependent(linker, top);
		initiate(linker);
		CU_ASSERT_EQUAL(top->status, may ? OFFLOAD_SUCCESS : OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(linker->status, may ? OFFLOAD_SUCCESS : OFFLOAD_FAILURE);
		CU_ASSERT_EQUAL(fake.conn[state + 1] != 0, may);
	}
}

/* One new connection, changed by `change`, under a linked path; its status. */
static uint32_t
changed_tcp(uint32_t i, void (*change)(struct offload_block_list *))
{
	struct offload_block_list *linker = fake_path(&fake, 0, OFFLOAD_PATH4_BLOCK), *top = tcp(i);

	change(top);
	tree_add_dependent(linker, top);
	initiate(linker);
	CU_ASSERT_EQUAL(fake.conn[i] != 0, top->status == OFFLOAD_SUCCESS);
	return top->status;
}

static struct tcp_const *
constant_of(struct offload_block_list *block)
{
	return offload_block_const(block);
}

static struct tcp_delegated *
delegated_of(struct offload_block_list *block)
{
	return offload_block_delegated(block);
}

static void
change_scale(struct offload_block_list *b)
{
	constant_of(b)->snd_wnd_scale = 15;
}
static void
change_service(struct offload_block_list *b)
{
	constant_of(b)->service = 99;
}
static void
change_host(struct offload_block_list *b)
{
	constant_of(b)->service = OFFLOAD_SERVICE_HOST;
}
static void
change_chain(struct offload_block_list *b)
{
	b->send_chain = b;
}
static void
change_buffered(struct offload_block_list *b)
{
	delegated_of(b)->buffered_data = b;
}
static void
change_type(struct offload_block_list *b)
{
	b->header.type = OFFLOAD_TCP_CONST;
}
static void
change_sequence(struct offload_block_list *b)
{
	delegated_of(b)->snd_nxt -= 1;
}

static void
change_outstanding(struct offload_block_list *b)
{
	delegated_of(b)->snd_max += 10;
}

static void
change_outstanding_source(struct offload_block_list *b)
{
	change_outstanding(b);
	constant_of(b)->service = OFFLOAD_SERVICE_SOURCE;
}

static void
change_outstanding_fin(struct offload_block_list *b)
{
	delegated_of(b)->state = TCP_FIN_WAIT_1;
	delegated_of(b)->snd_max += 1;
	delegated_of(b)->snd_nxt += 1;
}

static void
test_new_connections(void)
{
	fake_offload(&fake, 1, 1, 1);
	CU_ASSERT_EQUAL(changed_tcp(1, change_scale), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(changed_tcp(1, change_service), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(changed_tcp(3, change_host), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(changed_tcp(1, change_chain), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(changed_tcp(1, change_buffered), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(changed_tcp(1, change_type), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(changed_tcp(1, change_sequence), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(changed_tcp(1, change_outstanding), OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(changed_tcp(1, change_outstanding_source), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(changed_tcp(2, change_outstanding_fin), OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 4);
}

static void
test_new_paths_and_neighbors(void)
{
	static const uint32_t mtu4[] = {67, 68, 1500, 1501}, mtu6[] = {1279, 1280, 1500, 65536};
	static const bool good[] = {false, true, true, false};

	fake_offload(&fake, 1, 1, 1);
	for (uint32_t i = 0; i < 8; i++) {
		struct offload_block_list *linker = fake_neighbor(&fake, 0, OFFLOAD_NEIGHBOR_BLOCK);
		struct offload_block_list *below =
		        fake_path(&fake, i + 1, i < 4 ? OFFLOAD_PATH4_ALL : OFFLOAD_PATH6_ALL);
		struct path_cached *cached = offload_block_cached(below);

		cached->path_mtu = i < 4 ? mtu4[i] : mtu6[i - 4];
		tree_add_dependent(linker, below);
		initiate(linker);
		CU_ASSERT_EQUAL(below->status, good[i % 4] ? OFFLOAD_SUCCESS : OFFLOAD_PATH_MTU);
	}
	for (uint32_t port = 1; port < 4; port++) {
		struct offload_block_list *root = neighbor(1);

		root->port = port; /* 1: a host port, 2: a wire port, 3: none */
		initiate(root);
		CU_ASSERT_EQUAL(root->status, port == 2 ? OFFLOAD_SUCCESS : OFFLOAD_FAILURE);
	}
}

static void
test_vlans(void)
{
	static const uint16_t vlans[] = {5, 7};
	struct fake_options options = {.vlans = vlans, .vlan_count = 2};

	for (int configured = 0; configured < 2; configured++) {
		static const uint16_t ids[] = {0, 5, 7, 6, 4095};

		fake_end(&fake);
		fake_start(&fake, configured ? &options : NULL);
		for (uint32_t i = 0; i < RTE_DIM(ids); i++) {
			struct offload_block_list *root = neighbor(i);
			struct neighbor_const *constant = offload_block_const(root);
			uint32_t expected = ids[i] == 4095              ? OFFLOAD_FAILURE
			                    : ids[i] == 6 && configured ? OFFLOAD_VLAN_MISMATCH
			                                                : OFFLOAD_SUCCESS;

			constant->vlan_id = ids[i];
			initiate(root);
			CU_ASSERT_EQUAL(root->status, expected);
		}
	}
}

static void
test_same_cell_twice(void)
{
	struct offload_block_list *blocks[3], *again = tcp(0);

	chain(blocks, 1);
	tree_add_dependent(blocks[1], again);
	initiate(blocks[0]);
	CU_ASSERT_EQUAL(blocks[2]->status, OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(again->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(blocks[1]->status, OFFLOAD_PARTIAL_SUCCESS);
	CU_ASSERT_EQUAL(chimney_stats(fake.target)->connections, 1);
}

#define WITH_FAKE(name)                                                                            \
	static void run_##name(void)                                                               \
	{                                                                                          \
		fake_start(&fake, NULL);                                                           \
		test_##name();                                                                     \
		fake_end(&fake);                                                                   \
	}
WITH_FAKE(offload)
WITH_FAKE(owner_is_the_tuple_s)
WITH_FAKE(roles)
WITH_FAKE(states)
WITH_FAKE(new_connections)
WITH_FAKE(new_paths_and_neighbors)
WITH_FAKE(vlans)
WITH_FAKE(same_cell_twice)

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"INIT-1 INIT-2 CTX-1 a tree is offloaded", run_offload},
	        {"TCP-4 the owner of a connection is its tuple's", run_owner_is_the_tuple_s},
	        {"TREE-3 INIT-10 placeholders, linkers, roots", run_roles},
	        {"INIT-5 states", run_states},
	        {"INIT-4 INIT-6 INIT-7 what a connection may bring", run_new_connections},
	        {"INIT-4 path MTU and port", run_new_paths_and_neighbors},
	        {"INIT-11 VLANs", run_vlans},
	        {"TREE-8 INV-12 two new blocks with one cell", run_same_cell_twice},
	};

	return unit_run("initiate", tests, RTE_DIM(tests));
}
