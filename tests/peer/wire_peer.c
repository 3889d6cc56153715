/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other side of a wire port, in a process of its own: acknowledges what it receives and counts frames by
 * destination MAC, so that silence after an invalidate is told by somebody else than the program under test.
 *
 * Usage: wire-peer EAL-ARGS -- [--ring FRAMES] [--rate FRAMES] [--window BYTES]
 * One port, e.g. --vdev net_memif0,role=server,... It takes at most `rate` frames a millisecond, so that a
 * sender with more to send finds the ring between them full and has to hold frames back.
 *
 * Commands on stdin, one a line, each answered by one line of JSON on stdout:
 *   report  what was counted since the mark, by destination MAC
 *   hold    receive nothing: the ring fills up and stays full
 *   mark    take what is in the ring now, `ring` frames at most, report, then count from 0 and receive again.
 *           Behind `hold` and a ring that was full this cuts exactly: what is counted from here on was handed
 *           to the sender's port after the moment of the mark.
 *   quiet   stop acknowledging        answer  acknowledge again
 *   quit
 */
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>

#include "peer_flows.h"

#define BURST 32u
#define RING_MAX 4096u
#define ACKS_MAX (RING_MAX + BURST)

static struct {
	uint32_t ring, rate, window;
} options = {.ring = 256, .rate = 512, .window = 16384};

static struct peer_flows *flows;
static struct rte_mbuf *acks[ACKS_MAX]; /* not yet taken by the port: none is ever dropped */
static uint32_t ack_count;
static bool answering = true, holding;

static void
acks_flush(void)
{
	uint32_t done = 0;
	uint16_t sent;

	while (done < ack_count) {
		sent = rte_eth_tx_burst(
		        0, 0, &acks[done], (uint16_t)RTE_MIN(ack_count - done, BURST));
		if (sent == 0)
			break;
		done += sent;
	}
	ack_count -= done;
	memmove(acks, &acks[done], ack_count * sizeof(acks[0]));
}

/* Up to `most` frames; returns how many there were. The caller knows that their answers find room. */
static uint32_t
receive(uint32_t most)
{
	struct rte_mbuf *frames[BURST];
	uint32_t taken = 0;
	uint16_t n;

	while (taken < most) {
		n = rte_eth_rx_burst(0, 0, frames, (uint16_t)RTE_MIN(most - taken, BURST));
		if (n == 0)
			break;
		for (uint16_t i = 0; i < n; i++) {
			if (peer_flows_take(flows, frames[i], options.window) && answering)
				acks[ack_count++] = frames[i];
			else
				rte_pktmbuf_free(frames[i]);
		}
		taken += n;
	}
	return taken;
}

/* A turn of the loop: `rate` frames in bursts, as long as the answers to them get away. */
static void
turn(void)
{
	uint32_t taken = 0, n;

	do {
		acks_flush();
		if (holding || ack_count > 0)
			return;
		n = receive(BURST);
		taken += n;
	} while (n > 0 && taken < options.rate);
	acks_flush();
}

static void
command_mark(void)
{
	uint32_t taken = receive(options.ring);

	peer_flows_print(flows, taken);
	peer_flows_reset(flows);
	holding = false;
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
		peer_flows_print(flows, 0);
	} else if (strcmp(line, "hold") == 0) {
		holding = true;
		printf("{\"holding\": true}\n");
	} else if (strcmp(line, "quiet") == 0 || strcmp(line, "answer") == 0) {
		answering = line[0] == 'a';
		printf("{\"answering\": %s}\n", answering ? "true" : "false");
	} else {
		printf("{\"error\": \"unknown command; one of: report, hold, mark, quiet, answer, "
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
	pool = rte_pktmbuf_pool_create("wire_peer", 2 * ACKS_MAX - 1, 64, 0,
	        RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
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

static int
parse_options(int argc, char **argv)
{
	static const struct option table[] = {{"ring", required_argument, NULL, 'r'},
	        {"rate", required_argument, NULL, 'f'}, {"window", required_argument, NULL, 'w'},
	        {0}};
	int chosen;

	optind = 1;
	while ((chosen = getopt_long(argc, argv, "", table, NULL)) != -1) {
		uint32_t value = optarg != NULL ? (uint32_t)strtoul(optarg, NULL, 10) : 0;

		if (chosen == 'r')
			options.ring = value;
		else if (chosen == 'f')
			options.rate = value;
		else if (chosen == 'w')
			options.window = value;
		else
			return -1; /* getopt has said why */
	}
	if (options.ring < 1 || options.ring > RING_MAX || options.rate < 1 || options.window < 1 ||
	        options.window > UINT16_MAX) {
		fprintf(stderr,
		        "wire-peer: --ring from 1 to %u, --rate from 1, --window from 1 to 65535\n",
		        RING_MAX);
		return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[64];
	bool running = true;
	int used = rte_eal_init(argc, argv);

	if (used < 0 || parse_options(argc - used, argv + used) != 0 || port_start() != 0)
		return EXIT_FAILURE;
	flows = peer_flows_create();
	if (flows == NULL)
		return EXIT_FAILURE;
	/* poll must see every line that is still to be read */
	setvbuf(stdin, NULL, _IONBF, 0);
	printf("{\"ready\": true}\n");
	fflush(stdout);
	while (running) {
		/* The timeout is what limits the rate. Commands come line by line from one writer. */
		if (poll(&input, 1, 1) > 0)
			running = fgets(line, sizeof(line), stdin) != NULL && command_run(line);
		turn();
	}
	rte_pktmbuf_free_bulk(acks, ack_count);
	rte_eth_dev_stop(0);
	rte_eth_dev_close(0);
	peer_flows_destroy(flows);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
