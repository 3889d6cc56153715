/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests of the timer wheel: one with its connections, and what holds in it at any time. */
#ifndef TESTS_WHEEL_BED_H
#define TESTS_WHEEL_BED_H

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include <CUnit/CUnit.h>

#include "timer_wheel.h"

#define CHUNKS_SPARE 4096u /* for faults that use up too many, until check_chunks sees it */

static inline struct toe_conn *
conns_alloc(uint32_t n)
{
	struct toe_conn *conns = aligned_alloc(64, n * sizeof(*conns));

	if (conns == NULL)
		abort();
	memset(conns, 0, n * sizeof(*conns));
	for (uint32_t i = 0; i < n; i++)
		toe_wheel_node_init(&conns[i]);
	return conns;
}

static inline void
wheel_start(struct toe_timer_wheel *wheel, struct toe_conn *conns, uint32_t n, uint32_t now)
{
	uint32_t *words = aligned_alloc(
	        RTE_CACHE_LINE_SIZE, (toe_wheel_chunks(n) + CHUNKS_SPARE) * TOE_WHEEL_CHUNK_BYTES);

	if (words == NULL)
		abort();
	toe_wheel_init(wheel, conns, words, now);
}

/* Entries and chunks of a slot. The format has no gaps: a chunk below another one ends with its last place. */
static inline void
check_slot(const struct toe_timer_wheel *wheel, const struct toe_conn *conns, uint32_t n,
        uint32_t slot, uint32_t *entries, uint32_t *chunks)
{
	uint32_t place = wheel->slot[slot];
	bool bit = wheel->occupied[slot >> TOE_WHEEL_BITS]
	                          [(slot & ((1u << TOE_WHEEL_BITS) - 1)) / 64] >>
	                   (slot % 64) &
	           1;

	CU_ASSERT_FATAL(bit == (place != 0));
	while (place != 0) {
		uint32_t last = place % TOE_WHEEL_CHUNK_WORDS;
		const uint32_t *word = &wheel->words[place - last];

		CU_ASSERT_FATAL(last != 0 && ++*chunks <= wheel->chunk_fresh);
		for (uint32_t i = 1; i <= last; i++, ++*entries) {
			CU_ASSERT_FATAL(word[i] < n);
			CU_ASSERT_FATAL(conns[word[i]].wheel_at == place - last + i);
			CU_ASSERT_FATAL(conns[word[i]].wheel_slot == slot);
		}
		place = word[0];
		CU_ASSERT_FATAL(
		        place == 0 || place % TOE_WHEEL_CHUNK_WORDS == TOE_WHEEL_CHUNK_ENTRIES);
	}
}

/*
 * Each connection that is on the wheel has one entry, where it says; no chunk is lost, and there are never more of them than
 * were counted upon.
 */
static inline void
check_chunks(const struct toe_timer_wheel *wheel, const struct toe_conn *conns, uint32_t n)
{
	uint32_t entries = 0, chunks = 0, armed = 0, given_back = 0;
	uint32_t taken = wheel->chunk_fresh / TOE_WHEEL_CHUNK_WORDS; /* chunk 0 as well */

	CU_ASSERT_FATAL(taken <= toe_wheel_chunks(n));
	for (uint32_t slot = 0; slot < RTE_DIM(wheel->slot); slot++)
		check_slot(wheel, conns, n, slot, &entries, &chunks);
	for (uint32_t i = 0; i < n; i++)
		armed += conns[i].wheel_at != 0;
	for (uint32_t at = wheel->chunk_free; at != 0; at = wheel->words[at])
		CU_ASSERT_FATAL(++given_back < taken);
	CU_ASSERT_EQUAL_FATAL(entries, armed);
	CU_ASSERT_EQUAL_FATAL(wheel->armed, armed);
	CU_ASSERT_EQUAL_FATAL(1 + chunks + given_back, taken);
}

#endif
