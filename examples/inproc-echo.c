/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host stack in one process with its target; docs/library.md walks through it. Both ends of all connections, an asker's and an
 * echoer's, are offloaded over two ports of net_ring, where whatever is transmitted comes in again. All words are EAL's:
 *   inproc-echo --no-huge -m 256 --no-pci --lcores '0@0,1@1' --vdev net_ring0 --vdev net_ring1
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_hash_crc.h>
#include <rte_mbuf.h>
#include <rte_random.h>

#include <chimney-target/channel.h>
#include <chimney-target/chimney_target.h>

#define PORTS 2u
#define CONNECTIONS 32u
#define ROUNDS 200u
#define MESSAGE 4000u /* three segments */

enum { ASKER, ECHOER, SIDES, SPARE = SIDES, NEIGHBORS };

/* An end of a connection, as a host stack keeps it. */
struct end {
	struct chimney_flow flow;
	struct chimney_io send, receive; /* an asker's */
	uint64_t cell; /* the target's handle; 0: not offloaded */
	uint32_t hash, rounds, pending; /* of the message; done; I/Os that are not */
	uint8_t received[MESSAGE];
};

static struct end ends[CONNECTIONS][SIDES] __attribute__((aligned(64)));
static uint64_t neighbor_cells[PORTS][NEIGHBORS], path_cells[PORTS][SIDES];
static struct chimney_target *target;
static struct chimney_host *host;
static struct chimney_channel *channel;
static struct rte_mempool *pool;
static uint32_t finished;
static struct offload_block_list *blocks,
        *completed; /* made for a request; its root, once it came back */

static void
must(const char *what, int result)
{
	if (result != 0)
		rte_exit(1, "%s: %s\n", what, rte_strerror(-result));
}

/* A block, with room for the state that its type asks for (TREE-1), behind the last of `list`; request() frees it. */
static struct offload_block_list *
block(struct offload_block_list **list, uint8_t type, uint64_t *cell)
{
	size_t size = offload_block_size(type);
	struct offload_block_list *made = calloc(1, size);

	if (made == NULL)
		rte_exit(1, "out of memory\n");
	made->header = (struct offload_header){type, OFFLOAD_BLOCK_REVISION, (uint16_t)size};
	made->offload_context = cell;
	made->host_reserved[0] = blocks;
	blocks = made;
	while (*list != NULL)
		list = &(*list)->next_block;
	return *list = made;
}

static void step(void);

/* Gives a tree to a request, and works on until it comes back. */
static void
request(const char *what, int (*call)(struct chimney_host *, struct offload_block_list *),
        struct offload_block_list *root)
{
	completed = NULL;
	must(what, call(host, root));
	while (completed == NULL)
		step();
	for (struct offload_block_list *next; blocks != NULL; blocks = next) {
		next = blocks->host_reserved[0];
		if (blocks->status != OFFLOAD_SUCCESS)
			rte_exit(1, "%s: %s\n", what, offload_status_name(blocks->status));
		free(blocks);
	}
}

/* What a stack knows of a connection after the handshake. The two ends of one mirror each other. */
static void
fill_tcp(struct offload_block_list *to, uint32_t i, int side)
{
	struct tcp_delegated *delegated = offload_block_delegated(to);
	const uint16_t ports[SIDES] = {(uint16_t)(40000 + i), 7};
	const uint32_t sequence[SIDES] = {1000 * i + 1, 0xFFFFF000u + i};

	*(struct tcp_const *)offload_block_const(to) = (struct tcp_const){.remote_mss = 1460,
	        .local_port = rte_cpu_to_be_16(ports[side]),
	        .remote_port = rte_cpu_to_be_16(ports[!side])};
	((struct tcp_cached *)offload_block_cached(to))->initial_rcv_wnd = 65535;
	delegated->state = TCP_ESTABLISHED;
	delegated->snd_una = delegated->snd_nxt = delegated->snd_max = sequence[side];
	delegated->rcv_nxt = delegated->snd_wl1 = sequence[!side];
	delegated->rcv_wnd = delegated->snd_wnd = delegated->max_snd_wnd = 65535;
	delegated->cwnd = 10 * 1460;
	delegated->ssthresh = UINT32_MAX / 2;
	delegated->ka_time_left = delegated->retransmit_time_left = OFFLOAD_TIMER_OFF;
}

