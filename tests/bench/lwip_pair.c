/* SPDX-License-Identifier: BSD-3-Clause */
/* Two interfaces of one lwIP. */
#include "lwip_pair.h"

#include <stdlib.h>
#include <string.h>

#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <rte_cycles.h>

#include "bench_fail.h"

#define WIRE_FRAMES 4096u /* on the wire at once */
#define FIRST_PORT 7000u
#define TEXT 16384u

/* One of the two ways: packets for one interface. */
struct wire {
	struct pbuf *packet[WIRE_FRAMES];
	struct netif *to[WIRE_FRAMES];
	uint32_t head, count;
	uint64_t copy_cycles;
};

struct connection {
	struct lwip_pair *pair;
	struct tcp_pcb *pcb;
	uint32_t requests_left;
};

struct lwip_pair {
	uint32_t conns;
	struct connection *client, *server;
	uint32_t accepted, connected;
	uint64_t received; /* bytes, at the servers */
	uint64_t answered; /* bytes, at the clients */
	uint32_t echo_bytes; /* 0: servers drop what they receive */
};

static struct netif netifs[2];
static struct wire wire;
static uint8_t text[TEXT];
static uint16_t next_port = FIRST_PORT;

static err_t
wire_take(struct netif *netif, struct pbuf *packet, const ip4_addr_t *address)
{
	/* Not PBUF_POOL: Debian's library allocates fewer bytes for those than it fills. */
	struct pbuf *copy = pbuf_alloc(PBUF_RAW, packet->tot_len, PBUF_RAM);
	uint32_t end = (wire.head + wire.count) % WIRE_FRAMES;
	uint64_t start = rte_rdtsc();

	if (copy == NULL || wire.count == WIRE_FRAMES)
		bench_fail("lwIP's wire is full");
	pbuf_copy(copy, packet);
	wire.packet[end] = copy;
	wire.to[end] = &netifs[netif == &netifs[0]];
	wire.count++;
	wire.copy_cycles += rte_rdtsc() - start;
	return ERR_OK;
}

static err_t
wire_drop_ip6(struct netif *netif, struct pbuf *packet, const ip6_addr_t *address)
{
	return ERR_OK;
}

static void
wire_deliver(void)
{
	while (wire.count > 0) {
		uint32_t at = wire.head;

		wire.head = (wire.head + 1) % WIRE_FRAMES;
		wire.count--;
		ip4_input(wire.packet[at], wire.to[at]);
	}
}

static err_t
netif_prepare(struct netif *netif)
{
	netif->output = wire_take;
	netif->output_ip6 = wire_drop_ip6;
	netif->mtu = 1500;
	return ERR_OK;
}

/* Once: the library's thread, which from then on runs its timers, and the interfaces. */
static void
lwip_start(void)
{
	static int started;
	ip4_addr_t address, mask, gateway;

	if (started++)
		return;
	tcpip_init(NULL, NULL);
	for (uint32_t i = 0; i < TEXT; i++)
		text[i] = (uint8_t)(i % 251);
	LOCK_TCPIP_CORE();
	for (uint32_t i = 0; i < 2; i++) {
		IP4_ADDR(&address, 10, 2, 0, (uint8_t)(i + 1));
		IP4_ADDR(&mask, 255, 255, 255, 0);
		IP4_ADDR(&gateway, 0, 0, 0, 0);
		if (netif_add(&netifs[i], &address, &mask, &gateway, NULL, netif_prepare,
		            ip4_input) == NULL)
			bench_fail("lwIP has no interface");
		netif_set_up(&netifs[i]);
		netif_set_link_up(&netifs[i]);
	}
	UNLOCK_TCPIP_CORE();
}

static void
send_bytes(struct tcp_pcb *pcb, uint32_t bytes)
{
	err_t error = tcp_write(pcb, text, (u16_t)bytes, TCP_WRITE_FLAG_COPY);

	if (error == ERR_OK)
		error = tcp_output(pcb);
	if (error != ERR_OK)
		bench_fail("lwIP does not send: error %d", error);
}

static err_t
server_receive(void *argument, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
	struct connection *server = argument;
	uint32_t bytes;

	if (packet == NULL || error != ERR_OK)
		bench_fail("a connection of lwIP ended");
	bytes = packet->tot_len;
	server->pair->received += bytes;
	tcp_recved(pcb, (u16_t)bytes);
	pbuf_free(packet);
	if (server->pair->echo_bytes != 0)
		send_bytes(pcb, bytes);
	return ERR_OK;
}

static err_t
client_receive(void *argument, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
	struct connection *client = argument;

	if (packet == NULL || error != ERR_OK)
		bench_fail("a connection of lwIP ended");
	client->pair->answered += packet->tot_len;
	tcp_recved(pcb, packet->tot_len);
	pbuf_free(packet);
	if (client->requests_left > 0) {
		client->requests_left--;
		send_bytes(pcb, client->pair->echo_bytes);
	}
	return ERR_OK;
}

