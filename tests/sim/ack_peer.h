/* SPDX-License-Identifier: BSD-3-Clause */
/* A peer without memory: every segment with text is acknowledged. */
#ifndef TESTS_ACK_PEER_H
#define TESTS_ACK_PEER_H

#include <stdbool.h>

#include <rte_mempool.h>

#include "test_ports.h"

/*
 * Answer one transmitted frame (the caller keeps it) on queue 0 of the port; an answer that finds no buffer
 * or no room is lost, as on any wire. False: the frame is malformed.
 */
bool ack_peer_answer(struct test_port *port, struct rte_mempool *pool, const struct rte_mbuf *mbuf);

#endif
