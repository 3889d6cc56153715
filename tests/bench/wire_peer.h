/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other end of every connection of the benchmark, stepped by the worker's own lcore between two
 * turns, since there are but two CPUs: it reads what the wire port transmitted, acknowledges it,
 * and knows of each frame at which place of the TX ring it came.
 *
 * Group 0 are the unaffected connections, acknowledged at once. Those of other groups have one
 * segment under way each and are acknowledged in turn, a few per step: always with data to send,
 * without crowding out the rest.
 */
#ifndef BENCH_WIRE_PEER_H
#define BENCH_WIRE_PEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "test_ports.h"

#define WIRE_GROUPS 8u
#define WIRE_PATHS 128u
#define WIRE_BURST 12u /* frames read per step: fewer than the worker builds in a turn */
#define WIRE_ACKS 4u /* acknowledgments per step for the groups beside group 0 */
#define WIRE_LOG 4096u
#define WIRE_WINDOW 65535u /* of group 0 */
#define WIRE_SEGMENT 1460u /* text of a segment; the window of the other groups */

/* Connections [first_conn, + conns) spread over paths [first_path, + paths): connection i is on
 * path i % paths. */
struct wire_group {
	uint32_t first_conn, conns;
	uint32_t first_path, paths;
	uint32_t *fifo; /* connections that are owed an acknowledgment */
	uint32_t fifo_head, fifo_count;
	uint32_t log[WIRE_LOG]; /* places in the TX ring of its last frames */
	uint64_t logged;
};

struct wire_conn {
	uint32_t ack; /* next sequence number wanted */
	uint32_t queued; /* in the FIFO */
};

struct wire_peer {
	struct test_port *port;
	struct rte_mempool *pool;
	struct wire_group group[WIRE_GROUPS];
	uint32_t groups;
	uint8_t path_group[WIRE_PATHS];
	struct wire_conn *conn;
	uint32_t next_group; /* whose turn it is to be acknowledged */
	bool silent; /* reads, but acknowledges nothing */
	uint64_t frames; /* read in all */
	uint64_t lost_acks; /* RX ring full */
	/* published after each step */
	_Atomic uint64_t goodput; /* new bytes of group 0 received */
	_Atomic uint32_t position; /* place in the TX ring up to which frames were read */
};

/* Memory for all groups, whose members are set. 0 or -ENOMEM. */
int wire_peer_init(struct wire_peer *peer, struct test_port *port, struct rte_mempool *pool);
void wire_peer_fini(struct wire_peer *peer);

/* Read and answer. Returns the number of frames read. All that follows runs on the same lcore as
 * the steps. */
uint32_t wire_peer_step(struct wire_peer *peer);

/* Stop acknowledging, so that all connections run out of window; and begin again. */
void wire_peer_silence(struct wire_peer *peer);
void wire_peer_speak(struct wire_peer *peer);

/* The connections of a group have been terminated: nothing is owed to them. */
void wire_peer_forget(struct wire_peer *peer, uint32_t group);

/*
 * Frames of a group that entered the TX ring at `position` or after it (at most WIRE_LOG), among
 * those read since the last call.
 */
uint32_t wire_peer_frames_after(struct wire_peer *peer, uint32_t group, uint32_t position);

/* Place in the TX ring where the next frame handed to the port will come. Any thread. */
static inline uint32_t
wire_position_next(const struct test_port *port)
{
	return __atomic_load_n(&port->transmitted[0]->prod.tail, __ATOMIC_ACQUIRE);
}

#endif
