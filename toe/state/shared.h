/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbors and paths: the part of the state that all lcores read (design.md, State).
 *
 * Written by the control lcore only. What a sender must see together is one 64-bit word, so that one release
 * store stops (or redirects) everything that depends on the object, at a cost that does not grow with the
 * number of dependents (INV-6, INV-13). Every change bumps the epoch in the word: a frame built under an
 * older epoch is stale and is discarded by the drain (INV-7).
 */
#ifndef TOE_SHARED_H
#define TOE_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "offload_state.h"
#include "table.h"

#define TOE_EPOCH_MASK 0x7FFFu

/* Neighbor word: 63 valid | 62..48 epoch | 47..0 destination MAC (first byte lowest). */
static inline uint64_t
toe_neighbor_word(const uint8_t mac[6], uint32_t epoch, bool valid)
{
	uint64_t word = (uint64_t)valid << 63 | (uint64_t)(epoch & TOE_EPOCH_MASK) << 48;

	for (int i = 0; i < 6; i++)
		word |= (uint64_t)mac[i] << (8 * i);
	return word;
}

/* Path word: 63 valid | 62..48 epoch | 47..32 MTU | 31..0 neighbor index. */
static inline uint64_t
toe_path_word(uint32_t neighbor, uint32_t mtu, uint32_t epoch, bool valid)
{
	return (uint64_t)valid << 63 | (uint64_t)(epoch & TOE_EPOCH_MASK) << 48 |
	       (uint64_t)(mtu & 0xFFFF) << 32 | neighbor;
}

#define TOE_PATH_WORD_MTU_MASK ((uint64_t)0xFFFF << 32)

static inline bool
toe_word_valid(uint64_t word)
{
	return word >> 63;
}

static inline uint32_t
toe_word_epoch(uint64_t word)
{
	return (uint32_t)(word >> 48) & TOE_EPOCH_MASK;
}

static inline uint32_t
toe_path_word_mtu(uint64_t word)
{
	return (uint32_t)(word >> 32) & 0xFFFF;
}

static inline uint32_t
toe_path_word_neighbor(uint64_t word)
{
	return (uint32_t)word;
}

/* One neighbor, a cache line. Constants are written before the index is first used, then never. */
struct toe_neighbor {
	_Atomic uint64_t word;
	uint8_t source_mac[6];
	uint16_t vlan_id;
	uint16_t port; /* index in toe_shared.ports of the wire port */
	/* Reachability (reach.h): when it was offloaded; what was handed over; what the host said last. Control writes */
	_Atomic int64_t since, handed, host_reached;
} __rte_cache_aligned;

/* One path, a cache line. IPv4 addresses are held as their first 4 bytes, the rest zero. */
struct toe_path {
	_Atomic uint64_t word;
	uint8_t source[16];
	uint8_t destination[16];
	uint8_t family; /* 4 or 6 */
} __rte_cache_aligned;

_Static_assert(sizeof(struct toe_neighbor) == 64, "one line per neighbor");
_Static_assert(sizeof(struct toe_path) == 64, "one line per path");

/* What a port does in the bump in the wire. */
enum toe_port_role {
	TOE_PORT_WIRE = 0,
	TOE_PORT_HOST,
};

#define TOE_MAX_PORTS 16u

/* A port as the workers see it; constant once the workers run, but for the members that say otherwise. */
struct toe_port {
	uint16_t ethdev; /* DPDK port id */
	uint8_t role; /* enum toe_port_role */
	uint8_t peer; /* index of the port on the other side of the bump, or UINT8_MAX: none */
	uint16_t rx_queues; /* worker w polls queue w when w < rx_queues */
	_Atomic uint16_t
	        mtu; /* bytes of IP packet; 0: not known, any length goes. Main changes it at any time */
	uint64_t tx_offloads; /* RTE_ETH_TX_OFFLOAD_... enabled */
	uint64_t rx_offloads;
	uint8_t mac[6];
	_Atomic uint8_t hold; /* 1: workers do not poll it yet (start-up order, `port release`) */
	_Atomic uint8_t down; /* 1: main saw its link go down: what is for it is dropped */
};

/* The longest IP packet that a port takes, now. */
static inline uint32_t
toe_port_mtu(const struct toe_port *port)
{
	uint32_t mtu = atomic_load_explicit(&port->mtu, memory_order_relaxed);

	return mtu ? mtu : UINT16_MAX;
}

static inline bool
toe_port_is_down(const struct toe_port *port)
{
	return atomic_load_explicit(&port->down, memory_order_relaxed);
}

/* Everything that lcores share. Sizes and ports are constant once the workers run, but for what says otherwise. */
struct toe_shared {
	/*
	 * By enum retrieve_reason, of the optional ones: from what on a connection is offered to its host (TERM-7); 0: never. Main
	 * writes at any time. Units: struct chimney_thresholds.
	 */
	_Atomic uint32_t threshold[RETRIEVE_REASON_COUNT];
	struct toe_neighbor *neighbors;
	struct toe_path *paths;
	uint32_t neighbor_capacity;
	uint32_t path_capacity;
	uint32_t worker_count;
	uint32_t port_count;
	struct toe_port ports[TOE_MAX_PORTS];
};

/*
 * The words that a sender on a path depends on, read in the order that makes them one decision: path first,
 * then the neighbor that the path names.
 */
struct toe_route {
	uint64_t path_word;
	uint64_t neighbor_word;
};

static inline struct toe_route
toe_route_read(const struct toe_shared *shared, uint32_t path)
{
	struct toe_route route;

	route.path_word = atomic_load_explicit(&shared->paths[path].word, memory_order_acquire);
	route.neighbor_word = atomic_load_explicit(
	        &shared->neighbors[toe_path_word_neighbor(route.path_word)].word,
	        memory_order_acquire);
	return route;
}

/* True when a connection on this route may transmit, as far as path and neighbor go (INV-6). */
static inline bool
toe_route_valid(struct toe_route route)
{
	return toe_word_valid(route.path_word & route.neighbor_word);
}

/*
 * Same validity, epochs, neighbor and MAC: what makes a frame stale and a walk void is a change of epoch. The MTU
 * by itself is not looked at.
 */
static inline bool
toe_route_equal(struct toe_route a, struct toe_route b)
{
	return ((a.path_word ^ b.path_word) & ~TOE_PATH_WORD_MTU_MASK) == 0 &&
	       a.neighbor_word == b.neighbor_word;
}

/* Allocate the tables of a shared state; 0 or -ENOMEM. worker_count and ports are the caller's to set. */
int toe_shared_init(struct toe_shared *shared, uint32_t neighbors, uint32_t paths);
void toe_shared_fini(struct toe_shared *shared);

/*
 * The worker that owns a connection: a pure function of its 4-tuple (symmetric Toeplitz), the same for RSS,
 * software steering and initiate (TCP-4). Addresses and ports in network order; address_size 4 or 16.
 */
uint32_t toe_tuple_hash(const uint8_t *source, const uint8_t *destination, uint32_t address_size,
        uint16_t source_port, uint16_t destination_port);

static inline uint32_t
toe_owner(uint32_t hash, uint32_t worker_count)
{
	return (hash & 0x7F) % worker_count;
}

/* The 40-byte symmetric RSS key that makes a port's hash equal toe_tuple_hash. */
extern const uint8_t toe_rss_key[40];

#endif
