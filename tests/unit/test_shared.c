/* SPDX-License-Identifier: BSD-3-Clause */
/* Words, handles and the owner function. */
#include <string.h>

#include <rte_thash.h>

#include "handle.h"
#include "rng.h"
#include "shared.h"
#include "unit.h"

static void
fill(struct rng *rng, uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)rng_below(rng, 256);
}

/* The port's RSS hash is DPDK's Toeplitz over the tuple as 32-bit words in host order. */
static uint32_t
dpdk_hash(const uint8_t *source, const uint8_t *destination, uint32_t size, uint16_t source_port,
        uint16_t destination_port)
{
	uint32_t words[9];
	uint8_t bytes[36];

	memcpy(bytes, source, size);
	memcpy(bytes + size, destination, size);
	memcpy(bytes + 2 * size, &source_port, 2);
	memcpy(bytes + 2 * size + 2, &destination_port, 2);
	for (uint32_t i = 0; i < (2 * size + 4) / 4; i++)
		words[i] = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 |
		           (uint32_t)bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
	return rte_softrss(words, (2 * size + 4) / 4, toe_rss_key);
}

static void
test_hash_equals_rss(void)
{
	struct rng rng;

	rng_seed(&rng, 11);
	for (int i = 0; i < 2000; i++) {
		uint32_t size = i & 1 ? 16 : 4;
		uint8_t source[16], destination[16];
		uint16_t sport = (uint16_t)rng_below(&rng, 65536);
		uint16_t dport = (uint16_t)rng_below(&rng, 65536);
		uint32_t hash;

		fill(&rng, source, 16);
		fill(&rng, destination, 16);
		hash = toe_tuple_hash(source, destination, size, sport, dport);
		CU_ASSERT_EQUAL(hash, dpdk_hash(source, destination, size, sport, dport));
		CU_ASSERT_EQUAL(hash, toe_tuple_hash(destination, source, size, dport, sport));
	}
}

static void
test_owners_are_spread(void)
{
	uint32_t count[4] = {0};
	uint8_t source[4] = {10, 0, 0, 1}, destination[4] = {10, 0, 1, 1};

	for (uint32_t port = 1024; port < 1024 + 4096; port++) {
		uint32_t hash = toe_tuple_hash(source, destination, 4,
		        __builtin_bswap16((uint16_t)port), __builtin_bswap16(80));

		count[toe_owner(hash, 4)]++;
	}
	for (int i = 0; i < 4; i++)
		CU_ASSERT(count[i] > 4096 / 8);
}

static void
test_words(void)
{
	uint8_t mac[6] = {2, 0, 0, 0xAB, 0xCD, 0xEF};
	uint64_t neighbor = toe_neighbor_word(mac, 0x7FFF, true);
	uint64_t path = toe_path_word(0xFFFFFFFE, 65535, 5, true);

	CU_ASSERT(toe_word_valid(neighbor));
	CU_ASSERT_EQUAL(toe_word_epoch(neighbor), 0x7FFF);
	CU_ASSERT_EQUAL((uint8_t)(neighbor >> 40), 0xEF);
	CU_ASSERT_EQUAL(toe_path_word_neighbor(path), 0xFFFFFFFE);
	CU_ASSERT_EQUAL(toe_path_word_mtu(path), 65535);
	CU_ASSERT_EQUAL(toe_word_epoch(path), 5);
	CU_ASSERT(!toe_word_valid(toe_path_word(1, 1500, 6, false)));
}

/* INV-6: one invalid word stops; INV-9, D3: an epoch change makes a walk void, the MTU by itself does not. */
static void
test_routes(void)
{
	uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
	struct toe_route route = {toe_path_word(3, 1500, 1, true), toe_neighbor_word(mac, 1, true)};
	struct toe_route other = route;

	CU_ASSERT(toe_route_valid(route));
	other.path_word = toe_path_word(3, 1400, 1, true);
	CU_ASSERT(toe_route_equal(route, other));
	other.path_word = toe_path_word(3, 1500, 2, true);
	CU_ASSERT(!toe_route_equal(route, other));
	other = route;
	other.neighbor_word = toe_neighbor_word(mac, 2, false);
	CU_ASSERT(!toe_route_valid(other));
	CU_ASSERT(!toe_route_equal(route, other));
}

static void
test_handles(void)
{
	uint64_t handle = toe_handle_make(OFFLOAD_LAYER_TCP, 62, 0xFFFFFFF, 0xFFFFFFE);

	CU_ASSERT_EQUAL(toe_handle_layer(handle), OFFLOAD_LAYER_TCP);
	CU_ASSERT_EQUAL(toe_handle_worker(handle), 62);
	CU_ASSERT_EQUAL(toe_handle_generation(handle), 0xFFFFFFF);
	CU_ASSERT_EQUAL(toe_handle_index(handle), 0xFFFFFFE);
	CU_ASSERT_EQUAL(toe_generation_next(0xFFFFFFF), 1);
	CU_ASSERT_NOT_EQUAL(toe_handle_make(OFFLOAD_LAYER_NEIGHBOR, 0, 1, 0), 0);
}

static void
test_tables(void)
{
	uint64_t *large = toe_table_alloc(1u << 19, sizeof(uint64_t));

	CU_ASSERT_PTR_NOT_NULL_FATAL(large);
	CU_ASSERT_EQUAL(large[0] | large[(1u << 19) - 1], 0);
	toe_table_free(large, 1u << 19, sizeof(uint64_t));
	CU_ASSERT_PTR_NULL(toe_table_alloc(UINT64_MAX, 64));
	CU_ASSERT_PTR_NULL(toe_table_alloc(0, 64));
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"TCP-4 the software hash equals a port's RSS hash", test_hash_equals_rss},
	        {"TCP-4 owners are spread", test_owners_are_spread},
	        {"INV-6 words hold what a sender must see together", test_words},
	        {"INV-6 INV-9 routes: validity and equality", test_routes},
	        {"CTX-2 handles", test_handles},
	        {"CTX-1 tables are zeroed, and refuse what cannot be", test_tables},
	};

	return unit_run("shared", tests, sizeof(tests) / sizeof(tests[0]));
}
