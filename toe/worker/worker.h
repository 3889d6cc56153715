/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: everything that one poll-mode lcore owns. toe_worker_poll is a plain function of its inputs and
 * the time, so that a test can step workers, control and hosts in any order on a virtual clock.
 *
 * Each member says who reads and writes it: W the worker, C the control lcore, M the main lcore.
 */
#ifndef TOE_WORKER_H
#define TOE_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "engine.h"
#include "flow_table.h"
#include "handle.h"
#include "index_vector.h"
#include "worker_control.h"

#define TOE_RX_BURST 32u
/* Connections that output runs, or frames that it builds, in a turn */
#define TOE_OUTPUT_BUDGET 16u
#define TOE_GAP_NS                                                                                 \
	1000000u /* between two turns, beyond which deadlines may have passed meanwhile */
#define TOE_GAP_BURSTS 128u /* received after one at most, of each port */
#define TOE_LOOK_FRAMES 8u /* received between two looks at the urgent mailbox; a fold is not cut */
#define TOE_LOOK_RUNS 4u /* connections that output runs between two such looks */
#define TOE_ITEM_BUDGET 8u /* items of a chain processed per turn */
#define TOE_WALK_BURST 32u /* dependents visited at once */
#define TOE_WALK_PACE_NS 900u /* one dependent per so many ns while there is traffic (INV-13) */
#define TOE_HOLD_FRAMES 256u /* frames a hold queues, both ways together */

/* What a worker is created with. Copied. */
struct toe_worker_params {
	struct toe_shared *shared;
	uint32_t index; /* of this worker, < shared->worker_count */
	uint32_t conn_capacity; /* connections this worker can own */
	uint32_t attached_capacity; /* attached blocks (sink digests, echo queues) */
	/* Records of what is in flight, beyond one for each connection; 0: 65,536 */
	uint32_t sent_capacity;
	/* Connections that may hold text out of order at once; 0: 4,096 */
	uint32_t reassembly_capacity;
	uint32_t piece_capacity; /* pieces of such text, all connections together; 0: 16,384 */
	uint32_t mailbox_size; /* records, power of two */
	uint32_t hold_capacity; /* tuples held at once */
	struct rte_mempool *mbuf_pool;
	/*
	 * Packet buffers that this worker may keep, all kinds together (design.md, Buffers): what is left of the pool is
	 * for receiving and sending. 0: three quarters of its share of the pool.
	 */
	uint32_t kept_capacity;
	bool drop_bad; /* RX-5: drop and count bad frames instead of passing them on */
	bool check_checksums; /* verify received checksums in software when the port did not */
	uint32_t max_retransmit; /* TMR-4: retransmissions of one segment when max_rt is 0 */
	int socket; /* NUMA node */
};

/*
 * What a worker keeps per path: its dependents, and at most one background walk over them (RETRIEVE_PATH or
 * RESUME_PATH; a newer one replaces an older, whose words are stale). Paths with a walk to do are linked.
 */
struct toe_path_local {
	struct toe_vector dependents;
	uint32_t walk_next, walk_previous; /* paths of the same host with such a walk to do */
	struct toe_vector_cursor cursor;
	uint8_t walk_op; /* TOE_OP_NONE: no walk */
	uint8_t walk_host;
	uint8_t walk_flags; /* TOE_MSG_... */
	struct toe_route route; /* words that the walk expects */
};

/* Paths with a walk to do, in the order in which they were asked for. */
struct toe_path_list {
	uint32_t first, last;
};

/* What a worker owes to one host (walk.h). */
struct toe_host_walks {
	struct toe_vector named; /* connections named by invalidates, not yet indicated */
	struct toe_vector_cursor cursor; /* of the pass over them */
	uint32_t released; /* every stop up to this id is due (serial arithmetic) */
	uint8_t flags; /* TOE_MSG_... of the last RETRIEVE_NAMED */
	bool walking; /* a pass is under way */
	bool again; /* more was released since it began: another one follows */
	bool paths_first; /* named connections and paths have turns */
	struct toe_path_list retrieve, resume;
};

