/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control lcore's own tables of offloaded objects: slots, generations, who depends on whom (CTX-1, CTX-2).
 * The workers never see them. Neighbors and paths are shared by all workers and numbered as in toe_shared;
 * connections are numbered per worker.
 *
 * Only the control lcore calls these functions; slots_look alone may be called by any thread.
 */
#ifndef CONTROL_SLOTS_H
#define CONTROL_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "handle.h"
#include "list.h"
#include "shared.h"

enum slot_state {
	SLOT_FREE = 0,
	SLOT_INITIATING, /* its initiate has not completed: nobody may name it (INV-12) */
	SLOT_LIVE,
	SLOT_CLOSING, /* named by a terminate in progress: only queries and invalidates may name it */
	SLOT_GONE, /* terminated; freed when the requests that named it before have completed (TERM-2) */
	SLOT_RETIRED, /* out of generations: never used again */
};

/* slot.flags */
#define SLOT_INVALID (1u << 0) /* connection: named by an invalidate */
#define SLOT_LOSS_INDICATED                                                                        \
	(1u << 1) /* connection: HARDWARE_FAILURE and ABORT were posted (INV-17) */
#define SLOT_WANTS_RETRIEVE (1u << 2) /* stop entry: indicate if it is still stopped (D2) */
#define SLOT_WANTS_RESUME                                                                          \
	(1u << 3) /* stop entry: let its connections go on if it is valid (INV-10) */
#define SLOT_RETRIEVE_LATER (1u << 4) /* path: RETRIEVE waits for initiates under way (INIT-9) */
#define SLOT_LOST (1u << 5) /* connection: its state went with its worker (INV-14) */

/* Of a set of workers. */
static inline uint64_t
worker_bit(uint32_t worker)
{
	return UINT64_C(1) << worker;
}

/* What all layers have. */
struct slot {
	uint32_t generation; /* of the present object, or of the last one; 0: never used */
	uint8_t state; /* enum slot_state */
	uint8_t flags;
	uint8_t host;
	uint8_t claims; /* two bits for each claim number of its host: SLOT_CLAIM_... */
};

struct tcp_slot {
	struct slot slot;
	uint32_t path; /* free: next free slot */
};

_Static_assert(sizeof(struct tcp_slot) == 12, "a million connections are 12 MB here");

/* A neighbor or path that owes RETRIEVE or RESUME to its connections, in a queue (stops.h). */
struct stop_entry {
	struct list_node node;
	uint64_t due; /* ns; 0: as the entry before */
	uint8_t layer;
};

struct path_slot {
	struct slot slot;
	uint32_t neighbor;
	uint32_t next, previous; /* paths of the same neighbor; free: next free slot */
	uint32_t dependents; /* connections that hang from it */
	uint32_t initiating; /* of these, not completed yet */
	uint64_t
	        workers; /* that may hold frames of its connections: grows until it is terminated */
	uint64_t telling; /* workers that the message under way has still to be sent to */
	struct stop_entry stop;
};

struct neighbor_slot {
	struct slot slot;
	uint32_t paths; /* first of its paths; free: next free slot */
	uint32_t dependents; /* paths that hang from it */
	uint32_t cursor; /* next path that its RETRIEVE walk comes to */
	bool walking;
	uint32_t host_reachability_delta; /* ticks, as the host gave it */
	uint64_t host_handle; /* given back in a query of its reachability (EVT-2) */
	int64_t queried; /* ns: when that was indicated last */
	struct list_node query; /* it waits to be indicated */
	uint64_t workers; /* as path_slot.workers */
	struct stop_entry stop;
};

/*
 * Free slots of one table: those never used, then those given back, in the order in which they came. So a handle
 * returns as late as can be: a slot that has had all its generations is retired.
 */
struct slot_table {
	uint32_t free_first, free_last; /* TOE_INDEX_NONE: none given back */
	uint32_t fresh; /* slots from here on were never used */
	uint32_t capacity;
	uint32_t used;
};

struct slots {
	struct toe_shared *shared;
	uint64_t salt;
	uint32_t worker_count;
	struct slot_table neighbor_table, path_table, tcp_table[TOE_MAX_WORKERS];
	struct neighbor_slot *neighbors;
	struct path_slot *paths;
	struct tcp_slot *tcp[TOE_MAX_WORKERS];
};

/* 0 or -ENOMEM. salt: generations start there. */
int slots_init(struct slots *slots, struct toe_shared *shared, uint32_t conns, uint64_t salt);
void slots_fini(struct slots *slots);
uint64_t slots_estimate(const struct toe_shared *shared, uint32_t conns);

/*
 * A free slot, in state INITIATING with a fresh generation, or TOE_INDEX_NONE. worker: of a connection.
 * Its other members are as new.
 */
uint32_t slots_alloc(struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t host);
/* Give a slot back. Its generation never answers again (CTX-2). Paths and neighbors hang from nothing. */
void slots_free(struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t index);
/* The slot, whatever its state. worker: of a connection, else 0. */
struct slot *slots_at(
        struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t index);
/* The slot that a handle names: in bounds, of this generation, layer and host, not free. NULL otherwise. */
struct slot *slots_find(
        struct slots *slots, uint64_t handle, enum offload_layer layer, uint32_t host);
/* As slots_find for any host and layer, from any thread: what it points to may change at any time. */
const struct slot *slots_look(const struct slots *slots, uint64_t handle);
/* Connections or paths that depend on what a handle of slots_look names. Any thread. */
uint32_t slots_look_dependents(const struct slots *slots, uint64_t handle);
uint64_t slots_handle(
        const struct slots *slots, enum offload_layer layer, uint32_t worker, uint32_t index);

/* Hang a path from a neighbor, and take it off again. */
void slots_link_path(struct slots *slots, uint32_t path, uint32_t neighbor);
void slots_unlink_path(struct slots *slots, uint32_t path);
/* Hang a connection from its path. */
void slots_link_tcp(struct slots *slots, uint32_t worker, uint32_t index, uint32_t path);
void slots_unlink_tcp(struct slots *slots, uint32_t worker, uint32_t index);

/*
 * Requests whose trees name several objects claim these from their check to their act pass, to notice what is named twice.
 * Each has a number of its own meanwhile, among those of its host.
 */
#define SLOT_CLAIMS 4u
#define SLOT_CLAIM_NONE SLOT_CLAIMS
#define SLOT_CLAIM_NAMED(number) (uint8_t)(1u << (2 * (number)))
#define SLOT_CLAIM_TWICE(number) (uint8_t)(2u << (2 * (number)))

/* Claim a slot. False: the request has named it before, which is noted. */
static inline bool
slot_claim(struct slot *slot, uint32_t number)
{
	bool first = !(slot->claims & SLOT_CLAIM_NAMED(number));

	slot->claims |= first ? SLOT_CLAIM_NAMED(number) : SLOT_CLAIM_TWICE(number);
	return first;
}

static inline bool
slot_claimed_twice(const struct slot *slot, uint32_t number)
{
	return slot->claims & SLOT_CLAIM_TWICE(number);
}

static inline void
slot_unclaim(struct slot *slot, uint32_t number)
{
	slot->claims &= (uint8_t) ~(SLOT_CLAIM_NAMED(number) | SLOT_CLAIM_TWICE(number));
}

#endif
