/* SPDX-License-Identifier: BSD-3-Clause */
/* net_ring ports whose peer is the test. */
#include "test_ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

static int
rings_create(struct test_port *port, const char *name, uint32_t tx_size, uint32_t rx_size)
{
	unsigned int flags = RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ;
	char ring_name[RTE_RING_NAMESIZE];

	for (uint16_t i = 0; i < port->queues; i++) {
		snprintf(ring_name, sizeof(ring_name), "%s_t%u", name, i);
		port->transmitted[i] = rte_ring_create(ring_name, tx_size, SOCKET_ID_ANY, flags);
		snprintf(ring_name, sizeof(ring_name), "%s_r%u", name, i);
		port->received[i] = rte_ring_create(ring_name, rx_size, SOCKET_ID_ANY, flags);
		if (port->transmitted[i] == NULL || port->received[i] == NULL)
			return -rte_errno;
	}
	return 0;
}

static int
ethdev_start(struct test_port *port, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	int err = rte_eth_dev_configure(port->ethdev, port->queues, port->queues, &conf);

	for (uint16_t i = 0; err == 0 && i < port->queues; i++) {
		err = rte_eth_rx_queue_setup(port->ethdev, i, 64, SOCKET_ID_ANY, NULL, pool);
		if (err == 0)
			err = rte_eth_tx_queue_setup(port->ethdev, i, 64, SOCKET_ID_ANY, NULL);
	}
	return err ? err : rte_eth_dev_start(port->ethdev);
}

/* The ethdev of rings that are there. */
static int
ethdev_create(struct test_port *port, const char *name, struct rte_mempool *pool)
{
	int ethdev = rte_eth_from_rings(
	        name, port->received, port->queues, port->transmitted, port->queues, 0);
	int err;

	if (ethdev < 0)
		return -ENODEV;
	port->ethdev = (uint16_t)ethdev;
	err = ethdev_start(port, pool);
	if (err != 0)
		rte_eth_dev_close(port->ethdev);
	return err;
}

static void
rings_free(struct test_port *port)
{
	struct rte_mbuf *frame;

	if (port->borrows)
		return;
	for (uint16_t i = 0; i < port->queues; i++) {
		while (port->transmitted[i] &&
		        rte_ring_sc_dequeue(port->transmitted[i], (void **)&frame) == 0)
			rte_pktmbuf_free(frame);
		while (port->received[i] &&
		        rte_ring_sc_dequeue(port->received[i], (void **)&frame) == 0)
			rte_pktmbuf_free(frame);
		rte_ring_free(port->transmitted[i]);
		rte_ring_free(port->received[i]);
	}
}

int
test_port_create(struct test_port *port, const char *name, uint16_t queues, uint32_t tx_size,
        uint32_t rx_size, struct rte_mempool *pool)
{
	int err;

	memset(port, 0, sizeof(*port));
	if (queues == 0 || queues > TEST_PORT_QUEUES)
		return -EINVAL;
	port->queues = queues;
	err = rings_create(port, name, tx_size, rx_size);
	if (err == 0)
		err = ethdev_create(port, name, pool);
	if (err != 0) {
		fprintf(stderr, "port %s with %u queues of %u and %u frames: error %d\n", name,
		        queues, tx_size, rx_size, err);
		rings_free(port);
	}
	return err;
}

int
test_port_create_peer(struct test_port *port, const char *name, const struct test_port *other,
        struct rte_mempool *pool)
{
	int err;

	memset(port, 0, sizeof(*port));
	port->queues = other->queues;
	port->borrows = true;
	memcpy(port->transmitted, other->received, sizeof(port->transmitted));
	memcpy(port->received, other->transmitted, sizeof(port->received));
	err = ethdev_create(port, name, pool);
	if (err != 0)
		fprintf(stderr, "port %s, peer of another: error %d\n", name, err);
	return err;
}

void
test_port_destroy(struct test_port *port)
{
	struct rte_eth_dev_info info;

	/* rte_eth_from_rings made a vdev: removing that closes the port and gives everything back */
	if (rte_eth_dev_info_get(port->ethdev, &info) == 0) {
		rte_eth_dev_stop(port->ethdev);
		rte_dev_remove(info.device);
	}
	rings_free(port);
}

unsigned int
test_port_read_queue(
        struct test_port *port, uint16_t queue, struct rte_mbuf **frames, unsigned int n)
{
	return rte_ring_sc_dequeue_burst(port->transmitted[queue], (void **)frames, n, NULL);
}

unsigned int
test_port_read(struct test_port *port, struct rte_mbuf **frames, unsigned int n)
{
	unsigned int got = 0;

	for (uint16_t i = 0; i < port->queues && got < n; i++) {
		uint16_t queue = (uint16_t)((port->next + i) % port->queues);

		got += test_port_read_queue(port, queue, frames + got, n - got);
	}
	port->next = (uint16_t)((port->next + 1) % port->queues);
	return got;
}

bool
test_port_write(struct test_port *port, uint16_t queue, struct rte_mbuf *frame)
{
	return rte_ring_sp_enqueue(port->received[queue], frame) == 0;
}

uint32_t
test_port_room(const struct test_port *port, uint16_t queue)
{
	return rte_ring_free_count(port->received[queue]);
}

uint32_t
test_port_waiting(const struct test_port *port)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < port->queues; i++)
		count += rte_ring_count(port->transmitted[i]);
	return count;
}

uint32_t
test_port_unread(const struct test_port *port)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < port->queues; i++)
		count += rte_ring_count(port->received[i]);
	return count;
}