/* Everything. Of each port a neighbor of askers, a spare one, and one of echoers; the caller says over which the askers are. */
static struct offload_block_list *
whole_tree(uint32_t askers)
{
	struct offload_block_list *root = NULL, *neighbor, *path, *tcp;

	for (uint32_t i = 0; i < PORTS * NEIGHBORS; i++) {
		uint32_t port = i / NEIGHBORS, which = i % NEIGHBORS;
		uint8_t side = which == ECHOER ? ECHOER : ASKER;

		neighbor = block(&root, OFFLOAD_NEIGHBOR_ALL, &neighbor_cells[port][which]);
		neighbor->port = port;
		*(struct neighbor_const *)offload_block_const(neighbor) =
		        (struct neighbor_const){.source_mac = {2, 0, 0, 0, 0, side}};
		*(struct neighbor_cached *)offload_block_cached(neighbor) =
		        (struct neighbor_cached){.destination_mac = {2, 0, 0, 0, 0, !side}};
		if (which != ECHOER && which != askers)
			continue;
		path = block(&neighbor->dependent_block_list, OFFLOAD_PATH4_ALL,
		        &path_cells[port][side]);
		*(struct path4_const *)offload_block_const(path) =
		        (struct path4_const){{10, 0, 0, 1 + side}, {10, 0, 0, 2 - side}};
		((struct path_cached *)offload_block_cached(path))->path_mtu = 1500;
		for (uint32_t c = port; c < CONNECTIONS; c += PORTS) {
			tcp = block(
			        &path->dependent_block_list, OFFLOAD_TCP_ALL, &ends[c][side].cell);
			tcp->offload_handle = &ends[c][side];
			fill_tcp(tcp, c, side);
		}
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
		rte_exit(1, "out of buffers\n");
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
	uint64_t bytes[MESSAGE / 8];

	for (uint32_t i = 0; i < MESSAGE / 8; i++)
		bytes[i] = rte_rand();
	end->hash = rte_hash_crc(bytes, MESSAGE, 0);
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
	struct chimney_io *io = aligned_alloc(64, sizeof(*io));
	uint8_t copy[MESSAGE]; /* where the text lies in pieces */

	if (io == NULL || record->value > MESSAGE)
		rte_exit(1, "more than was asked, or out of memory\n");
	send_copy(end, io, rte_pktmbuf_read(record->data, 0, record->value, copy), record->value,
	        NULL);
	chimney_answer(channel, &end->flow, record, record->value, false);
}

/* An asker's send and receive complete in any order; when both have, the next round begins. */
static void
done(struct chimney_io *io)
{
	struct end *end = io->context;

	if (io->status != OFFLOAD_SUCCESS)
		rte_exit(1, "I/O: %s\n", offload_status_name(io->status));
	if (io->op == CHIMNEY_IO_SEND)
		rte_pktmbuf_free(io->mbuf);
	else if (rte_hash_crc(end->received, io->done, 0) != end->hash)
		rte_exit(1, "what came back is not what was sent\n");
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

	chimney_target_step(target);
	for (unsigned int i = 0, n = chimney_channel_poll(channel, ios, 32); i < n; i++)
		if (ios[i].kind == CHIMNEY_IO_INDICATED)
			echo((struct end *)(uintptr_t)ios[i].object, &ios[i]);
		else
			done(ios[i].io);
	while (chimney_poll(host, &record, 1) != 0) {
		if (record.kind != CHIMNEY_COMPLETION)
			rte_exit(1, "asked back: %s\n", retrieve_reason_name(record.reason));
		completed = record.root;
	}
}

static void
close_all(void)
{
	for (uint32_t i = 0; i < CONNECTIONS * SIDES; i++)
		while (chimney_flow_close(channel, &ends[i / 2][i % 2].flow) == -EAGAIN)
			step();
	while (chimney_channel_close(channel) == -EAGAIN)
		;
	must("unregister", chimney_host_unregister(host));
	must("close", chimney_target_close(target));
	must("buffers that are missing", -(int)rte_mempool_in_use_count(pool));
}

int
main(int argc, char **argv)
{
	const struct chimney_host_params stack = {.name = "inproc-echo",
	        .ticks_per_second = 1000,
	        .request_ring_size = 64,
	        .event_ring_size = 1024};
	struct chimney_target_params params;
	char error[512];

	must("EAL", rte_eal_init(argc, argv) < 0 ? -rte_errno : 0);
	chimney_target_params_default(&params);
	params.control = CHIMNEY_CONTROL_CALLER;
	params.connections = 1024;
	params.retrieve_delay_ms = 60000; /* the time to relink */
	if (chimney_target_open(&params, &target, error, sizeof(error)) != 0)
		rte_exit(1, "%s\n", error);
	pool = rte_pktmbuf_pool_create("echo", 4095, 0, 0, RTE_PKTMBUF_HEADROOM + MESSAGE, 0);
	must("pool", pool == NULL ? -ENOMEM : 0);
	must("register", chimney_host_register(chimney_target_contract(target), &stack, &host));
	must("channel", chimney_channel_open(host, 1024, &channel));
	request("initiate", chimney_initiate_offload, whole_tree(ASKER));
	for (uint32_t i = 0; i < CONNECTIONS; i++)
		for (int s = 0; s < SIDES; s++)
			must("flow", chimney_flow_open(channel, &ends[i][s].flow, ends[i][s].cell));
	for (uint32_t i = 0; i < CONNECTIONS; i++)
		ask(&ends[i][ASKER]);
	while (ends[0][ASKER].rounds < ROUNDS / 2)
		step();
	change_neighbors();
	while (finished < CONNECTIONS)
		step();
	request("terminate", chimney_terminate_offload, whole_tree(SPARE));
	close_all();
	printf("%u connections: %u messages on each came back\n", CONNECTIONS, ROUNDS);
	return rte_eal_cleanup() != 0;
}
