/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole target in one thread: control, workers, hosts and ports of net_ring, all stepped by the caller on a
 * virtual clock (design.md, Lcores and threads). A seeded scheduler can interleave them at will.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "target.h"
#include "test_ports.h"
#include "worker.h"

#define WORLD_WORKERS 8u
#define WORLD_HOSTS 4u
#define WORLD_WIRES 2u

#define WORLD_MS UINT64_C(1000000) /* ns */

struct world_params {
	uint32_t workers;
	uint32_t hosts;
	uint32_t wires; /* wire ports */
	bool bump; /* each wire port has a host port on its other side */
	uint32_t neighbors, paths; /* capacities */
	uint32_t conns; /* capacity per worker */
	uint32_t attached; /* per worker; 0: as conns */
	uint32_t mailbox_size; /* power of two */
	uint32_t request_ring_size; /* power of two */
	uint32_t event_ring_size; /* power of two, from 64 */
	uint32_t tx_ring_size; /* frames that a TX ring of a port holds, exactly */
	uint32_t rx_ring_size;
	uint32_t ticks_per_second;
	uint32_t drain_deadline_ms, retrieve_delay_ms;
	uint32_t max_tree_blocks; /* 0: the target's default */
	uint8_t retrieve_policy; /* enum chimney_retrieve_policy */
	uint64_t salt;
	const uint16_t *vlans;
	uint32_t vlan_count;
	struct rte_mempool *pool; /* the caller's, see test_pool_create */
};

struct world {
	struct world_params params;
	uint64_t now; /* ns; the clock of all actors */
	struct toe_shared shared;
	struct toe_worker *worker[WORLD_WORKERS];
	struct chimney *target;
	struct chimney_host *host[WORLD_HOSTS];
	struct test_port wire[WORLD_WIRES]; /* index in shared.ports: the same */
	struct test_port bump[WORLD_WIRES]; /* host port of wire i; index WORLD wires + i */
	uint32_t mbufs_before; /* in use when the world was created */
};

/* Two workers, one host, one wire port, everything small. The caller sets pool and changes what it likes. */
void world_params_default(struct world_params *params);

/*
 * Create everything; EAL runs already (test_eal_start). 0 or a negative errno with a message on stderr. The
 * world stays where it is: workers point to it.
 */
int world_create(struct world *world, const struct world_params *params);
/* Free everything, offloaded or not. Returns the number of mbufs that leaked. */
uint32_t world_destroy(struct world *world);

/* Let virtual time pass. */
static inline void
world_advance(struct world *world, uint64_t ns)
{
	world->now += ns;
}

/* Actors: the control lcore, then the workers. Hosts and the ports' peers act by the test's own calls. */
#define WORLD_CONTROL 0u
#define WORLD_WORKER(i) (1u + (i))
/* One turn of one actor; 1 us passes. Returns the work found. */
uint32_t world_step(struct world *world, uint32_t actor);
/* One turn of each actor, control first. Returns the work found. */
uint32_t world_turn(struct world *world);
/*
 * Turns until condition(world, argument) holds, checked before each; false when it does not after
 * `max_turns`.
 */
bool world_run(struct world *world, bool (*condition)(struct world *, void *), void *argument,
        uint32_t max_turns);
/* Turns until nobody finds work any more (time passes 1 us a step); false when that takes too long. */
bool world_settle(struct world *world, uint32_t max_turns);

/*
 * Submit one request and turn until its completion is read. Other records are dropped. The record of the
 * completion is stored in *record unless NULL. False: refused at once, or no completion in max_turns.
 */
bool world_request(struct world *world, uint32_t host, enum chimney_request request,
        struct offload_block_list *root, struct chimney_record *record, uint32_t max_turns);
/* The request function of this kind. 0 or negative errno, as in chimney.h. */
int world_submit(struct world *world, uint32_t host, enum chimney_request request,
        struct offload_block_list *root);

/* Drop all frames that wait in the wire ports' TX rings, and those of the host ports. Returns how many. */
uint32_t world_drop_frames(struct world *world);

#endif
