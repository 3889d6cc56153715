/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host stack in one process with its target. It offloads both ends of CONNECTIONS connections, an asker's and an echoer's, over two
 * ports of net_ring, where whatever is transmitted comes in again. Askers send messages, echoers send back what they are told of; in
 * the middle of it the asker's next hop is invalidated, and its path relinked to another one. In the end all is taken back.
 * docs/library.md walks through it. Usage (every word is EAL's):
 *   inproc-echo --no-huge -m 256 --no-pci --lcores '0@0,1@1' --vdev net_ring0 --vdev net_ring1
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include <chimney-target/channel.h>
#include <chimney-target/chimney_target.h>

#define PORTS 2u
#define PER_PORT 16u
#define CONNECTIONS (PORTS * PER_PORT)
#define ROUNDS 200u
#define MESSAGE 4000u /* three segments */

enum { ASKER, ECHOER, SIDES, SPARE = SIDES, NEIGHBORS };

/* An end of a connection, as a host stack keeps it. */
struct end {
	struct chimney_flow flow;
	struct chimney_io send, receive; /* an asker's */
	uint64_t cell; /* the target's handle; 0: not offloaded */
	uint64_t hash; /* of what was sent and is to come back */
	uint32_t rounds, pending, seed;
	uint8_t received[MESSAGE];
};

static struct end ends[CONNECTIONS][SIDES] __attribute__((aligned(64)));
static uint64_t neighbor_cells[PORTS][NEIGHBORS], path_cells[PORTS][SIDES];
static struct chimney_target *target;
static struct chimney_host *host;
static struct chimney_channel *channel;
static struct rte_mempool *pool;
static struct offload_block_list *blocks,
        *completed; /* made, oldest last; the last that came back */
static uint32_t finished;

static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "inproc-echo: %s: %s\n", what, why);
	exit(1);
}

static void
must(const char *what, int result)
{
	if (result != 0)
		fail(what, rte_strerror(-result));
}

/* FNV-1a */
static uint64_t
hash(const uint8_t *bytes, uint32_t length)
{
	uint64_t value = 0xCBF29CE484222325u;

	for (uint32_t i = 0; i < length; i++)
		value = (value ^ bytes[i]) * 0x100000001B3u;
	return value;
}

/* A block, with room for the state that its type asks for (TREE-1), behind the last of `list`; request() frees it. */
static struct offload_block_list *
block(struct offload_block_list **list, uint8_t type, uint64_t *cell)
{
	size_t size = offload_block_size(type);
	struct offload_block_list *made = calloc(1, size);

	if (made == NULL)
		fail("block", "out of memory");
	made->header = (struct offload_header){type, OFFLOAD_BLOCK_REVISION, (uint16_t)size};
	made->offload_context = cell;
	made->host_reserved[0] = blocks;
	blocks = made;
	while (*list != NULL)
		list = &(*list)->next_block;
	return *list = made;
}

static void step(void);

/* Gives the tree to a request, and works on until it comes back. */
static void
request(const char *what, int (*call)(struct chimney_host *, struct offload_block_list *),
        struct offload_block_list *root)
{
	must(what, call(host, root));
	while (completed != root)
		step();
	for (struct offload_block_list *next; blocks != NULL; blocks = next) {
		next = blocks->host_reserved[0];
		if (blocks->status != OFFLOAD_SUCCESS)
			fail(what, offload_status_name(blocks->status));
		free(blocks);
	}
}

/* What a stack knows of a connection after the handshake. The two ends of one mirror each other. */
static void
fill_tcp(struct offload_block_list *to, uint32_t i, int side)
{
	struct tcp_const *constant = offload_block_const(to);
	struct tcp_cached *cached = offload_block_cached(to);
	struct tcp_delegated *delegated = offload_block_delegated(to);
	const uint16_t ports[SIDES] = {(uint16_t)(40000 + i), 7};
	const uint32_t sequence[SIDES] = {1000 * i + 1, 0xFFFFF000u + i};

	constant->local_port = rte_cpu_to_be_16(ports[side]);
	constant->remote_port = rte_cpu_to_be_16(ports[!side]);
	constant->remote_mss = 1460;
	cached->initial_rcv_wnd = 65535;
	delegated->state = TCP_ESTABLISHED;
	delegated->snd_una = delegated->snd_nxt = delegated->snd_max = sequence[side];
	delegated->rcv_nxt = delegated->snd_wl1 = sequence[!side];
	delegated->rcv_wnd = delegated->snd_wnd = delegated->max_snd_wnd = 65535;
	delegated->cwnd = 10 * 1460;
	delegated->ssthresh = UINT32_MAX / 2;
	delegated->ka_time_left = delegated->retransmit_time_left = OFFLOAD_TIMER_OFF;
}

