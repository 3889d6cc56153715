/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same target on real threads: control, workers, hosts and the port's peer each on a thread of its own,
 * sleeping and waking by their doorbells (INV-1, INV-2, INV-9, INIT-9). Made for ThreadSanitizer: mailboxes,
 * rings and doorbells must be clean. There the connections are quiet, because DPDK's own libraries are not
 * instrumented and frames go through them.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ack_peer.h"
#include "lcores.h"
#include "rng.h"
#include "submitters.h"
#include "test_eal.h"
#include "tree.h"
#include "world.h"

#define HOSTS 2u
#define WORKERS 2u
#define NEIGHBORS 2u
#define PATHS 3u
#define CONNS 12u
#define WAIT_MS 60000 /* a host that waits longer has lost a wake-up or a completion */

static struct world world;
static struct lcores lcores = {.world = &world};
static _Atomic uint32_t failed;

struct host_thread {
	uint32_t index;
	uint64_t cycles;
	struct rng rng;
	uint64_t neighbor[NEIGHBORS], path[PATHS], conn[CONNS];
	uint64_t completions, retrieves, others;
	struct submitters submitters; /* of the same host */
	uint8_t retrieved[CONNS];
};

static void
fail(const char *what, uint32_t value)
{
	printf("FAIL: %s (%u)\n", what, value);
	atomic_store(&failed, 1);
}

static void *
peer_thread(void *argument)
{
	struct rte_mbuf *mbuf[16];

	while (!atomic_load_explicit(&lcores.stop, memory_order_acquire)) {
		unsigned int n = test_port_read(&world.wire[0], mbuf, RTE_DIM(mbuf));

		for (unsigned int i = 0; i < n; i++) {
			if (!ack_peer_answer(&world.wire[0], world.params.pool, mbuf[i]))
				fail("a frame is malformed", rte_pktmbuf_pkt_len(mbuf[i]));
			rte_pktmbuf_free(mbuf[i]);
		}
		if (n == 0)
			sched_yield();
	}
	return argument;
}

static void
host_record(struct host_thread *host, const struct chimney_record *record)
{
	uint8_t *retrieved = record->handle;

	if (record->kind == CHIMNEY_COMPLETION) {
		host->completions += !submitters_completed(&host->submitters, record);
		return;
	}
	if (record->kind != CHIMNEY_RETRIEVE || record->reason != RETRIEVE_INVALID_STATE ||
	        retrieved < host->retrieved || retrieved >= host->retrieved + CONNS ||
	        (*retrieved)++ != 0)
		fail("an indication that was not due", record->kind);
	host->retrieves++;
}

/* Sleep until `completions` have been read in all. */
static void
host_wait(struct host_thread *host, uint64_t completions)
{
	struct chimney_host *chimney = world.host[host->index];
	struct chimney_record record[8];

	while (host->completions < completions && !atomic_load(&failed)) {
		struct pollfd fd = {.fd = chimney_event_fd(chimney), .events = POLLIN};
		unsigned int n = chimney_poll(chimney, record, RTE_DIM(record));

		for (unsigned int i = 0; i < n; i++)
			host_record(host, &record[i]);
		if (n > 0 || !chimney_sleep_prepare(chimney)) {
			chimney_sleep_done(chimney);
			continue;
		}
		if (poll(&fd, 1, WAIT_MS) == 0)
			fail("a completion or a wake-up was lost", (uint32_t)host->completions);
		chimney_sleep_done(chimney);
	}
}

/* The whole population in one tree: types per layer. */
static struct offload_block_list *
host_tree(struct host_thread *host, struct tree *tree, uint8_t neighbor_type, uint8_t path_type,
        uint8_t tcp_type)
{
	struct offload_block_list *neighbors[NEIGHBORS], *paths[PATHS];
	struct tree_neighbor neighbor;
	struct tree_path path;
	struct tree_tcp tcp;

	for (uint32_t i = 0; i < NEIGHBORS; i++) {
		neighbors[i] = tree_block(tree, neighbor_type, &host->neighbor[i]);
		tree_usual_neighbor(&neighbor, host->index * 16 + i);
		tree_fill_neighbor(neighbors[i], &neighbor);
		if (i > 0)
			tree_add_next(neighbors[0], neighbors[i]);
	}
	for (uint32_t i = 0; i < PATHS; i++) {
		paths[i] =
		        tree_block(tree, tree_path_type(i == 1 ? 6 : 4, path_type), &host->path[i]);
		tree_usual_path(&path, host->index * 16 + i, i == 1 ? 6 : 4);
		tree_fill_path(paths[i], &path);
		tree_add_dependent(neighbors[0], paths[i]);
	}
	for (uint32_t i = 0; i < CONNS; i++) {
		struct offload_block_list *conn = tree_block(tree, tcp_type, &host->conn[i]);

		tree_usual_tcp(&tcp, host->index * 100 + i,
		        !TEST_UNDER_TSAN && i % 2 ? OFFLOAD_SERVICE_SOURCE : OFFLOAD_SERVICE_SINK);
		tcp.remote_mss = 200;
		tcp.cwnd = tcp.snd_wnd = 800;
		tree_fill_tcp(conn, &tcp);
		conn->offload_handle = &host->retrieved[i];
		tree_add_dependent(paths[i % PATHS], conn);
	}
	return neighbors[0];
}

