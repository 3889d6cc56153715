/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071): sums of 16-bit words in memory order, which is independent of the byte
 * order of the machine. Words are added up in larger units, whose carries are folded in at the end. Written
 * with vector types of the compiler, so that SSE2 and NEON both profit.
 */
#ifndef TOE_CHECKSUM_H
#define TOE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t toe_checksum_vector __attribute__((vector_size(16)));

/* Both 32-bit halves of each lane. */
static inline toe_checksum_vector
toe_checksum_halves(const uint8_t *at)
{
	toe_checksum_vector word;

	memcpy(&word, at, sizeof(word));
	return (word & UINT32_MAX) + (word >> 32);
}

/*
 * Add `length` bytes to a running sum, which is not folded yet. Every part but the last must have an even
 * length.
 */
static inline uint64_t
toe_checksum_add(uint64_t sum, const void *bytes, size_t length)
{
	const uint8_t *at = (const uint8_t *)bytes;
	toe_checksum_vector even = {0}, odd = {0};
	uint64_t word;
	uint32_t half;
	uint16_t rest;

	for (; length >= 32; length -= 32, at += 32) {
		even += toe_checksum_halves(at);
		odd += toe_checksum_halves(at + 16);
	}
	even += odd;
	sum += even[0] + even[1];
	for (; length >= 8; length -= 8, at += 8) {
		memcpy(&word, at, sizeof(word));
		sum += (word & UINT32_MAX) + (word >> 32);
	}
	if (length & 4) {
		memcpy(&half, at, sizeof(half));
		sum += half;
		at += sizeof(half);
	}
	if (length & 2) {
		memcpy(&rest, at, sizeof(rest));
		sum += rest;
		at += sizeof(rest);
	}
	if (length & 1) {
		rest = 0;
		memcpy(&rest, at, 1);
		sum += rest;
	}
	return sum;
}

/* Copy `length` bytes and return their sum, as toe_checksum_add gives it: one pass over the text instead of two. */
static inline uint64_t
toe_checksum_copy(void *to, const void *from, size_t length)
{
	const uint8_t *at = (const uint8_t *)from;
	uint8_t *out = (uint8_t *)to;
	toe_checksum_vector even = {0}, odd = {0};

	for (; length >= 32; length -= 32, at += 32, out += 32) {
		toe_checksum_vector first, second;

		memcpy(&first, at, sizeof(first));
		memcpy(&second, at + 16, sizeof(second));
		memcpy(out, &first, sizeof(first));
		memcpy(out + 16, &second, sizeof(second));
		even += (first & UINT32_MAX) + (first >> 32);
		odd += (second & UINT32_MAX) + (second >> 32);
	}
	even += odd;
	memcpy(out, at, length);
	return toe_checksum_add(even[0] + even[1], at, length);
}

/* Fold a sum to 16 bits. Correct data that holds its own checksum folds to 0xFFFF. */
static inline uint16_t
toe_checksum_fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & UINT32_MAX);
	sum = (sum >> 32) + (sum & UINT32_MAX);
	sum = (sum >> 16) + (sum & 0xFFFF);
	sum = (sum >> 16) + (sum & 0xFFFF);
	return (uint16_t)sum;
}

#endif
