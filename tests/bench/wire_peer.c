/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading frames, and acknowledging them with frames of its own. */
#include "wire_peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_prefetch.h>
#include <rte_tcp.h>

#include "tree.h"

struct headers {
	struct rte_ether_hdr ethernet;
	struct rte_ipv4_hdr ip;
	struct rte_tcp_hdr tcp;
};

_Static_assert(sizeof(struct headers) == 54, "headers follow each other without padding");

/* tree_usual_tcp and tree_usual_path: what they put into ports and addresses. */
#define LOCAL_PORT 10000u
#define REMOTE_PORT 5000u
#define LOCAL_PORTS 50000u
#define FIRST_SEQ 900000u /* of the peer */
#define LOCAL_NET RTE_IPV4(198, 18, 0, 0)
#define REMOTE_NET RTE_IPV4(198, 19, 0, 0)

int
wire_peer_init(struct wire_peer *peer, struct test_port *port, struct rte_mempool *pool)
{
	uint32_t conns = 0;

	peer->port = port;
	peer->pool = pool;
	for (uint32_t i = 0; i < peer->groups; i++) {
		struct wire_group *group = &peer->group[i];

		conns += group->conns;
		memset(&peer->path_group[group->first_path], (int)i, group->paths);
		group->fifo = calloc(group->conns, sizeof(group->fifo[0]));
		if (group->fifo == NULL)
			return -ENOMEM;
		memset(group->fifo, 0xFF, group->conns * sizeof(group->fifo[0]));
	}
	peer->conn = calloc(conns, sizeof(peer->conn[0]));
	if (peer->conn == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < peer->groups; i++)
		wire_peer_forget(peer, i);
	return 0;
}

void
wire_peer_fini(struct wire_peer *peer)
{
	for (uint32_t i = 0; i < peer->groups; i++)
		free(peer->group[i].fifo);
	free(peer->conn);
}

void
wire_peer_forget(struct wire_peer *peer, uint32_t number)
{
	struct wire_group *group = &peer->group[number];

	group->fifo_count = 0;
	/* tree_usual_tcp: where the sequence numbers start. */
	for (uint32_t i = 0; i < group->conns; i++)
		peer->conn[group->first_conn + i] =
		        (struct wire_conn){.ack = 1000 + i / group->paths};
}

/* Turn a buffer into the acknowledgment of all that was received of a connection. */
static void
ack_write(struct wire_peer *peer, struct rte_mbuf *mbuf, uint32_t number, uint32_t conn)
{
	struct headers *headers = rte_pktmbuf_mtod(mbuf, struct headers *);
	const struct wire_group *group = &peer->group[number];
	uint32_t path = group->first_path + (conn - group->first_conn) % group->paths;
	uint32_t k = (conn - group->first_conn) / group->paths;

	*headers = (struct headers){
	        .ethernet.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4),
	        .ip.version_ihl = RTE_IPV4_VHL_DEF,
	        .ip.total_length =
	                RTE_BE16(sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_tcp_hdr)),
	        .ip.time_to_live = 64,
	        .ip.next_proto_id = IPPROTO_TCP,
	        .ip.src_addr = rte_cpu_to_be_32(REMOTE_NET | path),
	        .ip.dst_addr = rte_cpu_to_be_32(LOCAL_NET | path),
	        .tcp.src_port = rte_cpu_to_be_16((uint16_t)(REMOTE_PORT + k / LOCAL_PORTS)),
	        .tcp.dst_port = rte_cpu_to_be_16((uint16_t)(LOCAL_PORT + k % LOCAL_PORTS)),
	        .tcp.sent_seq = rte_cpu_to_be_32(FIRST_SEQ + k),
	        .tcp.recv_ack = rte_cpu_to_be_32(peer->conn[conn].ack),
	        .tcp.data_off = sizeof(struct rte_tcp_hdr) / 4 << 4,
	        .tcp.tcp_flags = RTE_TCP_ACK_FLAG,
	        .tcp.rx_win = rte_cpu_to_be_16(number == 0 ? WIRE_WINDOW : WIRE_SEGMENT),
	};
	memcpy(&headers->ethernet.dst_addr, tree_source_mac, sizeof(tree_source_mac));
	mbuf->data_len = sizeof(*headers);
	mbuf->pkt_len = sizeof(*headers);
	/* As a port that has verified both. */
	mbuf->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

static void
fifo_push(struct wire_peer *peer, struct wire_group *group, uint32_t conn)
{
	uint32_t end = group->fifo_head + group->fifo_count;

	if (peer->conn[conn].queued)
		return;
	peer->conn[conn].queued = 1;
	group->fifo[end < group->conns ? end : end - group->conns] = conn;
	group->fifo_count++;
}

static uint32_t
fifo_pop(struct wire_peer *peer, struct wire_group *group)
{
	uint32_t conn = group->fifo[group->fifo_head];

	group->fifo_head = group->fifo_head + 1 < group->conns ? group->fifo_head + 1 : 0;
	group->fifo_count--;
	peer->conn[conn].queued = 0;
	if (group->fifo_count > WIRE_BURST) {
		uint32_t ahead = group->fifo_head + WIRE_BURST;

		rte_prefetch0(
		        &peer->conn[group->fifo[ahead < group->conns ? ahead
		                                                     : ahead - group->conns]]);
	}
	return conn;
}