static void
host_submit(struct host_thread *host, enum chimney_request request, struct offload_block_list *root)
{
	int err = world_submit(&world, host->index, request, root);

	if (err != 0)
		fail("a request was refused", (uint32_t)-err);
}

static void
expect_success(const struct tree *tree, struct offload_block_list *root)
{
	const char *damage = tree_damage(tree);

	if (damage != NULL)
		fail(damage, 0);
	for (struct offload_block_list *block = root; block != NULL; block = block->next_block) {
		if (block->status != OFFLOAD_SUCCESS)
			fail(offload_status_name(block->status), block->header.type);
		if (block->dependent_block_list != NULL)
			expect_success(tree, block->dependent_block_list);
	}
}

/* Several requests at once over everything: queries and an update. */
static void
host_busy(struct host_thread *host)
{
	struct tree tree[3] = {0};
	struct offload_block_list *root[3];
	uint64_t completions = host->completions;

	for (uint32_t i = 0; i < 3; i++) {
		root[i] = i < 2 ? host_tree(host, &tree[i], OFFLOAD_NEIGHBOR_ALL, OFFLOAD_PATH4_ALL,
		                          OFFLOAD_TCP_ALL)
		                : host_tree(host, &tree[i], OFFLOAD_NEIGHBOR_CACHED,
		                          OFFLOAD_PATH4_CACHED, OFFLOAD_TCP_CACHED);
		tree_seal(&tree[i]);
		host_submit(host, i < 2 ? CHIMNEY_QUERY : CHIMNEY_UPDATE, root[i]);
	}
	host_wait(host, completions + 3);
	for (uint32_t i = 0; i < 3; i++) {
		expect_success(&tree[i], root[i]);
		tree_free(&tree[i]);
	}
}

/* Invalidate the neighbor, a path and a connection, all at once; then move the paths to the other neighbor. */
static void
host_revoke(struct host_thread *host)
{
	struct tree tree[3] = {0};
	struct offload_block_list *root[3], *path;
	uint64_t completions = host->completions;
	bool relink = rng_chance(&host->rng, 50);

	root[0] = tree_block(&tree[0], OFFLOAD_NEIGHBOR_BLOCK, &host->neighbor[0]);
	root[1] = tree_block(&tree[1], OFFLOAD_TCP_BLOCK, &host->conn[0]);
	root[2] = tree_block(&tree[2], OFFLOAD_NEIGHBOR_BLOCK, &host->neighbor[0]);
	for (uint32_t i = 0; i < 3; i++)
		tree_seal(&tree[i]);
	for (uint32_t i = 0; i < 3; i++)
		host_submit(host, CHIMNEY_INVALIDATE, root[i]);
	host_wait(host, completions + 3);
	for (uint32_t i = 0; i < 3; i++) {
		expect_success(&tree[i], root[i]);
		tree_free(&tree[i]);
	}
	if (!relink)
		return;
	root[0] = tree_block(&tree[0], OFFLOAD_NEIGHBOR_BLOCK, &host->neighbor[1]);
	for (uint32_t i = 0; i < PATHS; i++) {
		path = tree_block(&tree[0], tree_path_type(i == 1 ? 6 : 4, OFFLOAD_PATH4_BLOCK),
		        &host->path[i]);
		tree_add_dependent(root[0], path);
	}
	tree_seal(&tree[0]);
	host_submit(host, CHIMNEY_UPDATE, root[0]);
	host_wait(host, completions + 4);
	expect_success(&tree[0], root[0]);
	tree_free(&tree[0]);
}

/* What the others of this host have under way is read to the end. */
static void
host_end(struct host_thread *host)
{
	struct chimney_record record[8];

	submitters_stop(&host->submitters);
	while (submitters_under_way(&host->submitters) && !atomic_load(&failed)) {
		unsigned int n = chimney_poll(world.host[host->index], record, RTE_DIM(record));

		for (unsigned int i = 0; i < n; i++)
			host_record(host, &record[i]);
		if (n == 0)
			sched_yield();
	}
	host->others = submitters_end(&host->submitters);
	if (host->others == 0)
		fail("the requests of threads that only submit", host->index);
}

