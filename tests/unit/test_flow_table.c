/* SPDX-License-Identifier: BSD-3-Clause */
/* The flow table against a reference that knows which of a fixed set of keys are in, and with what value. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flow_table.h"
#include "rng.h"
#include "test_eal.h"
#include "unit.h"

#define BULK 64u

/* Random keys load buckets unevenly, which a CRC of consecutive ones does not. */
static struct toe_flow_key
key_random(struct rng *rng)
{
	struct toe_flow_key key = {.family = 6};

	for (size_t i = 0; i < sizeof(key.remote); i++)
		key.remote[i] = (uint8_t)rng_next(rng);
	key.remote_port = (uint16_t)rng_next(rng);
	return key;
}

/* Key number i: neighbours differ in one field only, so that no field is left out of comparison. */
static struct toe_flow_key
key_make(uint32_t i)
{
	struct toe_flow_key key = {.family = i & 1 ? 6 : 4, .port = i >> 1 & 1};

	key.local_port = (uint16_t)(1000 + (i >> 2 & 7));
	key.remote_port = (uint16_t)(2000 + (i >> 5 & 7));
	key.local[0] = (uint8_t)(i >> 8 & 7);
	key.remote[3] = (uint8_t)(i >> 11);
	key.remote[2] = (uint8_t)(i >> 19);
	if (key.family == 6)
		key.remote[15] = 1;
	return key;
}

static struct toe_flow_key *
keys_make(uint32_t n)
{
	struct toe_flow_key *keys = calloc(n, sizeof(*keys));

	if (keys == NULL)
		abort();
	for (uint32_t i = 0; i < n; i++)
		keys[i] = key_make(i);
	return keys;
}

