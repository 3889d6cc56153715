/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A net_ring port with its other end in the test's hands: the engine sees an ethdev with one RX and one TX
 * queue per worker; the peer reads what the engine transmitted and writes what it shall receive. Small TX
 * rings fill up, so that the engine has to hold frames (INV-7).
 */
#ifndef TESTS_PORTS_H
#define TESTS_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#define TEST_PORT_QUEUES 16u

struct test_port {
	uint16_t ethdev;
	uint16_t queues;
	uint16_t next; /* TX queue that test_port_read looks at first */
	bool borrows; /* the rings are another port's */
	struct rte_ring *transmitted[TEST_PORT_QUEUES]; /* engine -> peer, by TX queue */
	struct rte_ring *received[TEST_PORT_QUEUES]; /* peer -> engine, by RX queue */
};

/*
 * Create and start a port. name: unique, at most 20 characters. tx_size, rx_size: frames that a ring
 * holds, exactly, any number from 1. 0 or a negative errno, with a message on stderr.
 */
int test_port_create(struct test_port *port, const char *name, uint16_t queues, uint32_t tx_size,
        uint32_t rx_size, struct rte_mempool *pool);
/*
 * A port whose other end is the other end of `other`: what one transmits the other receives. To be destroyed
 * before `other`.
 */
int test_port_create_peer(struct test_port *port, const char *name, const struct test_port *other,
        struct rte_mempool *pool);
/* Close the port and free what its rings hold. */
void test_port_destroy(struct test_port *port);

/* Peer: up to n transmitted frames, the queues in turn; the caller owns them. Returns the number. */
unsigned int test_port_read(struct test_port *port, struct rte_mbuf **frames, unsigned int n);
/* Peer: up to n frames transmitted by one queue, in order. */
unsigned int test_port_read_queue(
        struct test_port *port, uint16_t queue, struct rte_mbuf **frames, unsigned int n);
/* Peer: hand a frame to an RX queue; false when its ring is full (the caller keeps the frame). */
bool test_port_write(struct test_port *port, uint16_t queue, struct rte_mbuf *frame);
/* Frames that this RX queue still takes. */
uint32_t test_port_room(const struct test_port *port, uint16_t queue);
/* Frames waiting to be read by the peer, all queues. */
uint32_t test_port_waiting(const struct test_port *port);
/* Frames that the engine has not received yet, all queues. */
uint32_t test_port_unread(const struct test_port *port);

#endif
