/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received frame -> connection, directly by 4-tuple and interface (CTX-3): rte_hash with the extendable
 * table, one per worker, no locks. A tuple can also be held: frames of it, both ways, wait in a bounded queue
 * while a connection moves between kernel and target.
 */
#ifndef TOE_FLOW_TABLE_H
#define TOE_FLOW_TABLE_H

#include <stdint.h>

#include <rte_hash.h>

/* Key as a frame from the wire shows it: local is ours. IPv4 addresses in the first 4 bytes, rest zero. */
struct toe_flow_key {
	uint8_t local[16];
	uint8_t remote[16];
	uint16_t local_port; /* network order */
	uint16_t remote_port;
	uint16_t port; /* index of the wire port in toe_shared.ports */
	uint8_t family; /* 4 or 6 */
	uint8_t zero;
};

_Static_assert(sizeof(struct toe_flow_key) == 40, "key without padding");

/* A lookup result: a connection's index, a held tuple, or nothing. */
#define TOE_FLOW_MISS (-1)
#define TOE_FLOW_HELD_BIT (1 << 30) /* result & ~bit: index of the hold */

struct toe_flow_table {
	struct rte_hash *hash;
};

/* Room for `entries` connections and holds, every one of which fits. name: unique. 0 or negative errno. */
int toe_flow_table_init(
        struct toe_flow_table *table, const char *name, uint32_t entries, int socket);
/* Bytes of EAL's memory that it takes. */
uint64_t toe_flow_table_bytes(uint32_t entries);
void toe_flow_table_fini(struct toe_flow_table *table);
/* Forget every tuple. */
void toe_flow_reset(struct toe_flow_table *table);
/* 0, -EEXIST when the tuple is there, -ENOSPC when full. value >= 0, below TOE_FLOW_HELD_BIT unless a hold. */
int toe_flow_add(struct toe_flow_table *table, const struct toe_flow_key *key, int32_t value);
/* Replace the value of an existing key; 0 or -ENOENT. */
int toe_flow_replace(struct toe_flow_table *table, const struct toe_flow_key *key, int32_t value);
int toe_flow_delete(struct toe_flow_table *table, const struct toe_flow_key *key);
int32_t toe_flow_lookup(const struct toe_flow_table *table, const struct toe_flow_key *key);
/* Up to 64 keys at once; results[i] is a value or TOE_FLOW_MISS. */
void toe_flow_lookup_bulk(const struct toe_flow_table *table, const struct toe_flow_key **keys,
        uint32_t n, int32_t *results);

#endif