/* Take note of one frame. True: it was turned into its acknowledgment. */
static bool
frame_take(struct wire_peer *peer, struct rte_mbuf *mbuf, uint32_t position, uint64_t *goodput)
{
	const struct headers *headers = rte_pktmbuf_mtod(mbuf, const struct headers *);
	uint32_t path = rte_be_to_cpu_32(headers->ip.dst_addr) & 0xFFFF;
	uint32_t number = peer->path_group[path % WIRE_PATHS], conn, end;
	struct wire_group *group = &peer->group[number];

	conn = (rte_be_to_cpu_16(headers->tcp.dst_port) - REMOTE_PORT) * LOCAL_PORTS +
	       rte_be_to_cpu_16(headers->tcp.src_port) - LOCAL_PORT;
	conn = group->first_conn + conn * group->paths + (path - group->first_path);
	end = rte_be_to_cpu_32(headers->tcp.sent_seq) + rte_be_to_cpu_16(headers->ip.total_length) -
	      (uint32_t)(sizeof(headers->ip) + sizeof(headers->tcp));
	group->log[group->logged++ % WIRE_LOG] = position;
	if ((int32_t)(end - peer->conn[conn].ack) > 0) {
		if (number == 0)
			*goodput += end - peer->conn[conn].ack;
		peer->conn[conn].ack = end;
	}
	if (number != 0) {
		fifo_push(peer, group, conn);
		return false;
	}
	if (!peer->silent)
		ack_write(peer, mbuf, number, conn);
	return !peer->silent;
}

/* Hand acknowledgments to the port; what finds no room is lost. */
static void
acks_send(struct wire_peer *peer, struct rte_mbuf **acks, uint32_t n)
{
	uint32_t sent = rte_ring_sp_enqueue_burst(peer->port->received[0], (void **)acks, n, NULL);

	peer->lost_acks += n - sent;
	if (sent < n)
		rte_pktmbuf_free_bulk(&acks[sent], n - sent);
}

/* Acknowledge a few of the other groups, one group after the other. */
static uint32_t
acks_in_turn(struct wire_peer *peer, struct rte_mbuf **acks)
{
	uint32_t n = 0;

	for (uint32_t tries = 0; tries < WIRE_ACKS * peer->groups && n < WIRE_ACKS; tries++) {
		uint32_t number = 1 + peer->next_group++ % (peer->groups - 1);
		struct wire_group *group = &peer->group[number];

		if (group->fifo_count == 0)
			continue;
		acks[n] = rte_pktmbuf_alloc(peer->pool);
		if (acks[n] == NULL)
			break;
		ack_write(peer, acks[n++], number, fifo_pop(peer, group));
	}
	return n;
}

uint32_t
wire_peer_step(struct wire_peer *peer)
{
	struct rte_mbuf *frames[WIRE_BURST], *acks[WIRE_BURST + WIRE_ACKS], *done[WIRE_BURST];
	uint32_t position = peer->port->transmitted[0]->cons.tail;
	uint32_t n = test_port_read_queue(peer->port, 0, frames, WIRE_BURST);
	uint32_t ack_count = 0, done_count = 0;
	uint64_t goodput = 0;

	for (uint32_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frames[i], void *));
	for (uint32_t i = 0; i < n; i++) {
		if (frame_take(peer, frames[i], position + i, &goodput))
			acks[ack_count++] = frames[i];
		else
			done[done_count++] = frames[i];
	}
	rte_pktmbuf_free_bulk(done, done_count);
	if (!peer->silent && peer->groups > 1)
		ack_count += acks_in_turn(peer, &acks[ack_count]);
	acks_send(peer, acks, ack_count);
	peer->frames += n;
	atomic_store_explicit(&peer->goodput,
	        atomic_load_explicit(&peer->goodput, memory_order_relaxed) + goodput,
	        memory_order_relaxed);
	atomic_store_explicit(&peer->position, position + n, memory_order_release);
	return n;
}

void
wire_peer_silence(struct wire_peer *peer)
{
	peer->silent = true;
}

void
wire_peer_speak(struct wire_peer *peer)
{
	const struct wire_group *group = &peer->group[0];

	if (!peer->silent)
		return;
	peer->silent = false;
	for (uint32_t i = 0; i < group->conns; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(peer->pool);

		if (mbuf == NULL)
			return;
		ack_write(peer, mbuf, 0, group->first_conn + i);
		acks_send(peer, &mbuf, 1);
	}
}

uint32_t
wire_peer_frames_after(struct wire_peer *peer, uint32_t number, uint32_t position)
{
	struct wire_group *group = &peer->group[number];
	uint64_t first = group->logged > WIRE_LOG ? group->logged - WIRE_LOG : 0;
	uint32_t count = 0;

	for (uint64_t i = first; i < group->logged; i++)
		count += (int32_t)(group->log[i % WIRE_LOG] - position) >= 0;
	group->logged = 0;
	return count;
}