/* Steering: frames from worker i to worker j. */
struct toe_steer {
	struct rte_ring *from[TOE_MAX_WORKERS]; /* NULL: none; SPSC, i -> this worker */
};

/* The look through the pools for memory that can go back (give_back.h). */
struct toe_give_back {
	uint32_t ms; /* of the last step */
	uint32_t pool, block; /* to be looked at next */
	struct toe_pool *out; /* of the blocks that are control's now */
	uint32_t out_block, out_count; /* 0: none */
};

struct toe_hold;

/* What came from a port. */
struct toe_port_seen {
	uint64_t frames;
	uint64_t bad_checksums; /* of these, as far as a worker looks at checksums */
};

struct toe_worker {
	struct toe_engine engine; /* first: what the engine's functions take */

	/* configuration: M before start, then read only */
	struct toe_worker_params params;

	struct toe_worker_control control;

	/* private to W */
	struct toe_flow_table flows;
	struct toe_path_local *paths; /* index as in shared->paths */
	struct toe_host_walks walks[TOE_MAX_HOSTS];
	uint32_t walk_hosts; /* bit per host with a walk to do */
	uint32_t walk_turn; /* which of them is first */
	uint64_t walk_credit_ns; /* pacing */
	struct toe_vector_cursor walk_ahead; /* behind what was fetched of the next step */
	uint32_t walk_fetching; /* the path whose connections are fetched */
	uint32_t walk_fetched; /* of them */
	struct toe_vector_pool vectors;
	struct toe_message job; /* chain of items in progress; op TOE_OP_NONE: none */
	struct toe_item *job_next;
	uint64_t job_number; /* of the chain in progress, or the last one */
	uint32_t job_waits; /* TERMINATE: its items that wait (leaving.h) */
	bool job_failed; /* initiate: a failure that is not a lack of resources; the rest is not tried */
	uint64_t job_failed_request; /* that failed so: its later chains are skipped too; 0: none */
	struct toe_hold *holds;
	struct toe_give_back give_back;
	uint32_t held_buffers; /* mbufs that all of them keep */
	uint32_t held_buffers_max;
	uint32_t park_next; /* lost: next connection to give back */
	uint32_t channel_first; /* the channel that is looked at first */
	struct toe_steer steer; /* frames for this worker */
	struct toe_port_seen seen[TOE_MAX_PORTS]; /* W writes, anyone reads */
	struct rte_ring *steer_to[TOE_MAX_WORKERS]; /* frames for others: their steer.from[index] */
} __rte_cache_aligned;

/* Allocate everything for a worker. 0 or negative errno (what is missing is logged). now: ns. */
int toe_worker_init(
        struct toe_worker *worker, const struct toe_worker_params *params, uint64_t now);
/* Free everything, frames held included. The worker must not be polled any more. */
void toe_worker_fini(struct toe_worker *worker);
/*
 * Bytes that a worker with these params takes, mbufs apart (for the estimate at start): with all connections offloaded
 * and idle; and what comes to that at most when all have data in flight and the queues of text out of order are full.
 */
uint64_t toe_worker_estimate(const struct toe_worker_params *params);
/* What of the former is in EAL's memory. */
uint64_t toe_worker_estimate_eal(const struct toe_worker_params *params);
uint64_t toe_worker_estimate_busy(const struct toe_worker_params *params);
/* Connect the steering rings of all workers. 0 or -ENOMEM. */
int toe_workers_connect(struct toe_worker **workers, uint32_t count);

/*
 * One bounded turn: mailboxes, receive, timers, walks, output, transmit, events. now: ns, never going back.
 * Returns the amount of work found, 0 when idle (the lcore loop may then sleep).
 */
uint32_t toe_worker_poll(struct toe_worker *worker, uint64_t now);

#endif
