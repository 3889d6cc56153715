/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker that hangs in its port, with everything in its hands that a worker can have, is lost, wakes up in the middle of
 * its turn, and comes back as new (INV-14, C2, C3).
 */
#include "hang_bed.h"
#include "test_mutant.h"

/* What the host reads of connections of DEAD and of the other worker, but for HARDWARE_FAILURE and ABORT. */
static uint32_t
read_all(uint32_t *failures, uint32_t *aborts)
{
	struct chimney_record record;
	uint32_t others = 0;

	*failures = *aborts = 0;
	for (uint32_t i = 0; i < 200; i++) {
		while (chimney_poll(world.host[0], &record, 1) == 1) {
			uint32_t conn = (uint32_t)(uintptr_t)record.handle - 1;

			if (record.kind == CHIMNEY_ABORT)
				++*aborts;
			else if (record.kind == CHIMNEY_RETRIEVE &&
			         record.reason == RETRIEVE_HARDWARE_FAILURE)
				++*failures;
			else if (record.kind == CHIMNEY_RETRIEVE && owner(conn) == DEAD)
				others++;
		}
		world_turn(&world);
	}
	return others;
}

/* Until it has parked and is back. */
static void
check_back(void)
{
	for (uint32_t i = 0; i < 20 && dead()->control.parked != dead()->control.lost; i++)
		world_step(&world, WORLD_WORKER(DEAD));
	CU_ASSERT_EQUAL(dead()->control.parked, dead()->control.lost);
	CU_ASSERT_EQUAL(dead()->engine.txq[0].count, 0);
	CU_ASSERT_EQUAL(dead()->engine.reassembly_buffers, 0);
	CU_ASSERT_EQUAL(dead()->engine.attached.used, 0);
	CU_ASSERT_EQUAL(dead()->engine.senders.used, 0);
	CU_ASSERT_EQUAL(dead()->engine.sent.used, 0);
	CU_ASSERT_EQUAL(dead()->engine.stats.connections, 0);
	CU_ASSERT_EQUAL(dead()->engine.mib[0][0].established, 0);
	CU_ASSERT_EQUAL(dead()->control.backlog[0].count, 0);
	CU_ASSERT_EQUAL(dead()->walk_hosts, 0);
	CU_ASSERT_EQUAL(rte_ring_count(dead()->steer.from[0]), 0);
	CU_ASSERT(dead()->engine.stats.parked_dropped > 0);
	for (uint32_t i = 0; i < 50 && look().returned == 0; i++)
		world_step(&world, WORLD_CONTROL);
	CU_ASSERT_EQUAL(look().returned, 1);
}

/* Frames of nobody's connection, one each way through its queue: of the tuple that was held. */
static void
check_exception_path(void)
{
	struct test_port *ports[] = {&world.wire[0], &world.bump[0]};
	struct rte_mbuf *frame;

	for (uint32_t i = 0; i < 2; i++) {
		world_drop_frames(&world);
		CU_ASSERT(test_port_write(ports[i], DEAD, foreign()));
		for (uint32_t k = 0; k < 4; k++)
			world_turn(&world);
		CU_ASSERT_EQUAL_FATAL(test_port_read(ports[1 - i], &frame, 1), 1);
		rte_pktmbuf_free(frame);
	}
}

/* New connections on it send; what was lost can be taken off, and then nothing is left. */
static void
check_new(void)
{
	uint64_t sent = dead()->engine.stats.tx_segments;
	uint32_t fresh = 0;

	CU_ASSERT_EQUAL(offload(FRESH, FRESH_CONNS, 1), FRESH_CONNS);
	for (uint32_t i = FRESH; i < FRESH + FRESH_CONNS; i++)
		fresh += owner(i) == DEAD;
	CU_ASSERT(fresh > 0);
	for (uint32_t i = 0; i < 20; i++)
		world_turn(&world);
	CU_ASSERT(dead()->engine.stats.tx_segments > sent);
	CU_ASSERT_EQUAL(dead()->engine.stats.connections, fresh);
}

static void
bed_close(void)
{
	const struct chimney_stats *stats = chimney_stats(world.target);

	for (uint32_t i = 0; i < CONNS + FRESH_CONNS; i++)
		if (conn_cell[i] != 0)
			CU_ASSERT_EQUAL(request(CHIMNEY_TERMINATE, i),
			        i < CONNS && owner(i) == DEAD ? OFFLOAD_FAILURE : OFFLOAD_SUCCESS);
	CU_ASSERT_EQUAL(stats->connections, 0);
	for (uint32_t i = 0; i < 50; i++) {
		world_drop_frames(&world);
		world_turn(&world);
	}
	world_drop_frames(&world);
	CU_ASSERT_EQUAL(test_pool_in_use(pool), world.mbufs_before);
	CU_ASSERT_EQUAL(world_destroy(&world), 0);
}

static void
hang_and_return(bool silent)
{
	struct tree tree = {0};
	struct offload_block_list *query = tree_block(
	        &tree, OFFLOAD_TCP_DELEGATED, &conn_cell[one_of(DEAD, OFFLOAD_SERVICE_SINK)]);
	uint32_t failures, aborts, own = 0;

	for (uint32_t i = 0; i < CONNS; i++)
		own += owner(i) == DEAD;
	/* there is something to receive, and to hand to the port */
	CU_ASSERT(test_port_write(&world.bump[0], DEAD, stray()));
	asked = query;
	world_step(&world, WORLD_WORKER(DEAD));
	CU_ASSERT_PTR_NULL(asked);
	CU_ASSERT_EQUAL(look().lost, 1);
	/* what it was handing to the port cannot be recalled */
	CU_ASSERT(!silent || rte_ring_count(world.wire[0].transmitted[DEAD]) == 0);
	check_back();
	CU_ASSERT_EQUAL(read_all(&failures, &aborts), 0);
	CU_ASSERT_EQUAL(query->status, OFFLOAD_FAILURE);
	CU_ASSERT_EQUAL(failures, own);
	CU_ASSERT_EQUAL(aborts, own);
	tree_free(&tree);
}

static void
test_receive(void)
{
	const struct rte_eth_rxtx_callback *callback;

	bed_open();
	callback = rte_eth_add_rx_callback(world.wire[0].ethdev, DEAD, hang_in_receive, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(callback);
	hands_full();
	hang_and_return(true);
	check_exception_path();
	check_new();
	rte_eth_remove_rx_callback(world.wire[0].ethdev, DEAD, callback);
	bed_close();
}

static void
test_transmit(void)
{
	const struct rte_eth_rxtx_callback *callback;

	bed_open();
	callback = rte_eth_add_tx_callback(world.wire[0].ethdev, DEAD, hang_in_transmit, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(callback);
	hands_full();
	hang_and_return(false);
	check_exception_path();
	check_new();
	rte_eth_remove_tx_callback(world.wire[0].ethdev, DEAD, callback);
	bed_close();
}

int
main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
	        {"C2 C3 INV-14 INV-17 TERM-8 a hang in receive", test_receive},
	        {"C2 C3 INV-14 INV-17 TERM-8 a hang in transmit", test_transmit},
	};

	if (!test_mutant_arguments(argc, argv) || test_eal_start(64) != 0 ||
	        (pool = test_pool_create("hang", 4095)) == NULL)
		return EXIT_FAILURE;
	return unit_run("hang", tests, RTE_DIM(tests));
}