/* Single and bulk lookup of every key, bulk in every size, must give what the reference says. */
static void
check_all(const struct toe_flow_table *table, const struct toe_flow_key *keys,
        const int32_t *expected, uint32_t n, struct rng *rng)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < n;) {
		uint32_t size = RTE_MIN(rng_range(rng, 0, BULK), n - i);
		const struct toe_flow_key *bulk[BULK];
		int32_t results[BULK];

		for (uint32_t j = 0; j < size; j++)
			bulk[j] = &keys[i + j];
		toe_flow_lookup_bulk(table, bulk, size, results);
		for (uint32_t j = 0; j < size; j++) {
			wrong += results[j] != expected[i + j];
			wrong += toe_flow_lookup(table, bulk[j]) != expected[i + j];
		}
		i += size;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* Every one of the entries asked for fits, whatever the number, and the table stays right when full. */
static void
fill(uint32_t entries)
{
	uint32_t more = entries + 5000;
	struct toe_flow_key *keys = calloc(more, sizeof(*keys));
	int32_t *expected = calloc(more, sizeof(*expected));
	struct toe_flow_table table;
	uint32_t count = 0;
	struct rng rng;
	int rc = 0;

	CU_ASSERT_FATAL(keys != NULL && expected != NULL);
	rng_seed(&rng, entries);
	for (uint32_t i = 0; i < more; i++)
		keys[i] = key_random(&rng);
	CU_ASSERT_EQUAL_FATAL(toe_flow_table_init(&table, "fill", entries, SOCKET_ID_ANY), 0);
	for (uint32_t i = 0; i < more; i++)
		expected[i] = TOE_FLOW_MISS;
	for (; count < more; count++) {
		rc = toe_flow_add(&table, &keys[count], (int32_t)(count * 3));
		if (rc != 0)
			break;
		expected[count] = (int32_t)(count * 3);
	}
	CU_ASSERT(count >= entries);
	CU_ASSERT_EQUAL(rc, -ENOSPC);
	check_all(&table, keys, expected, more, &rng);
	/* One goes, one comes. */
	CU_ASSERT_EQUAL(toe_flow_delete(&table, &keys[7]), 0);
	expected[7] = TOE_FLOW_MISS;
	CU_ASSERT_EQUAL(toe_flow_add(&table, &keys[count], 1), 0);
	expected[count] = 1;
	CU_ASSERT_EQUAL(toe_flow_add(&table, &keys[7], 1), -ENOSPC);
	check_all(&table, keys, expected, more, &rng);
	toe_flow_table_fini(&table);
	free(keys);
	free(expected);
}

static void
test_fill(void)
{
	fill(1);
	fill(64);
	fill(1000);
	fill(4096); /* a power of two: without the extendable table it fills to 98 % */
	fill(100000);
}

static void
churn_step(struct toe_flow_table *table, const struct toe_flow_key *key, int32_t *expected,
        struct rng *rng)
{
	int32_t value = (int32_t)rng_below(rng, 1u << 31);
	bool present = *expected != TOE_FLOW_MISS;

	switch (rng_below(rng, 4)) {
	case 0:
	case 1:
		CU_ASSERT_EQUAL(toe_flow_add(table, key, value), present ? -EEXIST : 0);
		if (!present)
			*expected = value;
		break;
	case 2:
		CU_ASSERT_EQUAL(toe_flow_delete(table, key), present ? 0 : -ENOENT);
		*expected = TOE_FLOW_MISS;
		break;
	default:
		CU_ASSERT_EQUAL(toe_flow_replace(table, key, value), present ? 0 : -ENOENT);
		if (present)
			*expected = value;
		break;
	}
}

/* Adding and deleting at random in a nearly full table: buckets overflow and shrink all the time. */
static void
test_churn(void)
{
	enum { KEYS = 3000 };
	struct toe_flow_key *keys = keys_make(KEYS);
	static int32_t expected[KEYS];
	struct toe_flow_table table;
	struct rng rng;

	rng_seed(&rng, 3);
	CU_ASSERT_EQUAL_FATAL(toe_flow_table_init(&table, "churn", KEYS, SOCKET_ID_ANY), 0);
	for (uint32_t i = 0; i < KEYS; i++)
		expected[i] = TOE_FLOW_MISS;
	for (uint32_t round = 0; round < 60; round++) {
		for (uint32_t i = 0; i < 5000; i++) {
			uint32_t k = rng_below(&rng, KEYS);

			churn_step(&table, &keys[k], &expected[k], &rng);
		}
		check_all(&table, keys, expected, KEYS, &rng);
	}
	for (uint32_t i = 0; i < KEYS; i++)
		CU_ASSERT_EQUAL(toe_flow_delete(&table, &keys[i]),
		        expected[i] == TOE_FLOW_MISS ? -ENOENT : 0);
	CU_ASSERT_EQUAL(rte_hash_count(table.hash), 0);
	toe_flow_table_fini(&table);
	free(keys);
}

/* Each byte of the key counts: addresses, ports, family and interface. */
static void
test_every_byte_counts(void)
{
	struct toe_flow_table table;
	struct toe_flow_key key = key_make(12345);

	CU_ASSERT_EQUAL_FATAL(toe_flow_table_init(&table, "bytes", 64, SOCKET_ID_ANY), 0);
	CU_ASSERT_EQUAL(toe_flow_add(&table, &key, 5), 0);
	for (size_t i = 0; i < sizeof(key); i++) {
		struct toe_flow_key other = key;

		((uint8_t *)&other)[i] ^= 1;
		CU_ASSERT_EQUAL(toe_flow_lookup(&table, &other), TOE_FLOW_MISS);
	}
	CU_ASSERT_EQUAL(toe_flow_lookup(&table, &key), 5);
	toe_flow_table_fini(&table);
}

/* Held tuples and the greatest values survive the way through the table. */
static void
test_values(void)
{
	static const int32_t values[] = {
	        0, 1, TOE_FLOW_HELD_BIT - 1, TOE_FLOW_HELD_BIT, TOE_FLOW_HELD_BIT | 77, INT32_MAX};
	struct toe_flow_key key = key_make(1);
	struct toe_flow_table table;

	CU_ASSERT_EQUAL_FATAL(toe_flow_table_init(&table, "values", 64, SOCKET_ID_ANY), 0);
	CU_ASSERT_EQUAL(toe_flow_add(&table, &key, 9), 0);
	for (size_t i = 0; i < RTE_DIM(values); i++) {
		CU_ASSERT_EQUAL(toe_flow_replace(&table, &key, values[i]), 0);
		CU_ASSERT_EQUAL(toe_flow_lookup(&table, &key), values[i]);
	}
	toe_flow_table_fini(&table);
}

static void
test_init_errors(void)
{
	struct toe_flow_table first, second;

	CU_ASSERT_EQUAL_FATAL(toe_flow_table_init(&first, "same", 64, SOCKET_ID_ANY), 0);
	CU_ASSERT_EQUAL(toe_flow_table_init(&second, "same", 64, SOCKET_ID_ANY), -EEXIST);
	toe_flow_table_fini(&second); /* nothing to free, and no harm */
	toe_flow_table_fini(&first);
	CU_ASSERT_EQUAL(toe_flow_table_init(&first, "large", 1u << 29, SOCKET_ID_ANY), -ENOMEM);
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"CTX-3: every entry asked for fits", test_fill},
	        {"CTX-3: add, delete and replace against a reference", test_churn},
	        {"CTX-3: every byte of the key counts", test_every_byte_counts},
	        {"CTX-3: values", test_values},
	        {"CTX-3: a table that cannot be made says why", test_init_errors},
	};

	if (test_eal_start(128) != 0)
		return EXIT_FAILURE;
	return unit_run("flow-table", tests, RTE_DIM(tests));
}