/* A path under a neighbor, and its connections. */
static void
add_path(struct offload_block_list *neighbor, uint32_t port, int side)
{
	struct offload_block_list *tcp, *path = block(&neighbor->dependent_block_list,
	                                        OFFLOAD_PATH4_ALL, &path_cells[port][side]);
	struct path4_const *addresses = offload_block_const(path);

	memcpy(addresses->source, (uint8_t[]){10, 0, 0, (uint8_t)(1 + side)}, 4);
	memcpy(addresses->destination, (uint8_t[]){10, 0, 0, (uint8_t)(2 - side)}, 4);
	((struct path_cached *)offload_block_cached(path))->path_mtu = 1500;
	for (uint32_t i = port * PER_PORT; i < (port + 1) * PER_PORT; i++) {
		tcp = block(&path->dependent_block_list, OFFLOAD_TCP_ALL, &ends[i][side].cell);
		tcp->offload_handle = &ends[i][side];
		fill_tcp(tcp, i, side);
	}
}

/*
 * Everything: of each port a neighbor of askers, one of echoers, and a spare one; over which the askers are is for the caller to say.
 * Frames are a connection's when they come to the address that its neighbor is sent from.
 */
static struct offload_block_list *
whole_tree(int askers)
{
	const uint8_t mac[SIDES][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
	struct offload_block_list *root = NULL;

	for (uint32_t i = 0; i < PORTS * NEIGHBORS; i++) {
		int which = (int)(i % NEIGHBORS), side = which == ECHOER ? ECHOER : ASKER;
		struct offload_block_list *neighbor =
		        block(&root, OFFLOAD_NEIGHBOR_ALL, &neighbor_cells[i / NEIGHBORS][which]);
		struct neighbor_const *constant = offload_block_const(neighbor);
		struct neighbor_cached *cached = offload_block_cached(neighbor);

		neighbor->port = i / NEIGHBORS;
		memcpy(constant->source_mac, mac[side], 6);
		memcpy(cached->destination_mac, mac[!side], 6);
		if (which == ECHOER || which == askers)
			add_path(neighbor, i / NEIGHBORS, side);
	}
	return root;
}

/* The next hops of askers are dead: they fall silent, and go on over others, with nothing lost. */
static void
change_neighbors(void)
{
	struct offload_block_list *dead = NULL, *spares = NULL, *spare;

	for (uint32_t port = 0; port < PORTS; port++)
		block(&dead, OFFLOAD_NEIGHBOR_BLOCK, &neighbor_cells[port][ASKER]);
	request("invalidate", chimney_invalidate_offload, dead);
	for (uint32_t port = 0; port < PORTS; port++) {
		spare = block(&spares, OFFLOAD_NEIGHBOR_BLOCK, &neighbor_cells[port][SPARE]);
		block(&spare->dependent_block_list, OFFLOAD_PATH4_BLOCK, &path_cells[port][ASKER]);
	}
	request("relink", chimney_update_offload, spares);
}

/* Send a copy, from a buffer of ours. */
static void
send_copy(struct end *end, struct chimney_io *io, const void *bytes, uint32_t length, void *context)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	if (mbuf == NULL)
		fail("send", "out of buffers");
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)length), bytes, length);
	*io = (struct chimney_io){
	        .op = CHIMNEY_IO_SEND, .mbuf = mbuf, .length = length, .context = context};
	must("send", chimney_submit(channel, &end->flow, &io, 1));
}

/* Post a buffer for the answer, then ask. */
static void
ask(struct end *end)
{
	struct chimney_io *receive = &end->receive;
	uint8_t bytes[MESSAGE];

	for (uint32_t i = 0; i < MESSAGE; i++)
		bytes[i] = (uint8_t)((end->seed = end->seed * 1664525u + 1013904223u) >> 24);
	end->hash = hash(bytes, MESSAGE);
	end->pending = 2;
	*receive = (struct chimney_io){.op = CHIMNEY_IO_RECEIVE,
	        .buffer = end->received,
	        .length = MESSAGE,
	        .context = end};
	must("receive", chimney_submit(channel, &end->flow, &receive, 1));
	send_copy(end, &end->send, bytes, MESSAGE, end);
}

