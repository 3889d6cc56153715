/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link and control in one simulation: the hosts, requests and judgements of sim.h, and at the other end of every connection a
 * whole TCP (tests/wire/end.h) behind a wire of its own that may lose, double, delay and reorder (tests/wire/medium.h).
 *
 * A connection that was given back may be offloaded again where it was; its other end goes on meanwhile. What the target sends
 * is judged at its port, in the order of sending: numbers, windows, timestamps, and every byte of every segment.
 */
#ifndef TESTS_JOINED_H
#define TESTS_JOINED_H

#include "end.h"
#include "medium.h"
#include "sim.h"

#define JOINED_CONNS 10u /* in a scenario, at most */
#define JOINED_CONNS_MIN 4u

/* What is done with a connection. */
#define JOINED_OPS CHIMNEY_REQUEST_COUNT

/* What it is in when that is submitted: INIT-5's states, those in which nothing can be offloaded, and ended by an RST. */
enum joined_state {
	JOINED_ESTABLISHED,
	JOINED_FIN_WAIT_1,
	JOINED_FIN_WAIT_2,
	JOINED_CLOSE_WAIT,
	JOINED_CLOSING,
	JOINED_LAST_ACK,
	JOINED_TIME_WAIT,
	JOINED_CLOSED,
	JOINED_ABORTED,
	JOINED_STATES
};

/* What else holds of it. */
enum joined_condition {
	JOINED_VALID,
	JOINED_STOPPED, /* its path or neighbor is invalid */
	JOINED_NAMED, /* it is invalid itself */
	JOINED_LOST, /* its worker does not answer */
	JOINED_CONDITIONS
};

struct joined_far {
	struct end end;
	struct medium medium; /* 0: the target, 1: this end */
	bool open;
	bool reset; /* it is gone: what arrives is answered with RST */
	bool whole; /* the target's stream has been one since the far end began */
	uint32_t rcv_before; /* at the check of progress */
	uint32_t acked_before;
	/* the present stay of the connection with the target */
	uint32_t stream_end; /* sequence number behind what a finite source of the target sends */
	bool endless; /* it has no such end */
	uint64_t received_from; /* offset of the far end's stream at which the stay began */
};

struct joined {
	struct joined_far *far; /* JOINED_CONNS */
	struct link_params link; /* of the scenario */
	uint64_t clock_us; /* of the far ends when the world was made */
	uint64_t count[JOINED_OPS][JOINED_STATES][JOINED_CONDITIONS];
	uint64_t operations; /* of the scenario */
	struct {
		uint64_t lost, doubled, reordered, again, bytes, digests, resets, sequences_lossy;
	} met;
};

extern const struct sim_others joined_others;

/* joined_far.c: false: no memory */
bool joined_init(struct joined *joined, struct rte_mempool *pool);
void joined_fini(struct joined *joined);
/* What is due happens at the other end of a connection, and on its wire. */
void joined_step(struct sim *sim, uint32_t index);
/* Its segments answer with RST from now on. */
void joined_reset(struct sim *sim, uint32_t index);
void joined_close(struct sim *sim, uint32_t index);
/* The other end of a new connection: mirrors what the block says. */
void joined_open(struct sim *sim, struct sim_conn *conn, const struct offload_block_list *block);

/* joined_life.c: new lives of connections, and old ones that go on */
void joined_describe(struct sim *sim, struct sim_conn *conn, struct offload_block_list *block);
void joined_given_back(struct sim *sim, struct sim_conn *conn, const struct tcp_delegated *state);

/* joined_check.c: what must hold at the end, and of the bytes at any time */
void joined_check_bytes(struct sim *sim, uint32_t index);
void joined_check_progress(struct sim *sim);

/* joined_cover.c: which operations met what */
void joined_note(struct sim *sim, const struct sim_request *request, const struct sim_ref *ref);
/* Prints cells that are too few; the smallest count of those that are possible. */
uint64_t joined_coverage(const struct joined *joined, uint64_t wanted);

static inline struct joined_far *
joined_far(const struct sim *sim, const struct sim_conn *conn)
{
	return &sim->joined->far[conn - sim->conn];
}

/* The connection's context at its owner; NULL: the host has no handle. */
struct toe_conn *joined_target(const struct sim *sim, const struct sim_conn *conn);

#endif