static void *
host_thread(void *argument)
{
	struct host_thread *host = argument;

	if (!submitters_start(&host->submitters, &world, host->index))
		fail("no threads", host->index);
	for (uint64_t cycle = 0; cycle < host->cycles && !atomic_load(&failed); cycle++) {
		uint64_t completions = host->completions;
		struct tree tree = {0};
		struct offload_block_list *root = host_tree(
		        host, &tree, OFFLOAD_NEIGHBOR_ALL, OFFLOAD_PATH4_ALL, OFFLOAD_TCP_ALL);

		memset(host->retrieved, 0, sizeof(host->retrieved));
		tree_seal(&tree);
		host_submit(host, CHIMNEY_INITIATE, root);
		host_wait(host, completions + 1);
		expect_success(&tree, root);
		tree_free(&tree);
		if (rng_chance(&host->rng, 60))
			host_busy(host);
		if (rng_chance(&host->rng, 70))
			host_revoke(host);
		completions = host->completions;
		root = host_tree(host, &tree, OFFLOAD_NEIGHBOR_BLOCK, OFFLOAD_PATH4_BLOCK,
		        OFFLOAD_TCP_DELEGATED);
		tree_seal(&tree);
		host_submit(host, CHIMNEY_TERMINATE, root);
		host_wait(host, completions + 1);
		expect_success(&tree, root);
		tree_free(&tree);
		memset(host->neighbor, 0, sizeof(host->neighbor));
		memset(host->path, 0, sizeof(host->path));
		memset(host->conn, 0, sizeof(host->conn));
	}
	host_end(host);
	return NULL;
}

static bool
threads_run(uint64_t cycles)
{
	static struct host_thread host[HOSTS];
	pthread_t control, peer, workers[WORKERS], hosts[HOSTS];
	bool ok = pthread_create(&control, NULL, lcores_control, &lcores) == 0 &&
	          pthread_create(&peer, NULL, peer_thread, NULL) == 0;

	for (uint32_t i = 0; ok && i < WORKERS; i++)
		ok = lcores_worker(&lcores, i, &workers[i]) == 0;
	for (uint32_t i = 0; ok && i < HOSTS; i++) {
		host[i].index = i;
		host[i].cycles = cycles;
		rng_seed(&host[i].rng, i);
		ok = pthread_create(&hosts[i], NULL, host_thread, &host[i]) == 0;
	}
	if (!ok)
		return false;
	for (uint32_t i = 0; i < HOSTS; i++)
		pthread_join(hosts[i], NULL);
	atomic_store_explicit(&lcores.stop, true, memory_order_release);
	pthread_join(control, NULL);
	pthread_join(peer, NULL);
	for (uint32_t i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	printf("%lu + %lu completions, %lu + %lu of other threads, %lu + %lu RETRIEVE, lcores "
	       "slept "
	       "%lu times\n",
	        (unsigned long)host[0].completions, (unsigned long)host[1].completions,
	        (unsigned long)host[0].others, (unsigned long)host[1].others,
	        (unsigned long)host[0].retrieves, (unsigned long)host[1].retrieves,
	        (unsigned long)lcores.slept);
	if (cycles >= 100 && (lcores.slept == 0 || host[0].retrieves + host[1].retrieves == 0))
		fail("nothing slept, or no RETRIEVE was due: the test tests nothing", 0);
	return true;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	        {"count", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
	uint64_t cycles = 1500;
	struct world_params params;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'c')
			return fprintf(stderr, "usage: %s [--count N]\n", argv[0]), EXIT_FAILURE;
		cycles = strtoull(optarg, NULL, 0);
	}
	world_params_default(&params);
	params.workers = WORKERS;
	params.hosts = HOSTS;
	params.mailbox_size = 4;
	params.request_ring_size = 2;
	params.event_ring_size = 64;
	params.tx_ring_size = 8;
	params.retrieve_delay_ms = 0;
	params.drain_deadline_ms =
	        WAIT_MS; /* a busy machine must not turn a worker into a lost one */
	if (test_eal_start(256) != 0 || (params.pool = test_pool_create("threads", 4095)) == NULL)
		return EXIT_FAILURE;
	if (world_create(&world, &params) != 0 || !threads_run(cycles))
		return EXIT_FAILURE;
	world_drop_frames(&world);
	if (world_destroy(&world) != 0)
		fail("mbufs leaked", 0);
	printf("%u passed, %u failed\n", !failed, (unsigned int)failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