static err_t
server_accept(void *argument, struct tcp_pcb *pcb, err_t error)
{
	struct lwip_pair *pair = argument;
	struct connection *server = &pair->server[pair->accepted++];

	server->pair = pair;
	server->pcb = pcb;
	tcp_nagle_disable(pcb);
	tcp_arg(pcb, server);
	tcp_recv(pcb, server_receive);
	return ERR_OK;
}

static err_t
client_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
	((struct connection *)argument)->pair->connected++;
	return ERR_OK;
}

static void
client_connect(struct lwip_pair *pair, struct connection *client, uint16_t port)
{
	client->pair = pair;
	client->pcb = tcp_new();
	if (client->pcb == NULL)
		bench_fail("lwIP has no room for %u connections", pair->conns);
	tcp_bind_netif(client->pcb, &netifs[0]);
	tcp_nagle_disable(client->pcb);
	tcp_arg(client->pcb, client);
	tcp_recv(client->pcb, client_receive);
	if (tcp_bind(client->pcb, &netifs[0].ip_addr, 0) != ERR_OK ||
	        tcp_connect(client->pcb, &netifs[1].ip_addr, port, client_connected) != ERR_OK)
		bench_fail("lwIP does not connect");
	wire_deliver();
}

struct lwip_pair *
lwip_pair_create(uint32_t conns)
{
	struct lwip_pair *pair = calloc(1, sizeof(*pair));
	struct tcp_pcb *listener;
	uint16_t port = next_port++;

	lwip_start();
	if (pair != NULL) {
		pair->client = calloc(conns, sizeof(pair->client[0]));
		pair->server = calloc(conns, sizeof(pair->server[0]));
	}
	if (pair == NULL || pair->client == NULL || pair->server == NULL)
		bench_fail("no memory for %u connections", conns);
	pair->conns = conns;
	LOCK_TCPIP_CORE();
	listener = tcp_new();
	if (listener != NULL) {
		tcp_bind_netif(listener, &netifs[1]);
		tcp_bind(listener, &netifs[1].ip_addr, port);
		listener = tcp_listen(listener);
	}
	if (listener == NULL)
		bench_fail("lwIP does not listen");
	tcp_arg(listener, pair);
	tcp_accept(listener, server_accept);
	for (uint32_t i = 0; i < conns; i++)
		client_connect(pair, &pair->client[i], port);
	tcp_close(listener);
	UNLOCK_TCPIP_CORE();
	if (pair->accepted != conns || pair->connected != conns)
		bench_fail("lwIP: %u of %u connections were established", pair->connected, conns);
	if (tcp_mss(pair->client[0].pcb) != LWIP_PAIR_MSS)
		bench_fail("lwIP sends segments of %u bytes", tcp_mss(pair->client[0].pcb));
	return pair;
}

void
lwip_pair_destroy(struct lwip_pair *pair)
{
	LOCK_TCPIP_CORE();
	for (uint32_t i = 0; i < pair->conns; i++) {
		tcp_abort(pair->client[i].pcb);
		tcp_arg(pair->server[i].pcb, NULL);
		tcp_abort(pair->server[i].pcb);
	}
	wire_deliver();
	UNLOCK_TCPIP_CORE();
	free(pair->client);
	free(pair->server);
	free(pair);
}

uint64_t
lwip_pair_bulk(struct lwip_pair *pair, uint32_t runs, uint32_t segments)
{
	uint64_t goal, start, copies;

	LOCK_TCPIP_CORE();
	pair->echo_bytes = 0;
	goal = pair->received + (uint64_t)pair->conns * runs * segments * LWIP_PAIR_MSS;
	copies = wire.copy_cycles;
	start = rte_rdtsc();
	for (uint32_t run = 0; run < runs; run++) {
		for (uint32_t i = 0; i < pair->conns; i++) {
			send_bytes(pair->client[i].pcb, segments * LWIP_PAIR_MSS);
			wire_deliver();
		}
	}
	start = rte_rdtsc() - start - (wire.copy_cycles - copies);
	UNLOCK_TCPIP_CORE();
	if (pair->received != goal)
		bench_fail("lwIP delivered %lu of %lu bytes", pair->received, goal);
	return start;
}

uint64_t
lwip_pair_rpc(struct lwip_pair *pair, uint32_t count, uint32_t bytes)
{
	uint64_t goal, start, copies;

	LOCK_TCPIP_CORE();
	pair->echo_bytes = bytes;
	goal = pair->answered + (uint64_t)pair->conns * count * bytes;
	copies = wire.copy_cycles;
	start = rte_rdtsc();
	for (uint32_t i = 0; i < pair->conns; i++) {
		pair->client[i].requests_left = count - 1;
		send_bytes(pair->client[i].pcb, bytes);
	}
	wire_deliver();
	start = rte_rdtsc() - start - (wire.copy_cycles - copies);
	UNLOCK_TCPIP_CORE();
	if (pair->answered != goal)
		bench_fail("lwIP answered %lu of %lu bytes", pair->answered, goal);
	return start;
}
