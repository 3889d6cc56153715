/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flow table: rte_hash with the extendable table, so that as many keys fit as were asked for. One worker
 * owns it and nobody else looks: no locks, no lock-free flags.
 */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_hash_crc.h>
#include <rte_log.h>

#include "flow_table.h"

#define FLOW_KEY_WORDS (sizeof(struct toe_flow_key) / sizeof(uint64_t))

static inline uint32_t
hash_key(const void *key)
{
	uint64_t word[FLOW_KEY_WORDS];
	uint32_t crc = 0;

	memcpy(word, key, sizeof(word));
	for (size_t i = 0; i < FLOW_KEY_WORDS; i++)
		crc = rte_hash_crc_8byte(word[i], crc);
	return crc;
}

/* The form that rte_hash asks for. */
static uint32_t
hash_function(const void *key, uint32_t length, uint32_t seed)
{
	return hash_key(key);
}

static inline void *
value_to_data(int32_t value)
{
	return (void *)(uintptr_t)(uint32_t)value;
}

static inline int32_t
data_to_value(const void *data)
{
	return (int32_t)(uint32_t)(uintptr_t)data;
}

int
toe_flow_table_init(struct toe_flow_table *table, const char *name, uint32_t entries, int socket)
{
	struct rte_hash_parameters parameters = {
	        .name = name,
	        .entries = RTE_MAX(entries, 64u),
	        .key_len = sizeof(struct toe_flow_key),
	        .hash_func = hash_function,
	        .socket_id = socket,
	        .extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	rte_errno = 0;
	table->hash = rte_hash_create(&parameters);
	if (table->hash != NULL)
		return 0;
	/* where memory is short, what is left there is ENOENT: there was no table of this name */
	if (rte_errno != EEXIST && rte_errno != EINVAL)
		rte_errno = ENOMEM;
	RTE_LOG(ERR, USER1, "flow table %s for %u connections: %s\n", name, entries,
	        rte_strerror(rte_errno));
	return -rte_errno;
}

/* A slot for each key and its value; twice buckets of 64 bytes for eight keys; rings of free slots and buckets. */
uint64_t
toe_flow_table_bytes(uint32_t entries)
{
	uint64_t slots = RTE_MAX(entries, 64u) + 1ull;
	uint64_t buckets = rte_align64pow2(slots - 1) / 8;

	return slots * (sizeof(struct toe_flow_key) + sizeof(void *)) + 2 * buckets * 64 +
	       sizeof(uint32_t) * (rte_align64pow2(slots) + rte_align64pow2(buckets + 1));
}

void
toe_flow_reset(struct toe_flow_table *table)
{
	rte_hash_reset(table->hash);
}

void
toe_flow_table_fini(struct toe_flow_table *table)
{
	rte_hash_free(table->hash);
	table->hash = NULL;
}

int
toe_flow_add(struct toe_flow_table *table, const struct toe_flow_key *key, int32_t value)
{
	hash_sig_t hash = hash_key(key);

	if (rte_hash_lookup_with_hash(table->hash, key, hash) >= 0)
		return -EEXIST;
	return rte_hash_add_key_with_hash_data(table->hash, key, hash, value_to_data(value));
}

int
toe_flow_replace(struct toe_flow_table *table, const struct toe_flow_key *key, int32_t value)
{
	hash_sig_t hash = hash_key(key);

	if (rte_hash_lookup_with_hash(table->hash, key, hash) < 0)
		return -ENOENT;
	return rte_hash_add_key_with_hash_data(table->hash, key, hash, value_to_data(value));
}

int
toe_flow_delete(struct toe_flow_table *table, const struct toe_flow_key *key)
{
	return rte_hash_del_key_with_hash(table->hash, key, hash_key(key)) < 0 ? -ENOENT : 0;
}

int32_t
toe_flow_lookup(const struct toe_flow_table *table, const struct toe_flow_key *key)
{
	void *data;

	if (rte_hash_lookup_with_hash_data(table->hash, key, hash_key(key), &data) < 0)
		return TOE_FLOW_MISS;
	return data_to_value(data);
}

void
toe_flow_lookup_bulk(const struct toe_flow_table *table, const struct toe_flow_key **keys,
        uint32_t n, int32_t *results)
{
	hash_sig_t hash[RTE_HASH_LOOKUP_BULK_MAX];
	void *data[RTE_HASH_LOOKUP_BULK_MAX];
	uint64_t hits = 0;

	/* Nothing to overlap: the plain lookup is shorter. */
	if (n <= 1) {
		if (n == 1)
			results[0] = toe_flow_lookup(table, keys[0]);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		hash[i] = hash_key(keys[i]);
	rte_hash_lookup_with_hash_bulk_data(
	        table->hash, (const void **)(uintptr_t)keys, hash, n, &hits, data);
	for (uint32_t i = 0; i < n; i++)
		results[i] = hits >> i & 1 ? data_to_value(data[i]) : TOE_FLOW_MISS;
}