/* What an echoer is told of goes back. */
static void
echo(struct end *end, struct chimney_io_record *record)
{
	uint32_t length = (uint32_t)record->value;
	struct chimney_io *io = aligned_alloc(64, sizeof(*io));
	uint8_t copy[MESSAGE]; /* where the text lies in pieces */

	if (io == NULL || length > MESSAGE)
		fail("echo", "more than was asked, or out of memory");
	send_copy(end, io, rte_pktmbuf_read(record->data, 0, length, copy), length, NULL);
	chimney_answer(channel, &end->flow, record, length, false);
}

/* An asker's send and receive complete in any order; when both have, the next round begins. */
static void
done(struct chimney_io *io)
{
	struct end *end = io->context;

	if (io->status != OFFLOAD_SUCCESS)
		fail("I/O", offload_status_name(io->status));
	if (io->op == CHIMNEY_IO_SEND)
		rte_pktmbuf_free(io->mbuf);
	else if (hash(end->received, io->done) != end->hash)
		fail("echo", "it is not what was sent");
	if (end == NULL)
		free(io);
	else if (--end->pending == 0 && ++end->rounds < ROUNDS)
		ask(end);
	else if (end->pending == 0)
		finished++;
}

/* One look at everything that the target has to tell. */
static void
step(void)
{
	struct chimney_io_record ios[32];
	struct chimney_record record;
	unsigned int n;

	chimney_target_step(target);
	n = chimney_channel_poll(channel, ios, 32);
	for (unsigned int i = 0; i < n; i++)
		if (ios[i].kind == CHIMNEY_IO_INDICATED)
			echo((struct end *)(uintptr_t)ios[i].object, &ios[i]);
		else
			done(ios[i].io);
	while (chimney_poll(host, &record, 1) != 0) {
		if (record.kind != CHIMNEY_COMPLETION)
			fail("indication", retrieve_reason_name(record.reason));
		completed = record.root;
	}
}

static void
open_all(void)
{
	const struct chimney_host_params host_params = {"inproc-echo", 1000, 64, 1024};
	struct chimney_target_params params;
	char error[512];

	chimney_target_params_default(&params);
	params.control = CHIMNEY_CONTROL_CALLER;
	params.connections = 1024;
	params.retrieve_delay_ms = 60000; /* the time to relink */
	if (chimney_target_open(&params, &target, error, sizeof(error)) != 0)
		fail("open", error);
	pool = rte_pktmbuf_pool_create(
	        "inproc_echo", 4095, 0, 0, RTE_PKTMBUF_HEADROOM + MESSAGE, 0);
	if (pool == NULL)
		fail("pool", rte_strerror(rte_errno));
	must("register",
	        chimney_host_register(chimney_target_contract(target), &host_params, &host));
	must("channel", chimney_channel_open(host, 1024, &channel));
}

static void
close_all(void)
{
	int result;

	for (uint32_t i = 0; i < CONNECTIONS * SIDES; i++) {
		while ((result = chimney_flow_close(channel, &ends[i / 2][i % 2].flow)) == -EAGAIN)
			step();
		must("flow", result);
	}
	while ((result = chimney_channel_close(channel)) == -EAGAIN)
		;
	must("channel", result);
	must("unregister", chimney_host_unregister(host));
	must("close", chimney_target_close(target));
	if (rte_mempool_in_use_count(pool) != 0)
		fail("pool", "buffers are missing");
	rte_mempool_free(pool);
}

int
main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		fail("rte_eal_init", rte_strerror(rte_errno));
	open_all();
	request("initiate", chimney_initiate_offload, whole_tree(ASKER));
	for (uint32_t i = 0; i < CONNECTIONS * SIDES; i++) {
		struct end *end = &ends[i / SIDES][i % SIDES];

		must("flow", chimney_flow_open(channel, &end->flow, end->cell));
		end->seed = i;
	}
	for (uint32_t i = 0; i < CONNECTIONS; i++)
		ask(&ends[i][ASKER]);
	while (ends[0][ASKER].rounds < ROUNDS / 2)
		step();
	change_neighbors();
	while (finished < CONNECTIONS)
		step();
	request("terminate", chimney_terminate_offload, whole_tree(SPARE));
	close_all();
	printf("%u connections: %u messages of %u bytes on each came back, hashes equal\n",
	        CONNECTIONS, ROUNDS, MESSAGE);
	return rte_eal_cleanup() != 0;
}
