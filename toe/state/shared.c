/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbors and paths, and the owner function. */
#include "shared.h"

#include <errno.h>
#include <string.h>

/*
 * A key of one 16-bit pattern repeated makes Toeplitz symmetric in source and destination, and makes its
 * value depend only on the XOR of all 16-bit words of the tuple.
 */
#define RSS_PATTERN 0x6d5au

const uint8_t toe_rss_key[40] = {0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d,
        0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
        0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a};

int
toe_shared_init(struct toe_shared *shared, uint32_t neighbors, uint32_t paths)
{
	shared->neighbors = toe_table_alloc(neighbors, sizeof(*shared->neighbors));
	shared->paths = toe_table_alloc(paths, sizeof(*shared->paths));
	shared->neighbor_capacity = neighbors;
	shared->path_capacity = paths;
	if (shared->neighbors == NULL || shared->paths == NULL) {
		toe_shared_fini(shared);
		return -ENOMEM;
	}
	return 0;
}

void
toe_shared_fini(struct toe_shared *shared)
{
	toe_table_free(shared->neighbors, shared->neighbor_capacity, sizeof(*shared->neighbors));
	toe_table_free(shared->paths, shared->path_capacity, sizeof(*shared->paths));
	shared->neighbors = NULL;
	shared->paths = NULL;
}

static uint16_t
xor_words(const uint8_t *bytes, uint32_t size)
{
	uint16_t x = 0;

	for (uint32_t i = 0; i < size; i += 2)
		x ^= (uint16_t)(bytes[i] << 8 | bytes[i + 1]);
	return x;
}

uint32_t
toe_tuple_hash(const uint8_t *source, const uint8_t *destination, uint32_t address_size,
        uint16_t source_port, uint16_t destination_port)
{
	uint16_t x = xor_words(source, address_size) ^ xor_words(destination, address_size) ^
	             __builtin_bswap16(source_port) ^ __builtin_bswap16(destination_port);
	uint32_t half = 0;

	/* Bit i of the tuple, from the left, adds the key from bit i on: the pattern rotated by i. */
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t rotated = ((RSS_PATTERN << i) | (RSS_PATTERN >> (16 - i))) & 0xFFFF;

		half ^= rotated & -(uint32_t)((x >> (15 - i)) & 1);
	}
	return half << 16 | half;
}
