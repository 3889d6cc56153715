/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other side of a wire port, in a process of its own: acknowledges what it receives and counts frames by
 * destination MAC, so that silence after an invalidate is told by somebody else than the program under test.
 *
 * Usage: wire-peer EAL-ARGS -- (one port, e.g. --vdev net_memif0,...). It takes at most BURST frames a
 * millisecond, so that a sender with more to send finds its ring full and has to hold frames back.
 *
 * Commands on stdin, one a line, each answered by one line of JSON on stdout:
 *   mark    take everything that is in the ring now, then count from 0
 *   report  frames and bytes since the mark by destination MAC
 *   quiet   stop acknowledging        answer  acknowledge again
 *   quit
 */
#include <ctype.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#define BURST 32u
#define BURSTS_PER_MS 8u
#define MAX_MACS 64u

struct count {
	struct rte_ether_addr mac;
	uint64_t frames, bytes;
};

static struct count counts[MAX_MACS];
static uint32_t count_used;
static uint64_t uncounted;
static bool answering = true;

static void
count_frame(const struct rte_mbuf *mbuf)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);

	for (uint32_t i = 0; i <= count_used; i++) {
		if (i == count_used) {
			if (count_used == MAX_MACS)
				break;
			counts[count_used++] = (struct count){.mac = ether->dst_addr};
		}
		if (rte_is_same_ether_addr(&counts[i].mac, &ether->dst_addr)) {
			counts[i].frames++;
			counts[i].bytes += mbuf->pkt_len;
			return;
		}
	}
	uncounted++;
}

/*
 * Turn a data segment into its acknowledgment, in place. Only IPv4 without VLAN and without options beyond
 * the headers' own is answered: that is what the demonstration sends. False: nothing to answer.
 */
static bool
make_ack(struct rte_mbuf *mbuf)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(mbuf, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ether + 1);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + 1);
	struct rte_ether_addr mac = ether->src_addr;
	rte_be32_t address = ip->src_addr;
	rte_be16_t port = tcp->src_port;
	uint32_t length, seq, headers;

	if (mbuf->data_len < sizeof(*ether) + sizeof(*ip) + sizeof(*tcp) ||
	        ether->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) || ip->version_ihl != 0x45 ||
	        ip->next_proto_id != IPPROTO_TCP)
		return false;
	headers = sizeof(*ip) + (uint32_t)(tcp->data_off >> 4) * 4;
	length = rte_be_to_cpu_16(ip->total_length) - headers;
	if (length == 0 || headers != sizeof(*ip) + sizeof(*tcp))
		return false;
	seq = rte_be_to_cpu_32(tcp->sent_seq);
	ether->src_addr = ether->dst_addr;
	ether->dst_addr = mac;
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = address;
	ip->total_length = rte_cpu_to_be_16((uint16_t)headers);
	ip->hdr_checksum = 0;
	tcp->src_port = tcp->dst_port;
	tcp->dst_port = port;
	tcp->sent_seq = tcp->recv_ack;
	tcp->recv_ack = rte_cpu_to_be_32(seq + length);
	tcp->tcp_flags = RTE_TCP_ACK_FLAG;
	tcp->rx_win = RTE_BE16(65535);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	rte_pktmbuf_trim(mbuf, (uint16_t)(mbuf->pkt_len - sizeof(*ether) - headers));
	return true;
}

/* One burst; the number received. */
static uint32_t
receive(void)
{
	struct rte_mbuf *frames[BURST], *acks[BURST];
	uint16_t n = rte_eth_rx_burst(0, 0, frames, BURST), answers = 0, sent;

	for (uint16_t i = 0; i < n; i++) {
		count_frame(frames[i]);
		if (answering && make_ack(frames[i]))
			acks[answers++] = frames[i];
		else
			rte_pktmbuf_free(frames[i]);
	}
	sent = answers > 0 ? rte_eth_tx_burst(0, 0, acks, answers) : 0;
	rte_pktmbuf_free_bulk(&acks[sent], answers - sent);
	return n;
}

static void
command_report(void)
{
	printf("{\"uncounted\": %lu, \"macs\": {", (unsigned long)uncounted);
	for (uint32_t i = 0; i < count_used; i++)
		printf("%s\"" RTE_ETHER_ADDR_PRT_FMT "\": {\"frames\": %lu, \"bytes\": %lu}",
		        i ? ", " : "", RTE_ETHER_ADDR_BYTES(&counts[i].mac),
		        (unsigned long)counts[i].frames, (unsigned long)counts[i].bytes);
	printf("}}\n");
}

static void
command_mark(void)
{
	uint32_t taken = 0, n;

	while ((n = receive()) > 0)
		taken += n;
	count_used = 0;
	uncounted = 0;
	printf("{\"taken\": %u}\n", taken);
}

/* False: stop. */
static bool
command_run(char *line)
{
	line[strcspn(line, "\r\n")] = '\0';
	if (strcmp(line, "quit") == 0)
		return false;
	if (strcmp(line, "mark") == 0) {
		command_mark();
	} else if (strcmp(line, "report") == 0) {
		command_report();
	} else if (strcmp(line, "quiet") == 0 || strcmp(line, "answer") == 0) {
		answering = line[0] == 'a';
		printf("{\"answering\": %s}\n", answering ? "true" : "false");
	} else {
		printf("{\"error\": \"unknown command; one of: mark, report, quiet, answer, "
		       "quit\"}\n");
	}
	fflush(stdout);
	return true;
}

static int
port_start(void)
{
	struct rte_eth_conf conf = {0};
	struct rte_mempool *pool;
	int rc;

	if (rte_eth_dev_count_avail() != 1) {
		fprintf(stderr, "wire-peer needs exactly one port: give one --vdev\n");
		return -1;
	}
	pool = rte_pktmbuf_pool_create(
	        "wire_peer", 8191, 64, 0, RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
	if (pool == NULL) {
		fprintf(stderr, "no memory for buffers: give more with -m\n");
		return -1;
	}
	rc = rte_eth_dev_configure(0, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(0, 0, 256, rte_socket_id(), NULL, pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(0, 0, 256, rte_socket_id(), NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(0);
	if (rc != 0)
		fprintf(stderr, "port 0 does not start: %s\n", strerror(-rc));
	return rc;
}

int
main(int argc, char **argv)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[64];
	bool running = true;

	if (rte_eal_init(argc, argv) < 0 || port_start() != 0)
		return EXIT_FAILURE;
	printf("{\"ready\": true}\n");
	fflush(stdout);
	while (running) {
		/* The timeout is what limits the rate. Commands come line by line from one writer. */
		if (poll(&input, 1, 1) > 0)
			running = fgets(line, sizeof(line), stdin) != NULL && command_run(line);
		for (uint32_t i = 0; i < BURSTS_PER_MS && receive() > 0; i++)
			;
	}
	rte_eth_dev_stop(0);
	rte_eth_dev_close(0);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
