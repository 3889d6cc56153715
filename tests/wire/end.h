/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One end of a connection for tests: a worker without ports that owns a single connection over one
 * path. What it sends is taken out of its transmit buffer, what it receives is handed to its input.
 */
#ifndef TESTS_WIRE_END_H
#define TESTS_WIRE_END_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "segment.h"
#include "tree.h"
#include "worker.h"

#define END_PORT_LOCAL 0x1111u /* network order does not matter: any number */
#define END_PORT_REMOTE 0x2222u
#define END_PORT_HOST 1u /* index of the port that leads to the host */
#define END_EVENTS 64u

/* What a connection is opened with. Zero means the default named. */
struct end_params {
	bool second; /* the other end: addresses, ports and MACs the other way round */
	/* its addresses, as the first end has them, and its ports (network order); NULL: those of all ends */
	const struct tree_path *path;
	uint16_t local_port, remote_port;
	uint8_t family; /* 4 or 6 */
	uint16_t vlan_id;
	uint8_t user_priority;
	uint64_t offloads; /* of the port */
	uint32_t mtu; /* of the path; 1500 */
	struct tcp_const constant;
	struct tcp_cached cached;
	struct tcp_delegated delegated; /* state: ESTABLISHED; snd_nxt and snd_max: snd_una */
	uint32_t max_retransmit; /* 15 */
	uint8_t tick_ms; /* ms per tick of the times in the structures; 1 */
	bool timers_given; /* a time left of 0 is 0, not a timer that does not run */
};

struct end {
	struct toe_shared shared;
	struct toe_worker worker;
	struct toe_doorbell bell; /* of the host that reads the events */
	_Atomic uint32_t completed; /* of the host that is not there: 0 */
	uint32_t generation;
	uint32_t neighbor; /* that the path uses: 0 or 1 */
	uint8_t mac[6]; /* destination of frames now */
	bool second;
	uint8_t vlan_priority;
	uint16_t vlan_id;
};

/* 0 or a negative errno. name: of the pool's user, unique. */
int end_init(struct end *end, struct rte_mempool *pool);
void end_fini(struct end *end);
/* From now on what is the host's waits for end_take_host; before, it is dropped. */
void end_connect_host(struct end *end);

/* Offload the connection; the status of the item. */
enum offload_status end_open(struct end *end, const struct end_params *params);
/* Terminate it and throw away what waits to be sent; *delegated is filled unless NULL. */
void end_close(struct end *end, struct tcp_delegated *delegated);

/* The same without throwing anything away. */
enum offload_status end_terminate(
        struct end *end, struct tcp_delegated *delegated, uint8_t tick_ms);
/* Update the cached variables. */
enum offload_status end_update(struct end *end, struct tcp_cached *cached, uint8_t tick_ms);
/* The path gets another MTU; frames held are discarded. Returns how many. */
uint32_t end_set_mtu(struct end *end, uint32_t mtu);

static inline struct toe_conn *
end_conn(struct end *end)
{
	return &end->worker.engine.conns[0];
}

/* Set the clock (us since the end was made), never back. */
void end_clock(struct end *end, uint64_t now_us);
/* Timers, then output until nothing is ready or the transmit buffer is full. */
void end_work(struct end *end);
/* us until a timer could fire; UINT64_MAX: no timer. */
uint64_t end_next_timer(struct end *end, uint64_t now_us);
/*
 * Hand over a frame (taken over), as received from the wire: to the connection, or to the host port. Returns the
 * verdict of the parser.
 */
enum toe_verdict end_receive(struct end *end, struct rte_mbuf *frame);
/* Take up to n frames out of the transmit buffer, oldest first. */
uint32_t end_take(struct end *end, struct rte_mbuf **frames, uint32_t n);

/* The same of what goes to the host. */
uint32_t end_take_host(struct end *end, struct rte_mbuf **frames, uint32_t n);

/* The path, or the connection itself, is named by an invalidate; as end_stop. */
uint32_t end_stop_path(struct end *end);
uint32_t end_stop_conn(struct end *end);
/* The neighbor becomes invalid; frames held are discarded. Returns how many (INV-7). */
uint32_t end_stop(struct end *end);
/* The path is relinked to another neighbor, which resumes the connection (INV-10). */
void end_relink(struct end *end);

/* The next indication posted; false: none. */
bool end_event(struct end *end, struct toe_event *event);

#endif
